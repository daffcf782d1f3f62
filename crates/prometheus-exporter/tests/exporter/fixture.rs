//! A hand-made pair of snapshots and an exporter that shows them.

use std::{sync::Arc, time::Duration};

use event_model::{Decoded, Skip, decode};
use metric_defs::{Part, Window};
use prometheus_exporter::{
    Exporter, FlushFailure, Heartbeat, PipelineMetrics, Published, Readiness, SiteLimits, Tally,
};
use window_state::{
    gauges::{GaugeSnapshot, Sample, SiteGauges},
    rows::AccountingRow,
};

/// 2026-03-01T12:00:00Z.
pub(crate) const AS_OF: i64 = 1_772_366_400_000;

/// The time that the exporter's clock shows.
pub(crate) const NOW: i64 = AS_OF + 30_000;

pub(crate) fn sample(part: Part, window: Window, label: Option<&str>, value: f64) -> Sample {
    Sample { part, window, label: label.map(Arc::from), value }
}

pub(crate) fn site(name: &str, samples: Vec<Sample>) -> SiteGauges {
    SiteGauges { site: name.into(), first_event: Some(AS_OF - 40 * 86_400_000), samples }
}

pub(crate) fn snapshot(partition: i32, sites: Vec<SiteGauges>) -> Arc<GaugeSnapshot> {
    Arc::new(GaugeSnapshot {
        partition,
        position: 1_000,
        as_of: AS_OF,
        partial_from: None,
        watermark: Some(AS_OF - 60_500),
        accounting: AccountingRow {
            read: 1_000,
            accepted: 900,
            duplicate: 40,
            late: 30,
            skipped: 20,
            dead_lettered: 10,
        },
        sizes: vec![("users", 120), ("sessions", 7)],
        sites,
    })
}

/// A site's day, and its month's users; `share` divides all figures between partitions.
pub(crate) fn shop(share: f64) -> SiteGauges {
    let day = |part, label, value: f64| sample(part, Window::DAY, label, value * share);
    let month = |part, label, value: f64| sample(part, Window::MONTH, label, value * share);
    site(
        "shop",
        vec![
            day(Part::ActiveUsers, None, 200.0),
            month(Part::ActiveUsers, None, 1_000.0),
            month(Part::ActiveUserDays, None, 3_000.0),
            month(Part::ActiveDayUsers, None, 1_000.0),
            day(Part::Visitors, None, 200.0),
            day(Part::NewVisitors, None, 20.0),
            day(Part::Pageviews, None, 600.0),
            day(Part::PageViews, Some("/"), 300.0),
            day(Part::PageViews, Some("/pricing"), 200.0),
            day(Part::PageViews, Some("/say \"hi\"\\\n"), 100.0),
            day(Part::Sessions, None, 240.0),
            day(Part::BouncedSessions, None, 60.0),
            day(Part::SessionPageviews, None, 600.0),
            day(Part::SessionSeconds, None, 7_200.5),
            day(Part::SessionsUpTo, Some("60"), 200.0),
            day(Part::SessionsUpTo, Some("+Inf"), 240.0),
            day(Part::EngagedSeconds, None, 0.0),
            day(Part::EngagedSessions, None, 0.0),
            day(Part::ScrollDepthSum, None, 120.0),
            day(Part::ScrollSamples, None, 200.0),
            day(Part::ScrollReached, Some("25"), 150.0),
            day(Part::PageExits, Some("/"), 150.0),
            day(Part::PageExits, Some("/pricing"), 90.0),
            day(Part::FeatureUsers, Some("export"), 50.0),
            day(Part::FeatureUsers, Some("share"), 10.0),
        ],
    )
}

pub(crate) fn exporter(snapshots: Vec<Arc<GaugeSnapshot>>, partitions: usize) -> Exporter {
    let published = Published::new();
    published.set(snapshots, partitions);
    Exporter {
        published: Arc::new(published),
        metrics: Arc::new(PipelineMetrics::new("1.2.3", 2).unwrap()),
        readiness: Arc::new(Readiness::not_yet("reading the checkpoint of partition 0")),
        heartbeat: Arc::new(Heartbeat::new(NOW)),
        stalled_after: Duration::from_secs(10),
        clock: Arc::new(|| NOW),
        limits: SiteLimits { top: 10, max_sites: 10 },
    }
}

/// The exporter with two partitions of two, and something counted in every series.
pub(crate) fn busy_exporter() -> Exporter {
    let small = site("blog", vec![sample(Part::Visitors, Window::DAY, None, 0.0)]);
    let exporter = exporter(vec![snapshot(1, vec![shop(0.25), small]), snapshot(0, vec![shop(0.75)])], 2);
    let metrics = &exporter.metrics;
    let mut tally = Tally::default();
    for record in [
        r#"{"type":"click","timestamp":1,"user_id":"u","link":"l","site":"a"}"#,
        r#"{"type":"click","timestamp":1,"user_id":"u","link":"l","site":"a"}"#,
        r#"{"type":"pageview","timestamp":1,"user_id":"u","page":"/","site":"a"}"#,
        r#"{"type":"telemetry"}"#,
        r#"{"type":"click"}"#,
        "nonsense",
    ] {
        match decode(record.as_bytes()) {
            Ok(Decoded::Event(event)) => tally.event(&event),
            Ok(Decoded::UnknownType(name)) => tally.unknown_type(&name),
            Err(rejection) => tally.dead_letter(&rejection),
        }
    }
    tally.skip(Skip::Tombstone);
    metrics.add(&mut tally);
    metrics.add(&mut tally);
    metrics.lag(0, 17);
    metrics.lag(1, 4);
    metrics.forget_partition(1);
    metrics.forget_partition(9);
    metrics.flushed(0.02, [("sessions", 100), ("user_days", 50)]);
    metrics.flush_failed(FlushFailure::Unknown);
    metrics.pending_rows(150);
    metrics.paused(true);
    metrics.checkpointed(0.3);
    exporter
}

/// The lines of a family, without help and type.
pub(crate) fn samples_of(text: &str, name: &str) -> Vec<String> {
    text.lines()
        .filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])))
        .map(str::to_owned)
        .collect()
}
