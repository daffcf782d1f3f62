//! Start and stop. What needs a process of its own runs this binary again.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use embedded_clickhouse::{EmbeddedClickHouse, Error, Options, run_until};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::harness::{fresh_folder, library, with_database};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

#[test]
fn another_data_folder_is_refused_while_one_is_open() {
    with_database("refused_start", async |harness| {
        let other = fresh_folder("other");
        let started = EmbeddedClickHouse::start(&harness.library, &other, ANY_PORT).await;
        let Err(error @ Error::OtherDataDir { .. }) = started else { panic!("started") };
        assert!(
            error.to_string().contains("clickhouse-shared-") && error.to_string().contains("shut"),
            "{error}"
        );
    });
}

#[test]
fn what_others_could_reach_is_refused() {
    with_database("remote_start", async |harness| {
        let everywhere = ([0, 0, 0, 0], 0).into();
        let started = EmbeddedClickHouse::start(&harness.library, &fresh_folder("remote"), everywhere).await;
        assert!(matches!(started, Err(Error::Remote { .. })));
    });
}

#[test]
fn a_file_that_is_no_library_is_told() {
    let file = fresh_folder("no-library").join("libchdb.so");
    std::fs::write(&file, "not a library").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = runtime.block_on(EmbeddedClickHouse::start(&file, &fresh_folder("no-data"), ANY_PORT));
    // If the engine is loaded already, that is what it says instead.
    match started {
        Err(error @ (Error::Load { .. } | Error::OtherLibrary { .. })) => {
            assert!(error.to_string().contains("no-library"), "{error}");
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("started"),
    }
}

/// One of the ignored tests below, to be run in a process of its own.
fn child(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = format!("lifecycle::{test}");
    command.args(["--ignored", "--exact", &name, "--nocapture", "--test-threads=1"]);
    command
}

fn in_a_process_of_its_own(test: &str) {
    if library().is_some() {
        passes(&mut child(test));
    }
}

#[track_caller]
fn passes(child: &mut Command) {
    let child = child.output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && text.contains("1 passed"), "{:?}: {text}", child.status);
}

#[test]
fn it_stops_and_starts_again() {
    in_a_process_of_its_own("child_stops_and_starts_again");
}

#[test]
#[ignore = "run by it_stops_and_starts_again"]
fn child_stops_and_starts_again() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let library = library().unwrap();
        let (first, second) = (fresh_folder("first"), fresh_folder("second"));
        let one = EmbeddedClickHouse::start(&library, &first, ANY_PORT).await.unwrap();
        let client = clickhouse::Client::default().with_url(one.url());
        for sql in [
            "CREATE DATABASE tidegauge",
            "CREATE TABLE tidegauge.t (n UInt64) ENGINE = MergeTree ORDER BY n",
            "INSERT INTO tidegauge.t SELECT number FROM numbers(100000)",
        ] {
            client.query(sql).execute().await.unwrap();
        }
        let shared = EmbeddedClickHouse::start(&library, &first, ANY_PORT).await.unwrap();
        assert_ne!(shared.addr(), one.addr());
        let options = Options { max_threads: 1, ..Options::default() };
        let other = EmbeddedClickHouse::start_with(&library, &first, ANY_PORT, options).await;
        assert!(matches!(other, Err(Error::OtherLimits { .. })));
        one.shutdown().await.unwrap();

        let client = clickhouse::Client::default().with_url(shared.url());
        let rows: u64 = client.query("SELECT count() FROM tidegauge.t").fetch_one().await.unwrap();
        assert_eq!(rows, 100_000);
        shared.shutdown().await.unwrap();

        let empty = EmbeddedClickHouse::start(&library, &second, ANY_PORT).await.unwrap();
        let client = clickhouse::Client::default().with_url(empty.url());
        let error = client.query("SELECT 1 FROM tidegauge.t").execute().await.unwrap_err();
        assert!(error.to_string().contains("Code: 81."), "{error}");
        empty.shutdown().await.unwrap();

        let again = EmbeddedClickHouse::start(&library, &first, ANY_PORT).await.unwrap();
        let client = clickhouse::Client::default().with_url(again.url());
        let sum: u64 = client.query("SELECT sum(n) FROM tidegauge.t").fetch_one().await.unwrap();
        assert_eq!(sum, 4_999_950_000);
        // Left open, with parts to merge: the process has to end well all the same.
        for _ in 0..20 {
            client
                .query("INSERT INTO tidegauge.t SELECT number FROM numbers(100000)")
                .execute()
                .await
                .unwrap();
        }
        std::mem::forget(again);
    });
}

