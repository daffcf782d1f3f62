//! The consumer as its owner's loop sees it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use pipeline::{Offset, OffsetRange, Partition, Position};
use rdkafka::{
    TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerGroupMetadata, RebalanceProtocol},
    error::{KafkaError, KafkaResult},
    topic_partition_list::Offset as NativeOffset,
    types::RDKafkaErrorCode,
};

use crate::{
    client,
    context::{Context, Rebalance},
    error::SourceError,
    record::SourceRecord,
};

mod query;

/// How to consume.
#[derive(Clone, Default)]
pub struct SourceOptions {
    /// Bootstrap brokers, `host:port` separated by commas.
    pub brokers: String,
    /// The consumer group.
    pub group: String,
    /// The topics to subscribe to.
    pub topics: Vec<String>,
    /// How the client names itself in the brokers' logs.
    pub client_id: String,
    /// Any librdkafka property except those that decide exactly-once (TLS, SASL, fetch sizes, ...).
    pub properties: BTreeMap<String, String>,
    /// Whether origins are read from headers: for merged topics, and where dead letters are sent again.
    pub read_origin: bool,
}

impl fmt::Debug for SourceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceOptions")
            .field("brokers", &self.brokers)
            .field("group", &self.group)
            .field("topics", &self.topics)
            .field("client_id", &self.client_id)
            .field("properties", &self.properties.keys()) // values may be secret
            .field("read_origin", &self.read_origin)
            .finish()
    }
}

/// What a poll brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Poll {
    /// So many records were visited, at least one.
    Records(usize),
    /// The group's assignment changes: to be answered.
    Rebalance(Rebalance),
    /// Nothing came.
    Idle,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq)]
pub enum CommitOutcome {
    /// The group has the offsets.
    Committed,
    /// The group certainly does not have them, say because another member owns the partitions now.
    Refused(KafkaError),
    /// The group may or may not have them; committing again is harmless.
    Unknown(KafkaError),
}

/// A member of a consumer group.
///
/// All methods take `&self` and may be called from any thread; one thread polls. Dropping it leaves
/// the group, which takes as long as the coordinator's answer.
pub struct Source {
    consumer: BaseConsumer<Context>,
    topics: Vec<String>,
    read_origin: bool,
    paused: AtomicBool,
}

/// What a consumer is given unless the properties say otherwise.
const DEFAULTS: &[(&str, &str)] = &[
    ("partition.assignment.strategy", "cooperative-sticky"),
    ("isolation.level", "read_committed"),
    ("allow.auto.create.topics", "false"),
    ("socket.keepalive.enable", "true"),
    // An instance that dies gives its partitions up after this, to its own next start too.
    ("session.timeout.ms", "6000"),
    ("heartbeat.interval.ms", "2000"),
];

impl Source {
    /// Joins the group and subscribes; partitions come with the first [`Rebalance::Assigned`].
    ///
    /// Brokers that are not there (yet) are no error: librdkafka goes on trying and says so in the log.
    pub fn subscribe(options: SourceOptions) -> Result<Self, SourceError> {
        let SourceOptions { brokers, group, topics, client_id, properties, read_origin } = options;
        let mut config =
            client::configure(&brokers, &client_id, DEFAULTS, &properties, client::fits_consumer)?;
        config
            .set("group.id", &group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error");
        let consumer: BaseConsumer<Context> = config
            .create_with_context(Context::default())
            .map_err(|error| client::not_created("consumer", error))?;
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        if let Err(error) = consumer.subscribe(&names) {
            return Err(SourceError::Subscribe { topics, error: error.into() });
        }
        Ok(Self { consumer, topics, read_origin, paused: AtomicBool::new(false) })
    }

    /// Visits up to `max` records, waiting up to `timeout` for the first.
    ///
    /// A rebalance that waits comes first, alone, so that its answer falls between two batches.
    /// Transient trouble is logged and waited out; an error means that the source is of no more use.
    pub fn poll_batch(
        &self,
        max: usize,
        timeout: Duration,
        mut visit: impl FnMut(SourceRecord<'_>),
    ) -> Result<Poll, SourceError> {
        if let Some(rebalance) = self.next_rebalance() {
            return Ok(Poll::Rebalance(rebalance));
        }
        let mut visited = 0;
        while visited < max {
            let wait = if visited == 0 { timeout } else { Duration::ZERO };
            match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    visit(SourceRecord::borrow(&message, self.read_origin));
                    visited += 1;
                }
                Some(Err(error)) => {
                    self.check(error)?;
                    break;
                }
                None => break,
            }
        }
        if visited > 0 {
            return Ok(Poll::Records(visited));
        }
        Ok(self.next_rebalance().map_or(Poll::Idle, Poll::Rebalance))
    }

