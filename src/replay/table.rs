//! What a replay found, for people.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use comfy_table::{CellAlignment, Table, presets};
use serde_json::Value;

use super::report::{MetricReport, QueryReport, Report};

/// Pages and features listed.
const TOP: usize = 10;

/// Prints the report as tables; `rejected` are dead letters by reason.
pub(crate) fn print_table(
    report: &Report,
    rejected: &BTreeMap<&'static str, u64>,
    out: &mut impl Write,
) -> io::Result<()> {
    let a = report.accounting;
    writeln!(
        out,
        "read {} = accepted {} + duplicate {} + late {} + skipped {} + dead-lettered {}",
        a.read, a.accepted, a.duplicate, a.late, a.skipped, a.dead_lettered
    )?;
    for (reason, count) in rejected {
        writeln!(out, "  dead letters, {reason}: {count}")?;
    }
    if let Some(as_of) = report.as_of {
        writeln!(out, "as of {as_of}")?;
    }
    let mut sites: Vec<&str> = report.metrics.iter().map(|row| row.site.as_str()).collect();
    sites.dedup();
    for site in sites {
        writeln!(out, "\nsite {site}")?;
        let rows: Vec<&MetricReport> = report.metrics.iter().filter(|row| row.site == site).collect();
        writeln!(out, "{}", site_table(&rows))?;
        for (label, by) in [("page", "page_views"), ("feature", "feature_users")] {
            if let Some(table) = label_table(&rows, label, by) {
                writeln!(out, "{table}")?;
            }
        }
    }
    for query in &report.queries {
        writeln!(out, "\n{}\n{}", query.sql.trim(), query_table(query))?;
    }
    Ok(())
}

/// A metric a line, a window a column.
fn site_table(rows: &[&MetricReport]) -> Table {
    let rows: Vec<_> = rows.iter().filter(|row| row.labels.is_none()).collect();
    let mut windows: Vec<&str> = Vec::new();
    let mut metrics: Vec<&str> = Vec::new();
    for row in &rows {
        if !windows.contains(&row.window.as_str()) {
            windows.push(&row.window);
        }
        if !metrics.contains(&row.metric) {
            metrics.push(row.metric);
        }
    }
    let mut table = plain(std::iter::once("metric").chain(windows.iter().copied()));
    for metric in metrics {
        let cell = |window: &&str| {
            let row = rows.iter().find(|row| row.metric == metric && row.window == *window);
            row.map_or_else(String::new, |row| match row.rating {
                Some(rating) if row.value.is_some() => format!("{}  {rating}", shown(metric, row.value)),
                _ => shown(metric, row.value),
            })
        };
        table.add_row(std::iter::once(metric.to_owned()).chain(windows.iter().map(cell)));
    }
    table
}

/// The most used pages or features of the longest window.
fn label_table(rows: &[&MetricReport], label: &str, by: &str) -> Option<Table> {
    let text = |row: &MetricReport| row.labels.as_ref().and_then(|labels| labels.get(label)).cloned();
    let labelled: Vec<_> = rows.iter().filter_map(|row| Some((text(row)?, *row))).collect();
    let window = labelled
        .iter()
        .map(|(_, row)| row.window.as_str())
        .max_by_key(|window| window.parse::<metric_defs::Window>().map_or(0, metric_defs::Window::minutes))?;
    let in_window: Vec<_> = labelled.iter().filter(|(_, row)| row.window == window).collect();
    let mut metrics: Vec<&str> = Vec::new();
    for (_, row) in &in_window {
        if !metrics.contains(&row.metric) {
            metrics.push(row.metric);
        }
    }
    let mut top: Vec<_> = in_window.iter().filter(|(_, row)| row.metric == by).collect();
    top.sort_by(|(a_text, a), (b_text, b)| b.numerator.total_cmp(&a.numerator).then(a_text.cmp(b_text)));
    let header = format!("{label}, {window}");
    let mut table = plain(std::iter::once(header.as_str()).chain(metrics.iter().copied()));
    for (text, _) in top.into_iter().take(TOP) {
        let cell = |metric: &&str| {
            let row = in_window.iter().find(|(other, row)| other == text && row.metric == *metric);
            row.map_or_else(String::new, |(_, row)| shown(metric, row.value))
        };
        table.add_row(std::iter::once(text.clone()).chain(metrics.iter().map(cell)));
    }
    Some(table)
}

fn query_table(query: &QueryReport) -> Table {
    let mut table = plain(query.columns.iter().map(String::as_str));
    for row in &query.rows {
        table.add_row(row.iter().map(|value| match value {
            Value::String(text) => text.clone(),
            Value::Null => "NULL".to_owned(),
            other => other.to_string(),
        }));
    }
    table
}

fn plain<'a>(header: impl Iterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Shares as percent, seconds and means with a decimal, counts whole.
fn shown(metric: &str, value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_owned() };
    if metric.ends_with("_ratio") {
        format!("{:.2} %", value * 100.0)
    } else if metric.ends_with("_seconds") {
        format!("{value:.1} s")
    } else if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}
