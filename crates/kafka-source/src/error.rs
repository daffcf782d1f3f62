//! What can go wrong with Kafka, and what to do about it.

use std::{io, path::PathBuf, time::Duration};

use pipeline::{Partition, Position};
use rdkafka::error::KafkaError;

/// An error of a [`crate::Source`] or of a producer's set-up.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A property was set that the pipeline decides itself.
    #[error("the Kafka property {name} cannot be set: {why}")]
    OwnProperty {
        /// The property.
        name: String,
        /// Why not, and where it is set instead.
        why: &'static str,
    },
    /// librdkafka does not accept a property or its value. Values are not shown, they may be secret.
    #[error("the Kafka property {name} was not accepted: {why}")]
    BadProperty {
        /// The property.
        name: String,
        /// What librdkafka says.
        why: String,
    },
    /// A client could not be made.
    #[error("cannot make a Kafka {what}: {error}")]
    Create {
        /// Consumer or producer.
        what: &'static str,
        /// What librdkafka says.
        error: Box<KafkaError>,
    },
    /// The subscription was refused.
    #[error("cannot subscribe to {}: {error}", topics.join(", "))]
    Subscribe {
        /// The topics.
        topics: Vec<String>,
        /// What librdkafka says.
        error: Box<KafkaError>,
    },
    /// The consumer is beyond use: it must be closed and made anew.
    #[error("the Kafka consumer failed for good: {reason} ({error}). Restart to join the group again")]
    Fatal {
        /// The code.
        error: Box<KafkaError>,
        /// What librdkafka says.
        reason: String,
    },
    /// The broker no longer has the offset that is to be read next.
    #[error(
        "the broker no longer holds the next offset of a partition of {}: retention is shorter than \
         the pipeline was behind, or the topic was recreated. Restart: the start explains which",
        topics.join(", ")
    )]
    OffsetGone {
        /// The subscribed topics.
        topics: Vec<String>,
    },
    /// The assignment could not be changed.
    #[error("cannot {action} {partitions:?}: {error}")]
    Assignment {
        /// Assign, unassign, pause or resume.
        action: &'static str,
        /// The partitions.
        partitions: Vec<Partition>,
        /// What librdkafka says.
        error: Box<KafkaError>,
    },
    /// A question to the brokers stayed without an answer.
    #[error("cannot ask the brokers for {what} within {timeout:?}: {error}. Check brokers and access rights")]
    Query {
        /// What was asked.
        what: String,
        /// How long was waited.
        timeout: Duration,
        /// The last error.
        error: Box<KafkaError>,
    },
    /// A topic that is written to is not there and could not be made.
    #[error("cannot find or make the topic {topic}: {error}. Check brokers and access rights, or create it")]
    Topic {
        /// The topic.
        topic: String,
        /// What librdkafka says.
        error: Box<KafkaError>,
    },
    /// The topic does not exist.
    #[error("the topic {topic} does not exist on these brokers: create it, or check its name")]
    NoTopic {
        /// The topic.
        topic: String,
    },
    /// An offset beyond what Kafka can number.
    #[error("the position {0} lies beyond Kafka's offsets")]
    NoOffset(Position),
}

/// A dead letter that could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// It is larger than the topic takes.
    #[error(
        "the dead letter of {origin} ({bytes} bytes) is larger than the topic {topic} takes: raise its \
         max.message.bytes, and message.max.bytes in the Kafka properties, to more than the source \
         topics allow"
    )]
    TooLarge {
        /// The dead-letter topic.
        topic: String,
        /// `topic/partition/offset` of the record.
        origin: String,
        /// The value's size.
        bytes: usize,
    },
    /// The brokers did not acknowledge it.
    #[error("the dead letter of {origin} was not acknowledged by {topic}: {error}")]
    Refused {
        /// The dead-letter topic.
        topic: String,
        /// `topic/partition/offset` of the record.
        origin: String,
        /// What librdkafka says.
        error: Box<KafkaError>,
    },
    /// Letters are still on their way.
    #[error(
        "{waiting} dead letters were not acknowledged by {topic} within {timeout:?}: they stay queued, \
         flush again"
    )]
    Waiting {
        /// The dead-letter topic.
        topic: String,
        /// How many.
        waiting: usize,
        /// How long was waited.
        timeout: Duration,
    },
    /// A file of dead letters could not be written.
    #[error("cannot {action} the dead letters in {}: {error}", path.display())]
    File {
        /// Open, write or flush.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl LetterError {
    /// The error of a letter that librdkafka or the brokers refused.
    pub(crate) fn refused(topic: &str, origin: &str, bytes: usize, error: KafkaError) -> Self {
        use rdkafka::types::RDKafkaErrorCode::{InvalidMessageSize, MessageSizeTooLarge};
        let (topic, origin) = (topic.to_owned(), origin.to_owned());
        match error.rdkafka_error_code() {
            Some(MessageSizeTooLarge | InvalidMessageSize) => Self::TooLarge { topic, origin, bytes },
            _ => Self::Refused { topic, origin, error: error.into() },
        }
    }
}
