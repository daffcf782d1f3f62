//! The oracle: every table and figure that tidegauge gives for a file, computed a second time by plain SQL over the
//! raw lines, and compared row by row. The SQL, in `tests/oracle`, shares no code with the fold.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "oracle/compare.rs"]
mod compare;
#[path = "oracle/crowded.rs"]
mod crowded;
#[path = "oracle/database.rs"]
mod database;
#[path = "oracle/figures.rs"]
mod figures;
#[path = "oracle/input.rs"]
mod input;
#[path = "oracle/replay.rs"]
mod replay;
#[path = "oracle/script.rs"]
mod script;
#[path = "oracle/tables.rs"]
mod tables;

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use database::Database;
use input::{Input, crowd, golden, real, seed, traffic};
use tables::TABLES;

/// A process has one engine at a time, on one folder.
static ENGINE: Mutex<()> = Mutex::const_new(());

/// Replays the input, in as many files as it is split into, and compares every table, figure and count.
async fn check(input: &Input, as_of: Option<&str>) {
    let _one_at_a_time = ENGINE.lock().await;
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("clickhouse");
    let files = write(input, temporary.path());
    let report = replay::replay(&files, &dir, as_of);
    let database = Database::open(&dir).await;
    let instant = as_of.map(|text| text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    database.compute_oracle(&input.lines(), instant).await;
    compare::assert_equal(&database, input.name).await;
    let figures = replay::assert_report(&database, &report, input.name).await;
    println!(
        "{}: {} lines, {} tables and {figures} figures equal the oracle's",
        input.name,
        input.lines().len(),
        TABLES.len()
    );
    if input.name == "golden" && as_of.is_none() {
        assert_golden(&database, "tidegauge", "golden.sql").await;
    }
    database.close().await;
}

/// The input's lines in files, the later lines in the later files.
fn write(input: &Input, dir: &std::path::Path) -> Vec<PathBuf> {
    let lines = input.lines();
    let chunks = lines.chunks(lines.len().div_ceil(input.files));
    let write = |(index, lines): (usize, &[&[u8]])| {
        let path = dir.join(format!("part-{index}.ndjson"));
        let mut bytes = lines.join(&b'\n');
        bytes.push(b'\n');
        fs::write(&path, bytes).unwrap();
        path
    };
    chunks.enumerate().map(write).collect()
}

/// Asserts the rows of a file's golden cases.
async fn assert_golden(database: &Database, db: &str, file: &str) {
    let cases = script::golden(file);
    assert!(!cases.is_empty(), "no golden case in {file}");
    let mut wrong = String::new();
    for case in cases {
        let rows = database.rows(&case.query.replace("{db}", db)).await;
        if rows != case.rows {
            wrong += &format!("{}\n  by hand: {:#?}\n  in {db}: {rows:#?}\n", case.says, case.rows);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The oracle alone gives what was worked out by hand.
#[tokio::test]
async fn oracle_holds_the_golden_cases() {
    let _one_at_a_time = ENGINE.lock().await;
    let temporary = tempfile::tempdir().unwrap();
    let database = Database::open(temporary.path()).await;
    database.compute_oracle(&golden().lines(), None).await;
    assert_golden(&database, "oracle", "golden.sql").await;
    assert_golden(&database, "oracle", "golden_figures.sql").await;
    database.close().await;
}

/// The comparison finds a row that is missing, one too many, one that differs and a ratio that does.
#[tokio::test]
async fn comparison_finds_every_difference() {
    let _one_at_a_time = ENGINE.lock().await;
    let temporary = tempfile::tempdir().unwrap();
    let database = Database::open(temporary.path()).await;
    database.compute_oracle(&golden().lines(), None).await;
    database.execute("CREATE DATABASE tidegauge").await;
    for name in TABLES.iter().map(|table| table.name).chain(["accounting"]) {
        let copy = format!(
            "CREATE TABLE tidegauge.{name} ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM oracle.{name}"
        );
        database.execute(&copy).await;
    }
    assert_eq!(compare::differences(&database).await, "");
    for (change, finds) in [
        ("ALTER TABLE tidegauge.sessions DELETE WHERE site = 'gap' AND is_bounce", "1 rows missing"),
        ("INSERT INTO tidegauge.feature_uses SELECT * FROM oracle.feature_uses LIMIT 1", "1 rows unexpected"),
        (
            "ALTER TABLE tidegauge.pages_daily UPDATE scroll_sum = scroll_sum + 0.000001 WHERE page = '/zero'",
            "pages_daily",
        ),
        (
            "ALTER TABLE tidegauge.sessions_daily UPDATE bounce_rate = bounce_rate * 1.00000001 WHERE bounces > 0",
            "bounce_rate differs",
        ),
        (
            "ALTER TABLE tidegauge.pages_hourly UPDATE exit_rate = 0 WHERE exit_rate IS NULL",
            "exit_rate differs",
        ),
        (
            "ALTER TABLE tidegauge.page_views UPDATE engaged_ms = 0 WHERE engaged_ms IS NULL AND site = 'scroll'",
            "page_views",
        ),
        ("ALTER TABLE tidegauge.accounting UPDATE accepted = accepted + 1 WHERE 1", "accounting"),
    ] {
        database.execute(&format!("{change} SETTINGS mutations_sync = 2")).await;
        let report = compare::differences(&database).await;
        assert!(report.contains(finds), "after {change} there is no {finds:?} in:\n{report}");
    }
    database.close().await;
}

/// The comparison of figures finds one that is off, one missing, one too many, one twice and a wrong rating.
#[tokio::test]
async fn comparison_finds_every_wrong_figure() {
    let _one_at_a_time = ENGINE.lock().await;
    let temporary = tempfile::tempdir().unwrap();
    let database = Database::open(temporary.path()).await;
    database.compute_oracle(&golden().lines(), None).await;
    let expected = figures::of_the_oracle(&database).await;
    let rows = database.objects("SELECT * FROM oracle.figures ORDER BY ALL").await;
    database.close().await;

    assert_eq!(figures::differences(&expected, &rows), Vec::<String>::new());
    let stickiness = |row: &Value| row["metric"] == "stickiness_ratio" && row["site"] == "rolling";
    let at = rows.iter().position(stickiness).unwrap();
    let finds = |change: &dyn Fn(&mut Vec<Value>), what: &str| {
        let mut rows = rows.clone();
        change(&mut rows);
        let wrong = figures::differences(&expected, &rows);
        assert!(wrong.len() == 1 && wrong[0].contains(what), "no {what:?} alone in {wrong:#?}");
    };
    finds(&|rows| rows[at]["value"] = 1.00000001.into(), "value Some(1.00000001)");
    finds(&|rows| rows[at]["denominator"] = 4.into(), "denominator Some(4.0)");
    finds(&|rows| rows[at]["value"] = Value::Null, "value None");
    finds(&|rows| rows[at]["rating"] = "good".into(), "rated \"good\"");
    finds(&|rows| drop(rows.remove(at)), "missing");
    finds(&|rows| rows.push(rows[at].clone()), "twice");
    let invented = json!({"site": "nowhere", "metric": "visitors", "window": "1d", "value": 1});
    finds(&|rows| rows.push(invented.clone()), "by the oracle nothing");
}

/// The cases that were worked out by hand.
#[tokio::test]
async fn golden_cases_equal_the_oracle() {
    check(&golden(), None).await;
}

/// The same, read until noon of the third day.
#[tokio::test]
async fn golden_cases_equal_the_oracle_as_of_an_instant() {
    check(&golden(), Some("2024-02-29T12:00:00Z")).await;
}

/// Few users, pages, ids and instants: every rule meets every other.
#[tokio::test]
async fn crowded_sites_equal_the_oracle() {
    check(&crowd(), None).await;
}

/// Several sites, disorder, lateness, duplicates, unknown types and every kind of bad record, in three files.
#[tokio::test]
async fn small_traffic_equals_the_oracle() {
    let settings = traffic::Settings {
        events: 20_000,
        users: 600,
        seed: seed(),
        days: 40,
        sites: ["default", "shop", "docs"].map(str::to_owned).to_vec(),
        disorder_share: 0.10,
        late_share: 0.03,
        duplicate_share: 0.05,
        bad_share: 0.03,
        unknown_share: 0.02,
        oversized: true,
        ..traffic::Settings::default()
    };
    check(&traffic("small traffic", settings, 3), None).await;
}

/// More users and events, in one file.
#[tokio::test]
async fn larger_traffic_equals_the_oracle() {
    let settings = traffic::Settings {
        events: 150_000,
        users: 8_000,
        seed: seed() + 1,
        sites: ["main", "other"].map(str::to_owned).to_vec(),
        bad_share: 0.005,
        ..traffic::Settings::default()
    };
    check(&traffic("larger traffic", settings, 1), None).await;
}

/// Visits to a public web site; the file is not part of the repository.
#[tokio::test]
async fn real_events_equal_the_oracle() {
    if let Some(input) = real("semicomplete-2015.ndjson") {
        check(&input, None).await;
    }
}
