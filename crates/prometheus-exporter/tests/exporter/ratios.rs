//! Ratios and ratings: when they are there, when not.

use metric_defs::{METRICS, Part, Value, Window};

use crate::fixture::{AS_OF, exporter, sample, samples_of, shop, site, snapshot};

#[test]
fn ratios_are_of_the_sums() {
    let text =
        exporter(vec![snapshot(0, vec![shop(0.5)]), snapshot(1, vec![shop(0.5)])], 2).render().unwrap();
    for (name, line) in [
        ("stickiness_ratio", r#"{site="shop",window="30d"} 0.2"#),
        ("active_days_per_user", r#"{site="shop",window="30d"} 3"#),
        ("new_visitor_ratio", r#"{site="shop",window="1d"} 0.1"#),
        ("bounce_ratio", r#"{site="shop",window="1d"} 0.25"#),
        ("pages_per_session", r#"{site="shop",window="1d"} 2.5"#),
        ("time_on_site_seconds", r#"{site="shop",window="1d"} 36.0025"#),
        ("scroll_depth_ratio", r#"{site="shop",window="1d"} 0.6"#),
    ] {
        let name = format!("tidegauge_{name}");
        assert_eq!(samples_of(&text, &name), [format!("{name}{line}")]);
    }
    assert_eq!(
        samples_of(&text, "tidegauge_exit_ratio"),
        [
            r#"tidegauge_exit_ratio{site="shop",window="1d",page="/"} 0.5"#,
            r#"tidegauge_exit_ratio{site="shop",window="1d",page="/pricing"} 0.45"#,
            // Nobody left from it: 0, not absent.
            r#"tidegauge_exit_ratio{site="shop",window="1d",page="/say \"hi\"\\\n"} 0"#,
        ]
    );
    assert_eq!(
        samples_of(&text, "tidegauge_feature_adoption_ratio"),
        [
            r#"tidegauge_feature_adoption_ratio{site="shop",window="1d",feature="export"} 0.25"#,
            r#"tidegauge_feature_adoption_ratio{site="shop",window="1d",feature="share"} 0.05"#,
        ]
    );
}

#[test]
fn zero_denominators_give_no_sample() {
    let text = exporter(vec![snapshot(0, vec![shop(1.0)])], 1).render().unwrap();
    assert!(text.contains(r#"tidegauge_engaged_sessions{site="shop",window="1d"} 0"#));
    assert!(!text.contains("tidegauge_time_on_page_seconds"), "{text}");
    assert!(!text.contains("NaN"), "{text}");
    let rating =
        r#"tidegauge_kpi_rating{site="shop",metric="time_on_page_seconds",window="1d",rating="no_sample"} 1"#;
    assert!(text.contains(rating), "{text}");
}

#[test]
fn without_all_partitions_there_are_parts_but_no_ratios() {
    for (snapshots, partitions) in [(1, 2), (1, 0), (2, 3)] {
        let snapshots = (0..snapshots).map(|p| snapshot(p, vec![shop(1.0)])).collect();
        let text = exporter(snapshots, partitions).render().unwrap();
        for metric in METRICS {
            let present = text.contains(&format!("# TYPE tidegauge_{} ", metric.name));
            let is_part = matches!(metric.value, Value::Sum(_));
            assert_eq!(present, is_part, "{} of {partitions} partitions", metric.name);
        }
        assert!(!text.contains("tidegauge_kpi_rating"));
    }
}

#[test]
fn ratings_hold_one_at_a_time() {
    let text = exporter(vec![snapshot(0, vec![shop(1.0)])], 1).render().unwrap();
    let of = |metric: &str| {
        let metric = format!("metric=\"{metric}\"");
        let ratings = samples_of(&text, "tidegauge_kpi_rating");
        let ratings: Vec<_> = ratings.into_iter().filter(|line| line.contains(&metric)).collect();
        let [rating] = ratings.as_slice() else {
            panic!("{metric} has {ratings:?}");
        };
        let (_, rating) = rating.split_once("rating=\"").unwrap();
        rating.strip_suffix("\"} 1").unwrap().to_owned()
    };
    assert_eq!(of("stickiness_ratio"), "good");
    assert_eq!(of("new_visitor_ratio"), "balanced");
    assert_eq!(of("bounce_ratio"), "usual");
    assert_eq!(of("pages_per_session"), "good");
    assert_eq!(of("scroll_depth_ratio"), "good");
    // Rated are whole sites only, and metrics with a benchmark only.
    assert!(!text.contains("metric=\"feature_adoption_ratio\""));
    assert!(!text.contains("metric=\"session_duration_seconds\""));
}

#[test]
fn no_history_and_small_samples_are_not_rated() {
    let mut young = shop(1.0);
    young.first_event = Some(AS_OF - 3_600_000);
    let small = shop(0.1);
    for gauges in [young, small] {
        let text = exporter(vec![snapshot(0, vec![gauges])], 1).render().unwrap();
        let bounce = r#"metric="bounce_ratio",window="1d",rating="no_sample"} 1"#;
        assert!(text.contains(bounce), "{text}");
        assert!(text.contains(r#"tidegauge_bounce_ratio{site="shop",window="1d"} 0.25"#));
    }
}

#[test]
fn a_metric_is_given_for_its_windows_only() {
    let users = |window, value| sample(Part::ActiveUsers, window, None, value);
    let gauges = site("shop", vec![users(Window::DAY, 1.0), users(Window::WEEK, 2.0)]);
    let text = exporter(vec![snapshot(0, vec![gauges])], 1).render().unwrap();
    assert!(text.contains("tidegauge_active_users{"));
    assert!(!text.contains("tidegauge_stickiness_ratio"), "{text}");
}
