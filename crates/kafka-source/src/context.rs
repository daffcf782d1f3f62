//! What librdkafka calls back into: rebalances become values for the owner's loop.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use pipeline::Partition;
use rdkafka::{
    ClientContext, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult},
    types::RDKafkaRespErr,
};

/// A change of the group's assignment. Nothing goes on until it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rebalance {
    /// These are ours from now on; answer with [`crate::Source::assign`], even if there are none.
    ///
    /// With an eager assignor they are all there are, with a cooperative one they come in addition.
    Assigned(Vec<Partition>),
    /// These are to be given up: write and commit what is done, then [`crate::Source::unassign`].
    Revoked(Vec<Partition>),
    /// These are gone already, another member may have them: commits would be refused. Answer with
    /// [`crate::Source::unassign`].
    Lost(Vec<Partition>),
}

impl Rebalance {
    /// The partitions it is about.
    pub fn partitions(&self) -> &[Partition] {
        match self {
            Self::Assigned(partitions) | Self::Revoked(partitions) | Self::Lost(partitions) => partitions,
        }
    }
}

/// Rebalances that wait: to be handed over, or to be answered.
#[derive(Default)]
pub(crate) struct Waiting {
    /// Not yet handed to the owner.
    pub(crate) unseen: VecDeque<Rebalance>,
    /// Not yet answered, seen or not; librdkafka has one at a time.
    pub(crate) unanswered: Option<Rebalance>,
}

/// The consumer's context.
#[derive(Default)]
pub(crate) struct Context {
    waiting: Mutex<Waiting>,
    closing: AtomicBool,
}

impl Context {
    pub(crate) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on rebalances are answered right here: nobody polls for them any more.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        crate::client::log(level, facility, message);
    }

    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        crate::client::complaint(&error, reason);
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if self.closing.load(Ordering::Acquire) {
            // While the consumer closes, every answer counts as giving all up.
            if let Err(error) = consumer.unassign() {
                tracing::warn!(%error, "cannot give the partitions up while closing");
            }
            return;
        }
        let partitions = partitions(list);
        let rebalance = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Rebalance::Assigned(partitions),
            _ if consumer.assignment_lost() => Rebalance::Lost(partitions),
            _ => Rebalance::Revoked(partitions),
        };
        tracing::debug!(?rebalance, "the group rebalances");
        let mut waiting = self.waiting();
        waiting.unanswered = Some(rebalance.clone());
        waiting.unseen.push_back(rebalance);
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(%error, "a commit failed");
        }
    }
}

/// The partitions of librdkafka's list, in order.
pub(crate) fn partitions(list: &TopicPartitionList) -> Vec<Partition> {
    let mut partitions: Vec<Partition> =
        list.elements().iter().map(|element| Partition::new(element.topic(), element.partition())).collect();
    partitions.sort();
    partitions
}
