//! `tidegauge config`.

use std::fs;

use crate::program::{Ran, run, tidegauge};

#[test]
fn check_tells_good_from_bad_by_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.toml");
    let name = path.to_str().unwrap();
    let check = |toml: &str| {
        fs::write(&path, toml).unwrap();
        run(&["config", "check", name])
    };
    let ran = check("[sink]\nflush_rows = 5\n").good();
    assert!(ran.text().contains(": ok\nsink.flush_rows = 5"), "{}", ran.text());
    check("[sink]\nflush_rows = 0\nnope = 1\n").bad(2, &["sink.flush_rows", "sink.nope", "t.toml:3"]);
    check("[sink\n").bad(2, &["t.toml:1:", "not valid TOML"]);
    fs::remove_file(&path).unwrap();
    run(&["config", "check", name]).bad(2, &["cannot read the configuration file"]);
}

#[test]
fn check_reads_the_environment_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.toml");
    fs::write(&path, "").unwrap();
    let output = tidegauge(&["config", "check", path.to_str().unwrap()])
        .env("TIDEGAUGE__LOG__FORMAT", "xml")
        .output()
        .unwrap();
    Ran::from(output).bad(2, &["log.format", "TIDEGAUGE__LOG__FORMAT"]);
}

#[test]
fn reference_lists_options() {
    let ran = run(&["config", "reference"]).good();
    for option in ["kafka.brokers", "fold.allowed_lateness", "sink.flush_interval"] {
        assert!(ran.text().contains(option), "no {option}");
    }
}
