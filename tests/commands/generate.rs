//! `tidegauge generate` into files and standard output.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::program::{Ran, run, tidegauge};

const LINE: [&str; 8] = ["generate", "--events", "5000", "--users", "300", "--seed", "7", "--bad=0.02"];

fn generate(more: &[&str]) -> Ran {
    run(&[&LINE, more].concat()).good()
}

#[test]
fn same_seed_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.ndjson");
    let name = path.to_str().unwrap();
    let file = |more: &[&str]| {
        let ran = generate(&[&["--out", name], more].concat());
        assert_eq!(ran.out, b"");
        fs::read(&path).unwrap()
    };
    let first = file(&[]);
    assert_eq!(first.iter().filter(|byte| **byte == b'\n').count(), 5000);
    assert!(first.ends_with(b"\n"));
    assert_eq!(file(&[]), first, "a second run");
    assert_eq!(generate(&[]).out, first, "standard output by default");
    assert_eq!(generate(&["--out", "-"]).out, first, "standard output as -");
    // The default end is no clock's.
    assert_eq!(file(&["--end", "2025-07-01T00:00:00Z", "--days", "30"]), first);
    assert_ne!(file(&["--end", "2025-07-02T00:00:00Z"]), first);
    assert_ne!(run(&["generate", "--events=5000", "--users=300", "--seed=8", "--bad=0.02"]).out, first);
}

#[test]
fn one_line_on_standard_error_says_what_was_written() {
    let ran = generate(&[]);
    let expected = format!("5000 records, {} bytes, to standard output in ", ran.out.len());
    assert!(ran.err.starts_with(&expected) && ran.err.ends_with(" records/s\n"), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

#[test]
fn what_cannot_be_generated_or_written_is_told() {
    run(&["generate", "--events=10", "--users=0"]).bad(1, &["no users", "set users to at least 1"]);
    run(&["generate", "--events=10", "--bad=0.4", "--late=0.4"]).bad(1, &["0.5 or less together"]);
    run(&["generate", "--events=10", "--out=/nowhere/x"]).bad(1, &["creating /nowhere/x", "No such file"]);
    run(&["generate", "--events=10", "--kafka=127.0.0.1:1"]).bad(2, &["--topic"]);
    run(&["generate", "--events=10", "--property=a=b"]).bad(2, &["--kafka"]);
}

#[test]
fn a_full_disk_is_a_failure() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = tidegauge(&LINE).stdout(full).output().unwrap();
    Ran::from(output).bad(1, &["writing standard output", "No space left"]);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = tidegauge(&["generate", "--events=1000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    // Read and closed, as `head -n 1` does.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, &*ran.err), (Some(0), ""));
}
