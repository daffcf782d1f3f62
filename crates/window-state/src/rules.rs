//! The rules of the fold: everything that decides what a log folds to.

use metric_defs::Window;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::page::PagePattern;

/// Changes whenever the same log and settings would fold to other rows, or a snapshot's shape changes.
const FOLD_REVISION: u32 = 1;

/// How time on page is measured. Never a mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeOnPage {
    /// Engaged time as the client reports it.
    Engaged,
    /// Time from a page view to the session's next event; the last page has none.
    Gap,
}

/// Everything that decides the fold. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldRules {
    /// How far behind the watermark an event may be; `None`: nothing is late and nothing closes.
    pub allowed_lateness: Option<i64>,
    /// How far the watermark trails the largest believed event time.
    pub watermark_trail: i64,
    /// An event further ahead of all before it needs confirmation.
    pub max_ahead: i64,
    /// How many different users confirm a jump ahead.
    pub confirming_users: usize,
    /// How far an event may be ahead of its record's own time; `None` switches the check off.
    pub future_tolerance: Option<i64>,
    /// How long an event id is remembered; `None`: for ever (up to `dedup_max_ids`).
    pub dedup_window: Option<i64>,
    /// How many event ids a partition remembers at most.
    pub dedup_max_ids: usize,
    /// Inactivity that cuts sessions without an id.
    pub session_gap: i64,
    /// Silence that closes sessions with an id; `None`: nothing does.
    pub session_silence: Option<i64>,
    /// How time on page is measured.
    pub time_on_page: TimeOnPage,
    /// Whether a page keeps its query.
    pub keep_query: bool,
    /// Path patterns; the first match names the page.
    pub page_patterns: Vec<PagePattern>,
    /// Substrings of a bot's user agent, any case; empty: the filter is off.
    pub bot_user_agents: Vec<String>,
    /// A user not seen for this long is forgotten.
    pub user_expiry: i64,
    /// Sites a partition tells apart; the rest is `(other)`.
    pub max_sites: usize,
    /// Pages a site tells apart per window; the rest is `(other)`.
    pub max_pages_per_window: usize,
    /// Features a site tells apart; the rest is `(other)`.
    pub max_features: usize,
    /// Page views a visit lists.
    pub max_views_per_session: usize,
    /// Feature uses a visit lists.
    pub max_feature_uses_per_session: usize,
    /// Features a user's day lists; the rest is `(other)`.
    pub max_features_per_user_day: usize,
    /// Rolling windows.
    pub windows: Vec<Window>,
    /// Events after this instant are skipped (a replay's `--as-of`).
    pub not_after: Option<i64>,
}

impl Default for FoldRules {
    /// The catalogue's defaults.
    fn default() -> Self {
        const MINUTE: i64 = 60_000;
        Self {
            allowed_lateness: Some(60 * MINUTE),
            watermark_trail: MINUTE,
            max_ahead: 60 * MINUTE,
            confirming_users: 16,
            future_tolerance: Some(5 * MINUTE),
            dedup_window: Some(120 * MINUTE),
            dedup_max_ids: 16_000_000,
            session_gap: 30 * MINUTE,
            session_silence: Some(120 * MINUTE),
            time_on_page: TimeOnPage::Engaged,
            keep_query: false,
            page_patterns: Vec::new(),
            bot_user_agents: Vec::new(),
            user_expiry: 400 * 1_440 * MINUTE,
            max_sites: 1_000,
            max_pages_per_window: 10_000,
            max_features: 1_000,
            max_views_per_session: 500,
            max_feature_uses_per_session: 500,
            max_features_per_user_day: 100,
            windows: vec![Window::DAY, Window::WEEK, Window::MONTH],
            not_after: None,
        }
    }
}

impl FoldRules {
    /// The same rules for a bounded replay: nothing is late, nothing is forgotten, nothing closes before the end.
    pub fn unbounded(self) -> Self {
        Self {
            allowed_lateness: None,
            dedup_window: None,
            session_silence: None,
            future_tolerance: None,
            ..self
        }
    }

    /// A fingerprint of these rules and of the fold's revision.
    ///
    /// Of the rolling windows only the longest decides: how long labels and minutes are kept.
    pub fn fingerprint(&self) -> u64 {
        let decisive = Self { windows: Vec::new(), ..self.clone() };
        xxh3_64(format!("{FOLD_REVISION} {} {decisive:?}", self.longest_window()).as_bytes())
    }

    /// The longest rolling window in minutes.
    pub(crate) fn longest_window(&self) -> i64 {
        self.windows.iter().map(|window| i64::from(window.minutes())).max().unwrap_or(0)
    }
}
