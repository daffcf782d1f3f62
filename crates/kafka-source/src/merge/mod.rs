//! The merge stage: several topics, or topics not keyed by user, into one keyed by (site, user).
//!
//! Each input record becomes exactly one record of the output topic: value and time as they were, the
//! user's key, the origin in headers. Records without a user the fold would know (broken ones, unknown
//! types, tombstones) are keyed by their origin and judged downstream, once.
//!
//! With transactions the output and the consumed offsets are committed together, and readers that
//! keep to `read_committed` see each record once. Without (the mock cluster) offsets are committed after
//! the output is acknowledged: a crash in between repeats records, and downstream tells the repeats by
//! their origin.

mod key;
mod output;
mod session;

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use pipeline::{Offset, OffsetRange, Partition};
use rdkafka::error::KafkaError;

pub use self::key::{KeyedBy, merge_key};
use self::{output::Output, session::Session};
use crate::error::SourceError;

/// What to merge, and how.
#[derive(Clone)]
pub struct MergeOptions {
    /// Bootstrap brokers, `host:port` separated by commas.
    pub brokers: String,
    /// The pipeline's consumer group; the merge stage's own is `GROUP-merge`.
    pub group: String,
    /// This instance's name: unique among the instances and, best, the same after a restart.
    pub instance: String,
    /// The topics to read.
    pub topics: Vec<String>,
    /// The topic to write, which nobody else writes. Its number of partitions is final.
    pub output: String,
    /// Any librdkafka property, for consumer and producer.
    pub properties: BTreeMap<String, String>,
    /// Whether output and offsets are committed in transactions. Off only for the mock cluster.
    pub transactional: bool,
    /// Longest time a record waits for its commit.
    pub commit_interval: Duration,
    /// Most records in one commit.
    pub commit_records: usize,
}

impl fmt::Debug for MergeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergeOptions")
            .field("brokers", &self.brokers)
            .field("group", &self.group)
            .field("instance", &self.instance)
            .field("topics", &self.topics)
            .field("output", &self.output)
            .field("properties", &self.properties.keys()) // values may be secret
            .field("transactional", &self.transactional)
            .field("commit_interval", &self.commit_interval)
            .field("commit_records", &self.commit_records)
            .finish()
    }
}

/// What the stage has done since it started, for gauges.
#[derive(Debug, Default)]
pub struct MergeCounters {
    /// Records read, repeats after an abort included.
    pub read: AtomicU64,
    /// Records whose output and offset are committed.
    pub committed: AtomicU64,
    /// Records read that have no user and were keyed by event or origin.
    pub without_user: AtomicU64,
    /// Times the work since the last commit was given up and begun anew.
    pub aborted: AtomicU64,
}

/// Why the merge stage cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Reading failed.
    #[error("the merge stage cannot read: {0}")]
    Source(#[from] SourceError),
    /// The group's position is not in the log.
    #[error(
        "the merge stage goes on at {next} of {partition}, but the log holds only {log}: retention \
         removed records before they were merged, or the topic was recreated. Start over with a new \
         group and a new output topic"
    )]
    OutsideLog {
        /// The input partition.
        partition: Partition,
        /// The group's position.
        next: Offset,
        /// What the log holds.
        log: OffsetRange,
    },
    /// The group has no position at all, yet the output holds records.
    #[error(
        "the group {group} has no offsets, but {output} holds records: the group was renamed, or its \
         offsets expired (offsets.retention.minutes). Merging from the beginning would repeat them. \
         Start over with a new group and a new output topic"
    )]
    OffsetsGone {
        /// The merge stage's group.
        group: String,
        /// The output topic.
        output: String,
    },
    /// A record cannot be written.
    #[error(
        "{output} does not take the record {origin}: {error}. If it is too large, raise the topic's \
         max.message.bytes, and message.max.bytes in the Kafka properties, to what the input allows"
    )]
    Refused {
        /// The output topic.
        output: String,
        /// `topic/partition/offset` of the record.
        origin: String,
        /// What librdkafka says.
        error: Box<KafkaError>,
    },
    /// Another producer took over the transactional id, or transactions cannot be had.
    #[error(
        "cannot {action} as {transactional_id}: {error}. Each instance needs a name of its own, and the \
         brokers must allow transactions"
    )]
    Transaction {
        /// What was tried.
        action: &'static str,
        /// The producer's name in transactions.
        transactional_id: String,
        /// What librdkafka says.
        error: Box<KafkaError>,
    },
}

/// Why work stopped before it was told to.
enum Broken {
    /// The work since the last commit is void; the session does it again.
    Again(String),
    /// The session and its producer are of no more use; new ones go on from the last commit.
    Over(String),
    /// No new session would fare better.
    ForGood(MergeError),
}

impl<E: Into<MergeError>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::ForGood(error.into())
    }
}

/// Pause before a new session.
const BACKOFF: Duration = Duration::from_millis(500);

/// Merges until `stop` is set; then commits what was read and leaves the group.
///
/// Blocks its thread. Trouble that passes is waited out; an error needs a hand.
pub fn run(options: &MergeOptions, stop: &AtomicBool, counters: &MergeCounters) -> Result<(), MergeError> {
    while !stop.load(Ordering::Acquire) {
        let output = Output::new(options)?;
        output.start(stop)?;
        let session = Session::open(options, &output, counters)?;
        match session.run(stop) {
            Ok(()) => break,
            Err(Broken::ForGood(error)) => return Err(error),
            Err(Broken::Again(why) | Broken::Over(why)) => {
                tracing::warn!(why, "the merge stage joins its group anew");
                std::thread::sleep(BACKOFF);
            }
        }
    }
    Ok(())
}
