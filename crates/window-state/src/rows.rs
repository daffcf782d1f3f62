//! The rows a fold changes: whole values, keyed, to be written as upserts.
//!
//! A row means the same however often it is written: it is keyed by what it describes and by the
//! partition, and versioned by the partition's next offset. Instants are epoch milliseconds, days
//! are days since 1970-01-01, durations are milliseconds, scroll depths are millionths of the
//! page's height (0..=1_000_000).

use std::sync::Arc;

/// Everything that changed in one partition since the last flush, taken at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The partition all rows belong to.
    pub partition: i32,
    /// The partition's next offset when the rows were taken: the version of every row.
    pub version: u64,
    /// One row per (site, day, user), and one per late event.
    pub user_days: Vec<UserDayRow>,
    /// One row per visit, and deletions of visits that turned out not to be.
    pub sessions: Vec<SessionRow>,
    /// One row per (site, hour or day).
    pub site_buckets: Vec<SiteBucketRow>,
    /// One row per (site, hour or day, page).
    pub page_buckets: Vec<PageBucketRow>,
    /// The partition's accounting, if any record was read.
    pub accounting: Option<AccountingRow>,
}

impl Changes {
    /// How many rows there are in all.
    pub fn len(&self) -> usize {
        self.user_days.len()
            + self.sessions.len()
            + self.site_buckets.len()
            + self.page_buckets.len()
            + usize::from(self.accounting.is_some())
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A user as rows name them: the id as sent, and its namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct UserId {
    /// `user_id`, or `anonymous_id` where that is absent.
    pub id: Arc<str>,
    /// Whether the id is an `anonymous_id`: a namespace of its own.
    pub anonymous: bool,
}

/// A user's activity on one day of the site's calendar.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct UserDayRow {
    /// The site.
    pub site: Arc<str>,
    /// Days since 1970-01-01, the site's civil day.
    pub day: i32,
    /// The user.
    pub user: UserId,
    /// 0 for the day's on-time events together; for a late event its offset plus one, a row of its own.
    pub late_offset: u64,
    /// First activity event of the day.
    pub first_seen: i64,
    /// Last activity event of the day.
    pub last_seen: i64,
    /// Activity events. 0 where the user only used features that are no activity.
    pub events: u32,
    /// Page views among them.
    pub pageviews: u32,
    /// Features used and how often, by name; at most the configured number, then `(other)`.
    pub features: Vec<(Arc<str>, u32)>,
}

/// One page view of a visit.
#[derive(Clone, Debug, PartialEq)]
pub struct PageViewRow {
    /// When.
    pub viewed_at: i64,
    /// The normalised path.
    pub page: Arc<str>,
    /// The last pageleave that belongs to it.
    pub left_at: Option<i64>,
    /// Engaged milliseconds, of the view and its leaves; none were reported if `None`.
    pub engaged_ms: Option<u64>,
    /// Deepest scroll in millionths; none was reported if `None`.
    pub scroll_depth: Option<u32>,
}

/// One visit, or the deletion of a visit that turned out not to be.
///
/// The key is (`site`, `user`, `session_id`, `started_at`); a deletion carries nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    /// The site.
    pub site: Arc<str>,
    /// The user.
    pub user: UserId,
    /// The client's session id, if it sent one.
    pub session_id: Option<Arc<str>>,
    /// The first event, pageleave aside.
    pub started_at: i64,
    /// The visit itself; `None` deletes the row.
    pub visit: Option<VisitRow>,
}

