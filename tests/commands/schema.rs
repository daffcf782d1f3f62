//! `tidegauge schema`.

use std::fs;

use crate::{program::run, served::Served};

/// What people query.
const VIEWS: [&str; 13] = [
    "user_activity",
    "active_users_daily",
    "feature_adoption_daily",
    "sessions",
    "page_views",
    "feature_uses",
    "sessions_daily",
    "sessions_hourly",
    "pages_daily",
    "pages_hourly",
    "kpis",
    "accounting",
    "events",
];

#[test]
fn print_shows_every_view_of_the_configured_database() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("t.toml");
    fs::write(&config, "[sink]\ndatabase = \"gauges\"\nhourly_ttl = \"11d\"\n").unwrap();
    let config = config.to_str().unwrap();
    let ran = run(&["schema", "print", "--config", config]).good();
    for view in VIEWS {
        assert!(ran.text().contains(&format!("VIEW gauges.{view} AS\n")), "no view {view}");
    }
    assert!(ran.text().contains("toIntervalDay(11)"));
    assert!(!ran.text().contains("tidegauge."), "the default database");
    let ran = run(&["schema", "print"]).good();
    assert!(ran.text().contains("CREATE DATABASE IF NOT EXISTS tidegauge;"));
}

#[test]
fn apply_twice_is_apply_once() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let apply = || run(&["schema", "apply", "--clickhouse", &served.url]).good().text().to_owned();
    let first = apply();
    assert!(first.starts_with("applied migration 1 ("), "{first}");
    assert!(first.contains("\ndatabase tidegauge is at schema version "), "{first}");
    let tables =
        "SELECT name, create_table_query FROM system.tables WHERE database = 'tidegauge' ORDER BY name";
    let ledger = "SELECT * FROM tidegauge.schema_migrations ORDER BY ALL";
    let before = (served.ask(tables), served.ask(ledger));
    let second = apply();
    assert!(second.starts_with("database tidegauge is up to date (schema version "), "{second}");
    assert_eq!((served.ask(tables), served.ask(ledger)), before);
    for view in VIEWS {
        assert_eq!(served.ask(&format!("SELECT count() FROM tidegauge.{view}")), "0\n", "{view}");
    }

    // What `print` shows is what `apply` does.
    let config = dir.path().join("t.toml");
    fs::write(&config, "[sink]\ndatabase = \"printed\"\n").unwrap();
    let printed = run(&["schema", "print", "--config", config.to_str().unwrap()]).good();
    for statement in printed.text().split(";\n").filter(|statement| !statement.trim().is_empty()) {
        served.ask(statement);
    }
    let columns = |database: &str| {
        served.ask(&format!(
            "SELECT table, name, type FROM system.columns WHERE database = '{database}' ORDER BY table, position"
        ))
    };
    assert_eq!(columns("printed"), columns("tidegauge"));
}

#[test]
fn a_server_that_is_not_there_is_told() {
    run(&["schema", "apply", "--clickhouse", "http://127.0.0.1:1"])
        .bad(1, &["cannot apply the schema", "127.0.0.1:1"]);
    run(&["schema", "apply", "--clickhouse", "ftp://127.0.0.1:1"]).bad(1, &["ftp://127.0.0.1:1", "http://"]);
}
