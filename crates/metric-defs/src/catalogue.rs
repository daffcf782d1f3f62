//! The metrics people read, one entry each.

use crate::{
    Part,
    rating::{Bound, Rating, Scale},
    window::Window,
};

/// How a metric's value comes from parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// The part itself.
    Sum(Part),
    /// `numerator / denominator`; no sample when the denominator is 0.
    Ratio {
        /// The part above the line.
        numerator: Part,
        /// The part below the line.
        denominator: Part,
        /// A window that replaces the metric's own for the numerator (stickiness: DAU over MAU).
        numerator_window: Option<Window>,
    },
}

/// The windows a metric is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowChoice {
    /// Every configured window.
    All,
    /// This window only, if configured.
    Only(Window),
}

/// One metric of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// Its name: the gauge's without the prefix `tidegauge_`, the same in `kpis` and in reports.
    pub name: &'static str,
    /// What it says, in one sentence; the gauge's help text.
    pub help: &'static str,
    /// Where the value comes from.
    pub value: Value,
    /// For which windows.
    pub windows: WindowChoice,
    /// The benchmark, where the literature gives one.
    pub scale: Option<Scale>,
}

impl Metric {
    /// The metric by its name.
    pub fn by_name(name: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|metric| metric.name == name)
    }

    /// Whether the metric is given for `window`.
    pub fn has_window(&self, window: Window) -> bool {
        match self.windows {
            WindowChoice::All => true,
            WindowChoice::Only(only) => only == window,
        }
    }

    /// The rating of a value, given its sample and whether the state covers the whole window.
    pub fn rate(&self, value: Option<f64>, sample: f64, covered: bool) -> Rating {
        match (self.scale, value) {
            (None, _) => Rating::NONE,
            (Some(_), None) => Rating::NO_SAMPLE,
            (Some(_), _) if !covered => Rating::NO_SAMPLE,
            (Some(scale), Some(value)) => scale.rate(value, sample),
        }
    }
}

const fn sum(part: Part) -> Metric {
    Metric {
        name: part.name(),
        help: part.help(),
        value: Value::Sum(part),
        windows: WindowChoice::All,
        scale: None,
    }
}

const fn ratio(name: &'static str, help: &'static str, numerator: Part, denominator: Part) -> Metric {
    Metric {
        name,
        help,
        value: Value::Ratio { numerator, denominator, numerator_window: None },
        windows: WindowChoice::All,
        scale: None,
    }
}

impl Metric {
    const fn rated(mut self, steps: &'static [Bound], above: &'static str) -> Self {
        self.scale = Some(Scale { steps, above, smallest_sample: SMALLEST_SAMPLE });
        self
    }

    const fn only(mut self, window: Window) -> Self {
        self.windows = WindowChoice::Only(window);
        self
    }
}

/// Users, visits or views below which a ratio is not rated.
const SMALLEST_SAMPLE: f64 = 100.0;

const fn below(upper: f64, rating: &'static str) -> Bound {
    Bound { upper, inclusive: false, rating }
}

const fn up_to(upper: f64, rating: &'static str) -> Bound {
    Bound { upper, inclusive: true, rating }
}

