//! `sessions`, `page_views`, `feature_uses`.

use serde_json::json;
use window_state::rows::{Changes, PageViewRow, SessionRow, VisitRow};

use super::{at, json, on_engine, plan, rows, user, write};

/// 2026-01-31.
const DAY: i32 = 20_484;

fn session(id: &str, started_at: i64, visit: Option<VisitRow>) -> SessionRow {
    SessionRow {
        site: "shop".into(),
        user: user("ann"),
        session_id: (!id.is_empty()).then(|| id.into()),
        started_at,
        visit,
    }
}

fn visit(ended_at: i64) -> VisitRow {
    VisitRow {
        ended_at,
        left_at: ended_at,
        pageviews: 1,
        events: 1,
        clicks: 0,
        interactive_events: 0,
        entry_page: Some("/".into()),
        exit_page: Some("/".into()),
        referrer: None,
        is_bounce: true,
        engaged_ms: None,
        max_scroll_depth: None,
        pages: Vec::new(),
        features: Vec::new(),
        is_open: false,
    }
}

fn changes(version: u64, sessions: Vec<SessionRow>) -> Changes {
    Changes { partition: 3, version, sessions, ..Changes::default() }
}

#[test]
fn a_visit_across_midnight_and_month_shows_all_it_is() {
    on_engine("sessions_row", |writer| async move {
        let (start, end) = (at(DAY, 23, 50), at(DAY + 1, 0, 10));
        let view = |viewed_at, page: &str, left_at, engaged_ms, scroll_depth| PageViewRow {
            viewed_at,
            page: page.into(),
            left_at,
            engaged_ms,
            scroll_depth,
        };
        let full = VisitRow {
            left_at: end + 90_500,
            pageviews: 2,
            events: 4,
            clicks: 1,
            interactive_events: 2,
            entry_page: Some("/a".into()),
            exit_page: Some("/b".into()),
            referrer: Some("https://example.org/".into()),
            is_bounce: false,
            engaged_ms: Some(12_345),
            max_scroll_depth: Some(750_000),
            pages: vec![
                view(start, "/a", Some(end), Some(12_345), Some(333_333)),
                view(end - 500, "/b", None, None, None),
            ],
            features: vec![(start + 1, "export".into())],
            is_open: true,
            ..visit(end)
        };
        let empty = VisitRow { pageviews: 0, entry_page: None, exit_page: None, ..visit(start) };
        let rows = vec![session("s1", start, Some(full)), session("", start, Some(empty))];
        write(&writer, changes(10, rows)).await;

        let clickhouse = writer.clickhouse();
        let pages = json!([
            ["2026-01-31 23:50:00.000", "/a", "2026-02-01 00:10:00.000", 12345, 0.333333],
            ["2026-02-01 00:09:59.500", "/b", null, null, null],
        ]);
        let object = |tuple: &serde_json::Value| {
            json!({"viewed_at": tuple[0], "page": tuple[1], "left_at": tuple[2], "engaged_ms": tuple[3],
                   "scroll_depth": tuple[4]})
        };
        let start = "2026-01-31 23:50:00.000";
        assert_eq!(
            json(clickhouse, "SELECT * FROM sessions ORDER BY session_id DESC").await,
            json!([
                [
                    "shop", "ann", 0, "s1", start, "2026-02-01 00:10:00.000", "2026-02-01 00:11:30.500",
                    1200, 2, 4, 1, 2, "/a", "/b", "https://example.org/", 0, 12.345, 0.75,
                    [object(&pages[0]), object(&pages[1])],
                    [{"used_at": "2026-01-31 23:50:00.001", "feature": "export"}], 1
                ],
                [
                    "shop", "ann", 0, "", start, start, start, 0, 0, 1, 0, 0, null, null, null, 1, null, null, [],
                    [], 0
                ],
            ])
        );
        let row = |tuple: &serde_json::Value| {
            json!(["shop", "ann", 0, "s1", start, tuple[0], tuple[1], tuple[2], tuple[3], tuple[4]])
        };
        assert_eq!(
            json(clickhouse, "SELECT * FROM page_views ORDER BY viewed_at").await,
            json!([row(&pages[0]), row(&pages[1])])
        );
        assert_eq!(
            json(clickhouse, "SELECT * FROM feature_uses").await,
            json!([["shop", "ann", 0, "s1", start, "2026-01-31 23:50:00.001", "export"]])
        );
    });
}

