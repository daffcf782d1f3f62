//! Rolling figures by name, and how two sets of them differ.

use std::collections::{HashMap, HashSet};

use metric_defs::METRICS;
use serde_json::Value;

use crate::database::Database;

/// What names a figure: site, metric, window, and the page or feature where there is one for each.
type Name = (String, String, String, String);

/// A figure as the oracle has it.
pub(crate) struct Figure {
    value: Option<f64>,
    numerator: Option<f64>,
    /// `None` for counts: they have no rating either.
    denominator: Option<f64>,
    rating: String,
}

/// All figures of the oracle: of parts, and of the ratios between them.
pub(crate) async fn of_the_oracle(database: &Database) -> HashMap<Name, Figure> {
    let rows = database.objects("SELECT * FROM oracle.figures").await;
    let figure = |row: &Value| Figure {
        value: row["value"].as_f64(),
        numerator: row["numerator"].as_f64(),
        denominator: row["denominator"].as_f64(),
        rating: text(&row["rating"]),
    };
    rows.iter().map(|row| (name_of(row), figure(row))).collect()
}

/// What is wrong with `rows`: a figure that differs, comes twice, or is missing though it is not 0. Parts that the
/// catalogue does not name as metrics need not be there.
pub(crate) fn differences(expected: &HashMap<Name, Figure>, rows: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen = HashSet::new();
    for row in rows {
        let name = name_of(row);
        if let Some(fault) = fault(row, expected.get(&name)) {
            wrong.push(format!("{name:?}: {fault}"));
        }
        if let Some(twice) = seen.replace(name) {
            wrong.push(format!("{twice:?}: there twice"));
        }
    }
    for (name, figure) in expected {
        let is_metric = METRICS.iter().any(|metric| metric.name == name.1);
        if is_metric && figure.value.is_some_and(|value| value != 0.0) && !seen.contains(name) {
            wrong.push(format!("{name:?}: missing, by the oracle {:?}", figure.value));
        }
    }
    wrong.sort();
    wrong
}

fn name_of(row: &Value) -> Name {
    let label = row["labels"].as_object().and_then(|labels| labels.values().next()).or(row.get("label"));
    (text(&row["site"]), text(&row["metric"]), text(&row["window"]), label.map(text).unwrap_or_default())
}

/// What is wrong with a row. A figure that the oracle has no row for is 0 or without a sample.
fn fault(row: &Value, expected: Option<&Figure>) -> Option<String> {
    let value = row["value"].as_f64();
    let Some(expected) = expected else {
        return value.filter(|value| *value != 0.0).map(|value| format!("{value}, by the oracle nothing"));
    };
    let mut pairs = vec![("value", value, expected.value)];
    if expected.denominator.is_some() {
        pairs.push(("numerator", row["numerator"].as_f64(), expected.numerator));
        pairs.push(("denominator", row["denominator"].as_f64(), expected.denominator));
    }
    let differing = pairs.into_iter().find(|(_, actual, expected)| !near(*actual, *expected));
    if let Some((field, actual, expected)) = differing {
        return Some(format!("{field} {actual:?}, by the oracle {expected:?}"));
    }
    (text(&row["rating"]) != expected.rating)
        .then(|| format!("rated {}, by the oracle {:?}", row["rating"], expected.rating))
}

/// Whether two figures agree to 1e-9 of their value.
fn near(actual: Option<f64>, expected: Option<f64>) -> bool {
    match (actual, expected) {
        (Some(actual), Some(expected)) => (actual - expected).abs() <= 1e-9 * expected.abs(),
        (actual, expected) => actual == expected,
    }
}

/// A text; none is the empty one.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
