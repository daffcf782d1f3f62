//! `sessions_daily`, `sessions_hourly`, `pages_daily`, `pages_hourly`.

use serde_json::json;
use window_state::rows::{Changes, Grain, PageBucketRow, PageFigures, SiteBucketRow, SiteFigures};

use super::{at, json, on_engine, plan, rows, write};

/// 2026-01-31.
const DAY: i32 = 20_484;

fn site(grain: Grain, start: i64, figures: Option<SiteFigures>) -> SiteBucketRow {
    SiteBucketRow { site: "shop".into(), grain, start, figures }
}

fn page(grain: Grain, start: i64, page: &str, figures: Option<PageFigures>) -> PageBucketRow {
    PageBucketRow { site: "shop".into(), grain, start, page: page.into(), figures }
}

fn visits(
    sessions: u64,
    bounces: u64,
    pageviews: u64,
    duration_ms: u64,
    visitors: u64,
) -> Option<SiteFigures> {
    Some(SiteFigures { sessions, bounces, pageviews, duration_ms, visitors })
}

#[test]
fn visits_add_up_over_partitions() {
    on_engine("buckets_sites", |writer| async move {
        let changes = |partition, version, site_buckets| Changes {
            partition,
            version,
            site_buckets,
            ..Changes::default()
        };
        let (saturday, sunday) = (at(DAY, 0, 0), at(DAY + 1, 0, 0));
        let hour = at(DAY, 23, 0);
        let first = vec![
            site(Grain::Day, saturday, visits(3, 1, 7, 90_500, 4)),
            site(Grain::Day, sunday, visits(1, 1, 1, 0, 1)),
            site(Grain::Hour, hour, visits(2, 1, 3, 1_000, 2)),
        ];
        write(&writer, changes(0, 10, first)).await;
        let second = vec![
            site(Grain::Day, saturday, visits(1, 0, 2, 9_500, 1)),
            site(Grain::Hour, hour, visits(0, 0, 0, 0, 3)),
            // A partition that counted nothing.
            site(Grain::Day, at(DAY + 5, 0, 0), visits(0, 0, 0, 0, 0)),
        ];
        write(&writer, changes(1, 5, second)).await;
        // Its only visit moved to another bucket: retracted, and an older version changes nothing.
        write(&writer, changes(0, 20, vec![site(Grain::Day, sunday, None)])).await;
        let stale = vec![site(Grain::Day, sunday, visits(1, 1, 1, 0, 1))];
        write(&writer, changes(0, 15, stale)).await;
        assert_eq!(
            json(writer.clickhouse(), "SELECT * FROM sessions_daily").await,
            json!([["shop", "2026-01-31", 4, 1, 9, 100, 5, 0.25, 2.25, 25]])
        );
        assert_eq!(
            json(writer.clickhouse(), "SELECT * FROM sessions_hourly").await,
            json!([["shop", "2026-01-31 23:00:00", 2, 1, 3, 1, 5, 0.5, 1.5, 0.5]])
        );
        // Visitors without a visit: no ratio.
        let alone = vec![site(Grain::Day, sunday, visits(0, 0, 0, 0, 2))];
        write(&writer, changes(2, 1, alone)).await;
        let sql = "SELECT visitors, bounce_rate, pages_per_session, avg_duration_s FROM sessions_daily WHERE day = '2026-02-01'";
        assert_eq!(json(writer.clickhouse(), sql).await, json!([[2, null, null, null]]));
    });
}

#[test]
fn pages_add_up_over_partitions() {
    on_engine("buckets_pages", |writer| async move {
        let changes = |partition, version, page_buckets| Changes {
            partition,
            version,
            page_buckets,
            ..Changes::default()
        };
        let figures = PageFigures {
            pageviews: 6,
            visitors: 3,
            visits: 4,
            entries: 2,
            exits: 1,
            bounces: 1,
            engaged_ms: 10_500,
            engaged_sessions: 2,
            scroll_sum: 1_400_000,
            scroll_samples: 3,
            scroll_reached: [3, 2, 1, 0],
        };
        let day = at(DAY, 0, 0);
        // A leave without a view in the bucket of its visit.
        let leave = PageFigures { engaged_sessions: 1, exits: 1, ..PageFigures::default() };
        let first = vec![
            page(Grain::Day, day, "/a", Some(figures)),
            page(Grain::Hour, at(DAY, 5, 0), "/a", Some(figures)),
            page(Grain::Day, day, "/b", Some(leave)),
            page(Grain::Day, day, "/c", Some(figures)),
            page(Grain::Day, day, "/d", Some(PageFigures::default())),
        ];
        write(&writer, changes(0, 10, first)).await;
        let second =
            vec![page(Grain::Day, day, "/a", Some(PageFigures { pageviews: 2, visitors: 1, ..figures }))];
        write(&writer, changes(1, 3, second)).await;
        write(&writer, changes(0, 11, vec![page(Grain::Day, day, "/c", None)])).await;
        let clickhouse = writer.clickhouse();
        assert_eq!(
            json(clickhouse, "SELECT * FROM pages_daily ORDER BY page").await,
            json!([
                [
                    "shop",
                    "2026-01-31",
                    "/a",
                    8,
                    4,
                    8,
                    4,
                    2,
                    2,
                    0.25,
                    21,
                    4,
                    5.25,
                    2.8,
                    6,
                    2.8 / 6.0,
                    6,
                    4,
                    2,
                    0
                ],
                ["shop", "2026-01-31", "/b", 0, 0, 0, 0, 1, 0, null, 0, 1, 0, 0, 0, null, 0, 0, 0, 0],
            ])
        );
        let sql = "SELECT hour, page, pageviews, avg_time_on_page_s FROM pages_hourly";
        assert_eq!(json(clickhouse, sql).await, json!([["2026-01-31 05:00:00", "/a", 6, 5.25]]));
        let sql = "SELECT * FROM pages_daily WHERE site = 'shop' AND day = '2026-01-31' AND page = '/a'";
        assert_eq!(rows(clickhouse, sql).await.len(), 1);
        let plan = plan(clickhouse, sql).await;
        assert!(
            plan.contains("(day in [20484, 20484])") && plan.contains("(site in ['shop', 'shop'])"),
            "{plan}"
        );
    });
}
