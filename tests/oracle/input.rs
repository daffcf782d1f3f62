//! What is replayed: golden cases, generated traffic, real events.

use std::{
    env, fs,
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use traffic::{Generator, Settings};

use crate::{crowded, script};

/// Lines to replay.
pub(crate) struct Input {
    /// What it is.
    pub(crate) name: &'static str,
    /// In how many files it is replayed.
    pub(crate) files: usize,
    bytes: Vec<u8>,
}

impl Input {
    /// The lines, without their ends.
    pub(crate) fn lines(&self) -> Vec<&[u8]> {
        let text = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        text.split(|byte| *byte == b'\n').collect()
    }
}

/// The golden cases, and two lines that a text file cannot hold well: one that is not UTF-8, one over 1 MiB.
pub(crate) fn golden() -> Input {
    let mut bytes = script::read("golden.ndjson").into_bytes();
    bytes.extend_from_slice(b"{\"type\":\"pageview\xff\"}\n");
    let long = "x".repeat(1 << 20);
    let event = format!(
        "{{\"type\":\"pageview\",\"timestamp\":1709200800000,\"user_id\":\"u\",\"site\":\"bad\",\"page\":\"/a\",\"more\":\"{long}\"}}\n"
    );
    bytes.extend_from_slice(event.as_bytes());
    Input { name: "golden", files: 1, bytes }
}

/// The seed of what is random: `TIDEGAUGE_ORACLE_SEED`, else always the same.
pub(crate) fn seed() -> u64 {
    match env::var("TIDEGAUGE_ORACLE_SEED") {
        Ok(text) => text.parse().expect("TIDEGAUGE_ORACLE_SEED is a whole number"),
        Err(_) => 20_240_229,
    }
}

/// Random events that meet in every way there is: 40 small sites in two files.
pub(crate) fn crowd() -> Input {
    Input { name: "crowded sites", files: 2, bytes: crowded::lines(seed(), 40, 150).into_bytes() }
}

/// Generated traffic.
pub(crate) fn traffic(name: &'static str, settings: Settings, files: usize) -> Input {
    let mut bytes = Vec::new();
    for record in Generator::new(settings).expect("settings of the generator") {
        bytes.extend_from_slice(&record.value);
        bytes.push(b'\n');
    }
    Input { name, files, bytes }
}

/// Real events from the folder `data` beside the project, or nothing and a note that says so.
pub(crate) fn real(file: &str) -> Option<Input> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    match fs::read(&path) {
        Ok(bytes) => Some(Input { name: "real events", files: 1, bytes }),
        Err(error) => {
            skip(&format!("real_events_equal_the_oracle: no real events at ../shared/data/{file}: {error}"));
            None
        }
    }
}

/// Notes a skipped test past the test runner's capture, and in the file of `TIDEGAUGE_SKIPPED`, where they are counted.
fn skip(reason: &str) {
    let line = format!("SKIPPED {reason}");
    writeln!(io::stderr().lock(), "\n{line}").expect("note a skipped test");
    if let Some(path) = env::var_os("TIDEGAUGE_SKIPPED") {
        let mut noted =
            OpenOptions::new().create(true).append(true).open(path).expect("open the list of skipped tests");
        writeln!(noted, "{line}").expect("note a skipped test");
    }
}
