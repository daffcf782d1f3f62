//! Parts: figures that add up over partitions and instances.

/// Upper bounds, in seconds, of the session duration histogram (`sessions_up_to{upper}`); a last,
/// unbounded bucket equals `sessions`.
pub const SESSION_SECONDS_UPPER: [u32; 12] = [1, 10, 30, 60, 120, 180, 300, 600, 1_200, 1_800, 3_600, 7_200];

/// The label a part carries besides `site` and `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelKey {
    /// A normalised page path, top N per window, the rest in `(other)`.
    Page,
    /// A feature's name, top N per window.
    Feature,
    /// Upper bound of a histogram bucket in seconds, `+Inf` for the last.
    Upper,
    /// Quarter of the page's height reached: 25, 50, 75, 100.
    Quarter,
}

impl LabelKey {
    /// The label's name in Prometheus and in the `kpis` table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Feature => "feature",
            Self::Upper => "upper",
            Self::Quarter => "quarter",
        }
    }
}

macro_rules! parts {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal $(, $label:ident)?;)+) => {
        /// A figure that adds up over partitions; one gauge family each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Part { $($(#[doc = $doc])+ $variant,)+ }

        impl Part {
            /// Every part, in the catalogue's order.
            pub const ALL: &[Part] = &[$(Part::$variant,)+];

            /// The gauge's name without the prefix `tidegauge_`.
            pub const fn name(self) -> &'static str {
                match self { $(Part::$variant => $name,)+ }
            }

            /// The gauge's help text.
            pub const fn help(self) -> &'static str {
                match self { $(Part::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }

            /// The label besides `site` and `window`, where there is one.
            pub const fn label(self) -> Option<LabelKey> {
                match self { $(Part::$variant => parts!(@label $($label)?),)+ }
            }
        }
    };
    (@label $label:ident) => { Some(LabelKey::$label) };
    (@label) => { None };
}

parts! {
    /// Distinct active users in the window.
    ActiveUsers = "active_users";
    /// Sum over users of the calendar days they were active, in the days that end with today.
    ActiveUserDays = "active_user_days";
    /// Distinct users active in the calendar days that end with today.
    ActiveDayUsers = "active_day_users";
    /// Distinct users with any activity event in the window.
    Visitors = "visitors";
    /// Visitors whose first activity of all lies in the window.
    NewVisitors = "new_visitors";
    /// Page views by event time.
    Pageviews = "pageviews";
    /// Page views per page by event time.
    PageViews = "page_views", Page;
    /// Visits whose last event lies in the window.
    Sessions = "sessions";
    /// Visits that bounced, by the profile's rule.
    BouncedSessions = "bounced_sessions";
    /// Page views of the visits that are counted.
    SessionPageviews = "session_pageviews";
    /// Sum of the durations of the visits that are counted, in seconds.
    SessionSeconds = "session_seconds";
    /// Visits that lasted up to this many seconds (cumulative histogram).
    SessionsUpTo = "sessions_up_to", Upper;
    /// Engaged time of all visits on all pages, in seconds.
    EngagedSeconds = "engaged_seconds";
    /// Pairs of visit and page that reported engaged time.
    EngagedSessions = "engaged_sessions";
    /// Sum over pairs of visit and page of the deepest scroll, 0..1 each.
    ScrollDepthSum = "scroll_depth_sum";
    /// Pairs of visit and page that reported a scroll depth.
    ScrollSamples = "scroll_samples";
    /// Pairs of visit and page whose deepest scroll reached this percentage of the page.
    ScrollReached = "scroll_reached", Quarter;
    /// Visits whose exit page it is.
    PageExits = "page_exits", Page;
    /// Distinct users of the feature in the window.
    FeatureUsers = "feature_users", Feature;
}
