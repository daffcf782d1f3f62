//! Generated records to Kafka: each acknowledged, none further ahead of a consumer than the broker keeps.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, ClientContext, Message,
    client::Client,
    error::KafkaError,
    message::DeliveryResult,
    producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext},
    types::RDKafkaErrorCode,
};
use traffic::Generated;

use super::{ahead::Ahead, properties};

/// Bytes of a partition that may be ahead of the consumer on a broker that keeps 5 MiB of each, as
/// librdkafka's mock cluster does.
pub(crate) const MOCK_AHEAD: u64 = 2 << 20;

/// What a broker stores of a record besides key and value, at most.
const OVERHEAD: u64 = 64;

/// Records between two looks at the acknowledgements.
const SERVE_EVERY: u32 = 128;

/// How long a wait goes without a look at what it waits for.
const TICK: Duration = Duration::from_millis(2);

/// How long a wait for the consumer goes without a word.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Why records did not reach Kafka.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProduceError {
    /// A property that is not the user's to set.
    #[error("the property {name} cannot be set: {why}")]
    OwnProperty {
        /// The property.
        name: String,
        /// Why, or what to do in its place.
        why: &'static str,
    },
    /// A property librdkafka refuses; its value is not shown.
    #[error("the property {name} is refused: {why}")]
    BadProperty {
        /// The property.
        name: String,
        /// What librdkafka says.
        why: String,
    },
    /// The client cannot be made.
    #[error("cannot make a Kafka client: {0}")]
    Create(Box<KafkaError>),
    /// Records were refused, by the client or by a broker, or not acknowledged in time.
    #[error("{refused} of the records for topic {topic} were not written; the first one: {error}{}", hint(.error, .last))]
    Refused {
        /// The topic.
        topic: String,
        /// How many so far.
        refused: u64,
        /// Why the first of them was.
        error: Box<KafkaError>,
        /// What the client complained of last.
        last: Option<String>,
    },
    /// The owner wants to stop; what was on its way may be written or not.
    #[error("stopped while waiting to produce to topic {0}")]
    Stopped(String),
    /// The broker does not say what it keeps.
    #[error("cannot ask for the offsets of partition {partition} of topic {topic}: {error}")]
    Offsets {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What the client says.
        error: Box<KafkaError>,
    },
}

/// What else is known of a refusal.
fn hint(error: &KafkaError, last: &Option<String>) -> String {
    match (error.rdkafka_error_code(), last) {
        (Some(RDKafkaErrorCode::MessageSizeTooLarge), _) => {
            "; raise message.max.bytes, at the brokers too".to_owned()
        }
        (_, Some(last)) => format!(" ({last})"),
        (_, None) => String::new(),
    }
}

/// Where records go.
#[derive(Clone)]
pub(crate) struct ProducerOptions {
    /// Bootstrap brokers, `host:port` separated by commas.
    pub(crate) brokers: String,
    /// The topic.
    pub(crate) topic: String,
    /// librdkafka properties, passed through.
    pub(crate) properties: BTreeMap<String, String>,
}

impl fmt::Debug for ProducerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProducerOptions")
            .field("brokers", &self.brokers)
            .field("topic", &self.topic)
            .field("properties", &self.properties.keys()) // values may be secret
            .finish()
    }
}

/// Keeps a producer close to its consumer.
pub(crate) struct Bound {
    /// Bytes of keys and values that may be ahead of the consumer in any one partition, what is on its way
    /// included; see [`MOCK_AHEAD`].
    pub(crate) bytes: u64,
    /// The consumer's next offset in a partition; 0 before its first record.
    pub(crate) consumed: Box<dyn Fn(i32) -> u64 + Send>,
    /// Ends a wait for the consumer, with [`ProduceError::Stopped`].
    pub(crate) stop: Arc<AtomicBool>,
}

/// Produces generated records to one topic, keyed by user, idempotently. Every method may block.
///
/// Dropping it gives up what is not yet acknowledged: call [`Self::flush`] before.
pub(crate) struct Producer {
    producer: BaseProducer<Deliveries>,
    topic: String,
    bound: Option<Bound>,
    unserved: u32,
}

impl Producer {
    /// Makes the producer. Brokers that are not there (yet) are no error.
    pub(crate) fn new(options: &ProducerOptions) -> Result<Self, ProduceError> {
        let config: ClientConfig = properties::configure(&options.brokers, &options.properties)?;
        let producer = config.create_with_context(Deliveries::default()).map_err(properties::not_created)?;
        Ok(Self { producer, topic: options.topic.clone(), bound: None, unserved: 0 })
    }

    /// Stays within the bound from now on: for a broker that drops records it has no room for, read or not.
    pub(crate) fn bounded(mut self, bound: Bound) -> Self {
        self.producer.context().state().ahead.track();
        self.bound = Some(bound);
        self
    }

    /// The client underneath, to ask the brokers.
    pub(super) fn client(&self) -> &Client<impl ClientContext + use<>> {
        self.producer.client()
    }

    /// What the client complained of last, mostly of its connections.
    pub(super) fn complaint(&self) -> Option<String> {
        self.producer.poll(TICK);
        self.producer.context().state().complaint.clone()
    }

