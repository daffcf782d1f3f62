//! Dead letters to a Kafka topic.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use pipeline::Origin;
use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::KafkaError,
    message::{DeliveryResult, Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer, ProducerContext},
    types::RDKafkaErrorCode,
};

use crate::{
    client,
    error::{LetterError, SourceError},
    headers,
    record::RecordTimestamp,
};

/// A record that broke the contract, whole.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// Where the record first appeared.
    pub origin: Origin<'a>,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value, as it was.
    pub value: Option<&'a [u8]>,
    /// Its own time.
    pub timestamp: RecordTimestamp,
    /// The reason's code.
    pub reason: &'a str,
    /// The offending field, if one is.
    pub field: Option<&'a str>,
}

/// Where dead letters go.
#[derive(Clone)]
pub struct LetterOptions {
    /// Bootstrap brokers, `host:port` separated by commas.
    pub brokers: String,
    /// How the client names itself.
    pub client_id: String,
    /// The dead-letter topic.
    pub topic: String,
    /// librdkafka properties; those of consumers only are left out.
    pub properties: BTreeMap<String, String>,
}

impl fmt::Debug for LetterOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LetterOptions")
            .field("brokers", &self.brokers)
            .field("client_id", &self.client_id)
            .field("topic", &self.topic)
            .field("properties", &self.properties.keys()) // values may be secret
            .finish()
    }
}

/// What a producer of letters is given unless the properties say otherwise. A letter waits as long
/// as the brokers are away: only a refusal is an error.
const DEFAULTS: &[(&str, &str)] = &[
    ("message.max.bytes", "2097152"),
    ("message.timeout.ms", "0"),
    ("linger.ms", "20"),
    ("compression.type", "lz4"),
    ("queue.buffering.max.kbytes", "65536"),
    ("socket.keepalive.enable", "true"),
];

/// Longest wait for room in the producer's queue.
const ROOM: Duration = Duration::from_secs(30);

/// A producer of dead letters.
///
/// [`Self::send`] takes a letter on, [`Self::flush`] waits until all are acknowledged by all replicas:
/// only then may the offsets behind them be committed. A refused letter fails every flush from then
/// on: its record is read again after a restart.
pub struct DeadLetters {
    producer: BaseProducer<Deliveries>,
    topic: String,
}

impl DeadLetters {
    /// Makes the producer. Brokers that are not there (yet) are no error.
    pub fn new(options: LetterOptions) -> Result<Self, SourceError> {
        let LetterOptions { brokers, client_id, topic, properties } = options;
        let mut config =
            client::configure(&brokers, &client_id, DEFAULTS, &properties, client::fits_producer)?;
        config.set("enable.idempotence", "true").set("acks", "all");
        let producer = config
            .create_with_context(Deliveries::default())
            .map_err(|error| client::not_created("producer", error))?;
        Ok(Self { producer, topic })
    }

    /// Takes a letter on. Waits while the queue is full, for up to 30 s.
    ///
    /// An error means that the letter is not on its way: it is too large, or there is no room.
    pub fn send(&self, letter: &Letter<'_>) -> Result<(), LetterError> {
        let bytes = letter.value.map_or(0, <[u8]>::len);
        let mut record = BaseRecord::with_opaque_to(
            &self.topic,
            Box::new(Sent { origin: letter.origin.to_string(), bytes }),
        )
        .headers(letter_headers(letter));
        record.key = letter.key;
        record.payload = letter.value;
        let since = Instant::now();
        self.producer.context().waiting.fetch_add(1, Ordering::AcqRel);
        loop {
            match self.producer.send(record) {
                Ok(()) => {
                    self.producer.poll(Duration::ZERO);
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                    if since.elapsed() < ROOM =>
                {
                    record = back;
                    self.producer.poll(Duration::from_millis(100));
                }
                Err((error, back)) => {
                    self.producer.context().waiting.fetch_sub(1, Ordering::AcqRel);
                    let origin = &back.delivery_opaque.origin;
                    return Err(LetterError::refused(&self.topic, origin, bytes, error));
                }
            }
        }
    }

    /// Waits until every letter is acknowledged, for up to `timeout`.
    ///
    /// [`LetterError::Waiting`] leaves them on their way; any other error is final.
    pub fn flush(&self, timeout: Duration) -> Result<(), LetterError> {
        let flushed = self.producer.flush(timeout);
        self.producer.poll(Duration::ZERO);
        let context = self.producer.context();
        if let Some(failure) = context.failures().first() {
            return Err(failure.error(&self.topic));
        }
        let waiting = context.waiting.load(Ordering::Acquire);
        match flushed {
            Ok(()) if waiting == 0 => Ok(()),
            _ => Err(LetterError::Waiting { topic: self.topic.clone(), waiting, timeout }),
        }
    }

    /// Letters taken on and not yet acknowledged or refused.
    pub fn waiting(&self) -> usize {
        self.producer.context().waiting.load(Ordering::Acquire)
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters")
            .field("topic", &self.topic)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

fn letter_headers(letter: &Letter<'_>) -> OwnedHeaders {
    let (partition, offset) = (letter.origin.partition.to_string(), letter.origin.offset.to_string());
    let timestamp = letter.timestamp.millis().map(|millis| millis.to_string());
    [
        (headers::HEADER_TOPIC, Some(letter.origin.topic)),
        (headers::HEADER_PARTITION, Some(&*partition)),
        (headers::HEADER_OFFSET, Some(&*offset)),
        (headers::HEADER_TIMESTAMP, timestamp.as_deref()),
        (headers::HEADER_REASON, Some(letter.reason)),
        (headers::HEADER_FIELD, letter.field),
    ]
    .into_iter()
    .filter(|(_, value)| value.is_some())
    .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value }))
}

/// What is remembered of a letter on its way.
struct Sent {
    origin: String,
    bytes: usize,
}

/// A letter the brokers refused.
struct Failure {
    sent: Sent,
    error: KafkaError,
}

impl Failure {
    fn error(&self, topic: &str) -> LetterError {
        LetterError::refused(topic, &self.sent.origin, self.sent.bytes, self.error.clone())
    }
}

/// Failures kept for naming; the rest is only logged.
const KEPT_FAILURES: usize = 16;

/// The producer's context: counts acknowledgements, keeps refusals.
#[derive(Default)]
struct Deliveries {
    waiting: AtomicUsize,
    failures: Mutex<Vec<Failure>>,
}

impl Deliveries {
    fn failures(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
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
    type DeliveryOpaque = Box<Sent>;

    fn delivery(&self, result: &DeliveryResult<'_>, sent: Box<Sent>) {
        if let Err((error, _)) = result {
            tracing::error!(origin = sent.origin, %error, "a dead letter was refused");
            let mut failures = self.failures();
            if failures.len() < KEPT_FAILURES {
                failures.push(Failure { sent: *sent, error: error.clone() });
            }
        }
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
