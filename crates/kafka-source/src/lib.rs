//! Kafka at the edge: consume, place, commit; dead letters; the merge stage.
//!
//! A [`Source`] hands records over borrowed and rebalances as values: nothing is assigned, committed
//! or skipped behind its owner's back. The owner's duties, in this order: on
//! [`Rebalance::Assigned`] find each partition's position and [`Source::assign`]; on
//! [`Rebalance::Revoked`] write and commit what is done, then [`Source::unassign`]; commit only what
//! ClickHouse has acknowledged. This crate knows nothing of the fold.

mod client;
mod context;
mod error;
mod headers;
mod key;
mod letter_file;
mod letters;
pub mod merge;
mod mock;
mod record;
mod source;
mod topics;

pub use context::Rebalance;
pub use error::{LetterError, SourceError};
pub use headers::{
    HEADER_FIELD, HEADER_OFFSET, HEADER_ORIGIN, HEADER_PARTITION, HEADER_REASON, HEADER_RECORD_TIME,
    HEADER_TIMESTAMP, HEADER_TOPIC,
};
pub use key::user_key;
pub use letter_file::FileDeadLetters;
pub use letters::{DeadLetters, Letter, LetterOptions};
pub use mock::MockKafka;
pub use record::{RecordTimestamp, SourceRecord};
pub use source::{CommitOutcome, Poll, Source, SourceOptions};
pub use topics::{TopicOptions, ensure_topic};