/// Every metric, in the catalogue's order.
pub const METRICS: &[Metric] = &[
    sum(Part::ActiveUsers),
    Metric {
        name: "stickiness_ratio",
        help: "Daily over monthly active users (DAU / MAU).",
        value: Value::Ratio {
            numerator: Part::ActiveUsers,
            denominator: Part::ActiveUsers,
            numerator_window: Some(Window::DAY),
        },
        windows: WindowChoice::Only(Window::MONTH),
        scale: None,
    }
    .rated(&[up_to(0.13, "poor")], "good"),
    ratio(
        "active_days_per_user",
        "Mean number of days active in the calendar days that end with today, of users active in them.",
        Part::ActiveUserDays,
        Part::ActiveDayUsers,
    )
    .only(Window::MONTH),
    sum(Part::Visitors),
    sum(Part::NewVisitors),
    ratio("new_visitor_ratio", "Share of visitors who are new.", Part::NewVisitors, Part::Visitors)
        .rated(&[below(0.05, "low"), up_to(0.20, "balanced")], "high"),
    sum(Part::Pageviews),
    sum(Part::PageViews),
    sum(Part::Sessions),
    ratio("bounce_ratio", "Share of visits that bounced.", Part::BouncedSessions, Part::Sessions)
        .rated(&[below(0.20, "great"), up_to(0.55, "usual")], "poor"),
    ratio("pages_per_session", "Page views per visit.", Part::SessionPageviews, Part::Sessions)
        .rated(&[below(1.7, "poor"), up_to(4.0, "good")], "great"),
    ratio(
        "session_duration_seconds",
        "Mean duration of a visit in seconds.",
        Part::SessionSeconds,
        Part::Sessions,
    ),
    ratio(
        "time_on_site_seconds",
        "Mean over visitors of the time their visits lasted in the window, in seconds.",
        Part::SessionSeconds,
        Part::Visitors,
    ),
    ratio(
        "time_on_page_seconds",
        "Mean engaged time of a visit on a page, in seconds.",
        Part::EngagedSeconds,
        Part::EngagedSessions,
    )
    .rated(&[below(52.0, "poor")], "good"),
    ratio(
        "scroll_depth_ratio",
        "Mean over visits and pages of the deepest scroll, 0..1.",
        Part::ScrollDepthSum,
        Part::ScrollSamples,
    )
    .rated(&[below(0.50, "poor")], "good"),
    ratio(
        "exit_ratio",
        "Visits that ended on the page over views of the page.",
        Part::PageExits,
        Part::PageViews,
    ),
    sum(Part::FeatureUsers),
    ratio(
        "feature_adoption_ratio",
        "Users of the feature over active users.",
        Part::FeatureUsers,
        Part::ActiveUsers,
    )
    .rated(&[below(0.28, "poor")], "good"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_speak_prometheus() {
        let mut names = HashSet::new();
        for metric in METRICS {
            assert!(names.insert(metric.name), "{} twice", metric.name);
            assert!(metric.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
        }
        let parts: HashSet<_> = Part::ALL.iter().map(|part| part.name()).collect();
        assert_eq!(parts.len(), Part::ALL.len());
    }

    #[test]
    fn steps_ascend() {
        for scale in METRICS.iter().filter_map(|metric| metric.scale) {
            assert!(scale.steps.windows(2).all(|pair| pair[0].upper < pair[1].upper));
        }
    }

    #[test]
    fn ratings_at_their_edges() {
        let rate = |name: &str, value| Metric::by_name(name).unwrap().rate(Some(value), 1_000.0, true).0;
        assert_eq!(rate("stickiness_ratio", 0.13), "poor");
        assert_eq!(rate("stickiness_ratio", 0.131), "good");
        assert_eq!(rate("bounce_ratio", 0.199), "great");
        assert_eq!(rate("bounce_ratio", 0.20), "usual");
        assert_eq!(rate("bounce_ratio", 0.55), "usual");
        assert_eq!(rate("bounce_ratio", 0.551), "poor");
        assert_eq!(rate("pages_per_session", 1.7), "good");
        assert_eq!(rate("pages_per_session", 4.0), "good");
        assert_eq!(rate("pages_per_session", 4.01), "great");
        assert_eq!(rate("time_on_page_seconds", 52.0), "good");
        assert_eq!(rate("scroll_depth_ratio", 0.5), "good");
        assert_eq!(rate("feature_adoption_ratio", 0.28), "good");
    }

    #[test]
    fn no_history_no_claim() {
        let metric = Metric::by_name("bounce_ratio").unwrap();
        assert_eq!(metric.rate(Some(0.1), 1_000.0, false), Rating::NO_SAMPLE);
        assert_eq!(metric.rate(Some(0.1), 99.0, true), Rating::NO_SAMPLE);
        assert_eq!(metric.rate(None, 0.0, true), Rating::NO_SAMPLE);
    }
}
