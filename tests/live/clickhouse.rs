//! `tidegauge clickhouse`, on one folder and one port however often it is started.

use std::path::{Path, PathBuf};

use crate::{
    http,
    process::{Process, until},
};

/// A ClickHouse that serves.
pub(crate) struct ClickHouse {
    process: Process,
    folder: PathBuf,
    /// `host:port`.
    host: String,
}

impl ClickHouse {
    /// Starts it in a folder, on a free port, and waits until it serves.
    pub(crate) fn start(folder: &Path) -> Self {
        let (process, host) = launch(folder, "127.0.0.1:0");
        Self { process, folder: folder.to_owned(), host }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The folder of its data.
    pub(crate) fn data(&self) -> PathBuf {
        data(&self.folder)
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again, where it was.
    pub(crate) fn revive(&mut self) {
        self.process = launch(&self.folder, &self.host).0;
    }

    /// Stops it in good order.
    pub(crate) fn stop(&mut self) {
        self.process.signal("TERM");
        let code = until("ClickHouse ends after SIGTERM", || self.process.ended());
        assert_eq!(code, Some(0), "the exit code of tidegauge clickhouse");
    }

    /// Freezes it: connections stay open, nothing answers.
    pub(crate) fn freeze(&self) {
        self.process.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.process.signal("CONT");
    }

    /// A query's rows, columns separated by tabs; `None` while the table or the server is not there.
    pub(crate) fn rows(&self, sql: &str) -> Option<Vec<String>> {
        let answer = http::post(&self.host, sql).filter(|answer| answer.status == 200)?;
        Some(answer.body.lines().map(str::to_owned).collect())
    }

    /// A query's one number.
    pub(crate) fn number(&self, sql: &str) -> Option<u64> {
        self.rows(sql)?.first()?.parse().ok()
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("clickhouse")
}

fn launch(folder: &Path, listen: &str) -> (Process, String) {
    let log = folder.join("clickhouse.log");
    // It says its address at each start; the latest counts.
    let before = std::fs::read(&log).map_or(0, |said| said.len());
    let path = data(folder).display().to_string();
    let mut process = Process::start(&["clickhouse", "--listen", listen, "--path", &path], &log);
    let host = until("ClickHouse serves (`make libchdb` fetches the engine)", || {
        assert_eq!(process.ended(), None, "tidegauge clickhouse ended: {}", process.said());
        let said = process.said();
        let line = said.get(before..)?.split_inclusive('\n').find_map(|line| line.strip_prefix("http://"))?;
        Some(line.strip_suffix('\n')?.to_owned())
    });
    (process, host)
}
