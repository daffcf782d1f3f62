//! `tidegauge replay` as its users run it, and its report against the oracle's figures.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Command,
};

use metric_defs::{METRICS, Value as Formula};
use serde_json::Value;

use crate::database::Database;

/// Replays the files into an embedded ClickHouse in `dir`; the report.
pub(crate) fn replay(files: &[PathBuf], dir: &Path, as_of: Option<&str>) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegauge"));
    command.arg("replay").args(files).arg("--data-dir").arg(dir).args(["--format", "json"]);
    if let Some(as_of) = as_of {
        command.args(["--as-of", as_of]);
    }
    let output = command.output().expect("start tidegauge replay");
    assert!(
        output.status.success(),
        "{command:?} ended with {}:\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("the report is not one JSON document: {error}\n{}", String::from_utf8_lossy(&output.stdout))
    })
}

/// What names a figure: site, metric, window, value of its own label or nothing.
type Name = (String, String, String, String);

struct Figure {
    value: Option<f64>,
    numerator: Option<f64>,
    denominator: Option<f64>,
    rating: String,
}

/// Asserts that the report's instant, accounting and metrics are the oracle's; the number of figures compared.
pub(crate) async fn assert_report(database: &Database, report: &Value, input: &str) -> usize {
    let instant = database.number("SELECT as_of_ms FROM oracle.instant").await;
    assert_eq!(milliseconds(&report["as_of"]), instant, "{input}: as_of");

    let accounting = database
        .objects("SELECT * FROM oracle.accounting SETTINGS output_format_json_quote_64bit_integers = 0")
        .await;
    assert_eq!(Some(&report["accounting"]), accounting.first(), "{input}: accounting");

    let expected = figures(database).await;
    let metrics =
        report["metrics"].as_array().unwrap_or_else(|| panic!("{input}: no list of metrics in {report}"));
    let mut wrong = Vec::new();
    let mut seen = HashMap::new();
    for row in metrics {
        let name = name_of(row);
        if let Some(fault) = fault(row, expected.get(&name)) {
            wrong.push(format!("{name:?}: {fault}"));
        }
        if seen.insert(name.clone(), ()).is_some() {
            wrong.push(format!("{name:?}: twice in the report"));
        }
    }
    for (name, figure) in &expected {
        let is_reported = METRICS.iter().any(|metric| metric.name == name.1 && label_free(metric.value));
        if is_reported && figure.value.is_some_and(|value| value != 0.0) && !seen.contains_key(name) {
            wrong.push(format!("{name:?}: {:?} is not in the report", figure.value));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{input}: {} figures are wrong\n{}", wrong.len(), wrong.join("\n"));
    metrics.len()
}

/// Whether the metric has one figure per site and window, and so must be in the report.
fn label_free(value: Formula) -> bool {
    match value {
        Formula::Sum(part) => part.label().is_none(),
        Formula::Ratio { numerator, .. } => numerator.label().is_none(),
    }
}

/// All figures of the oracle.
async fn figures(database: &Database) -> HashMap<Name, Figure> {
    let rows = database.objects("SELECT * FROM oracle.figures").await;
    let figure = |row: Value| {
        let number = |field: &str| row[field].as_f64();
        let figure = Figure {
            value: number("value"),
            numerator: number("numerator"),
            denominator: number("denominator"),
            rating: text(&row["rating"]),
        };
        (name_of(&row), figure)
    };
    rows.into_iter().map(figure).collect()
}

/// A row's name. The label stands in `label`, in an object `labels`, or in a field of the label's name.
fn name_of(row: &Value) -> Name {
    let in_labels = row["labels"].as_object().and_then(|labels| labels.values().next());
    let label = in_labels.or_else(|| ["label", "page", "feature"].iter().find_map(|field| row.get(field)));
    (text(&row["site"]), text(&row["metric"]), text(&row["window"]), label.map(text).unwrap_or_default())
}

/// What is wrong with a row of the report. A figure that the oracle has no row for is 0 or without a sample.
fn fault(row: &Value, expected: Option<&Figure>) -> Option<String> {
    let value = row["value"].as_f64();
    let Some(expected) = expected else {
        return value
            .filter(|value| *value != 0.0)
            .map(|value| format!("{value}, where the oracle has nothing"));
    };
    let mut pairs = vec![("value", value, expected.value)];
    if expected.denominator.is_some() {
        pairs.push(("numerator", row["numerator"].as_f64(), expected.numerator));
        pairs.push(("denominator", row["denominator"].as_f64(), expected.denominator));
        if text(&row["rating"]) != expected.rating {
            return Some(format!("rated {}, by the oracle {:?}", row["rating"], expected.rating));
        }
    }
    pairs
        .into_iter()
        .find(|(_, actual, expected)| !near(*actual, *expected))
        .map(|(field, actual, expected)| format!("{field} {actual:?}, by the oracle {expected:?}"))
}

/// Whether two figures agree to 1e-9 of their value.
fn near(actual: Option<f64>, expected: Option<f64>) -> bool {
    match (actual, expected) {
        (Some(actual), Some(expected)) => (actual - expected).abs() <= 1e-9 * expected.abs(),
        (actual, expected) => actual == expected,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// An instant of the report: RFC 3339, or epoch milliseconds.
fn milliseconds(value: &Value) -> i64 {
    let written = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    written
        .map(jiff::Timestamp::as_millisecond)
        .or_else(|| value.as_i64())
        .unwrap_or_else(|| panic!("as_of is no instant: {value}"))
}
