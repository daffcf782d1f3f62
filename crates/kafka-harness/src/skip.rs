//! Tests that do not run are skipped in plain sight, and never in CI.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

static SKIPPED: AtomicU64 = AtomicU64::new(0);

/// The number of tests this process has skipped.
pub fn skipped() -> u64 {
    SKIPPED.load(Ordering::Relaxed)
}

/// Notes on standard error, past the test runner's capture, that the current test does not run; the
/// caller returns after it. With `TIDEGAUGE_SKIPPED` set to a file, a line is added to it, so that a run
/// over many test binaries can give one count.
///
/// # Panics
/// With `CI=true`: there an absence is a failure.
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "CI=true and this test cannot run: {reason}"
    );
    let count = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    let current = thread::current();
    let line = format!("SKIPPED {}: {reason}", current.name().unwrap_or("a test without a name"));
    // A test's own eprintln! is captured; the stream itself is not. There is nowhere else to complain.
    let _ = writeln!(io::stderr().lock(), "\n{line} ({count} skipped in this binary)");
    if let Some(path) = std::env::var_os("TIDEGAUGE_SKIPPED") {
        let noted = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| writeln!(file, "{line}"));
        assert!(noted.is_ok(), "could not note a skipped test in {}", path.display());
    }
}
