//! Writing: acknowledgement, repetition, positions, what errors say, retries.

use std::{sync::Arc, time::Duration};

use clickhouse_sink::{
    Batch, ClickHouse, ClickHouseOptions, Compression, Origin, Outcome, RawEventRow, RetryError, RetryPolicy,
    StoredPosition, Table, Writer,
};
use serde_json::json;
use window_state::rows::{AccountingRow, Changes, UserDayRow};

use super::{at, json, on_engine, rows, user};

fn origin() -> Origin {
    Origin { topic: "events".into(), rules: 0xfeed_0000_0000_0001 }
}

fn accounting(partition: i32, version: u64) -> Changes {
    Changes {
        partition,
        version,
        accounting: Some(AccountingRow {
            read: version,
            accepted: version - 4,
            duplicate: 1,
            late: 1,
            skipped: 1,
            dead_lettered: 1,
        }),
        ..Changes::default()
    }
}

fn user_days(count: i32) -> Vec<UserDayRow> {
    (0..count)
        .map(|n| UserDayRow {
            site: "shop".into(),
            day: 20_000 + n % 150,
            user: user(&format!("user\n{n}")),
            late_offset: 0,
            first_seen: at(20_000, 0, 0),
            last_seen: at(20_000, 1, 0),
            events: 1,
            pageviews: 1,
            features: vec![("search".into(), 2)],
        })
        .collect()
}

fn with(clickhouse: &ClickHouse, url: &str, change: impl FnOnce(&mut ClickHouseOptions)) -> Writer {
    let mut options = ClickHouseOptions {
        url: url.to_owned(),
        database: clickhouse.database().to_owned(),
        ..ClickHouseOptions::default()
    };
    change(&mut options);
    Writer::new(ClickHouse::new(options).unwrap(), origin())
}

#[test]
fn the_accounting_and_position_of_each_partition_are_the_furthest_written() {
    on_engine("writes_accounting", |writer| async move {
        let batch = |changes| Batch { changes, ..Batch::default() };
        writer.write(&batch(vec![accounting(0, 100), accounting(1, 50)])).await.unwrap();
        writer.write(&batch(vec![accounting(0, 90)])).await.unwrap();
        let clickhouse = writer.clickhouse();
        assert_eq!(
            json(clickhouse, "SELECT * FROM accounting ORDER BY partition").await,
            json!([
                ["events", 0, 100, 96, 1, 1, 1, 1, 100, "feed000000000001"],
                ["events", 1, 50, 46, 1, 1, 1, 1, 50, "feed000000000001"],
            ])
        );
        let position = |partition, position| StoredPosition { partition, position, rules: origin().rules };
        let positions = clickhouse.positions("events").await.unwrap();
        assert_eq!(positions, [position(0, 100), position(1, 50)]);
        assert_eq!(clickhouse.positions("other").await.unwrap(), []);
    });
}

#[test]
fn a_large_batch_is_written_in_pieces_and_twice_is_once() {
    on_engine("writes_pieces", |writer| async move {
        let lease = super::Lease::take().unwrap();
        for compression in [Compression::None, Compression::Lz4] {
            let writer = with(writer.clickhouse(), &lease.url, |options| {
                options.rows_per_insert = 1_000;
                options.compression = compression;
            });
            let changes = Changes { user_days: user_days(2_500), ..accounting(0, 2_500) };
            let batch = Batch { changes: vec![changes], ..Batch::default() };
            let written = writer.write(&batch).await.unwrap();
            assert_eq!((written.rows, written.inserts), (2_501, 4));
            let sql = "SELECT count(), uniqExact(user_id), sum(events), countIf(user_id LIKE 'user\\n%') FROM user_activity";
            assert_eq!(json(writer.clickhouse(), sql).await, json!([[2_500, 2_500, 2_500, 2_500]]));
        }
    });
}

#[test]
fn raw_events_are_kept_as_sent() {
    on_engine("writes_events", |writer| async move {
        let event = |offset, late| RawEventRow {
            partition: 2,
            offset,
            timestamp: at(20_484, 9, 0) + 7,
            kind: "pageleave",
            site: "shop".into(),
            user: Some(user("ann")),
            session_id: None,
            event_id: Some("e1".into()),
            late,
            raw: r#"{"type":"pageleave","page":"/a?b#c","scroll_depth":62.5}"#.into(),
        };
        let batch = Batch { events: vec![event(0, false), event(8, true)], ..Batch::default() };
        assert!(!batch.is_empty());
        writer.write(&batch).await.unwrap();
        writer.write(&batch).await.unwrap();
        let expected = |offset, late| {
            json!([
                "shop",
                "pageleave",
                "2026-01-31 09:00:00.007",
                "ann",
                0,
                "",
                "e1",
                late,
                "events",
                2,
                offset,
                "/a?b#c",
                null,
                null,
                62.5,
                null,
                event(0, false).raw.as_ref()
            ])
        };
        let sql = "SELECT * FROM events ORDER BY partition, offset";
        assert_eq!(json(writer.clickhouse(), sql).await, json!([expected(0, 0), expected(8, 1)]));
    });
}