/// What is known of a visit.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitRow {
    /// The last event, pageleave aside.
    pub ended_at: i64,
    /// The last event, pageleave included.
    pub left_at: i64,
    /// Page views.
    pub pageviews: u32,
    /// Page views, feature uses, clicks and purchases.
    pub events: u32,
    /// Clicks.
    pub clicks: u32,
    /// Interactive feature uses, clicks and purchases.
    pub interactive_events: u32,
    /// Page of the first page view.
    pub entry_page: Option<Arc<str>>,
    /// Page of the last page view.
    pub exit_page: Option<Arc<str>>,
    /// Referrer of the first event that has one.
    pub referrer: Option<Arc<str>>,
    /// Whether the visit bounced, by the profile's rule.
    pub is_bounce: bool,
    /// Engaged milliseconds of all views and leaves; none were reported if `None`.
    pub engaged_ms: Option<u64>,
    /// Deepest scroll on any page, in millionths; none was reported if `None`.
    pub max_scroll_depth: Option<u32>,
    /// Page views in order, at most the configured number.
    pub pages: Vec<PageViewRow>,
    /// Feature uses in order, (used at, feature), at most the configured number.
    pub features: Vec<(i64, Arc<str>)>,
    /// Whether an accepted event could still belong to it.
    pub is_open: bool,
}

/// Hour or day of the site's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Grain {
    /// A civil hour.
    Hour,
    /// A civil day.
    Day,
}

/// A site's visits and visitors in one hour or day.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteBucketRow {
    /// The site.
    pub site: Arc<str>,
    /// Hour or day.
    pub grain: Grain,
    /// The instant the bucket starts.
    pub start: i64,
    /// The figures; `None` deletes the row.
    pub figures: Option<SiteFigures>,
}

/// Figures of a [`SiteBucketRow`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SiteFigures {
    /// Visits whose last event lies in the bucket.
    pub sessions: u64,
    /// Those that bounced.
    pub bounces: u64,
    /// Page views of those visits, whole.
    pub pageviews: u64,
    /// Sum of those visits' durations.
    pub duration_ms: u64,
    /// Distinct users with any activity event in the bucket.
    pub visitors: u64,
}

/// A page's figures in one hour or day.
#[derive(Clone, Debug, PartialEq)]
pub struct PageBucketRow {
    /// The site.
    pub site: Arc<str>,
    /// Hour or day.
    pub grain: Grain,
    /// The instant the bucket starts.
    pub start: i64,
    /// The normalised path, or `(other)`.
    pub page: Arc<str>,
    /// The figures; `None` deletes the row.
    pub figures: Option<PageFigures>,
}

/// Figures of a [`PageBucketRow`]. Views and visitors count by the view's own time, all else by the
/// bucket the visit belongs to, whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PageFigures {
    /// Page views in the bucket.
    pub pageviews: u64,
    /// Distinct users who viewed the page in the bucket.
    pub visitors: u64,
    /// Visits that viewed the page.
    pub visits: u64,
    /// Visits that began on it.
    pub entries: u64,
    /// Visits that ended on it.
    pub exits: u64,
    /// Visits that bounced on it.
    pub bounces: u64,
    /// Engaged time on it.
    pub engaged_ms: u64,
    /// Visits that reported engaged time on it.
    pub engaged_sessions: u64,
    /// Sum over visits of the deepest scroll on it, in millionths.
    pub scroll_sum: u64,
    /// Visits that reported a scroll depth on it.
    pub scroll_samples: u64,
    /// Visits whose deepest scroll reached 25, 50, 75 and 100 percent.
    pub scroll_reached: [u64; 4],
}

/// A partition's accounting: `read = accepted + duplicate + late + skipped + dead_lettered`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccountingRow {
    /// Records read.
    pub read: u64,
    /// Folded.
    pub accepted: u64,
    /// Repeats of an event id inside the dedup window.
    pub duplicate: u64,
    /// Older than the allowed lateness.
    pub late: u64,
    /// Tombstones, unknown types, bots.
    pub skipped: u64,
    /// Rejected by the contract.
    pub dead_lettered: u64,
}

impl std::ops::Add for AccountingRow {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            accepted: self.accepted + other.accepted,
            duplicate: self.duplicate + other.duplicate,
            late: self.late + other.late,
            skipped: self.skipped + other.skipped,
            dead_lettered: self.dead_lettered + other.dead_lettered,
        }
    }
}
