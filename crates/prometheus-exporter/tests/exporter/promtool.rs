//! Prometheus' own linter.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::fixture::busy_exporter;

/// Names that the metric catalogue fixes and the linter would have otherwise; it knows no exceptions.
const NAMED_BY_THE_CATALOGUE: [&str; 3] = [
    "tidegauge_active_days_per_user use base unit \"seconds\" instead of \"days\"",
    "tidegauge_active_user_days use base unit \"seconds\" instead of \"days\"",
    "tidegauge_scroll_depth_sum non-histogram and non-summary metrics should not have \"_sum\" suffix",
];

/// What promtool exits with if it could read the text and has complaints about names only.
const LINTED: i32 = 3;

#[test]
fn promtool_accepts_names_and_labels() {
    let text = busy_exporter().render().unwrap();
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = started else {
        eprintln!("skipped: no promtool on PATH (Debian package prometheus)");
        return;
    };
    let mut stdin = promtool.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let output = promtool.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    let complaints: Vec<&str> = complaints.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(complaints, NAMED_BY_THE_CATALOGUE);
    assert_eq!(output.status.code(), Some(LINTED));
}
