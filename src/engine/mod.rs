//! The engine: one thread that owns the consumer and the partitions' states.
//!
//! poll -> fold -> (on time) take rows and snapshots -> hand them to the sink -> commit what is durable.
//! The fold never waits for ClickHouse: while a batch is on its way changes coalesce in the states, and
//! consumption pauses at a bound.

mod assignment;
mod flush;
mod fold;
mod gauges;
mod keying;
mod shared;
mod sink;

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use checkpoint_store::Store;
use clickhouse_sink::{ClickHouse, KpiSnapshots, Origin, RawEventRow, RetryPolicy, Writer};
use kafka_source::{DeadLetters, LetterOptions, Poll, Rebalance, Source, SourceOptions};
use pipeline::{Flow, FlushClock, FlushLimits};
use prometheus_exporter::Tally;
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};
use tracing::info;
use window_state::{FoldRules, PartitionState};

pub(crate) use shared::{Progress, Shared, Stop, now_ms};
use sink::{Done, Sink, Work};

use crate::{
    config::Settings,
    rules::{fold_rules, millis},
};

/// Records visited between two looks at the clock.
const POLL_RECORDS: usize = 2_000;
/// Longest wait for a record.
const POLL_WAIT: Duration = Duration::from_millis(50);
/// How often gauges are published.
const GAUGE_INTERVAL: Duration = Duration::from_millis(500);
/// How long a stop may take until what is not yet written is left to the next start.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// How long brokers may take to answer a question.
const BROKER_TIMEOUT: Duration = Duration::from_secs(10);

/// The running pipeline of one instance.
pub(crate) struct Engine {
    rules: Arc<FoldRules>,
    topic: Arc<str>,
    open_rows_interval: i64,
    raw_events: bool,
    kpi_interval: i64,
    source: Source,
    clickhouse: ClickHouse,
    letters: Arc<DeadLetters>,
    store: Arc<Store>,
    shared: Shared,
    runtime: Handle,
    work: mpsc::Sender<Work>,
    done: std::sync::mpsc::Receiver<Done>,
    give_up: watch::Sender<bool>,
    clock: FlushClock,
    began: Instant,
    states: BTreeMap<i32, PartitionState>,
    partitions: usize,
    raw: Vec<RawEventRow>,
    tally: Tally,
    keying: keying::Keying,
    /// Rows on their way.
    pending_rows: usize,
    moved: bool,
    moved_since_checkpoint: bool,
    gauged: Option<Instant>,
    /// The last instant gauges were kept for `kpis`.
    kpi_at: i64,
    kpis: Option<KpiSnapshots>,
}

impl Engine {
    /// Connects to Kafka and starts the sink; nothing is read before [`run`](Self::run).
    ///
    /// # Errors
    /// Options that librdkafka refuses, a checkpoint folder that cannot be made.
    pub(crate) fn new(
        settings: &Settings,
        clickhouse: ClickHouse,
        shared: Shared,
        runtime: Handle,
    ) -> anyhow::Result<Self> {
        let rules = Arc::new(fold_rules(settings)?);
        let kafka = &settings.kafka;
        let topic: Arc<str> =
            if kafka.needs_merge() { &*kafka.merged_topic } else { &*kafka.topics[0] }.into();
        let properties = kafka.properties.to_map();
        let source = Source::subscribe(SourceOptions {
            brokers: kafka.brokers.join(","),
            group: kafka.group.clone(),
            topics: vec![topic.to_string()],
            client_id: "tidegauge".to_owned(),
            properties: properties.clone(),
            read_origin: true,
        })?;
        let letters = Arc::new(DeadLetters::new(LetterOptions {
            brokers: kafka.brokers.join(","),
            client_id: "tidegauge".to_owned(),
            topic: kafka.dead_letter_topic.clone(),
            properties,
        })?);
        let mut store = Store::open(&settings.checkpoint.dir)?;
        if let Some(keep) = usize::try_from(settings.checkpoint.keep).ok().and_then(NonZeroUsize::new) {
            store = store.keeping(keep);
        }
        let store = Arc::new(store);
        let (work, work_of_sink) = mpsc::channel(1);
        let (done_of_sink, done) = std::sync::mpsc::channel();
        let (give_up, given_up) = watch::channel(false);
        let origin = Origin { topic: topic.clone(), rules: rules.fingerprint() };
        let sink = Sink {
            writer: Writer::new(clickhouse.clone(), origin),
            letters: letters.clone(),
            store: store.clone(),
            topic: topic.clone(),
            rules: rules.fingerprint(),
            retry: RetryPolicy { first: settings.sink.retry_initial, most: settings.sink.retry_max },
            shared: shared.clone(),
        };
        runtime.spawn(sink.run(work_of_sink, done_of_sink, given_up));
        let whole = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let limits = FlushLimits {
            interval_ms: whole(settings.sink.flush_interval),
            max_rows: settings.sink.flush_rows,
            checkpoint_interval_ms: whole(settings.checkpoint.interval),
            pause_rows: settings.sink.max_pending_rows,
            resume_rows: settings.sink.max_pending_rows / 2,
        };
        Ok(Self {
            rules,
            topic,
            open_rows_interval: millis(settings.sink.open_rows_interval),
            raw_events: settings.sink.raw_events,
            kpi_interval: millis(settings.metrics.kpi_interval),
            source,
            clickhouse,
            letters,
            store,
            shared,
            runtime,
            work,
            done,
            give_up,
            clock: FlushClock::new(limits, 0)?,
            began: Instant::now(),
            states: BTreeMap::new(),
            partitions: 0,
            raw: Vec::new(),
            tally: Tally::default(),
            keying: keying::Keying::default(),
            pending_rows: 0,
            moved: false,
            moved_since_checkpoint: false,
            gauged: None,
            kpi_at: 0,
            kpis: None,
        })
    }

    /// Runs until told to stop, then writes, commits and leaves the group.
    ///
    /// # Errors
    /// What the pipeline cannot go on from: a refused start, rows that ClickHouse will never take, a
    /// dead-letter topic that refuses, a consumer that is fenced off.
    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        self.shared.readiness.not_ready("waiting for partitions");
        while !self.shared.stop.is_set() {
            self.shared.heartbeat.beat(now_ms());
            self.turn()?;
        }
        self.shared.readiness.not_ready("stopping");
        info!("stopping: writing what is gathered");
        self.finish()
    }

    /// One turn of the loop: read, publish gauges, write what is due.
    fn turn(&mut self) -> anyhow::Result<()> {
        match self.read()? {
            Poll::Rebalance(Rebalance::Assigned(partitions)) => self.assigned(&partitions)?,
            Poll::Rebalance(Rebalance::Revoked(partitions)) => self.revoked(&partitions)?,
            Poll::Rebalance(Rebalance::Lost(partitions)) => self.lost(&partitions)?,
            Poll::Records(_) | Poll::Idle => {}
        }
        self.shared.metrics.add(&mut self.tally);
        self.publish_gauges();
        self.take_acknowledged()?;
        match self.clock.flow(self.backlog()) {
            Some(Flow::Pause) => {
                self.shared.metrics.paused(true);
                self.source.pause()?;
            }
            Some(Flow::Resume) => {
                self.shared.metrics.paused(false);
                self.source.resume()?;
            }
            None => {}
        }
        self.flush_if_due()
    }

    /// Milliseconds since the engine began: a clock that never goes back.
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
