//! Tools that the checks need, from the scripts that fetch them.

use super::files::root;
use std::process::{Command, Stdio};

/// Exit status of the fetch scripts for "not here, not now".
const UNAVAILABLE: i32 = 69;

/// Runs `scripts/{script}`, which prints a tool's path; `None` after the test was noted as skipped.
pub(crate) fn fetch(script: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new("bash")
        .arg(root().join("scripts").join(script))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => Some(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
        Some(UNAVAILABLE) => {
            kafka_harness::skip(&complaint);
            None
        }
        _ => panic!("scripts/{script} failed: {complaint}"),
    }
}

/// Runs a tool on files of the repository; fails with all it printed.
pub(crate) fn check(tool: &str, arguments: &[&str]) {
    let output =
        Command::new(tool).args(arguments).current_dir(root()).stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{tool} {}\n{}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
