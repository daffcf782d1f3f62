//! A folder with everything of one test: ClickHouse, configurations, checkpoints, logs.

use std::{fs, path::PathBuf};

use tempfile::TempDir;
use toml::{Table, Value};

use crate::{clickhouse::ClickHouse, instance::Instance, process::until};

/// The consumer group of every pipeline.
pub(crate) const GROUP: &str = "tidegauge";
/// The topic that it reads.
pub(crate) const TOPIC: &str = "events";
/// The topic of its dead letters.
pub(crate) const LETTERS: &str = "letters";

/// One test's ClickHouse and folder, and the configuration of its instances.
pub(crate) struct Setup {
    // Before the folder: the process ends first.
    pub(crate) clickhouse: ClickHouse,
    config: Table,
    folder: TempDir,
}

impl Setup {
    /// Starts ClickHouse; the instances are to read from `brokers`.
    pub(crate) fn new(brokers: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("tidegauge-live-").tempdir().unwrap();
        let clickhouse = ClickHouse::start(folder.path());
        let brokers: Vec<String> = brokers.split(',').map(str::to_owned).collect();
        let (url, checkpoints) = (clickhouse.url(), folder.path().join("checkpoints").display().to_string());
        let mut setup = Self { clickhouse, config: Table::new(), folder };
        setup
            .set("kafka.brokers", brokers)
            .set("kafka.group", GROUP)
            .set("kafka.topics", vec![TOPIC])
            .set("kafka.dead_letter_topic", LETTERS)
            // By the oracle, a session with an id never closes, and no repeat is forgotten.
            .set("fold.session_silence", "7d")
            .set("fold.dedup_window", "60d")
            // Little traffic has hours without an event.
            .set("fold.confirming_users", 1)
            .set("metrics.listen", "127.0.0.1:0")
            .set("metrics.kpi_interval", "1m")
            .set("sink.url", url)
            .set("sink.flush_interval", "300ms")
            .set("sink.open_rows_interval", "1s")
            .set("checkpoint.dir", checkpoints)
            .set("checkpoint.interval", "1s")
            // A group waits this long for a member that was killed; the mock cluster also for one that left.
            .property("session.timeout.ms", 6_000)
            .property("heartbeat.interval.ms", 1_000);
        setup
    }

    /// Changes an option for the instances to come.
    pub(crate) fn set(&mut self, path: &str, value: impl Into<Value>) -> &mut Self {
        let (section, key) = path.split_once('.').unwrap();
        let section = self.config.entry(section).or_insert_with(|| Table::new().into());
        section.as_table_mut().unwrap().insert(key.to_owned(), value.into());
        self
    }

    /// Changes a property of librdkafka for the instances to come.
    pub(crate) fn property(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        let kafka = self.config["kafka"].as_table_mut().unwrap();
        let properties = kafka.entry("properties").or_insert_with(|| Table::new().into());
        properties.as_table_mut().unwrap().insert(name.to_owned(), value.into());
        self
    }

    /// Starts an instance; `name` is that of its files.
    pub(crate) fn start(&self, name: &str) -> Instance {
        Instance::start(&self.configuration(name), &self.log(name))
    }

    /// Starts an instance that must refuse to run; its exit code and what it said.
    pub(crate) fn refused(&self, name: &str) -> (Option<i32>, String) {
        Instance::refused(&self.configuration(name), &self.log(name))
    }

    /// The folder of the checkpoints.
    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.folder.path().join("checkpoints")
    }

    /// How many records the rows in ClickHouse tell of; 0 while there is no answer.
    pub(crate) fn written(&self) -> u64 {
        self.clickhouse.number("SELECT sum(position) FROM tidegauge.accounting").unwrap_or(0)
    }

    /// Waits until the rows in ClickHouse tell of `records` records.
    #[track_caller]
    pub(crate) fn until_written(&self, records: usize) {
        until("the rows tell of every record", || (self.written() >= records as u64).then_some(()));
    }

    fn configuration(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.toml"));
        fs::write(&path, self.config.to_string()).unwrap();
        path
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }
}
