//! The embedded engine on one data folder, and the oracle within it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use clickhouse::Client;
use embedded_clickhouse::EmbeddedClickHouse;

use crate::script;

/// The engine, open on one folder. A process has one at a time.
pub(crate) struct Database {
    client: Client,
    engine: EmbeddedClickHouse,
}

impl Database {
    /// Opens the engine on `dir`.
    pub(crate) async fn open(dir: &Path) -> Self {
        let library =
            embedded_clickhouse::find_library(None).expect("find libchdb.so (make libchdb fetches it)");
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let engine = EmbeddedClickHouse::start(&library, dir, anywhere)
            .await
            .unwrap_or_else(|error| panic!("open the embedded ClickHouse on {}: {error}", dir.display()));
        Self { client: Client::default().with_url(engine.url()), engine }
    }

    /// Closes the engine, so that the next one can open.
    pub(crate) async fn close(self) {
        self.engine.shutdown().await.expect("close the embedded ClickHouse");
    }

    /// Runs a statement without a result.
    pub(crate) async fn execute(&self, sql: &str) {
        if let Err(error) = self.client.query_raw(sql).execute().await {
            panic!("{error}\nin: {sql}");
        }
    }

    /// A query's rows; columns joined by ` | `, NULL is `\N`, without blanks at the end.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<String> {
        self.fetch(sql, "TSV")
            .await
            .lines()
            .map(|line| line.replace('\t', " | ").trim_end().to_owned())
            .collect()
    }

    /// A query's rows as JSON objects, one a line.
    pub(crate) async fn objects(&self, sql: &str) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        self.fetch(sql, "JSONEachRow").await.lines().map(parse).collect()
    }

    /// A query's one number.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql).await;
        rows.first()
            .and_then(|row| row.parse().ok())
            .unwrap_or_else(|| panic!("{rows:?} is not a number, from: {sql}"))
    }

    async fn fetch(&self, sql: &str, format: &str) -> String {
        let cursor = self.client.query_raw(sql).fetch_bytes(format);
        let answer = match cursor {
            Ok(mut cursor) => cursor.collect().await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => panic!("{error}\nin: {sql}"),
        }
    }

    /// Loads the lines into `oracle.raw` and computes every table of the oracle from them.
    /// `as_of`: the replay's `--as-of` in epoch milliseconds.
    pub(crate) async fn compute_oracle(&self, lines: &[&[u8]], as_of: Option<i64>) {
        self.execute("DROP DATABASE IF EXISTS oracle SYNC").await;
        let as_of = as_of.map_or_else(|| "NULL".to_owned(), |ms| ms.to_string());
        for (index, name) in script::numbered_files().iter().enumerate() {
            for statement in script::statements(&script::read(name)) {
                self.execute(&statement.replace("{as_of}", &as_of)).await;
            }
            if index == 0 {
                self.load(lines).await;
            }
        }
    }

    async fn load(&self, lines: &[&[u8]]) {
        let mut insert =
            self.client.insert_formatted_with("INSERT INTO oracle.raw FORMAT RowBinary").buffered();
        for (number, line) in (0_u64..).zip(lines) {
            insert.write_buffered(&number.to_le_bytes());
            insert.write_buffered(&length(line.len()));
            insert.write_buffered(line);
            if insert.buf_len() > CHUNK {
                insert.flush().await.expect("send raw lines");
            }
        }
        insert.end().await.expect("insert the raw lines");
        let loaded = self.number("SELECT count() FROM oracle.raw").await;
        assert_eq!(usize::try_from(loaded), Ok(lines.len()), "raw lines loaded");
    }
}

/// Bytes after which what is buffered is sent.
const CHUNK: usize = 256 * 1024;

/// A length as RowBinary has it: 7 bits a byte, the lowest first.
fn length(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes
}
