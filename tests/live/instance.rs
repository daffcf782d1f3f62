//! `tidegauge run`.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    http::{self, Answer},
    metrics::Metrics,
    process::{PATIENCE, Process, until},
};

/// What an orderly stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// An instance of the pipeline.
pub(crate) struct Instance {
    process: Process,
    /// `host:port` of its endpoints.
    host: String,
}

impl Instance {
    /// Starts it and waits until its endpoints answer.
    pub(crate) fn start(config: &Path, log: &Path) -> Self {
        let before = std::fs::read(log).map_or(0, |said| said.len());
        let mut process = spawn(config, log);
        let host = until("the instance serves its endpoints", || {
            assert_eq!(process.ended(), None, "tidegauge run ended: {}", process.said());
            let said = process.said();
            let (_, rest) = said.get(before..)?.split_once("serving http://")?;
            Some(rest.split_once("/metrics")?.0.to_owned())
        });
        Self { process, host }
    }

    /// Starts it where it must refuse; returns its exit code and what it said.
    pub(crate) fn refused(config: &Path, log: &Path) -> (Option<i32>, String) {
        let mut process = spawn(config, log);
        let code = until("the instance refuses to run", || process.ended());
        (code, process.said())
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Sends SIGTERM and asserts that it ends well, and soon.
    #[track_caller]
    pub(crate) fn stop(mut self) -> String {
        let since = Instant::now();
        self.process.signal("TERM");
        let code = until("the instance ends after SIGTERM", || self.process.ended());
        let took = since.elapsed();
        assert_eq!(code, Some(0), "the exit code after SIGTERM");
        assert!(took < STOP_WITHIN, "it took {took:?} to stop");
        self.process.said()
    }

    /// What it has said.
    pub(crate) fn said(&self) -> String {
        self.process.said()
    }

    /// Asks one of its endpoints.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str) -> Answer {
        http::get(&self.host, path).unwrap_or_else(|| panic!("{path} does not answer"))
    }

    /// Its figures.
    #[track_caller]
    pub(crate) fn metrics(&self) -> Metrics {
        let answer = self.ask("/metrics");
        assert_eq!(answer.status, 200, "{}", answer.body);
        Metrics::parse(&answer.body)
    }

    /// Waits until its gauges tell of `records` records.
    #[track_caller]
    pub(crate) fn until_read(&mut self, records: usize) -> Metrics {
        let since = Instant::now();
        until("the gauges tell of every record", || {
            assert_eq!(self.process.ended(), None, "tidegauge run ended: {}", self.process.said());
            let metrics = self.metrics();
            let read = metrics.sum("tidegauge_records_total", "");
            assert!(since.elapsed() < PATIENCE, "read {read} of {records} records");
            (read == records as f64).then_some(metrics)
        })
    }
}

fn spawn(config: &Path, log: &Path) -> Process {
    Process::start(&["run", "--config", &config.display().to_string()], log)
}
