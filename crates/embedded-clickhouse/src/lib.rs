//! The real ClickHouse engine in this process, behind ClickHouse's HTTP interface.
//!
//! `libchdb.so` is loaded when it is asked for, never linked: a program that uses this crate runs without it.
//! The official `clickhouse` crate and other HTTP clients work on it unmodified.
//!
//! ```no_run
//! # async fn example() -> Result<(), embedded_clickhouse::Error> {
//! use embedded_clickhouse::{EmbeddedClickHouse, find_library};
//!
//! let library = find_library(None)?;
//! let clickhouse = EmbeddedClickHouse::start(&library, "data".as_ref(), ([127, 0, 0, 1], 0).into()).await?;
//! println!("{}", clickhouse.url());
//! clickhouse.shutdown().await
//! # }
//! ```
//!
//! # What it is not
//!
//! - There are no users, passwords, roles or HTTP sessions (`session_id` is accepted, but nothing is kept from
//!   one request to the next), and no native TCP protocol. It serves loopback addresses only, unless told
//!   otherwise, and no web pages.
//! - Results are made whole before the first byte is sent; for large ones use `LIMIT` or several queries. A
//!   client that goes away does not stop its SELECT.
//! - HTTP's own compression (`Accept-Encoding`, `Content-Encoding`) is not there: answers come plain, a
//!   compressed body is refused. ClickHouse's compressed blocks (`compress=1`, `decompress=1`) are, as LZ4.
//!   In Python's `clickhouse-connect` say `compress=False`.
//! - A process that ends with the engine open loses nothing that was acknowledged, but [its
//!   shutdown](EmbeddedClickHouse::shutdown) is the better end.
//! - A process has one data folder at a time, and a data folder one process.
//!
//! # How statements run
//!
//! Each request has a connection of its own, so what one client sets never reaches another. An INSERT with
//! data streams into the engine; it is acknowledged when all of it is written. An INSERT the client breaks
//! off is given up, as in ClickHouse, except for blocks already written. `async_insert` is off unless the
//! client sets it.

mod blocks;
mod body;
mod engine;
mod error;
mod exception;
mod ffi;
mod guard;
mod http;
mod insert;
mod library;
mod multipart;
mod options;
mod output;
mod request;
mod run;
mod server;
mod statement;
mod tokens;

pub use error::Error;
pub use library::{LIBCHDB_SHA256, LIBCHDB_VERSION, find_library};
pub use options::Options;
pub use server::{EmbeddedClickHouse, run_until};
