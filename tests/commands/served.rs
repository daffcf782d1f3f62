//! `tidegauge clickhouse` as a process that serves.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::program::tidegauge;

/// A ClickHouse that serves; killed when dropped.
pub(crate) struct Served {
    child: Child,
    /// `http://127.0.0.1:PORT`, as it printed it.
    pub(crate) url: String,
    /// What it printed after the address.
    pub(crate) hint: String,
}

impl Served {
    /// Starts it on a folder, on a free port, and waits until it serves. Its standard error goes to a file there.
    pub(crate) fn start(dir: &Path) -> Self {
        let log = dir.join("stderr.log");
        let data = dir.join("data");
        let mut child = tidegauge(&["clickhouse", "--listen=127.0.0.1:0", "--path"])
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let Some(url) = lines.next() else {
            let status = child.wait().unwrap();
            let log = std::fs::read_to_string(&log).unwrap();
            panic!("it ended with {status} before it served (`make libchdb` fetches the engine): {log}");
        };
        let hint = lines.by_ref().take(3).collect::<Vec<_>>().join("\n");
        Self { child, url, hint }
    }

    /// Asks a query over HTTP.
    pub(crate) fn ask(&self, sql: &str) -> String {
        let mut stream = self.send(sql);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        body.to_owned()
    }

    /// Sends a query and does not wait for its answer.
    pub(crate) fn send(&self, sql: &str) -> TcpStream {
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = sql.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{sql}"
        )
        .unwrap();
        stream
    }

    /// Sends it a signal, named without SIG.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(status.success(), "kill -s {name} {pid}");
    }

    /// Waits for its end; returns its exit code, `None` if a signal ended it.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<i32> {
        let since = Instant::now();
        while since.elapsed() < limit {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("it still runs after {limit:?}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
