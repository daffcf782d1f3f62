//! Gauges of one partition as of an instant: parts that add up over partitions and instances.

use std::{collections::BTreeMap, sync::Arc};

use metric_defs::{Part, Window};

use crate::rows::AccountingRow;

/// Everything one partition has to say at a scrape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GaugeSnapshot {
    /// The partition.
    pub partition: i32,
    /// The partition's next offset.
    pub position: u64,
    /// The instant the rolling windows end with, epoch milliseconds, cut to the minute.
    pub as_of: i64,
    /// Where the state does not reach back to the log's beginning: the instant it begins.
    pub partial_from: Option<i64>,
    /// Largest believed event time minus the trail, epoch milliseconds; `None` before any event.
    pub watermark: Option<i64>,
    /// Records by outcome since the log's beginning.
    pub accounting: AccountingRow,
    /// Sizes of the state's maps by name (`users`, `sessions`, `windows`, `dedup`, ...).
    pub sizes: Vec<(&'static str, u64)>,
    /// The sites, in order of their names.
    pub sites: Vec<SiteGauges>,
}

/// One site's parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteGauges {
    /// The site.
    pub site: Arc<str>,
    /// The site's first accepted event time in this partition.
    pub first_event: Option<i64>,
    /// The parts, each (part, window, label) once. Zero values may be absent.
    pub samples: Vec<Sample>,
}

/// One part's value in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Which part.
    pub part: Part,
    /// Over which rolling window.
    pub window: Window,
    /// The value of the part's label, where it has one.
    pub label: Option<Arc<str>>,
    /// Count, seconds or share, as the part says.
    pub value: f64,
}

/// The key a sum is kept under.
pub type SampleKey = (Part, Window, Option<Arc<str>>);

/// Parts of one site added up over partitions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteTotals {
    /// Sums by part, window and label.
    pub sums: BTreeMap<SampleKey, f64>,
    /// The instant from which the windows are covered; `None` while nothing is known.
    pub covered_from: Option<i64>,
}

impl SiteTotals {
    /// The sum under a key, 0 where no partition has a sample.
    pub fn get(&self, part: Part, window: Window, label: Option<&Arc<str>>) -> f64 {
        self.sums.get(&(part, window, label.cloned())).copied().unwrap_or(0.0)
    }

    /// Whether the state covers all of `window` as of `as_of` (epoch milliseconds cut to the minute).
    pub fn covers(&self, window: Window, as_of: i64) -> bool {
        let start = as_of + 60_000 - i64::from(window.minutes()) * 60_000;
        self.covered_from.is_some_and(|from| from <= start)
    }
}

/// Adds the partitions' parts up by site.
///
/// A site is covered from its first event in any partition, but not before the beginning of any
/// partition whose state starts in the middle of its log.
pub fn add_up<'a>(snapshots: impl IntoIterator<Item = &'a GaugeSnapshot>) -> BTreeMap<Arc<str>, SiteTotals> {
    let mut totals: BTreeMap<Arc<str>, SiteTotals> = BTreeMap::new();
    let mut partial_from = None;
    for snapshot in snapshots {
        partial_from = partial_from.max(snapshot.partial_from);
        for site in &snapshot.sites {
            let total = totals.entry(site.site.clone()).or_default();
            total.covered_from = match (total.covered_from, site.first_event) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            for sample in &site.samples {
                *total.sums.entry((sample.part, sample.window, sample.label.clone())).or_default() +=
                    sample.value;
            }
        }
    }
    for total in totals.values_mut() {
        total.covered_from = total.covered_from.map(|from| from.max(partial_from.unwrap_or(from)));
    }
    totals
}
