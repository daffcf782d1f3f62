//! Gauges as rows of arrays, one per site, instant and partition.

use std::{collections::HashSet, sync::Arc};

use metric_defs::{Part, Window};
use window_state::gauges::{Sample, SiteGauges};

use super::{BadRow, NULLABLE_TIME, Table};
use crate::{
    KpiSnapshots,
    block::{Block, put_plain},
};

/// A row of `kpi_rows`.
pub(crate) struct KpiRow {
    partition: i32,
    version: u64,
    site: Arc<str>,
    as_of: i64,
    first_event: Option<i64>,
    partial_from: Option<i64>,
    parts: Vec<Sample>,
}

/// About how many bytes a row takes.
pub(crate) fn kpi_bytes(row: &KpiRow) -> usize {
    let label = |sample: &Sample| sample.label.as_ref().map_or(0, |label| label.len());
    64 + row.parts.iter().map(|sample| 32 + label(sample)).sum::<usize>()
}

/// The rows of snapshots: one per site, and one without a site where the
/// partition's state begins in the middle of its log.
///
/// Parts without a label are filled up with zeros, so that a site without traffic in a window has a 0
/// there and not a gap.
pub(crate) fn kpi_rows(kpis: &KpiSnapshots) -> Vec<KpiRow> {
    let mut rows = Vec::new();
    for snapshot in &kpis.snapshots {
        let row = |site: Arc<str>, first_event, parts| KpiRow {
            partition: snapshot.partition,
            version: snapshot.position,
            site,
            as_of: snapshot.as_of,
            first_event,
            partial_from: snapshot.partial_from,
            parts,
        };
        if snapshot.partial_from.is_some() {
            rows.push(row(Arc::from(""), None, Vec::new()));
        }
        for site in &snapshot.sites {
            rows.push(row(site.site.clone(), site.first_event, filled(site, &kpis.windows)));
        }
    }
    rows
}

fn filled(site: &SiteGauges, windows: &[Window]) -> Vec<Sample> {
    let mut parts = site.samples.clone();
    let given: HashSet<(Part, Window)> = parts.iter().map(|s| (s.part, s.window)).collect();
    for part in Part::ALL.iter().filter(|part| part.label().is_none()) {
        for window in windows {
            if !given.contains(&(*part, *window)) {
                parts.push(Sample { part: *part, window: *window, label: None, value: 0.0 });
            }
        }
    }
    parts
}

/// A block of `kpi_rows`.
pub(crate) fn kpis(rows: &[KpiRow]) -> Result<Block, BadRow> {
    let instants: Vec<u32> = rows
        .iter()
        .map(|row| {
            u32::try_from(row.as_of.div_euclid(1_000)).map_err(|_| BadRow {
                table: Table::Kpis.name(),
                column: "instant",
                value: row.as_of,
            })
        })
        .collect::<Result<_, _>>()?;
    let mut block = Block::new(rows.len());
    block.plain("partition", "Int32", rows.iter().map(|r| r.partition));
    block.plain("version", "UInt64", rows.iter().map(|r| r.version));
    block.plain("is_deleted", "UInt8", rows.iter().map(|_| 0_u8));
    block.plain("site", "String", rows.iter().map(|r| &*r.site));
    block.plain("instant", "DateTime('UTC')", instants.into_iter());
    block.nullable("first_event", NULLABLE_TIME, rows.iter().map(|r| r.first_event));
    block.nullable("partial_from", NULLABLE_TIME, rows.iter().map(|r| r.partial_from));
    let parts = || rows.iter().flat_map(|r| &r.parts);
    block.array(
        "parts",
        "Array(Tuple(part String, window_minutes UInt32, label String, value Float64))",
        rows.iter().map(|r| r.parts.len()),
        |out| {
            put_plain(out, parts().map(|sample| sample.part.name()));
            put_plain(out, parts().map(|sample| sample.window.minutes()));
            put_plain(out, parts().map(|sample| sample.label.as_deref().unwrap_or_default()));
            put_plain(out, parts().map(|sample| sample.value));
        },
    );
    Ok(block)
}
