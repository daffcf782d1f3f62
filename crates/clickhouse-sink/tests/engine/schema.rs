//! Applying the schema: again, at other retentions, to a database of another build.

use clickhouse_sink::{MIGRATIONS, MigrationConflict, SchemaError, SchemaOptions, print_schema};
use serde_json::json;

use super::{json, on_engine, rows};

const TABLES: &str = "SELECT name, uuid, create_table_query FROM system.tables WHERE database = currentDatabase() AND engine != 'View' ORDER BY name";

#[test]
fn applying_it_twice_is_applying_it_once() {
    on_engine("schema_twice", |writer| async move {
        let clickhouse = writer.clickhouse();
        let before = json(clickhouse, TABLES).await;
        let ledger = "SELECT * FROM schema_migrations";
        let applied = json(clickhouse, ledger).await;
        let again = clickhouse.apply_schema(&SchemaOptions::keep_everything()).await.unwrap();
        assert_eq!(again.migrations, []);
        assert_eq!(again.retentions, [""; 0]);
        assert_eq!(again.version, MIGRATIONS.last().unwrap().version);
        assert_eq!(json(clickhouse, TABLES).await, before);
        assert_eq!(json(clickhouse, ledger).await, applied);
    });
}

#[test]
fn the_printed_schema_is_the_applied_one() {
    on_engine("schema_applied", |writer| async move {
        let clickhouse = writer.clickhouse();
        let options = SchemaOptions::default();
        clickhouse.apply_schema(&options).await.unwrap();
        for statement in print_schema("schema_printed", &options).split(";\n") {
            if !statement.trim().is_empty() {
                clickhouse.run_sql(statement).await.unwrap();
            }
        }
        let of = |database: &str| {
            format!(
                "SELECT name, replaceAll(create_table_query, '{database}', 'x') FROM system.tables \
                 WHERE database = '{database}' ORDER BY name"
            )
        };
        let printed = rows(clickhouse, &of("schema_printed")).await;
        assert!(printed.len() > 20);
        assert_eq!(printed, rows(clickhouse, &of("schema_applied")).await);
        clickhouse.run_sql("DROP DATABASE schema_printed").await.unwrap();
    });
}

#[test]
fn retention_is_set_changed_and_removed() {
    on_engine("schema_retention", |writer| async move {
        let clickhouse = writer.clickhouse();
        let tables = ["site_hour_rows", "page_hour_rows", "kpi_rows", "event_rows"];
        let with = |days| SchemaOptions { hourly_days: Some(days), ..SchemaOptions::default() };
        assert_eq!(clickhouse.apply_schema(&with(90)).await.unwrap().retentions, tables);
        assert_eq!(clickhouse.apply_schema(&with(90)).await.unwrap().retentions, [""; 0]);
        assert_eq!(clickhouse.apply_schema(&with(9)).await.unwrap().retentions, tables[..2]);
        clickhouse
            .run_sql("INSERT INTO site_hour_rows (site, hour, sessions) SELECT 's', now() - toIntervalDay(number) - 3600, 1 FROM numbers(12)")
            .await
            .unwrap();
        assert_eq!(json(clickhouse, "SELECT count() FROM sessions_hourly").await, json!([[9]]));
        let none = SchemaOptions::keep_everything();
        assert_eq!(clickhouse.apply_schema(&none).await.unwrap().retentions, tables);
        let left = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND create_table_query LIKE '% TTL %'";
        assert_eq!(json(clickhouse, left).await, json!([[0]]));
    });
}

#[test]
fn a_database_of_another_build_is_left_alone() {
    on_engine("schema_other", |writer| async move {
        let clickhouse = writer.clickhouse();
        let options = SchemaOptions::keep_everything();
        let insert = |version, checksum| {
            format!(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ({version}, 'n', '{checksum}')"
            )
        };
        clickhouse.run_sql(&insert(99, "x")).await.unwrap();
        let error = clickhouse.apply_schema(&options).await.unwrap_err();
        assert!(
            matches!(error, SchemaError::Conflict(MigrationConflict::Newer { found: 99, .. })),
            "{error}"
        );
        clickhouse.run_sql("TRUNCATE TABLE schema_migrations").await.unwrap();
        clickhouse.run_sql(&insert(1, "x")).await.unwrap();
        let error = clickhouse.apply_schema(&options).await.unwrap_err();
        assert!(
            matches!(error, SchemaError::Conflict(MigrationConflict::Checksum { version: 1, .. })),
            "{error}"
        );
        // A migration that was cut off before it was recorded is applied again.
        clickhouse.run_sql("TRUNCATE TABLE schema_migrations").await.unwrap();
        let applied = clickhouse.apply_schema(&options).await.unwrap();
        assert_eq!(applied.migrations.len(), MIGRATIONS.len());
    });
}

#[test]
fn the_columns_people_rely_on_are_there() {
    on_engine("schema_columns", |writer| async move {
        let sql = "SELECT table, arrayStringConcat(groupArray(concat(name, ' ', type)), ', ') FROM \
                   (SELECT table, name, type FROM system.columns WHERE database = currentDatabase() ORDER BY table, position) \
                   WHERE table NOT LIKE '%\\_rows' AND table != 'schema_migrations' GROUP BY table ORDER BY table";
        let found: String = rows(writer.clickhouse(), sql)
            .await
            .iter()
            .map(|row| format!("{}: {}\n", row[0].as_str().unwrap(), row[1].as_str().unwrap()))
            .collect();
        let expected = include_str!("columns.txt");
        assert_eq!(found, expected, "the SQL interface is a promise: change columns.txt only on purpose");
    });
}
