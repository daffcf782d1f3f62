//! Grafana's data sources and dashboards.

use super::{
    files::{list, strings, text, yaml},
    prometheus::{known, series_in},
};
use clickhouse_sink::{ClickHouse, ClickHouseOptions, SchemaOptions};
use embedded_clickhouse::{EmbeddedClickHouse, find_library};
use serde_json::Value;
use std::collections::HashSet;

fn dashboards() -> Vec<(String, Value)> {
    list("deploy/grafana/dashboards")
        .into_iter()
        .map(|path| {
            let value = serde_json::from_str(&text(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            (path, value)
        })
        .collect()
}

/// Every value of `key`, at any depth.
fn all<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        Value::Object(fields) => {
            found.extend(fields.get(key));
            fields.values().for_each(|field| all(field, key, found));
        }
        _ => {}
    }
}

fn values<'a>(dashboard: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    all(dashboard, key, &mut found);
    found
}

#[test]
fn queries_name_series_that_exist() {
    let known = known();
    for (path, dashboard) in dashboards() {
        let expressions = values(&dashboard, "expr");
        assert!(!expressions.is_empty(), "{path} asks Prometheus nothing");
        for expression in expressions {
            let expression = expression.as_str().unwrap();
            let series = series_in(expression);
            assert!(!series.is_empty(), "{path}: {expression}");
            for name in series {
                assert!(known.contains(name), "{path}: no series {name} in {expression}");
            }
        }
    }
}

#[test]
fn data_sources_are_provisioned() {
    let sources = yaml("deploy/grafana/provisioning/datasources/tidegauge.yml");
    let provisioned: HashSet<&str> = sources["datasources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["uid"].as_str().unwrap())
        .collect();
    for (path, dashboard) in dashboards() {
        for source in values(&dashboard, "datasource") {
            let uid = source["uid"].as_str().unwrap();
            assert!(provisioned.contains(uid), "{path}: {uid}");
        }
    }
    // Grafana and ClickHouse are told the same password by the same variable.
    assert!(strings(&sources).contains(&"$GRAFANA_CLICKHOUSE_PASSWORD"));
    assert!(text("deploy/clickhouse/grafana-user.xml").contains("from_env=\"GRAFANA_CLICKHOUSE_PASSWORD\""));
}

/// What Grafana puts in place of its variables and macros.
fn filled_in(sql: &str) -> String {
    let sql = sql
        .replace("${site:sqlstring}", "'shop'")
        .replace("$__fromTime", "toDateTime(1700000000)")
        .replace("$__toTime", "toDateTime(1702600000)");
    assert!(!sql.contains('$'), "a variable that is not filled in: {sql}");
    sql
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_run_on_the_schema() {
    let library = find_library(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server =
        EmbeddedClickHouse::start(&library, folder.path(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let sources = yaml("deploy/grafana/provisioning/datasources/tidegauge.yml");
    let database = sources["datasources"][1]["jsonData"]["defaultDatabase"].as_str().unwrap();
    let options = ClickHouseOptions {
        url: server.url(),
        database: database.to_owned(),
        ..ClickHouseOptions::default()
    };
    let clickhouse = ClickHouse::new(options).unwrap();
    clickhouse.apply_schema(&SchemaOptions::default()).await.unwrap();
    for (path, dashboard) in dashboards() {
        let queries = values(&dashboard, "rawSql");
        assert!(!queries.is_empty(), "{path} asks ClickHouse nothing");
        for query in queries {
            let sql = filled_in(query.as_str().unwrap());
            let result = clickhouse.run_sql(&sql).await;
            result.unwrap_or_else(|error| panic!("{path}: {sql}\n{error}"));
        }
    }
    server.shutdown().await.unwrap();
}

#[test]
fn panels_have_ids_of_their_own_and_do_not_overlap() {
    for (path, dashboard) in dashboards() {
        let mut ids = HashSet::new();
        let mut cells = HashSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{path}: {title}");
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24, "{path}: {title} is too wide");
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(cells.insert((x, y)), "{path}: {title} covers another panel");
                }
            }
        }
    }
}
