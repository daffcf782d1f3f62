//! One record as it arrives.

use event_model::Rejection;

/// What the generator meant a record to be. What a reader makes of it may differ in good faith: a bot's
/// event is skipped, and a late one is late only where the watermark of its partition says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Note {
    /// It arrives at its event time.
    #[default]
    Ordered,
    /// It arrives up to an hour after its event time.
    Disordered,
    /// Its event time is more than 1 h and 1 min behind the largest emitted before.
    Late,
    /// It repeats the bytes of an earlier record.
    Duplicate,
    /// It breaks the contract in this way. `FutureTimestamp` needs the record's own time to be seen.
    Bad(Rejection),
    /// Its type is unknown to the contract.
    Unknown,
    /// It has no value: write null, not empty bytes.
    Tombstone,
}

/// One record as it arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// The Kafka key: the user's id; for events that need no user, the site.
    pub key: Vec<u8>,
    /// One line of JSON (unless meant to be bad), without a newline; empty for a tombstone.
    pub value: Vec<u8>,
    /// When it arrives, epoch milliseconds: the record's own time. Never goes back.
    pub timestamp_ms: i64,
    /// What it was meant to be.
    pub note: Note,
}

impl Generated {
    /// The value as Kafka has it: `None` for a tombstone.
    pub fn payload(&self) -> Option<&[u8]> {
        (self.note != Note::Tombstone).then_some(&self.value)
    }
}
