//! Bounds on labels: sites, pages and features that get series of their own.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use metric_defs::{LabelKey, METRICS, Part, SESSION_SECONDS_UPPER, Value, Window};
use window_state::gauges::{SampleKey, SiteTotals};

use crate::OTHER;

/// How many labels get series of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteLimits {
    /// Pages, and features, of a site and window.
    pub top: usize,
    /// Sites.
    pub max_sites: usize,
}

/// The sites within the cap, their labels within theirs.
#[derive(Debug, Default)]
pub(crate) struct Selected {
    /// In order of their names.
    pub(crate) sites: Vec<(Arc<str>, SiteTotals)>,
    /// Sites beyond the cap.
    pub(crate) dropped: usize,
}

impl SiteLimits {
    /// Keeps the sites with the most active users (in the longest window, ties by name), and of each
    /// the top labels.
    pub(crate) fn select(&self, totals: BTreeMap<Arc<str>, SiteTotals>) -> Selected {
        let mut sites: Vec<_> = totals.into_iter().collect();
        let dropped = sites.len().saturating_sub(self.max_sites);
        if dropped > 0 {
            // Stable: equal ones stay in order of their names.
            sites.sort_by_cached_key(|(_, totals)| Reverse(Ranked(active_users(totals))));
            sites.truncate(self.max_sites);
            sites.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        for (_, totals) in &mut sites {
            self.trim(totals);
            complete(totals);
        }
        Selected { sites, dropped }
    }

    /// Sums up pages beyond the top under [`OTHER`], and drops such features: distinct users of
    /// several features do not add up.
    fn trim(&self, totals: &mut SiteTotals) {
        let top = self.top_labels(totals);
        let mut kept: BTreeMap<SampleKey, f64> = BTreeMap::new();
        for ((part, window, label), value) in std::mem::take(&mut totals.sums) {
            let of_top = match (part.label(), &label) {
                (Some(key @ (LabelKey::Page | LabelKey::Feature)), Some(label)) => {
                    is_other(label) || top.contains(&(key.name(), window, label.clone()))
                }
                _ => true,
            };
            if of_top {
                *kept.entry((part, window, label)).or_default() += value;
            } else if part.label() == Some(LabelKey::Page) {
                *kept.entry((part, window, Some(Arc::from(OTHER)))).or_default() += value;
            }
        }
        totals.sums = kept;
    }

    /// The labels that stay, by the name of their key and the window: those with the largest value of
    /// the part that ranks them, ties by name. All parts of a label agree on them.
    fn top_labels(&self, totals: &SiteTotals) -> BTreeSet<(&'static str, Window, Arc<str>)> {
        let mut candidates: BTreeMap<(&'static str, Window), BTreeMap<Arc<str>, f64>> = BTreeMap::new();
        for ((part, window, label), value) in &totals.sums {
            let (Some(key), Some(label)) = (part.label(), label) else {
                continue;
            };
            let Some(ranking) = ranking_part(key) else {
                continue;
            };
            if is_other(label) {
                continue;
            }
            let labels = candidates.entry((key.name(), *window)).or_default();
            let rank = labels.entry(label.clone()).or_default();
            if *part == ranking {
                *rank += value;
            }
        }
        let mut top = BTreeSet::new();
        for ((key, window), labels) in candidates {
            let mut labels: Vec<_> = labels.into_iter().collect();
            labels.sort_by_key(|(_, value)| Reverse(Ranked(*value)));
            labels.truncate(self.top);
            top.extend(labels.into_iter().map(|(label, _)| (key, window, label)));
        }
        top
    }
}

fn is_other(label: &str) -> bool {
    label == OTHER
}

/// The part whose value decides which labels stay, for keys without a fixed set of labels.
const fn ranking_part(key: LabelKey) -> Option<Part> {
    match key {
        LabelKey::Page => Some(Part::PageViews),
        LabelKey::Feature => Some(Part::FeatureUsers),
        LabelKey::Upper | LabelKey::Quarter => None,
    }
}

/// Active users in the longest window there is.
fn active_users(totals: &SiteTotals) -> f64 {
    totals
        .sums
        .iter()
        .filter(|((part, ..), _)| *part == Part::ActiveUsers)
        .max_by_key(|((_, window, _), _)| *window)
        .map_or(0.0, |(_, value)| *value)
}

/// Adds the zeros that snapshots leave out: a page nobody left from has an exit rate of 0, and a
/// quantile needs the empty buckets too.
fn complete(totals: &mut SiteTotals) {
    complete_numerators(totals);
    complete_buckets(totals, Part::SessionsUpTo, Part::Sessions, &upper_labels());
    complete_buckets(totals, Part::ScrollReached, Part::ScrollSamples, &QUARTERS.map(Arc::from));
}

/// The labels of [`LabelKey::Quarter`].
const QUARTERS: [&str; 4] = ["25", "50", "75", "100"];

/// The labels of [`LabelKey::Upper`].
fn upper_labels() -> Vec<Arc<str>> {
    let bounds = SESSION_SECONDS_UPPER.iter().map(|upper| upper.to_string().into());
    bounds.chain(["+Inf".into()]).collect()
}

/// Gives `buckets` all of its labels wherever `whole`, the count of what they divide, has a sample.
fn complete_buckets(totals: &mut SiteTotals, buckets: Part, whole: Part, labels: &[Arc<str>]) {
    let of_whole = totals.sums.keys().filter(|(part, ..)| *part == whole);
    let windows: Vec<Window> = of_whole.map(|(_, window, _)| *window).collect();
    for window in windows {
        for label in labels {
            let key = (buckets, window, Some(label.clone()));
            totals.sums.entry(key).or_default();
        }
    }
}

/// Gives each numerator with a label a sample wherever its denominator has one.
fn complete_numerators(totals: &mut SiteTotals) {
    for metric in METRICS {
        let Value::Ratio { numerator, denominator, .. } = metric.value else {
            continue;
        };
        if numerator.label().is_none() || numerator.label() != denominator.label() {
            continue;
        }
        let missing: Vec<SampleKey> = totals
            .sums
            .keys()
            .filter(|(part, ..)| *part == denominator)
            .map(|(_, window, label)| (numerator, *window, label.clone()))
            .collect();
        for key in missing {
            totals.sums.entry(key).or_default();
        }
    }
}

/// A value in total order.
#[derive(Clone, Copy, PartialEq)]
struct Ranked(f64);

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
