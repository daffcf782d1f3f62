//! Series by partition: how far the state has come and how large it is.

use prometheus::proto::MetricFamily;
use window_state::rows::AccountingRow;

use crate::{
    family::Family,
    names::{Series, label},
    published::Instant,
};

/// The outcomes of a record; they add up to the records read.
fn outcomes(accounting: &AccountingRow) -> [(&'static str, u64); 5] {
    [
        ("accepted", accounting.accepted),
        ("duplicate", accounting.duplicate),
        ("late", accounting.late),
        ("skipped", accounting.skipped),
        ("dead_lettered", accounting.dead_lettered),
    ]
}

/// The families of partitions, and what says whether the sums are whole and fresh.
pub(crate) fn families(instant: &Instant) -> Vec<MetricFamily> {
    let mut owned = Family::of(Series::PartitionsOwned);
    owned.push([], instant.snapshots.len() as f64);
    let mut partitions = Family::of(Series::Partitions);
    partitions.push([], instant.partitions as f64);
    let mut as_of = Family::of(Series::AsOf);
    if let Some(ms) = instant.as_of() {
        as_of.push([], seconds(ms));
    }
    let mut watermark = Family::of(Series::Watermark);
    let mut records = Family::of(Series::Records);
    let mut entries = Family::of(Series::StateEntries);
    let mut snapshots: Vec<_> = instant.snapshots.iter().collect();
    snapshots.sort_by_key(|snapshot| snapshot.partition);
    for snapshot in snapshots {
        let partition = snapshot.partition.to_string();
        let by_partition = (label::PARTITION, partition.as_str());
        if let Some(ms) = snapshot.watermark {
            watermark.push([by_partition], seconds(ms));
        }
        for (outcome, count) in outcomes(&snapshot.accounting) {
            records.push([by_partition, (label::OUTCOME, outcome)], count as f64);
        }
        for (kind, size) in &snapshot.sizes {
            entries.push([by_partition, (label::KIND, kind)], *size as f64);
        }
    }
    [owned, partitions, as_of, watermark, records, entries].into_iter().filter_map(Family::finish).collect()
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1e3
}
