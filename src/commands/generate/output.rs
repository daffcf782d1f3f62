//! Where generated records go: lines of a file, or a Kafka topic.

use std::{
    fmt,
    fs::File,
    io::{self, BufWriter, Write},
    os::fd::AsFd as _,
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use traffic::{Generated, Settings};

use super::{
    producer::{Producer, ProducerOptions},
    properties,
    topic::{self, Topic},
};
use crate::cli::GenerateArgs;

/// Bytes gathered before they are written.
const BUFFER: usize = 256 << 10;

/// Longest wait for a partition's offsets.
const WAIT: Duration = Duration::from_secs(15);

/// Where records go. `Display` names it.
pub(super) enum Output {
    /// NDJSON.
    Lines {
        /// The file.
        writer: BufWriter<File>,
        /// What it is called.
        name: String,
        /// Whether it is standard output.
        is_standard: bool,
    },
    /// A Kafka topic.
    Kafka {
        /// The producer.
        producer: Box<Producer>,
        /// The topic.
        topic: String,
        /// Its partitions.
        partitions: i32,
    },
}

impl Output {
    /// Opens what the arguments say; standard output if they say nothing.
    ///
    /// # Errors
    /// A file that cannot be created, brokers that do not answer, or a topic that is not there.
    pub(super) async fn open(args: &GenerateArgs, settings: &Settings) -> anyhow::Result<Self> {
        if let (Some(brokers), Some(topic)) = (&args.kafka, &args.topic) {
            let properties = properties::parse(&args.property)?;
            let options = ProducerOptions { brokers: brokers.clone(), topic: topic.clone(), properties };
            return Self::kafka(options, args.partitions, settings).await;
        }
        let path = args.out.as_deref().filter(|path| *path != Path::new("-"));
        let (file, name) = match path {
            Some(path) => {
                let name = path.display().to_string();
                (File::create(path).with_context(|| format!("creating {name}"))?, name)
            }
            // Not through `Stdout`, which looks for lines in all it is given.
            None => (File::from(io::stdout().as_fd().try_clone_to_owned()?), "standard output".to_owned()),
        };
        Ok(Self::Lines { writer: BufWriter::with_capacity(BUFFER, file), name, is_standard: path.is_none() })
    }

    async fn kafka(
        options: ProducerOptions,
        partitions: Option<i32>,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        ensure!(partitions.is_none_or(|partitions| partitions > 0), "--partitions must be at least 1");
        let producer = Producer::new(&options)?;
        let found = topic::ensure(&producer, &options, partitions).await?;
        for note in notes(&found, &options.topic, partitions, settings.start(), Timestamp::now()) {
            eprintln!("{note}");
        }
        Ok(Self::Kafka { producer: Box::new(producer), topic: options.topic, partitions: found.partitions })
    }

    /// Takes a record on; returns the bytes it has there, before compression.
    ///
    /// # Errors
    /// It, or one before it, cannot be written.
    pub(super) fn write(&mut self, record: &Generated) -> anyhow::Result<u64> {
        match self {
            Self::Lines { writer, name, .. } => {
                // A record without a value has no line; only a topic can hold it.
                let Some(line) = record.payload() else { return Ok(0) };
                let written = writer.write_all(line).and_then(|()| writer.write_all(b"\n"));
                written.with_context(|| format!("writing {name}"))?;
                Ok(line.len() as u64 + 1)
            }
            Self::Kafka { producer, .. } => Ok(producer.send(record)?),
        }
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// Something was not, or the broker has dropped some of it already.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Lines { writer, name, .. } => writer.flush().with_context(|| format!("writing {name}")),
            Self::Kafka { producer, topic, .. } => {
                let written = producer.flush()?;
                match producer.dropped(WAIT)? {
                    0 => Ok(()),
                    dropped => bail!(
                        "all {written} records were written to topic {topic}, but its brokers have dropped {dropped} \
                         of them already: let the topic keep more (retention.ms, retention.bytes), or generate less"
                    ),
                }
            }
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines { name, .. } => f.write_str(name),
            Self::Kafka { topic, partitions, .. } => write!(f, "topic {topic} ({partitions} partitions)"),
        }
    }
}

/// What the user should know of the topic before records are written that begin at `start` (epoch ms).
fn notes(
    found: &Topic,
    name: &str,
    asked_partitions: Option<i32>,
    start: i64,
    now: Timestamp,
) -> Vec<String> {
    let mut notes = Vec::new();
    if found.is_new {
        notes.push(format!(
            "created topic {name} with {} partitions; it keeps its records for good (retention.ms=-1)",
            found.partitions
        ));
    } else if asked_partitions.is_some_and(|asked| asked != found.partitions) {
        notes.push(format!(
            "topic {name} is there already, with {} partitions; --partitions changes nothing",
            found.partitions
        ));
    }
    let age_ms = now.as_millisecond() - start;
    if let Some(retention_ms) = found.retention_ms.filter(|retention_ms| age_ms > *retention_ms) {
        let days = |ms: i64| ms as f64 / 86_400_000.0;
        notes.push(format!(
            "topic {name} keeps records for {:.1} days by their own times, and these begin {:.1} days ago: \
             the brokers will delete the older ones within minutes; set its retention.ms to -1, or let --end be now",
            days(retention_ms),
            days(age_ms)
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(found: &Topic, asked: Option<i32>) -> Vec<String> {
        const DAY: i64 = 86_400_000;
        let now = Timestamp::from_millisecond(100 * DAY).unwrap();
        notes(found, "t", asked, 70 * DAY, now)
    }

    #[test]
    fn a_history_older_than_the_topic_keeps_is_told_of() {
        const DAY: i64 = 86_400_000;
        let keeps = |retention_ms| Topic { partitions: 3, is_new: false, retention_ms };
        assert_eq!(told(&keeps(None), None), [""; 0]);
        assert_eq!(told(&keeps(Some(30 * DAY)), Some(3)), [""; 0]);
        let notes = told(&keeps(Some(7 * DAY)), Some(4));
        assert!(notes[0].contains("with 3 partitions"), "{notes:?}");
        assert!(notes[1].contains("for 7.0 days") && notes[1].contains("begin 30.0 days ago"), "{notes:?}");
    }
}
