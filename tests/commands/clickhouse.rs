//! `tidegauge clickhouse`.

use std::{thread, time::Duration};

use crate::{program::run, served::Served};

#[test]
fn it_serves_and_stops_on_sigterm_and_sigint_and_keeps_its_data() {
    let dir = tempfile::tempdir().unwrap();
    let mut served = Served::start(dir.path());
    assert!(served.url.starts_with("http://127.0.0.1:"), "{}", served.url);
    assert_eq!(served.ask("SELECT 1"), "1\n");
    let example = format!("curl '{}/' --data-binary ", served.url);
    assert!(served.hint.contains(&example), "{}", served.hint);
    served.ask("CREATE DATABASE kept");
    served.ask("CREATE TABLE kept.n ENGINE = MergeTree ORDER BY number AS SELECT number FROM numbers(10)");
    served.signal("TERM");
    assert_eq!(served.wait(Duration::from_secs(10)), Some(0));

    let mut served = Served::start(dir.path());
    assert_eq!(served.ask("SELECT sum(number) FROM kept.n"), "45\n");
    served.signal("INT");
    assert_eq!(served.wait(Duration::from_secs(10)), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut served = Served::start(dir.path());
    let _answer = served.send("SELECT sum(sleepEachRow(1)) FROM numbers(30) SETTINGS max_block_size = 1");
    while served.ask("SELECT count() > 1 FROM system.processes") != "1\n" {
        thread::sleep(Duration::from_millis(50));
    }
    served.signal("TERM");
    thread::sleep(Duration::from_millis(300));
    served.signal("TERM");
    assert_eq!(served.wait(Duration::from_secs(2)), Some(128 + 15));
}

#[test]
fn it_serves_this_machine_only_unless_told_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let ran = run(&["clickhouse", "--path", data.to_str().unwrap(), "--listen", "0.0.0.0:0"]);
    ran.bad(1, &["0.0.0.0:0", "no passwords"]);
    assert!(!data.exists());
}

#[test]
fn without_its_engine_it_says_how_to_get_it() {
    let dir = tempfile::tempdir().unwrap();
    let output = crate::program::tidegauge(&["clickhouse", "--listen=127.0.0.1:0", "--path"])
        .arg(dir.path())
        .env("TIDEGAUGE_LIBCHDB", "/nowhere/libchdb.so")
        .output()
        .unwrap();
    crate::program::Ran::from(output).bad(1, &["/nowhere/libchdb.so", "make libchdb"]);
}
