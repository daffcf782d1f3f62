//! Every series that is not of the metric catalogue, in one table, and the names of all labels.

/// What all names begin with.
pub(crate) const PREFIX: &str = "tidegauge_";

/// Names of labels.
pub(crate) mod label {
    pub(crate) const KIND: &str = "kind";
    pub(crate) const METRIC: &str = "metric";
    pub(crate) const OUTCOME: &str = "outcome";
    pub(crate) const PARTITION: &str = "partition";
    pub(crate) const RATING: &str = "rating";
    pub(crate) const REASON: &str = "reason";
    pub(crate) const SITE: &str = "site";
    pub(crate) const TABLE: &str = "table";
    pub(crate) const TYPE: &str = "type";
    pub(crate) const VERSION: &str = "version";
    pub(crate) const WINDOW: &str = "window";
}

/// What a series is to Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only goes up.
    Counter,
    /// Counts observations in buckets.
    Histogram,
}

macro_rules! series {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $kind:ident, [$($label:ident),*];)+) => {
        /// A series of the exporter's own; those of parts and ratios are named by the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Series { $($(#[doc = $doc])+ $variant,)+ }

        impl Series {
            /// Every series.
            pub const ALL: &[Series] = &[$(Series::$variant,)+];

            /// The full name.
            pub const fn name(self) -> &'static str {
                match self { $(Series::$variant => $name,)+ }
            }

            /// The help text.
            pub const fn help(self) -> &'static str {
                match self { $(Series::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }

            /// Gauge, counter or histogram.
            pub const fn kind(self) -> Kind {
                match self { $(Series::$variant => Kind::$kind,)+ }
            }

            /// The labels' names, in order.
            pub const fn labels(self) -> &'static [&'static str] {
                match self { $(Series::$variant => &[$(label::$label),*],)+ }
            }
        }
    };
}

series! {
    /// The rating that holds: 1. `no_sample` where the window is not covered or the sample too small.
    KpiRating = "tidegauge_kpi_rating", Gauge, [SITE, METRIC, WINDOW, RATING];
    /// Sites beyond the cap, left out of all gauges by site.
    SitesDropped = "tidegauge_sites_dropped", Gauge, [];
    /// Partitions whose figures this instance exports.
    PartitionsOwned = "tidegauge_partitions_owned", Gauge, [];
    /// Partitions of the topic; the sum over instances is whole when as many are owned.
    Partitions = "tidegauge_partitions", Gauge, [];
    /// The minute that the rolling windows end with, of the partition that lags most.
    AsOf = "tidegauge_as_of_timestamp_seconds", Gauge, [];
    /// Largest believed event time of the partition minus the watermark's trail.
    Watermark = "tidegauge_watermark_timestamp_seconds", Gauge, [PARTITION];
    /// Records since the beginning of the log by what became of them; outcomes add up to the records read.
    Records = "tidegauge_records_total", Counter, [PARTITION, OUTCOME];
    /// Entries of the state's maps.
    StateEntries = "tidegauge_state_entries", Gauge, [PARTITION, KIND];
    /// Valid events that this process decoded, whatever became of them.
    Events = "tidegauge_events_total", Counter, [SITE, TYPE];
    /// Records that this process dead-lettered.
    DeadLetters = "tidegauge_dead_letters_total", Counter, [REASON];
    /// Records that this process passed over on purpose.
    Skipped = "tidegauge_skipped_total", Counter, [REASON];
    /// Records of types that the contract does not know.
    UnknownTypes = "tidegauge_unknown_types_total", Counter, [TYPE];
    /// Sightings of a sampled user on another partition than before: the topic is not keyed by user.
    SplitUsers = "tidegauge_split_users_total", Counter, [];
    /// Records of the partition that this process has yet to read.
    ConsumerLag = "tidegauge_consumer_lag", Gauge, [PARTITION];
    /// Time from taking changed rows to ClickHouse's acknowledgement.
    FlushSeconds = "tidegauge_flush_seconds", Histogram, [];
    /// Rows that ClickHouse acknowledged.
    FlushRows = "tidegauge_flush_rows_total", Counter, [TABLE];
    /// Attempts to write rows that failed, by what is known of the rows.
    FlushFailures = "tidegauge_flush_failures_total", Counter, [OUTCOME];
    /// Rows taken from the state and not acknowledged yet.
    PendingRows = "tidegauge_pending_rows", Gauge, [];
    /// Whether consumption is paused until ClickHouse catches up: 1 or 0.
    Paused = "tidegauge_paused", Gauge, [];
    /// Time to write a checkpoint.
    CheckpointSeconds = "tidegauge_checkpoint_seconds", Histogram, [];
    /// Always 1; the label says which build runs.
    BuildInfo = "tidegauge_build_info", Gauge, [VERSION];
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_defs::{METRICS, Part};
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_beside_the_catalogue() {
        let mut names: HashSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
        names.extend(Part::ALL.iter().map(|part| part.name().to_owned()));
        for series in Series::ALL {
            let Some(bare) = series.name().strip_prefix(PREFIX) else {
                panic!("{} lacks the prefix", series.name());
            };
            assert!(names.insert(bare.to_owned()), "{bare} twice");
            assert!(series.help().ends_with('.'), "{bare}");
            assert_eq!(
                bare.ends_with("_total"),
                series.kind() == Kind::Counter,
                "{bare}: counters and only they end with _total"
            );
        }
    }
}
