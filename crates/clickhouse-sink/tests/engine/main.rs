//! The schema, the views and the writer on the real engine.
//!
//! One engine serves all tests that run (it allows one data folder a process); each test has a database of its
//! own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod buckets;
mod kpis;
mod schema;
mod sessions;
mod users;
mod writes;

use std::{
    future::Future,
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use clickhouse_sink::{Batch, ClickHouse, ClickHouseOptions, Compression, Origin, SchemaOptions, Writer};
use embedded_clickhouse::{EmbeddedClickHouse, find_library};
use serde_json::Value;
use tokio::runtime::Runtime;
use window_state::rows::{Changes, UserId};

/// Runs a test on a database of its own with the schema applied; skips it in plain sight where the engine's
/// library is absent, which under CI=true is a failure.
fn on_engine<F: Future<Output = ()>>(database: &str, test: impl FnOnce(Writer) -> F) {
    let Some(lease) = Lease::take() else {
        return;
    };
    lease.runtime.block_on(async {
        let clickhouse = connect(&lease.url, database);
        let options = SchemaOptions::keep_everything();
        clickhouse.apply_schema(&options).await.unwrap();
        let origin = Origin { topic: "events".into(), rules: 0xfeed_0000_0000_0001 };
        test(Writer::new(clickhouse, origin)).await;
    });
}

fn connect(url: &str, database: &str) -> ClickHouse {
    ClickHouse::new(ClickHouseOptions {
        url: url.to_owned(),
        database: database.to_owned(),
        compression: Compression::Lz4,
        ..ClickHouseOptions::default()
    })
    .unwrap()
}

/// The engine, while any test uses it.
#[derive(Default)]
struct Engine {
    users: usize,
    running: Option<(Arc<Runtime>, EmbeddedClickHouse)>,
}

static ENGINE: Mutex<Engine> = Mutex::new(Engine { users: 0, running: None });

/// A test's hold on the engine: the first starts it, the last shuts it down, since a process that exits with
/// the engine open may die of a signal.
struct Lease {
    runtime: Arc<Runtime>,
    url: String,
}

impl Lease {
    fn take() -> Option<Self> {
        let library = match find_library(None) {
            Ok(library) => library,
            Err(error) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{error}"),
            Err(error) => {
                // Not by a macro: the test harness would swallow it.
                let _ = writeln!(std::io::stderr(), "SKIPPED: {error}");
                return None;
            }
        };
        let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
        if engine.running.is_none() {
            engine.running = Some(start(&library));
        }
        let (runtime, clickhouse) = engine.running.as_ref().unwrap();
        let (runtime, url) = (runtime.clone(), clickhouse.url());
        engine.users += 1;
        Some(Self { runtime, url })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
        engine.users -= 1;
        if engine.users == 0
            && let Some((runtime, clickhouse)) = engine.running.take()
        {
            runtime.block_on(clickhouse.shutdown()).unwrap();
        }
    }
}

fn start(library: &Path) -> (Arc<Runtime>, EmbeddedClickHouse) {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clickhouse-sink");
    let _ = std::fs::remove_dir_all(&data);
    let runtime = Runtime::new().unwrap();
    let listen = ([127, 0, 0, 1], 0).into();
    let clickhouse = runtime.block_on(EmbeddedClickHouse::start(library, &data, listen));
    (Arc::new(runtime), clickhouse.unwrap())
}

/// The rows of a query.
async fn rows(clickhouse: &ClickHouse, sql: &str) -> Vec<Vec<Value>> {
    match clickhouse.run_sql(sql).await {
        Ok(result) => result.rows,
        Err(error) => panic!("{sql}: {error}: {:?}", std::error::Error::source(&error)),
    }
}

/// The rows of a query as one JSON value, to compare with `json!`.
async fn json(clickhouse: &ClickHouse, sql: &str) -> Value {
    rows(clickhouse, sql).await.into_iter().map(Value::from).collect()
}

async fn write(writer: &Writer, changes: Changes) {
    let batch = Batch { changes: vec![changes], ..Batch::default() };
    writer.write(&batch).await.unwrap();
}

/// The lines of a plan that say what is read.
async fn plan(clickhouse: &ClickHouse, sql: &str) -> String {
    let plan = rows(clickhouse, &format!("EXPLAIN indexes = 1 {sql}")).await;
    let lines = plan.iter().filter_map(|row| row[0].as_str());
    lines.map(|line| format!("{}\n", line.trim())).collect()
}

fn user(id: &str) -> UserId {
    UserId { id: Arc::from(id), anonymous: false }
}

/// Epoch milliseconds of a UTC time, for tables of a test.
fn at(day: i32, hour: i64, minute: i64) -> i64 {
    i64::from(day) * 86_400_000 + hour * 3_600_000 + minute * 60_000
}

/// A ratio as ClickHouse prints it: whole numbers without a fraction.
fn ratio(upper: f64, lower: f64) -> Value {
    match upper / lower {
        _ if lower == 0.0 => Value::Null,
        whole if whole.fract() == 0.0 => Value::from(whole as u64),
        ratio => Value::from(ratio),
    }
}

/// Repeatable numbers below `end`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}