    /// Takes a record on; returns the bytes of its key and value. Waits while the queue is full or the consumer
    /// too far behind.
    ///
    /// # Errors
    /// An earlier record was refused, this one is, or the owner stops.
    pub(crate) fn send(&mut self, record: &Generated) -> Result<u64, ProduceError> {
        let bytes = (record.key.len() + record.payload().map_or(0, <[u8]>::len)) as u64;
        self.unserved += 1;
        if self.unserved >= SERVE_EVERY {
            self.unserved = 0;
            self.serve(Duration::ZERO)?;
        }
        self.wait_for_consumer(bytes + OVERHEAD)?;
        let mut output: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(&self.topic).key(&record.key);
        output.payload = record.payload();
        output.timestamp = Some(record.timestamp_ms);
        loop {
            match self.producer.send(output) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    self.check_stop()?;
                    self.serve(TICK)?;
                    output = back;
                }
                Err((error, _)) => {
                    self.producer.context().state().refuse(error);
                    return self.check_refusals().map(|()| bytes);
                }
            }
        }
        self.producer.context().state().in_flight += bytes + OVERHEAD;
        Ok(bytes)
    }

    /// Waits until every record is acknowledged; returns how many are, in all.
    ///
    /// # Errors
    /// A record was refused or not acknowledged within `message.timeout.ms`, or the owner stops.
    pub(crate) fn flush(&mut self) -> Result<u64, ProduceError> {
        while self.producer.in_flight_count() > 0 {
            self.check_stop()?;
            // Beginning to flush ends the linger of what is queued.
            let _ = self.producer.flush(TICK);
            self.serve(Duration::ZERO)?;
        }
        self.check_refusals()?;
        Ok(self.producer.context().state().acknowledged)
    }

    /// Records written by this producer that the broker has dropped since, consumed or not.
    ///
    /// # Errors
    /// The broker does not answer within `timeout`.
    pub(crate) fn dropped(&self, timeout: Duration) -> Result<u64, ProduceError> {
        let ranges: Vec<_> = self.producer.context().state().ahead.ranges().collect();
        let mut dropped = 0;
        for (partition, begin, end) in ranges {
            let (low, _) = self.producer.client().fetch_watermarks(&self.topic, partition, timeout).map_err(
                |error| ProduceError::Offsets { topic: self.topic.clone(), partition, error: error.into() },
            )?;
            dropped += u64::try_from(low).unwrap_or(0).clamp(begin, end) - begin;
        }
        Ok(dropped)
    }

    /// Serves acknowledgements for `wait`.
    fn serve(&self, wait: Duration) -> Result<(), ProduceError> {
        self.producer.poll(wait);
        self.check_refusals()
    }

    /// Waits until a record of so many bytes fits within the bound.
    fn wait_for_consumer(&self, bytes: u64) -> Result<(), ProduceError> {
        let mut said = Instant::now();
        while let Some(bound) = &self.bound {
            let ahead = self.producer.context().state().most_ahead();
            // A record larger than the bound goes alone.
            if ahead == 0 || ahead + bytes <= bound.bytes {
                break;
            }
            self.check_stop()?;
            self.producer.context().state().ahead.consumed(&bound.consumed);
            if self.producer.context().state().most_ahead() + bytes > bound.bytes {
                self.serve(TICK)?;
            }
            if said.elapsed() >= SAY_EVERY {
                said = Instant::now();
                tracing::warn!(topic = self.topic, ahead, "waiting for the consumer to get on");
            }
        }
        Ok(())
    }

    fn check_stop(&self) -> Result<(), ProduceError> {
        match &self.bound {
            Some(bound) if bound.stop.load(Ordering::Acquire) => {
                Err(ProduceError::Stopped(self.topic.clone()))
            }
            _ => Ok(()),
        }
    }

    fn check_refusals(&self) -> Result<(), ProduceError> {
        let state = self.producer.context().state();
        match &state.refusal {
            Some(error) => Err(ProduceError::Refused {
                topic: self.topic.clone(),
                refused: state.refused,
                error: error.clone().into(),
                last: state.complaint.clone(),
            }),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// What has become of the records.
#[derive(Default)]
struct State {
    acknowledged: u64,
    /// Bytes taken on and neither acknowledged nor refused.
    in_flight: u64,
    ahead: Ahead,
    refused: u64,
    refusal: Option<KafkaError>,
    /// What the client said last of its connections.
    complaint: Option<String>,
}

impl State {
    fn refuse(&mut self, error: KafkaError) {
        self.refused += 1;
        self.refusal.get_or_insert(error);
    }

    /// Bytes that may be ahead of the consumer in one partition: what is on its way could all be for it.
    fn most_ahead(&self) -> u64 {
        self.ahead.most() + self.in_flight
    }
}

/// The client's context: counts acknowledgements, keeps the first refusal.
#[derive(Default)]
struct Deliveries {
    state: Mutex<State>,
}

impl Deliveries {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {
    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "librdkafka", %error, "{reason}");
        self.state().complaint = Some(reason.to_owned());
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let message = match result {
            Ok(message) | Err((_, message)) => message,
        };
        let bytes = (message.key_len() + message.payload_len()) as u64 + OVERHEAD;
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(bytes);
        match result {
            Ok(message) => {
                state.acknowledged += 1;
                let offset = u64::try_from(message.offset()).unwrap_or(0);
                state.ahead.written(message.partition(), offset, bytes);
            }
            Err((error, _)) => state.refuse(error.clone()),
        }
    }
}

#[cfg(test)]
#[path = "producer_tests.rs"]
mod tests;
