//! Bounds on labels: sites, pages, features, unknown types.

use metric_defs::{Part, Window};
use prometheus_exporter::{SiteLimits, Tally};

use crate::fixture::{exporter, sample, samples_of, site, snapshot};

fn day(part: Part, label: Option<&str>, value: f64) -> window_state::gauges::Sample {
    sample(part, Window::DAY, label, value)
}

#[test]
fn the_top_pages_stay_and_the_rest_adds_up() {
    let views = [("/a", 5.0), ("/b", 9.0), ("/c", 5.0), ("/d", 5.0), ("/e", 1.0), ("(other)", 100.0)];
    let mut samples: Vec<_> =
        views.iter().map(|(page, value)| day(Part::PageViews, Some(page), *value)).collect();
    // Exits do not rank pages: their parts agree on the pages that stay.
    samples.extend([
        day(Part::PageExits, Some("/e"), 50.0),
        day(Part::PageExits, Some("/b"), 3.0),
        day(Part::PageExits, Some("/gone"), 7.0),
        day(Part::PageExits, Some("(other)"), 2.0),
        sample(Part::PageViews, Window::WEEK, Some("/e"), 8.0),
    ]);
    let mut exporter = exporter(vec![snapshot(0, vec![site("shop", samples)])], 1);
    exporter.limits.top = 2;
    let text = exporter.render().unwrap();
    assert_eq!(
        samples_of(&text, "tidegauge_page_views"),
        [
            r#"tidegauge_page_views{site="shop",window="1d",page="(other)"} 111"#,
            r#"tidegauge_page_views{site="shop",window="1d",page="/a"} 5"#,
            r#"tidegauge_page_views{site="shop",window="1d",page="/b"} 9"#,
            r#"tidegauge_page_views{site="shop",window="7d",page="/e"} 8"#,
        ]
    );
    assert_eq!(
        samples_of(&text, "tidegauge_page_exits"),
        [
            r#"tidegauge_page_exits{site="shop",window="1d",page="(other)"} 59"#,
            r#"tidegauge_page_exits{site="shop",window="1d",page="/a"} 0"#,
            r#"tidegauge_page_exits{site="shop",window="1d",page="/b"} 3"#,
            r#"tidegauge_page_exits{site="shop",window="7d",page="/e"} 0"#,
        ]
    );
}

#[test]
fn features_beyond_the_top_are_dropped() {
    let samples = [("x", 3.0), ("y", 4.0), ("z", 3.0), ("(other)", 1.0)]
        .map(|(feature, users)| day(Part::FeatureUsers, Some(feature), users));
    let mut exporter = exporter(vec![snapshot(0, vec![site("shop", samples.to_vec())])], 1);
    exporter.limits.top = 2;
    assert_eq!(
        samples_of(&exporter.render().unwrap(), "tidegauge_feature_users"),
        [
            r#"tidegauge_feature_users{site="shop",window="1d",feature="(other)"} 1"#,
            r#"tidegauge_feature_users{site="shop",window="1d",feature="x"} 3"#,
            r#"tidegauge_feature_users{site="shop",window="1d",feature="y"} 4"#,
        ]
    );
}

#[test]
fn histograms_are_never_cut() {
    let samples = (0..30).map(|upper| day(Part::SessionsUpTo, Some(&upper.to_string()), 1.0)).collect();
    let mut exporter = exporter(vec![snapshot(0, vec![site("shop", samples)])], 1);
    exporter.limits.top = 1;
    let text = exporter.render().unwrap();
    assert_eq!(samples_of(&text, "tidegauge_sessions_up_to").len(), 30);
}

#[test]
fn empty_buckets_are_shown() {
    let samples = vec![
        day(Part::Sessions, None, 4.0),
        day(Part::SessionsUpTo, Some("60"), 3.0),
        day(Part::SessionsUpTo, Some("+Inf"), 4.0),
        day(Part::ScrollSamples, None, 1.0),
    ];
    let text = exporter(vec![snapshot(0, vec![site("shop", samples)])], 1).render().unwrap();
    let buckets = samples_of(&text, "tidegauge_sessions_up_to");
    assert_eq!(buckets.len(), metric_defs::SESSION_SECONDS_UPPER.len() + 1);
    for line in [
        r#"tidegauge_sessions_up_to{site="shop",window="1d",upper="10"} 0"#,
        r#"tidegauge_sessions_up_to{site="shop",window="1d",upper="60"} 3"#,
        r#"tidegauge_scroll_reached{site="shop",window="1d",quarter="100"} 0"#,
    ] {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn the_sites_with_the_most_active_users_stay() {
    let users = |window, value| sample(Part::ActiveUsers, window, None, value);
    let sites = |share: f64| {
        [("a", 1.0, 5.0), ("b", 9.0, 4.0), ("c", 1.0, 8.0), ("d", 0.0, 5.0)]
            .map(|(name, day, month)| {
                site(name, vec![users(Window::DAY, day * share), users(Window::MONTH, month * share)])
            })
            .to_vec()
    };
    let mut exporter = exporter(vec![snapshot(0, sites(0.5)), snapshot(1, sites(0.5))], 2);
    exporter.limits = SiteLimits { top: 10, max_sites: 2 };
    let text = exporter.render().unwrap();
    assert_eq!(
        samples_of(&text, "tidegauge_active_users"),
        [
            r#"tidegauge_active_users{site="a",window="1d"} 1"#,
            r#"tidegauge_active_users{site="a",window="30d"} 5"#,
            r#"tidegauge_active_users{site="c",window="1d"} 1"#,
            r#"tidegauge_active_users{site="c",window="30d"} 8"#,
        ]
    );
    assert_eq!(samples_of(&text, "tidegauge_sites_dropped"), ["tidegauge_sites_dropped 2"]);
    assert!(!text.contains("site=\"b\""));
}

#[test]
fn counters_by_site_and_unknown_type_are_bounded() {
    let exporter = exporter(vec![], 0);
    let mut tally = Tally::default();
    for site in ["a", "b", "c", "d"] {
        let record = format!(r#"{{"type":"click","timestamp":1,"user_id":"u","link":"l","site":"{site}"}}"#);
        let Ok(event_model::Decoded::Event(event)) = event_model::decode(record.as_bytes()) else {
            panic!("a good record");
        };
        tally.event(&event);
    }
    for number in 0..30 {
        tally.unknown_type(&format!("type{number}"));
    }
    tally.unknown_type(&"long".repeat(100));
    exporter.metrics.add(&mut tally);
    let text = exporter.render().unwrap();
    // The fixture admits two sites; which two of a batch come first is not said.
    let events = samples_of(&text, "tidegauge_events_total");
    assert_eq!(events.len(), 3, "{events:?}");
    assert_eq!(events[0], r#"tidegauge_events_total{site="(other)",type="click"} 2"#);
    let unknown = samples_of(&text, "tidegauge_unknown_types_total");
    assert_eq!(unknown.len(), 21);
    assert_eq!(unknown[0], r#"tidegauge_unknown_types_total{type="(other)"} 11"#);
    assert_eq!(
        samples_of(&text, "tidegauge_skipped_total")
            .iter()
            .filter(|line| line.contains("unknown_type"))
            .collect::<Vec<_>>(),
        [r#"tidegauge_skipped_total{reason="unknown_type"} 31"#]
    );
}
