//! One instance of the pipeline: exporter, merge stage and engine, started and stopped together.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use clickhouse_sink::ClickHouse;
use kafka_source::{
    SourceError, TopicOptions, ensure_topic,
    merge::{self, MergeCounters, MergeOptions},
};
use prometheus_exporter::{Exporter, Heartbeat, PipelineMetrics, Published, Readiness, SiteLimits};
use tokio::{
    runtime::Handle,
    signal::unix::{SignalKind, signal},
};
use tracing::{info, warn};

use crate::{
    config::Settings,
    engine::{Engine, Progress, Shared, Stop, now_ms},
};

/// A fold without a sign of life for so long is dead to `/healthz`.
const STALLED_AFTER: Duration = Duration::from_secs(60);

/// How long brokers may take to answer a question at the start.
const BROKER_TIMEOUT: Duration = Duration::from_secs(3);
/// Pause between two questions to brokers that are away.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// An instance whose endpoints are up already.
pub(crate) struct Instance {
    shared: Shared,
    metrics_addr: SocketAddr,
    /// Whether Kafka has transactions; the mock cluster's are not real.
    transactional: bool,
}

impl Instance {
    /// Serves `/metrics`, `/healthz` and `/readyz`; not ready yet.
    ///
    /// # Errors
    /// The address is taken.
    pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let count = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
        let max_sites = count(settings.metrics.max_sites);
        let shared = Shared {
            published: Arc::new(Published::new()),
            metrics: Arc::new(PipelineMetrics::new(env!("CARGO_PKG_VERSION"), max_sites)?),
            readiness: Arc::new(Readiness::not_yet("starting")),
            heartbeat: Arc::new(Heartbeat::new(now_ms())),
            progress: Arc::new(Progress::default()),
            stop: Stop::default(),
        };
        let exporter = Exporter {
            published: shared.published.clone(),
            metrics: shared.metrics.clone(),
            readiness: shared.readiness.clone(),
            heartbeat: shared.heartbeat.clone(),
            stalled_after: STALLED_AFTER,
            clock: Arc::new(now_ms),
            limits: SiteLimits { top: count(settings.metrics.top_labels), max_sites },
        };
        // The endpoints serve to the very end: the process ends with the engine.
        let (metrics_addr, server) = exporter.bind(settings.metrics.listen, std::future::pending()).await?;
        tokio::spawn(server);
        info!("serving http://{metrics_addr}/metrics");
        Ok(Self { shared, metrics_addr, transactional: true })
    }

    /// For a Kafka without transactions: the merge stage's repeats are caught by the dedup window.
    pub(crate) fn without_transactions(mut self) -> Self {
        self.transactional = false;
        self
    }

    /// What stops it.
    pub(crate) fn stop(&self) -> Stop {
        self.shared.stop.clone()
    }

    /// What it shares with those who watch it.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Where `/metrics` is.
    pub(crate) fn metrics_addr(&self) -> SocketAddr {
        self.metrics_addr
    }

    /// Runs until told to stop or until it cannot go on.
    ///
    /// # Errors
    /// What the engine or the merge stage cannot go on from.
    pub(crate) async fn run(self, settings: &Settings, clickhouse: ClickHouse) -> anyhow::Result<()> {
        let shared = self.shared;
        if !ensure_topics(settings, &shared).await? {
            return Ok(());
        }
        let merging = settings.kafka.needs_merge().then(|| {
            let options = merge_options(settings, self.metrics_addr, self.transactional);
            let stop = shared.stop.clone();
            tokio::task::spawn_blocking(move || {
                let result = merge::run(&options, stop.flag(), &MergeCounters::default());
                // Whichever ends first takes the other with it.
                stop.stop();
                result
            })
        });
        let stop = shared.stop.clone();
        let engine = Engine::new(settings, clickhouse, shared, Handle::current())?;
        let folding = tokio::task::spawn_blocking(move || {
            let result = engine.run();
            stop.stop();
            result
        });
        let folded = folding.await.context("the engine panicked")?;
        if let Some(merging) = merging {
            merging.await.context("the merge stage panicked")??;
        }
        folded
    }
}

/// Makes the topics that are written to, waiting for brokers that are away; false if told to stop before.
async fn ensure_topics(settings: &Settings, shared: &Shared) -> anyhow::Result<bool> {
    let kafka = &settings.kafka;
    let merged = kafka.needs_merge().then_some((&kafka.merged_topic, kafka.merged_partitions));
    for (topic, partitions) in std::iter::once((&kafka.dead_letter_topic, 1)).chain(merged) {
        let options = TopicOptions {
            brokers: kafka.brokers.join(","),
            properties: kafka.properties.to_map(),
            topic: topic.clone(),
            partitions: i32::try_from(partitions).context("kafka.merged_partitions")?,
        };
        loop {
            shared.heartbeat.beat(now_ms());
            match ensure_topic(&options, BROKER_TIMEOUT).await {
                Ok(true) => info!(%topic, partitions, "made a topic"),
                Ok(false) => {}
                Err(_) if shared.stop.is_set() => return Ok(false),
                Err(error @ SourceError::Topic { .. }) => {
                    shared.readiness.not_ready("Kafka does not answer");
                    warn!(%error, "waiting for Kafka");
                    tokio::time::sleep(ASK_AGAIN).await;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            break;
        }
        if shared.stop.is_set() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The machine's name, or the container's.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { std::process::id().to_string() } else { name.to_owned() }
}

/// With its port an instance is unique on its host, and the same after a restart.
fn merge_options(settings: &Settings, metrics_addr: SocketAddr, transactional: bool) -> MergeOptions {
    let kafka = &settings.kafka;
    MergeOptions {
        brokers: kafka.brokers.join(","),
        group: kafka.group.clone(),
        instance: format!("{}-{}-{}", kafka.group, host_name(), metrics_addr.port()),
        topics: kafka.topics.clone(),
        output: kafka.merged_topic.clone(),
        properties: kafka.properties.to_map(),
        transactional,
        commit_interval: Duration::from_millis(200),
        commit_records: 50_000,
    }
}

/// Stops on the first SIGINT or SIGTERM, ends the process on the second.
pub(crate) async fn signals(stop: Stop) {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("cannot listen to signals: stop with SIGKILL only");
        return;
    };
    let mut seen = false;
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if seen {
            std::process::exit(130);
        }
        seen = true;
        stop.stop();
    }
}
