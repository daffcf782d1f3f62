//! What goes into the fold and what it says of it.

use event_model::{Event, Rejection, Skip};

/// A record's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTime {
    /// None is known (a file's line).
    Unknown,
    /// The producer's clock, epoch milliseconds.
    Create(i64),
    /// The broker's clock, epoch milliseconds: it vouches for the event time.
    LogAppend(i64),
}

/// One record of the partition's log, decoded.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// Its offset in the partition.
    pub offset: u64,
    /// Its own time.
    pub time: RecordTime,
    /// Where it came from before the merge stage, `topic/partition/offset`: its event id if it has none.
    pub origin: Option<&'a str>,
    /// What is in it.
    pub content: Content<'a>,
}

/// A record's content.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// A null value.
    Tombstone,
    /// A type the contract does not know.
    UnknownType,
    /// Not an event of the contract.
    Rejected(Rejection),
    /// An event.
    Event(&'a Event<'a>),
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Folded.
    Accepted,
    /// Its event id was seen inside the dedup window.
    Duplicate,
    /// Older than the allowed lateness.
    Late,
    /// Passed over on purpose.
    Skipped(Skip),
    /// Breaks the contract; to be written to the dead letters.
    DeadLettered(Rejection),
    /// Below the partition's position: read before, counted before.
    BelowPosition,
}
