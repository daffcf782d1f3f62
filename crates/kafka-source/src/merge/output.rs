//! The merge stage's producer: plain, or in transactions.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Message, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, KafkaResult},
    message::{BorrowedMessage, DeliveryResult, Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer, ProducerContext, PurgeConfig},
    types::RDKafkaErrorCode,
};

use super::{Broken, MergeError, MergeOptions};
use crate::{client, headers, headers::RawHeaders, record::SourceRecord};

/// What the producer is given unless the properties say otherwise.
const DEFAULTS: &[(&str, &str)] = &[
    ("message.max.bytes", "2097152"),
    ("linger.ms", "20"),
    ("compression.type", "lz4"),
    ("socket.keepalive.enable", "true"),
];

/// Longest wait for one step of a transaction, or for the output to be acknowledged.
const STEP: Duration = Duration::from_secs(30);
/// How long a wait goes without looking whether to stop.
const TICK: Duration = Duration::from_millis(200);

pub(super) struct Output {
    producer: BaseProducer<Deliveries>,
    topic: String,
    transactional_id: Option<String>,
}

impl Output {
    pub(super) fn new(options: &MergeOptions) -> Result<Self, MergeError> {
        let MergeOptions { brokers, group, instance, output, properties, .. } = options;
        let mut config = client::configure(brokers, instance, DEFAULTS, properties, client::fits_producer)?;
        // Java's partitioner, so that what else is keyed the same lands in the same partition.
        config.set("partitioner", "murmur2_random").set("enable.idempotence", "true").set("acks", "all");
        let transactional_id = options.transactional.then(|| format!("{group}-merge-{instance}"));
        match &transactional_id {
            Some(id) => config.set("transactional.id", id).set("transaction.timeout.ms", "60000"),
            None => config.set("message.timeout.ms", "0"),
        };
        let producer = config
            .create_with_context(Deliveries::default())
            .map_err(|error| client::not_created("producer", error))?;
        Ok(Self { producer, topic: output.clone(), transactional_id })
    }

    /// Ends what an earlier run under the same name left open. Waits for the brokers.
    pub(super) fn start(&self, stop: &AtomicBool) -> Result<(), MergeError> {
        if self.transactional_id.is_none() {
            return Ok(());
        }
        while let Err(error) = self.producer.init_transactions(Duration::from_secs(5)) {
            if stop.load(Ordering::Acquire) {
                return Ok(());
            }
            if !is_retriable(&error) {
                return Err(self.failed("begin", error));
            }
            tracing::warn!(%error, "waiting for the transaction coordinator");
            std::thread::sleep(TICK);
        }
        Ok(())
    }

    /// Opens a transaction, where there are any.
    pub(super) fn begin(&self) -> Result<(), MergeError> {
        if self.transactional_id.is_none() {
            return Ok(());
        }
        self.producer.begin_transaction().map_err(|error| self.failed("begin", error))
    }

