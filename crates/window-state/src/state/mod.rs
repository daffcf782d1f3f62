//! A partition's state, and the fold of one record into it.

mod accept;
mod changes;
mod gauges;
mod sessions;
mod snapshot;

use std::{collections::BTreeMap, sync::Arc};

use event_model::{Event, EventKind, Skip};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

pub use changes::FlushPolicy;
pub use snapshot::RestoreError;

use crate::{
    bots::BotFilter,
    dedup::Dedup,
    keys::{KeyMap, event_key, user_key},
    record::{Content, Outcome, Record, RecordTime},
    rows::{AccountingRow, UserDayRow, UserId},
    rules::FoldRules,
    session::Group,
    site::Site,
    symbols::{OTHER, Symbols},
    time::{day_of, minute_of},
    user_days::UserDays,
    users::Users,
    watermark::Watermark,
    windows::Windows,
};

/// The windowed state of one partition of the log.
///
/// [`fold`](Self::fold) takes records in offset order; [`changes`](Self::changes) gives the rows
/// that changed; [`gauges`](Self::gauges) the parts as of an instant; [`snapshot`](Self::snapshot)
/// and [`restore`](Self::restore) carry it over a restart.
#[derive(Clone, Debug)]
pub struct PartitionState {
    rules: Arc<FoldRules>,
    bots: BotFilter,
    data: Data,
}

/// What a snapshot holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Data {
    partition: i32,
    next_offset: u64,
    partial_from: Option<i64>,
    accounting: AccountingRow,
    accounting_dirty: bool,
    watermark: Watermark,
    /// Largest accepted event time, believed or not.
    max_event: Option<i64>,
    dedup: Dedup,
    symbols: Symbols,
    sites: Vec<Site>,
    site_places: HashMap<Arc<str>, u32>,
    users: Users,
    user_days: UserDays,
    /// Last minute a user used a feature, by the pair's key.
    feature_seen: KeyMap<u32>,
    windows: Windows,
    groups: KeyMap<Group>,
    /// Groups whose contributions are behind.
    dirty_groups: Vec<u64>,
    /// Groups with rows to write.
    row_queue: Vec<u64>,
    /// Groups to look at once the cutoff is past an instant.
    timers: BTreeMap<i64, Vec<u64>>,
    /// Late events to write, a row each.
    late_rows: Vec<UserDayRow>,
    /// Rows that the last flush held back.
    held_back: usize,
    /// The day of the watermark when expired users were last freed.
    swept_day: i32,
}

impl PartitionState {
    /// An empty state that begins at the log's beginning, offset `next_offset`.
    pub fn new(partition: i32, next_offset: u64, rules: Arc<FoldRules>) -> Self {
        let data = Data { partition, next_offset, ..Data::default() };
        Self { bots: BotFilter::new(&rules.bot_user_agents), rules, data }
    }

    /// The partition.
    pub fn partition(&self) -> i32 {
        self.data.partition
    }

    /// The offset of the next record to fold: the version of every row.
    pub fn next_offset(&self) -> u64 {
        self.data.next_offset
    }

    /// Largest believed event time, epoch milliseconds.
    pub fn believed(&self) -> Option<i64> {
        self.data.watermark.believed()
    }

    /// Largest accepted event time, believed or not, epoch milliseconds.
    pub fn max_event(&self) -> Option<i64> {
        self.data.max_event
    }

    /// Records by outcome since the log's beginning.
    pub fn accounting(&self) -> AccountingRow {
        self.data.accounting
    }

    /// Folds one record. Records below the position are passed over: they were folded before.
    pub fn fold(&mut self, record: &Record<'_>) -> Outcome {
        if record.offset < self.data.next_offset {
            return Outcome::BelowPosition;
        }
        self.data.next_offset = record.offset + 1;
        let outcome = self.judge(record);
        let accounting = &mut self.data.accounting;
        self.data.accounting_dirty = true;
        accounting.read += 1;
        match outcome {
            Outcome::Accepted => accounting.accepted += 1,
            Outcome::Duplicate => accounting.duplicate += 1,
            Outcome::Late => accounting.late += 1,
            Outcome::Skipped(_) => accounting.skipped += 1,
            Outcome::DeadLettered(_) => accounting.dead_lettered += 1,
            Outcome::BelowPosition => {}
        }
        outcome
    }

