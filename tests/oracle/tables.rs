//! The tables of the SQL interface, and how their columns are compared.

/// How a column is brought to one form on both sides, so that its type may differ and its meaning may not.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// Text; NULL stays NULL.
    Text,
    /// Text; NULL and the empty text are one, where neither can be a value.
    Name,
    /// A whole number.
    Count,
    /// Yes or no.
    Flag,
    /// An instant, to the millisecond.
    Moment,
    /// A civil day.
    Day,
    /// A figure with three decimals at most: seconds from milliseconds.
    Milli,
    /// A figure with six decimals at most: a depth of 0..1.
    Micro,
    /// Views within a session.
    Views,
    /// Feature uses within a session.
    Uses,
}

impl Form {
    /// The SQL expression of the column in this form.
    pub(crate) fn of(self, column: &str) -> String {
        match self {
            Self::Text => format!("CAST({column} AS Nullable(String))"),
            Self::Name => format!("ifNull(CAST({column} AS Nullable(String)), '')"),
            Self::Count => format!("toInt64({column})"),
            Self::Flag => format!("toUInt8({column})"),
            Self::Moment => format!("toUnixTimestamp64Milli(toDateTime64({column}, 3, 'UTC'))"),
            Self::Day => format!("toDate({column})"),
            Self::Milli => format!("toInt64(round({column} * 1000))"),
            Self::Micro => format!("toInt64(round({column} * 1000000))"),
            Self::Views => format!(
                "toString(arrayMap((viewed, page, left, engaged, depth) -> tuple({}, {}, {}, toInt64(engaged), {}), \
                 {column}.viewed_at, {column}.page, {column}.left_at, {column}.engaged_ms, {column}.scroll_depth))",
                Self::Moment.of("viewed"),
                Self::Text.of("page"),
                Self::Moment.of("left"),
                Self::Micro.of("depth"),
            ),
            Self::Uses => format!(
                "toString(arrayMap((used, feature) -> tuple({}, {}), {column}.used_at, {column}.feature))",
                Self::Moment.of("used"),
                Self::Text.of("feature"),
            ),
        }
    }
}

/// A table of the SQL interface; the oracle has one of the same name and columns.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// What names a row.
    pub(crate) key: &'static [(Form, &'static str)],
    /// What is compared exactly besides.
    pub(crate) exact: &'static [(Form, &'static str)],
    /// Ratios and means, compared to 1e-9 of their value.
    pub(crate) ratios: &'static [&'static str],
}

use Form::{Count, Day, Flag, Micro, Milli, Moment, Name, Text, Uses, Views};

/// What names a session.
const SESSION: &[(Form, &str)] = &[
    (Text, "site"),
    (Flag, "is_anonymous"),
    (Text, "user_id"),
    (Name, "session_id"),
    (Moment, "started_at"),
];

/// The figures of `sessions_daily` and `sessions_hourly`.
const SESSION_FIGURES: &[(Form, &str)] = &[
    (Count, "sessions"),
    (Count, "bounces"),
    (Count, "pageviews"),
    (Milli, "duration_sum_s"),
    (Count, "visitors"),
];
const SESSION_RATIOS: &[&str] = &["bounce_rate", "pages_per_session", "avg_duration_s"];

/// The figures of `pages_daily` and `pages_hourly`.
const PAGE_FIGURES: &[(Form, &str)] = &[
    (Count, "pageviews"),
    (Count, "visitors"),
    (Count, "visits"),
    (Count, "entries"),
    (Count, "exits"),
    (Count, "bounces"),
    (Milli, "engaged_sum_s"),
    (Count, "engaged_sessions"),
    (Micro, "scroll_sum"),
    (Count, "scroll_samples"),
    (Count, "scroll_25"),
    (Count, "scroll_50"),
    (Count, "scroll_75"),
    (Count, "scroll_100"),
];
const PAGE_RATIOS: &[&str] = &["exit_rate", "avg_time_on_page_s", "avg_scroll_depth"];

/// Every table but `kpis` (history) and `accounting` (compared in sum).
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "user_activity",
        key: &[(Text, "site"), (Day, "day"), (Flag, "is_anonymous"), (Text, "user_id")],
        exact: &[
            (Moment, "first_seen"),
            (Moment, "last_seen"),
            (Count, "events"),
            (Count, "pageviews"),
            (Flag, "is_late"),
        ],
        ratios: &[],
    },
    Table {
        name: "active_users_daily",
        key: &[(Text, "site"), (Day, "day")],
        exact: &[
            (Count, "dau"),
            (Count, "wau"),
            (Count, "mau"),
            (Count, "new_users"),
            (Count, "returning_users"),
            (Count, "resurrected_users"),
            (Count, "dormant_users"),
        ],
        ratios: &["stickiness"],
    },
    Table {
        name: "sessions",
        key: SESSION,
        exact: &[
            (Moment, "ended_at"),
            (Moment, "left_at"),
            (Milli, "duration_s"),
            (Count, "pageviews"),
            (Count, "events"),
            (Count, "clicks"),
            (Count, "interactive_events"),
            (Text, "entry_page"),
            (Text, "exit_page"),
            (Name, "referrer"),
            (Flag, "is_bounce"),
            (Milli, "engaged_s"),
            (Micro, "max_scroll_depth"),
            (Views, "pages"),
            (Uses, "features"),
            (Flag, "is_open"),
        ],
        ratios: &[],
    },
    Table {
        name: "page_views",
        key: SESSION,
        exact: &[
            (Moment, "viewed_at"),
            (Text, "page"),
            (Moment, "left_at"),
            (Count, "engaged_ms"),
            (Micro, "scroll_depth"),
        ],
        ratios: &[],
    },
    Table {
        name: "feature_uses",
        key: SESSION,
        exact: &[(Moment, "used_at"), (Text, "feature")],
        ratios: &[],
    },
    Table {
        name: "sessions_daily",
        key: &[(Text, "site"), (Day, "day")],
        exact: SESSION_FIGURES,
        ratios: SESSION_RATIOS,
    },
    Table {
        name: "sessions_hourly",
        key: &[(Text, "site"), (Moment, "hour")],
        exact: SESSION_FIGURES,
        ratios: SESSION_RATIOS,
    },
    Table {
        name: "pages_daily",
        key: &[(Text, "site"), (Day, "day"), (Text, "page")],
        exact: PAGE_FIGURES,
        ratios: PAGE_RATIOS,
    },
    Table {
        name: "pages_hourly",
        key: &[(Text, "site"), (Moment, "hour"), (Text, "page")],
        exact: PAGE_FIGURES,
        ratios: PAGE_RATIOS,
    },
    Table {
        name: "feature_adoption_daily",
        key: &[(Text, "site"), (Day, "day"), (Text, "feature")],
        exact: &[
            (Count, "uses"),
            (Count, "users"),
            (Count, "active_users"),
            (Count, "users_30d"),
            (Count, "active_users_30d"),
        ],
        ratios: &["adoption_rate", "adoption_rate_30d"],
    },
];