    /// Takes a record on. Waits while the queue is full.
    pub(super) fn send(&self, key: &[u8], record: &SourceRecord<'_>) -> Result<(), Broken> {
        let (origin, time) = (record.origin().to_string(), record.timestamp.to_header());
        let headers = OwnedHeaders::new_with_capacity(2)
            .insert(Header { key: headers::HEADER_ORIGIN, value: Some(&origin) })
            .insert(Header { key: headers::HEADER_RECORD_TIME, value: Some(&time) });
        let mut output: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic).key(key).headers(headers);
        output.payload = record.value;
        output.timestamp = record.timestamp.millis();
        let since = Instant::now();
        loop {
            match self.producer.send(output) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    if since.elapsed() >= STEP {
                        return Err(Broken::Again("the output takes nothing on".to_owned()));
                    }
                    output = back;
                    self.producer.poll(TICK);
                }
                Err((error, _)) => return Err(self.refused(origin, error)),
            }
        }
    }

    /// Serves acknowledgements.
    pub(super) fn serve(&self) {
        self.producer.poll(Duration::ZERO);
    }

    /// Waits until all output is acknowledged; plain mode.
    pub(super) fn flush(&self) -> Result<(), Broken> {
        let flushed = self.producer.flush(STEP);
        if let Some((origin, error)) = self.producer.context().failure().take() {
            return Err(self.refused(origin, error));
        }
        flushed.map_err(|error| Broken::Again(format!("the output is not acknowledged: {error}")))
    }

    /// Commits the output together with the offsets it stands for.
    pub(super) fn commit(
        &self,
        offsets: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), Broken> {
        let offsets_sent =
            self.step("send offsets", || self.producer.send_offsets_to_transaction(offsets, group, STEP));
        let committed =
            offsets_sent.and_then(|()| self.step("commit", || self.producer.commit_transaction(STEP)));
        let failure = self.producer.context().failure().take();
        match (committed, failure) {
            (Err(Broken::Again(_)), Some((origin, error))) if is_permanent(&error) => {
                Err(self.refused(origin, error))
            }
            (committed, _) => committed,
        }
    }

    /// One step of a transaction, tried again while that can help.
    fn step(&self, action: &'static str, mut attempt: impl FnMut() -> KafkaResult<()>) -> Result<(), Broken> {
        let since = Instant::now();
        loop {
            let Err(error) = attempt() else { return Ok(()) };
            let KafkaError::Transaction(cause) = &error else {
                return Err(Broken::Again(format!("cannot {action}: {error}")));
            };
            if cause.is_fatal() {
                return Err(self.failed(action, error).into());
            }
            if cause.txn_requires_abort() || !cause.is_retriable() || since.elapsed() >= STEP {
                return Err(Broken::Again(format!("cannot {action}: {error}")));
            }
            self.serve();
        }
    }

    /// Gives up everything since the last commit.
    pub(super) fn abort(&self) -> Result<(), Broken> {
        let aborted = match &self.transactional_id {
            // What is on its way may arrive all the same, and then again: repeats are downstream's affair.
            None => {
                self.producer.purge(PurgeConfig::default().queue());
                Ok(())
            }
            // It ends only when every record's fate was served: so in short steps, serving in between.
            Some(_) => self.step("abort", || self.producer.abort_transaction(TICK)),
        };
        self.serve();
        self.producer.context().failure().take();
        aborted.map_err(|broken| match broken {
            Broken::Again(why) => Broken::Over(why),
            other => other,
        })
    }

    fn refused(&self, origin: String, error: KafkaError) -> Broken {
        if !is_permanent(&error) {
            return Broken::Again(format!("{origin} was not written: {error}"));
        }
        Broken::ForGood(MergeError::Refused { output: self.topic.clone(), origin, error: error.into() })
    }

    fn failed(&self, action: &'static str, error: KafkaError) -> MergeError {
        let transactional_id = self.transactional_id.clone().unwrap_or_default();
        MergeError::Transaction { action, transactional_id, error: error.into() }
    }
}

/// Whether trying again could help.
fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(cause) if cause.is_retriable() && !cause.is_fatal())
}

/// Whether a record that was refused would be refused again.
fn is_permanent(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::MessageSizeTooLarge
                | Code::InvalidMessageSize
                | Code::InvalidRecord
                | Code::InvalidTimestamp
                | Code::TopicAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::UnknownTopic
                | Code::UnknownTopicOrPartition
                | Code::InvalidTopic
                | Code::PolicyViolation
                | Code::Fatal
        )
    )
}

/// The producer's context: keeps the first record that failed.
#[derive(Default)]
struct Deliveries {
    failure: Mutex<Option<(String, KafkaError)>>,
}

impl Deliveries {
    fn failure(&self) -> MutexGuard<'_, Option<(String, KafkaError)>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        client::complaint(&error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, message)) = result {
            let mut failure = self.failure();
            if failure.is_none() {
                *failure = Some((origin_of(message), error.clone()));
            }
        }
    }
}

fn origin_of(message: &BorrowedMessage<'_>) -> String {
    let origin = RawHeaders::of(message).and_then(|found| found.text(headers::HEADER_ORIGIN));
    origin.map_or_else(|| format!("of partition {}", message.partition()), str::to_owned)
}