    fn next_rebalance(&self) -> Option<Rebalance> {
        self.consumer.context().waiting().unseen.pop_front()
    }

    /// Passes over what librdkafka recovers from by itself.
    fn check(&self, error: KafkaError) -> Result<(), SourceError> {
        if let Some((code, reason)) = self.consumer.client().fatal_error() {
            return Err(SourceError::Fatal {
                error: KafkaError::MessageConsumptionFatal(code).into(),
                reason,
            });
        }
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                Err(SourceError::OffsetGone { topics: self.topics.clone() })
            }
            _ => Ok(()), // the context has logged it
        }
    }

    /// Answers [`Rebalance::Assigned`]: reads each partition from its offset on.
    ///
    /// Partitions stay paused if the source is.
    pub fn assign(&self, positions: &[Position]) -> Result<(), SourceError> {
        let list = native(positions)?;
        let result = if self.is_cooperative() {
            self.consumer.incremental_assign(&list)
        } else {
            self.consumer.assign(&list)
        };
        let partitions = || positions.iter().map(|p| p.partition.clone()).collect();
        result.map_err(|error| SourceError::Assignment {
            action: "assign",
            partitions: partitions(),
            error: error.into(),
        })?;
        self.consumer.context().waiting().unanswered = None;
        if self.paused.load(Ordering::Acquire) && !positions.is_empty() {
            self.change_flow("pause", |consumer| consumer.pause(&list))?;
        }
        Ok(())
    }

    /// Answers [`Rebalance::Revoked`] and [`Rebalance::Lost`]: gives the partitions up.
    ///
    /// With an eager assignor all partitions are given up, whichever are named.
    pub fn unassign(&self, partitions: &[Partition]) -> Result<(), SourceError> {
        let result = if self.is_cooperative() {
            self.consumer.incremental_unassign(&unplaced(partitions))
        } else {
            self.consumer.unassign()
        };
        result.map_err(|error| SourceError::Assignment {
            action: "unassign",
            partitions: partitions.to_vec(),
            error: error.into(),
        })?;
        self.consumer.context().waiting().unanswered = None;
        Ok(())
    }

    fn is_cooperative(&self) -> bool {
        matches!(self.consumer.rebalance_protocol(), RebalanceProtocol::Cooperative)
    }

    /// Goes back to positions already passed, in partitions that are assigned.
    pub(crate) fn rewind(&self, positions: &[Position], timeout: Duration) -> Result<(), SourceError> {
        if positions.is_empty() {
            return Ok(());
        }
        let sought = self.consumer.seek_partitions(native(positions)?, timeout);
        let checked = sought.and_then(|list| list.elements().iter().try_for_each(|element| element.error()));
        checked.map_err(|error| SourceError::Assignment {
            action: "rewind",
            partitions: positions.iter().map(|position| position.partition.clone()).collect(),
            error: error.into(),
        })
    }

    /// The partitions that are assigned and answered for.
    pub fn assigned(&self) -> Result<Vec<Partition>, SourceError> {
        Ok(crate::context::partitions(&self.native_assignment("list")?))
    }

    fn native_assignment(&self, action: &'static str) -> Result<TopicPartitionList, SourceError> {
        let assigned = self.consumer.assignment();
        assigned.map_err(|error| SourceError::Assignment {
            action,
            partitions: Vec::new(),
            error: error.into(),
        })
    }

    /// Stops fetching, also for partitions assigned later. Polling must go on: it keeps the membership.
    pub fn pause(&self) -> Result<(), SourceError> {
        self.paused.store(true, Ordering::Release);
        let assigned = self.native_assignment("pause")?;
        self.change_flow("pause", |consumer| consumer.pause(&assigned))
    }

    /// Fetches again, from where the last visit ended.
    pub fn resume(&self) -> Result<(), SourceError> {
        self.paused.store(false, Ordering::Release);
        let assigned = self.native_assignment("resume")?;
        self.change_flow("resume", |consumer| consumer.resume(&assigned))
    }

    fn change_flow(
        &self,
        action: &'static str,
        change: impl FnOnce(&BaseConsumer<Context>) -> KafkaResult<()>,
    ) -> Result<(), SourceError> {
        change(&self.consumer).map_err(|error| SourceError::Assignment {
            action,
            partitions: self.assigned().unwrap_or_default(),
            error: error.into(),
        })
    }

    /// Tells the group the offsets to read next, and waits for its answer.
    ///
    /// The caller's duty: only what ClickHouse has acknowledged.
    pub fn commit(&self, positions: &[Position]) -> Result<CommitOutcome, SourceError> {
        if positions.is_empty() {
            return Ok(CommitOutcome::Committed);
        }
        Ok(match self.consumer.commit(&native(positions)?, CommitMode::Sync) {
            Ok(()) => CommitOutcome::Committed,
            Err(error) if certainly_refused(&error) => CommitOutcome::Refused(error),
            Err(error) => CommitOutcome::Unknown(error),
        })
    }

    /// What a transaction needs to commit the offsets of this member.
    pub(crate) fn for_transaction(
        &self,
        positions: &[Position],
    ) -> Result<(TopicPartitionList, ConsumerGroupMetadata), SourceError> {
        let group = self.consumer.group_metadata();
        let group = group.ok_or_else(|| SourceError::Fatal {
            error: KafkaError::Canceled.into(),
            reason: "the consumer is in no group".to_owned(),
        })?;
        Ok((native(positions)?, group))
    }

    /// Leaves the group: unanswered rebalances are answered, nothing is committed.
    pub fn close(self) {}

    fn answer_for_closing(&self) -> Result<(), SourceError> {
        let context = self.consumer.context();
        context.close();
        let unanswered = context.waiting().unanswered.take();
        match unanswered {
            None => Ok(()),
            Some(Rebalance::Assigned(_)) => self.assign(&[]),
            Some(Rebalance::Revoked(partitions) | Rebalance::Lost(partitions)) => self.unassign(&partitions),
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let since = Instant::now();
        if let Err(error) = self.answer_for_closing() {
            tracing::warn!(%error, "cannot answer the last rebalance while closing");
        }
        tracing::debug!(waited = ?since.elapsed(), "leaving the consumer group");
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("topics", &self.topics).finish_non_exhaustive()
    }
}

/// Whether the coordinator has said no, rather than nothing.
fn certainly_refused(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::RebalanceInProgress
                | Code::FencedInstanceId
                | Code::StaleMemberEpoch
                | Code::AssignmentLost
                | Code::GroupAuthorizationFailed
                | Code::TopicAuthorizationFailed
                | Code::UnknownTopicOrPartition
                | Code::InvalidCommitOffsetSize
                | Code::Fatal
        )
    )
}

/// librdkafka's list of positions.
fn native(positions: &[Position]) -> Result<TopicPartitionList, SourceError> {
    let mut list = TopicPartitionList::with_capacity(positions.len());
    for position in positions {
        let Partition { topic, number } = &position.partition;
        i64::try_from(position.offset.0)
            .ok()
            .and_then(|offset| list.add_partition_offset(topic, *number, NativeOffset::Offset(offset)).ok())
            .ok_or_else(|| SourceError::NoOffset(position.clone()))?;
    }
    Ok(list)
}

/// librdkafka's list of partitions without offsets.
fn unplaced(partitions: &[Partition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for Partition { topic, number } in partitions {
        list.add_partition(topic, *number);
    }
    list
}