#[test]
fn run_until_serves_until_told_to_stop() {
    in_a_process_of_its_own("child_serves_until_told_to_stop");
}

#[test]
#[ignore = "run by run_until_serves_until_told_to_stop"]
fn child_serves_until_told_to_stop() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let library = library().unwrap();
        let folder = fresh_folder("until");
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let announce = |server: &EmbeddedClickHouse| ready.send(server.addr()).unwrap();
            let shutdown = async { stopped.await.unwrap() };
            run_until(&library, &folder, ANY_PORT, Options::default(), announce, shutdown).await
        });
        let addr = is_ready.await.unwrap();
        let client = clickhouse::Client::default().with_url(format!("http://{addr}"));
        let running = tokio::spawn(async move {
            client
                .query("SELECT sleepEachRow(1) FROM numbers(2)")
                .with_setting("max_block_size", "1")
                .execute()
                .await
        });
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.send(()).unwrap();
        // A statement that runs is waited for; then nobody is let in.
        running.await.unwrap().unwrap();
        serving.await.unwrap().unwrap();
        assert!(TcpStream::connect(addr).await.is_err());
    });
}

const FOLDER: &str = "TIDEGAUGE_TEST_FOLDER";
const ACKNOWLEDGED: &str = "TIDEGAUGE_TEST_ACKNOWLEDGED";
const BATCH: u64 = 1_000;

#[test]
fn what_was_acknowledged_survives_a_kill() {
    if library().is_none() {
        return;
    }
    let folder = fresh_folder("killed");
    let mut writer =
        child("child_inserts_until_killed").env(FOLDER, &folder).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut last = 0;
    for line in lines {
        // The line may have the test harness's words in front of it.
        let line = line.unwrap();
        let Some((_, batch)) = line.split_once("acknowledged ") else { continue };
        last = batch.parse().unwrap();
        if last == 25 {
            // SIGKILL; what it still acknowledged before it died is read on.
            writer.kill().unwrap();
        }
    }
    assert!(!writer.wait().unwrap().success() && last >= 25);
    passes(child("child_counts_what_is_there").env(FOLDER, &folder).env(ACKNOWLEDGED, last.to_string()));
}

async fn at_the_folder() -> (EmbeddedClickHouse, clickhouse::Client) {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let server = EmbeddedClickHouse::start(&library().unwrap(), &folder, ANY_PORT).await.unwrap();
    let client = clickhouse::Client::default().with_url(server.url());
    (server, client)
}

#[test]
#[ignore = "run by what_was_acknowledged_survives_a_kill"]
fn child_inserts_until_killed() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (_server, client) = at_the_folder().await;
        client.query("CREATE DATABASE kept").execute().await.unwrap();
        let create = "CREATE TABLE kept.t (batch UInt64, n UInt64) ENGINE = MergeTree ORDER BY (batch, n)";
        client.query(create).execute().await.unwrap();
        for batch in 1..10_000 {
            let mut insert = client.insert_formatted_with("INSERT INTO kept.t FORMAT CSV");
            let rows: String = (0..BATCH).map(|n| format!("{batch},{n}\n")).collect();
            insert.send(rows.into()).await.unwrap();
            insert.end().await.unwrap();
            println!("acknowledged {batch}");
        }
    });
}

#[test]
#[ignore = "run by what_was_acknowledged_survives_a_kill"]
fn child_counts_what_is_there() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let (server, client) = at_the_folder().await;
        let sql =
            "SELECT batch FROM kept.t GROUP BY batch HAVING count() = ? AND uniqExact(n) = ? ORDER BY batch";
        let whole: Vec<u64> = client.query(sql).bind(BATCH).bind(BATCH).fetch_all().await.unwrap();
        let batches: u64 = client.query("SELECT uniqExact(batch) FROM kept.t").fetch_one().await.unwrap();
        let acknowledged: u64 = std::env::var(ACKNOWLEDGED).unwrap().parse().unwrap();
        // One more may be there, of which the word was lost; never a part of one.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&batches),
            "{batches} batches, {acknowledged} acknowledged"
        );
        assert_eq!(whole, (1..=batches).collect::<Vec<_>>());
        server.shutdown().await.unwrap();
    });
}