#[test]
fn a_retracted_visit_is_gone_and_no_older_version_brings_it_back() {
    on_engine("sessions_retract", |writer| async move {
        let (early, later) = (at(DAY, 9, 0), at(DAY, 9, 20));
        let clickhouse = writer.clickhouse();
        let sql = "SELECT started_at, ended_at FROM sessions ORDER BY started_at";
        write(&writer, changes(10, vec![session("", later, Some(visit(later)))])).await;
        // A late event moves the start: the old key vanishes, a new one appears.
        let moved = vec![session("", later, None), session("", early, Some(visit(later)))];
        write(&writer, changes(20, moved)).await;
        let expected = json!([["2026-01-31 09:00:00.000", "2026-01-31 09:20:00.000"]]);
        assert_eq!(json(clickhouse, sql).await, expected);
        // An instance that has lost the partition writes what it knew.
        write(&writer, changes(15, vec![session("", later, Some(visit(later)))])).await;
        assert_eq!(json(clickhouse, sql).await, expected);
        clickhouse.run_sql("OPTIMIZE TABLE session_rows FINAL").await.unwrap();
        write(&writer, changes(15, vec![session("", later, Some(visit(later)))])).await;
        assert_eq!(json(clickhouse, sql).await, expected);
        // What comes to be again is there again.
        write(&writer, changes(30, vec![session("", later, Some(visit(later)))])).await;
        assert_eq!(rows(clickhouse, sql).await.len(), 2);
    });
}

#[test]
fn the_index_on_the_end_never_shows_an_older_version() {
    on_engine("sessions_index", |writer| async move {
        // Many granules, then newer versions of every hundredth visit, in a part of its own, that end later.
        let start = |n: i64| at(DAY, 0, 0) + n * 1_000;
        let numbered = |n: i64, visit| session(&format!("s{n:06}"), start(n), visit);
        let all = (0..40_000).map(|n| numbered(n, Some(visit(start(n))))).collect();
        write(&writer, changes(10, all)).await;
        let mut moved: Vec<_> =
            (0..40_000).step_by(100).map(|n| numbered(n, Some(visit(at(DAY + 1, 12, 0))))).collect();
        moved.extend((50..40_000).step_by(100).map(|n| numbered(n, None)));
        write(&writer, changes(20, moved)).await;
        let clickhouse = writer.clickhouse();
        for (filter, expected) in [
            ("ended_at < '2026-02-01 00:00:00'", 39_200),
            ("ended_at >= '2026-02-01 00:00:00'", 400),
            ("ended_at < '2026-01-31 01:00:00'", 3_600 - 72),
        ] {
            // Whatever the asking user's own settings are.
            let sql = format!(
                "SELECT count() FROM sessions WHERE site = 'shop' AND {filter} \
                 SETTINGS use_skip_indexes_if_final_exact_mode = 0"
            );
            assert_eq!(json(clickhouse, &sql).await, json!([[expected]]), "{filter}");
        }
        let sql = "SELECT count() FROM sessions WHERE site = 'shop' AND ended_at < '2026-01-31 01:00:00'";
        let plan = plan(clickhouse, sql).await;
        assert!(plan.contains("Name: ended_at") && plan.contains("(site in ['shop', 'shop'])"), "{plan}");
        let sql = "SELECT count() FROM sessions WHERE site = 'shop' AND started_at >= '2026-02-01 00:00:00'";
        let plan = super::plan(clickhouse, sql).await;
        assert!(plan.contains("toYYYYMM(started_at)") && plan.contains("Parts: 0/2"), "{plan}");
    });
}
