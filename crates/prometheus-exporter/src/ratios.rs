//! The catalogue's ratios, taken of parts that are added up.

use std::sync::Arc;

use metric_defs::{METRICS, Metric, Part, Rating, Value, Window};
use window_state::gauges::SiteTotals;

/// One ratio of one site in one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The entry of the catalogue.
    pub metric: &'static Metric,
    /// The metric's window.
    pub window: Window,
    /// The label that the numerator carries, if any: a page, a feature.
    pub label: Option<Arc<str>>,
    /// Above the line.
    pub numerator: f64,
    /// Below the line.
    pub denominator: f64,
}

impl Figure {
    /// The ratio; `None` if there is nothing below the line.
    pub fn value(&self) -> Option<f64> {
        (self.denominator > 0.0).then(|| self.numerator / self.denominator)
    }

    /// The benchmark's verdict, if the metric has a benchmark and the figure is for a whole site.
    pub fn rating(&self, totals: &SiteTotals, as_of: i64) -> Option<Rating> {
        (self.metric.scale.is_some() && self.label.is_none()).then(|| {
            let covered = totals.covers(self.window, as_of);
            self.metric.rate(self.value(), self.denominator, covered)
        })
    }

    /// The part that decides which label the figure carries.
    pub(crate) fn numerator_part(&self) -> Option<Part> {
        match self.metric.value {
            Value::Ratio { numerator, .. } => Some(numerator),
            Value::Sum(_) => None,
        }
    }
}

/// Every ratio of a site, one for each window and label that its parts have samples of, in the
/// catalogue's order.
pub fn ratios(totals: &SiteTotals) -> Vec<Figure> {
    let mut figures = Vec::new();
    for metric in METRICS {
        let Value::Ratio { numerator, denominator, numerator_window } = metric.value else {
            continue;
        };
        let carries_label = numerator.label().is_some() && denominator.label().is_none();
        for ((part, window, label), &below) in &totals.sums {
            if *part != denominator || !metric.has_window(*window) {
                continue;
            }
            let above_window = numerator_window.unwrap_or(*window);
            let figure = |label: Option<&Arc<str>>, above| Figure {
                metric,
                window: *window,
                label: label.cloned(),
                numerator: above,
                denominator: below,
            };
            if carries_label {
                let of_numerator = totals
                    .sums
                    .iter()
                    .filter(|((part, window, _), _)| *part == numerator && *window == above_window);
                figures.extend(of_numerator.map(|((_, _, label), &above)| figure(label.as_ref(), above)));
            } else {
                let above = totals.get(numerator, above_window, label.as_ref());
                figures.push(figure(label.as_ref(), above));
            }
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_every_ratio_can_be_matched() {
        for metric in METRICS {
            let Value::Ratio { numerator, denominator, .. } = metric.value else {
                continue;
            };
            assert!(
                denominator.label().is_none() || denominator.label() == numerator.label(),
                "{}: a denominator's label must be its numerator's",
                metric.name
            );
        }
    }

    #[test]
    fn stickiness_is_the_days_users_over_the_months() {
        let mut totals = SiteTotals::default();
        for (window, users) in [(Window::DAY, 20.0), (Window::WEEK, 60.0), (Window::MONTH, 100.0)] {
            totals.sums.insert((Part::ActiveUsers, window, None), users);
        }
        let figures: Vec<_> =
            ratios(&totals).into_iter().filter(|figure| figure.metric.name == "stickiness_ratio").collect();
        assert_eq!(figures.len(), 1);
        assert_eq!(figures[0].window, Window::MONTH);
        assert_eq!(figures[0].value(), Some(0.2));
    }
}