    /// The order of judgement: dead letter, skipped, duplicate, late, accepted.
    fn judge(&mut self, record: &Record<'_>) -> Outcome {
        let event = match record.content {
            Content::Tombstone => return Outcome::Skipped(Skip::Tombstone),
            Content::UnknownType => return Outcome::Skipped(Skip::UnknownType),
            Content::Rejected(rejection) => return Outcome::DeadLettered(rejection),
            Content::Event(event) => event,
        };
        if let Some(rejection) = self.future_rejection(event, record.time) {
            return Outcome::DeadLettered(rejection);
        }
        if event.user_agent.as_deref().is_some_and(|agent| self.bots.matches(agent)) {
            return Outcome::Skipped(Skip::Bot);
        }
        if self.rules.not_after.is_some_and(|end| event.timestamp > end) {
            return Outcome::Skipped(Skip::AfterAsOf);
        }
        let site = self.site(&event.site);
        let user = event.user.as_ref().map(|user| user_key(&self.data.sites[site as usize].name, user));
        let watermark = self.data.watermark.value(&self.rules);
        if let Some(id) = event.event_id.as_deref().or(record.origin) {
            let key = event_key(user.unwrap_or(0), id);
            if !self.data.dedup.insert(key, event.timestamp, watermark, &self.rules) {
                return Outcome::Duplicate;
            }
        }
        if self.cutoff().is_some_and(|cutoff| event.timestamp < cutoff) {
            self.keep_late(event, site, record.offset);
            return Outcome::Late;
        }
        let trusted = matches!(record.time, RecordTime::LogAppend(_));
        self.data.watermark.observe(event.timestamp, user, trusted, &self.rules);
        self.data.max_event = self.data.max_event.max(Some(event.timestamp));
        let first = &mut self.data.sites[site as usize].first_event;
        *first = Some(first.map_or(event.timestamp, |first| first.min(event.timestamp)));
        if let Some(user) = user {
            self.accept(event, site, user, record);
        }
        Outcome::Accepted
    }

    fn future_rejection(&self, event: &Event<'_>, time: RecordTime) -> Option<event_model::Rejection> {
        let (RecordTime::Create(own) | RecordTime::LogAppend(own)) = time else {
            return None;
        };
        let ahead = event.timestamp - own > self.rules.future_tolerance?;
        ahead.then_some(event_model::Rejection {
            reason: event_model::Reason::FutureTimestamp,
            field: Some("timestamp"),
        })
    }

    /// Events before this instant are late; what ended before it is final.
    fn cutoff(&self) -> Option<i64> {
        self.data.watermark.cutoff(&self.rules)
    }

    /// The site's place; `(other)` once there are as many as the rules allow.
    fn site(&mut self, name: &str) -> u32 {
        let Data { sites, site_places, .. } = &mut self.data;
        if let Some(place) = site_places.get(name) {
            return *place;
        }
        let name = if sites.len() >= self.rules.max_sites { OTHER } else { name };
        if let Some(place) = site_places.get(name) {
            return *place;
        }
        let site = Site::new(name);
        let place = u32::try_from(sites.len()).unwrap_or(u32::MAX);
        site_places.insert(site.name.clone(), place);
        sites.push(site);
        place
    }

    /// A late event stays out of all figures but its user's activity.
    fn keep_late(&mut self, event: &Event<'_>, site: u32, offset: u64) {
        let Some(user) = event.user.as_ref().filter(|_| event.is_activity()) else {
            return;
        };
        self.data.late_rows.push(UserDayRow {
            site: self.data.sites[site as usize].name.clone(),
            day: day_of(event.timestamp),
            user: UserId { id: Arc::from(user.id()), anonymous: user.is_anonymous() },
            late_offset: offset + 1,
            first_seen: event.timestamp,
            last_seen: event.timestamp,
            events: 1,
            pageviews: u32::from(matches!(event.kind, EventKind::Pageview(_))),
            features: Vec::new(),
        });
    }

    /// Events of labels and users last seen before this minute are as if they had never been.
    fn expired_below(&self, expiry_ms: i64) -> i64 {
        self.data.watermark.value(&self.rules).map_or(i64::MIN, |watermark| minute_of(watermark - expiry_ms))
    }

    /// Labels of rolling sums expire when no window can reach them.
    fn labels_expired_below(&self) -> i64 {
        self.expired_below(self.rules.longest_window() * crate::time::MINUTE_MS)
    }
}
