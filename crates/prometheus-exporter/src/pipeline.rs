//! What this process itself does: counters that begin at 0 with it.

use event_model::{EventType, Reason, Skip};
use prometheus::{
    Histogram, HistogramOpts, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, core::Collector,
    proto::MetricFamily,
};

use crate::{bounded::BoundedLabel, names::Series, tally::Tally};

/// Unknown types that are counted by name.
const MAX_UNKNOWN_TYPES: usize = 20;

/// Upper bounds in seconds of the flush and checkpoint histograms.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// What is known of the rows of a failed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushFailure {
    /// None was written.
    NotWritten,
    /// Some or all may have been.
    Unknown,
}

impl FlushFailure {
    const fn label(self) -> &'static str {
        match self {
            Self::NotWritten => "not_written",
            Self::Unknown => "unknown",
        }
    }
}

/// The process's own counters, gauges and histograms. All methods may be called from any thread.
#[derive(Debug)]
pub struct PipelineMetrics {
    registry: Registry,
    sites: BoundedLabel,
    types: BoundedLabel,
    events: IntCounterVec,
    dead_letters: IntCounterVec,
    skipped: IntCounterVec,
    unknown_types: IntCounterVec,
    split_users: IntCounterVec,
    lag: IntGaugeVec,
    flush_seconds: Histogram,
    flush_rows: IntCounterVec,
    flush_failures: IntCounterVec,
    pending_rows: IntGauge,
    paused: IntGauge,
    checkpoint_seconds: Histogram,
}

impl PipelineMetrics {
    /// Zeros, with events counted by name for at most `max_sites` sites.
    ///
    /// # Errors
    ///
    /// If a name of the table is not one to Prometheus, or is there twice.
    pub fn new(version: &str, max_sites: usize) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let build_info = register(&registry, gauges(Series::BuildInfo)?)?;
        build_info.with_label_values(&[version]).set(1);
        let metrics = Self {
            sites: BoundedLabel::new(max_sites),
            types: BoundedLabel::new(MAX_UNKNOWN_TYPES),
            events: register(&registry, counters(Series::Events)?)?,
            dead_letters: register(&registry, counters(Series::DeadLetters)?)?,
            skipped: register(&registry, counters(Series::Skipped)?)?,
            unknown_types: register(&registry, counters(Series::UnknownTypes)?)?,
            split_users: register(&registry, counters(Series::SplitUsers)?)?,
            lag: register(&registry, gauges(Series::ConsumerLag)?)?,
            flush_seconds: register(&registry, histogram(Series::FlushSeconds)?)?,
            flush_rows: register(&registry, counters(Series::FlushRows)?)?,
            flush_failures: register(&registry, counters(Series::FlushFailures)?)?,
            pending_rows: register(&registry, gauge(Series::PendingRows)?)?,
            paused: register(&registry, gauge(Series::Paused)?)?,
            checkpoint_seconds: register(&registry, histogram(Series::CheckpointSeconds)?)?,
            registry,
        };
        metrics.show_zeros();
        Ok(metrics)
    }

    /// Makes series whose labels are known beforehand visible at 0: an increase from nothing to 1 is
    /// none to Prometheus.
    fn show_zeros(&self) {
        for reason in Reason::ALL {
            self.dead_letters.with_label_values(&[reason.code()]);
        }
        for skip in Skip::ALL {
            self.skipped.with_label_values(&[skip.code()]);
        }
        self.split_users.with_label_values::<&str>(&[]);
        for failure in [FlushFailure::NotWritten, FlushFailure::Unknown] {
            self.flush_failures.with_label_values(&[failure.label()]);
        }
    }

    /// Adds a batch's counts and empties them.
    pub fn add(&self, tally: &mut Tally) {
        for (site, counts) in tally.events.drain() {
            let site = self.sites.label(&site);
            for (event_type, count) in EventType::ALL.into_iter().zip(counts) {
                if count > 0 {
                    let labels = [site, event_type.name()];
                    self.events.with_label_values(&labels).inc_by(count);
                }
            }
        }
        let dead_letters = std::mem::take(&mut tally.dead_letters);
        for (reason, count) in Reason::ALL.into_iter().zip(dead_letters) {
            self.dead_letters.with_label_values(&[reason.code()]).inc_by(count);
        }
        let skipped = std::mem::take(&mut tally.skipped);
        for (skip, count) in Skip::ALL.into_iter().zip(skipped) {
            self.skipped.with_label_values(&[skip.code()]).inc_by(count);
        }
        for (name, count) in tally.unknown_types.drain() {
            let name = self.types.label(&name);
            self.unknown_types.with_label_values(&[name]).inc_by(count);
        }
    }

    /// Counts a user who was seen on another partition than before.
    pub fn split_user(&self) {
        self.split_users.with_label_values::<&str>(&[]).inc();
    }

    /// Says how many records of a partition are yet to be read.
    pub fn lag(&self, partition: i32, records: i64) {
        let partition = partition.to_string();
        self.lag.with_label_values(&[&partition]).set(records);
    }

    /// Forgets a partition that this process has lost.
    pub fn forget_partition(&self, partition: i32) {
        // A partition whose lag was never known has no series, and that is as good.
        let _ = self.lag.remove_label_values(&[&partition.to_string()]);
    }

    /// Counts an acknowledged write: how long it took and how many rows each table got.
    pub fn flushed<'a>(&self, seconds: f64, rows: impl IntoIterator<Item = (&'a str, u64)>) {
        self.flush_seconds.observe(seconds);
        for (table, rows) in rows {
            self.flush_rows.with_label_values(&[table]).inc_by(rows);
        }
    }

    /// Counts a write that failed.
    pub fn flush_failed(&self, failure: FlushFailure) {
        self.flush_failures.with_label_values(&[failure.label()]).inc();
    }

    /// Says how many rows are taken from the state and not acknowledged.
    pub fn pending_rows(&self, rows: usize) {
        self.pending_rows.set(i64::try_from(rows).unwrap_or(i64::MAX));
    }

    /// Says whether consumption is paused.
    pub fn paused(&self, paused: bool) {
        self.paused.set(paused.into());
    }

    /// Counts a checkpoint: how long it took to write.
    pub fn checkpointed(&self, seconds: f64) {
        self.checkpoint_seconds.observe(seconds);
    }

    pub(crate) fn families(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }
}

fn opts(series: Series) -> Opts {
    Opts::new(series.name(), series.help())
}

fn counters(series: Series) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(opts(series), series.labels())
}

fn gauges(series: Series) -> Result<IntGaugeVec, prometheus::Error> {
    IntGaugeVec::new(opts(series), series.labels())
}

fn gauge(series: Series) -> Result<IntGauge, prometheus::Error> {
    IntGauge::with_opts(opts(series))
}

fn histogram(series: Series) -> Result<Histogram, prometheus::Error> {
    let opts = HistogramOpts::new(series.name(), series.help());
    Histogram::with_opts(opts.buckets(SECONDS.to_vec()))
}

fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
