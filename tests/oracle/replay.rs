//! `tidegauge replay` as its users run it, and its report against the oracle.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{database::Database, figures};

/// Replays the files into an embedded ClickHouse in `dir`; the report.
pub(crate) fn replay(files: &[PathBuf], dir: &Path, as_of: Option<&str>) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegauge"));
    command.arg("replay").args(files).arg("--data-dir").arg(dir).args(["--format", "json"]);
    if let Some(as_of) = as_of {
        command.args(["--as-of", as_of]);
    }
    let output = command.output().expect("start tidegauge replay");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}:\n{said}", output.status);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("the report is not one JSON document: {error}\n{}", String::from_utf8_lossy(&output.stdout))
    })
}

/// Asserts that the report's instant, accounting and metrics, and the table `kpis`, are the oracle's; the number of
/// figures in the report.
pub(crate) async fn assert_report(database: &Database, report: &Value, input: &str) -> usize {
    let instant = database.number("SELECT as_of_ms FROM oracle.instant").await;
    assert_eq!(milliseconds(&report["as_of"]), instant, "{input}: as_of");

    let plain = "SETTINGS output_format_json_quote_64bit_integers = 0";
    let accounting = database.objects(&format!("SELECT * FROM oracle.accounting {plain}")).await;
    assert_eq!(Some(&report["accounting"]), accounting.first(), "{input}: accounting");

    let expected = figures::of_the_oracle(database).await;
    let metrics = report["metrics"].as_array().unwrap_or_else(|| panic!("{input}: no metrics in {report}"));
    let kpis = database.objects("SELECT * FROM tidegauge.kpis").await;
    for (source, rows) in [("report", metrics), ("kpis", &kpis)] {
        let wrong = figures::differences(&expected, rows);
        assert!(
            wrong.is_empty(),
            "{input}: {} figures of {source} are wrong\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
    let instants = database.rows("SELECT DISTINCT toUnixTimestamp(instant) FROM tidegauge.kpis").await;
    assert_eq!(instants, [(instant.div_euclid(60_000) * 60).to_string()], "{input}: instants of kpis");
    metrics.len()
}

/// An instant of the report: RFC 3339.
fn milliseconds(value: &Value) -> i64 {
    let parsed = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    parsed.unwrap_or_else(|| panic!("as_of is no instant: {value}")).as_millisecond()
}