#[test]
fn a_server_that_is_away_has_written_nothing_and_is_tried_again_until_told_to_stop() {
    on_engine("writes_away", |writer| async move {
        // A port that was free a moment ago, and nobody listens on.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let writer = with(writer.clickhouse(), &format!("http://{free}"), |_| {});
        let batch = Batch { changes: vec![accounting(0, 9)], ..Batch::default() };
        let error = writer.write(&batch).await.unwrap_err();
        assert_eq!((error.outcome, error.retryable), (Outcome::NotWritten, true), "{error:?}");
        assert_eq!(error.table, Table::Accounting);

        let policy = RetryPolicy { first: Duration::from_millis(1), most: Duration::from_millis(2) };
        let (tell, told) = tokio::sync::oneshot::channel();
        let mut tell = Some(tell);
        let on_retry = |notice: clickhouse_sink::RetryNotice<'_>| {
            if notice.failures == 3 {
                tell.take().unwrap().send(()).unwrap();
            }
        };
        let cancel = async { told.await.unwrap() };
        let end = writer.write_with_retry(&batch, policy, on_retry, cancel).await;
        assert!(matches!(end, Err(RetryError::Cancelled { failures: 3, last: Some(_) })), "{end:?}");
    });
}

#[test]
fn what_the_server_refuses_for_good_is_not_tried_again_and_the_position_stays() {
    on_engine("writes_refused", |writer| async move {
        let clickhouse = writer.clickhouse();
        clickhouse.run_sql("DROP TABLE user_activity_rows").await.unwrap();
        let changes = Changes { user_days: user_days(1), ..accounting(0, 9) };
        let batch = Batch { changes: vec![changes], ..Batch::default() };
        let never = std::future::pending();
        let end = writer.write_with_retry(&batch, RetryPolicy::default(), |_| {}, never).await;
        let Err(RetryError::Refused(error)) = end else {
            panic!("{end:?}");
        };
        assert_eq!((error.table, error.outcome), (Table::UserActivity, Outcome::NotWritten), "{error:?}");
        // The accounting comes last: it was not written for rows that are not there.
        assert_eq!(clickhouse.positions("events").await.unwrap(), []);
    });
}

#[test]
fn an_overloaded_server_is_tried_again_and_only_the_rest_is_written() {
    on_engine("writes_again", |writer| async move {
        let clickhouse = writer.clickhouse().clone();
        // The table refuses more parts until the settings are taken back.
        clickhouse
            .run_sql("ALTER TABLE accounting_rows MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1000")
            .await
            .unwrap();
        let batch = |version| Batch {
            changes: vec![Changes { user_days: user_days(1), ..accounting(0, version) }],
            ..Batch::default()
        };
        clickhouse.run_sql("SYSTEM STOP MERGES accounting_rows").await.unwrap();
        writer.write(&batch(9)).await.unwrap();
        let error = writer.write(&batch(10)).await.unwrap_err();
        // The user-days of the batch are written, so that much is not known to be nothing.
        assert_eq!((error.outcome, error.retryable), (Outcome::Unknown, true), "{error:?}");
        let failures = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let (told, tell) = (failures.clone(), tokio::sync::Notify::new());
        let tell = Arc::new(tell);
        let wait = tell.clone();
        let free = async {
            wait.notified().await;
            clickhouse
                .run_sql("ALTER TABLE accounting_rows RESET SETTING parts_to_throw_insert")
                .await
                .unwrap();
            std::future::pending::<()>().await;
        };
        let policy = RetryPolicy { first: Duration::from_millis(20), most: Duration::from_millis(20) };
        let on_retry = |notice: clickhouse_sink::RetryNotice<'_>| {
            told.store(notice.failures, std::sync::atomic::Ordering::Relaxed);
            tell.notify_one();
        };
        let written = writer.write_with_retry(&batch(11), policy, on_retry, free).await.unwrap();
        assert!(failures.load(std::sync::atomic::Ordering::Relaxed) >= 1);
        assert_eq!((written.rows, written.inserts), (2, 2));
        assert_eq!(writer.clickhouse().positions("events").await.unwrap()[0].position, 11);
    });
}

#[test]
fn a_row_that_cannot_be_stored_is_named_and_nothing_is_written() {
    on_engine("writes_bad", |writer| async move {
        let mut days = user_days(2);
        days[1].day = -1;
        let batch =
            Batch { changes: vec![Changes { user_days: days, ..accounting(0, 9) }], ..Batch::default() };
        let error = writer.write(&batch).await.unwrap_err();
        assert_eq!((error.outcome, error.retryable), (Outcome::NotWritten, false));
        assert!(error.source.to_string().contains("day = -1 of user_activity_rows"), "{error:?}");
        assert!(rows(writer.clickhouse(), "SELECT * FROM user_activity").await.is_empty());
    });
}

#[test]
fn any_query_gives_json_values() {
    on_engine("writes_query", |writer| async move {
        let clickhouse = writer.clickhouse();
        assert!(clickhouse.ping().await.unwrap().contains('.'));
        let sql =
            "SELECT 18446744073709551615 AS big, 0/0 AS nan, NULL AS none, 'a?b' AS text, [1, 2] AS list";
        let result = clickhouse.run_sql(sql).await.unwrap();
        let columns: Vec<_> = result.columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        assert_eq!(
            columns,
            ["big UInt64", "nan Float64", "none Nullable(Nothing)", "text String", "list Array(UInt8)"]
        );
        assert_eq!(json!(result.rows), json!([[u64::MAX, null, null, "a?b", [1, 2]]]));
        assert!(
            clickhouse.run_sql("CREATE TABLE t (x UInt8) ENGINE = Memory").await.unwrap().rows.is_empty()
        );
        let error = clickhouse.run_sql("SELECT nonsense").await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("nonsense"), "{source}");
    });
}
