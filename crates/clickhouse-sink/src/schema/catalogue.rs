//! SQL generated from the metric catalogue: which part plays which role, and the ratings.

use metric_defs::{METRICS, Metric, Part, Scale, Value, WindowChoice};

/// The rows of the `roles` table in the `kpis` view, one per (metric, part).
///
/// A metric that takes a numerator from another window is given for one window only, so that the
/// sample's window names the metric's (a test holds the catalogue to it).
pub(super) fn roles() -> String {
    METRICS.iter().flat_map(metric_roles).collect::<Vec<_>>().join(",\n            ")
}

fn metric_roles(metric: &Metric) -> Vec<String> {
    let only = match metric.windows {
        WindowChoice::All => 0,
        WindowChoice::Only(window) => window.minutes(),
    };
    let role = |part: Part, role, key, from, to, broadcast: bool| {
        format!(
            "('{}', '{}', '{key}', '{role}', {from}, {to}, {only}, {})",
            part.name(),
            metric.name,
            u8::from(broadcast)
        )
    };
    match metric.value {
        Value::Sum(part) => vec![role(part, "sum", label_key(part), 0, 0, false)],
        Value::Ratio { numerator, denominator, numerator_window } => {
            let key = match label_key(numerator) {
                "" => label_key(denominator),
                key => key,
            };
            let broadcast = label_key(denominator) != key;
            let (from, to) = numerator_window.map_or((0, 0), |window| (window.minutes(), only));
            vec![
                role(numerator, "numerator", key, from, to, broadcast),
                role(denominator, "denominator", key, 0, 0, broadcast),
            ]
        }
    }
}

fn label_key(part: Part) -> &'static str {
    part.label().map_or("", |key| key.name())
}

/// The rating of the `kpis` view's `value`, as [`Metric::rate`] gives it.
pub(super) fn rating() -> String {
    let branches: String = METRICS
        .iter()
        .filter_map(|metric| {
            let scale = metric.scale?;
            Some(format!("        d.metric = '{}', {},\n", metric.name, scale_sql(&scale)))
        })
        .collect();
    format!("multiIf(\n{branches}        '')")
}

fn scale_sql(scale: &Scale) -> String {
    let steps: String = scale
        .steps
        .iter()
        .map(|bound| {
            let less = if bound.inclusive { "<=" } else { "<" };
            format!("assumeNotNull(value) {less} {:?}, '{}', ", bound.upper, bound.rating)
        })
        .collect();
    format!(
        "multiIf(isNull(value) OR covered = 0 OR d.below < {:?}, 'no_sample', {steps}'{}')",
        scale.smallest_sample, scale.above
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_numerator_of_another_window_names_the_metrics_only_window() {
        for metric in METRICS {
            if let Value::Ratio { numerator_window: Some(_), .. } = metric.value {
                assert!(matches!(metric.windows, WindowChoice::Only(_)), "{}", metric.name);
            }
        }
    }

    #[test]
    fn a_ratio_of_two_labels_has_the_same_label() {
        for metric in METRICS {
            if let Value::Ratio { numerator, denominator, .. } = metric.value {
                let keys = [label_key(numerator), label_key(denominator)];
                assert!(keys[0] == keys[1] || keys.contains(&""), "{}: {keys:?}", metric.name);
            }
        }
    }

    #[test]
    fn a_scale_becomes_steps_in_order() {
        let scale = Metric::by_name("new_visitor_ratio").unwrap().scale.unwrap();
        assert_eq!(
            scale_sql(&scale),
            "multiIf(isNull(value) OR covered = 0 OR d.below < 100.0, 'no_sample', \
             assumeNotNull(value) < 0.05, 'low', assumeNotNull(value) <= 0.2, 'balanced', 'high')"
        );
    }

    #[test]
    fn stickiness_takes_a_day_over_its_month() {
        let roles = metric_roles(Metric::by_name("stickiness_ratio").unwrap());
        assert_eq!(
            roles,
            [
                "('active_users', 'stickiness_ratio', '', 'numerator', 1440, 43200, 43200, 0)",
                "('active_users', 'stickiness_ratio', '', 'denominator', 0, 0, 43200, 0)",
            ]
        );
    }
}
