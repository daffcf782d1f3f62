//! What a replay found, as one JSON document.

use jiff::Timestamp;
use metric_defs::{METRICS, Value as Formula};
use prometheus_exporter::ratios;
use serde::Serialize;
use serde_json::Value;
use window_state::{
    gauges::{SiteTotals, add_up},
    rows::AccountingRow,
};

use clickhouse_sink::{KpiSnapshots, QueryResult};

/// The whole report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The instant of the figures; `None` if no event was accepted.
    pub(crate) as_of: Option<Timestamp>,
    /// Records by outcome.
    pub(crate) accounting: AccountingRow,
    /// Every figure of every site.
    pub(crate) metrics: Vec<MetricReport>,
    /// The queries that were asked for.
    pub(crate) queries: Vec<QueryReport>,
}

/// One figure.
#[derive(Debug, Serialize)]
pub(crate) struct MetricReport {
    pub(crate) site: String,
    pub(crate) metric: &'static str,
    pub(crate) window: String,
    /// The page or the feature, where the metric has one for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) labels: Option<Labels>,
    /// `None`: no sample.
    pub(crate) value: Option<f64>,
    pub(crate) numerator: f64,
    /// `None` for counts.
    pub(crate) denominator: Option<f64>,
    /// `None`: there is no benchmark.
    pub(crate) rating: Option<&'static str>,
}

/// A figure's own label.
pub(crate) type Labels = std::collections::BTreeMap<&'static str, String>;

/// One query and its result.
#[derive(Debug, Serialize)]
pub(crate) struct QueryReport {
    pub(crate) sql: String,
    /// Names of the columns.
    pub(crate) columns: Vec<String>,
    /// The rows, a value per column.
    pub(crate) rows: Vec<Vec<Value>>,
}

impl QueryReport {
    /// A query's result under its text.
    pub(crate) fn new(sql: String, result: QueryResult) -> Self {
        Self { sql, columns: result.columns.into_iter().map(|(name, _)| name).collect(), rows: result.rows }
    }
}

/// Every figure of the gauges, sites in order, metrics in the catalogue's order.
pub(crate) fn metrics(gauges: &KpiSnapshots, as_of: i64) -> Vec<MetricReport> {
    let totals = add_up(gauges.snapshots.iter().map(|snapshot| &**snapshot));
    totals
        .iter()
        .flat_map(|(site, totals)| site_metrics(site, totals, as_of - as_of.rem_euclid(60_000)))
        .collect()
}

fn site_metrics(site: &str, totals: &SiteTotals, as_of: i64) -> Vec<MetricReport> {
    let figures = ratios(totals);
    let mut rows = Vec::new();
    for metric in METRICS {
        match metric.value {
            Formula::Sum(part) => {
                let sums = totals
                    .sums
                    .iter()
                    .filter(|((of, window, _), _)| *of == part && metric.has_window(*window));
                rows.extend(sums.map(|((_, window, label), value)| {
                    MetricReport {
                        site: site.to_owned(),
                        metric: metric.name,
                        window: window.to_string(),
                        labels: part
                            .label()
                            .zip(label.as_ref())
                            .map(|(key, text)| Labels::from([(key.name(), text.to_string())])),
                        value: Some(*value),
                        numerator: *value,
                        denominator: None,
                        rating: None,
                    }
                }));
            }
            Formula::Ratio { numerator, .. } => {
                let of_metric = figures.iter().filter(|figure| figure.metric.name == metric.name);
                rows.extend(of_metric.map(|figure| {
                    MetricReport {
                        site: site.to_owned(),
                        metric: metric.name,
                        window: figure.window.to_string(),
                        labels: numerator
                            .label()
                            .zip(figure.label.as_ref())
                            .map(|(key, text)| Labels::from([(key.name(), text.to_string())])),
                        value: figure.value(),
                        numerator: figure.numerator,
                        denominator: Some(figure.denominator),
                        rating: metric.scale.map(|_| {
                            metric
                                .rate(figure.value(), figure.denominator, totals.covers(figure.window, as_of))
                                .0
                        }),
                    }
                }));
            }
        }
    }
    rows
}
