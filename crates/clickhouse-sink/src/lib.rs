//! The ClickHouse side: schema, views people query, and the writer of changed rows.
//!
//! Rows are upserts of whole values (see the migrations' comments), so a write may be repeated at
//! will: after an unknown outcome the answer is always to write again. The accounting row of a
//! partition, which carries its position, is written after everything else of its batch is acknowledged:
//! a position that can be read stands for rows that can be read.
//!
//! This crate decides nothing about when to write, what has changed, or from where to start.

mod batch;
mod block;
mod connection;
mod error;
mod options;
mod query;
mod retry;
mod schema;
mod tables;
mod writer;

pub use batch::{Batch, KpiSnapshots, Origin, RawEventRow};
pub use connection::{ClickHouse, StoredPosition};
pub use error::{Outcome, WriteError};
pub use options::{ClickHouseOptions, Compression, OptionsError, Secret};
pub use query::{QueryError, QueryResult};
pub use retry::{RetryError, RetryNotice, RetryPolicy};
pub use schema::{
    Applied, AppliedSchema, MIGRATIONS, Migration, MigrationConflict, SchemaError, SchemaOptions, plan,
    print_schema,
};
pub use tables::Table;
pub use writer::{Writer, Written};
