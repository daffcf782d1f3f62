//! The fold of an accepted event: activity, page views, feature uses.

use std::sync::Arc;

use event_model::{Event, EventKind, SessionAction};

use super::PartitionState;
use crate::{
    keys::{pair_key, view_key},
    page::normalise,
    record::Record,
    rows::{Grain, UserId},
    session::{self, Kind, OrderKey},
    site::{admit, figure, page_figure},
    symbols::Sym,
    time::{day_of, minute_of},
    windows::BucketKey,
};

impl PartitionState {
    pub(super) fn accept(&mut self, event: &Event<'_>, site: u32, user: u64, record: &Record<'_>) {
        if event.is_activity() {
            self.count_activity(event, site, user);
        }
        let page = match &event.kind {
            EventKind::Pageview(view) | EventKind::Pageleave(view) => {
                let name = normalise(&view.page, self.rules.keep_query, &self.rules.page_patterns);
                Some(self.data.symbols.intern(&name))
            }
            _ => None,
        };
        let kind = match &event.kind {
            EventKind::Pageview(_) => Kind::View,
            EventKind::Pageleave(_) => Kind::Leave,
            EventKind::Session(SessionAction::Start) => Kind::Start,
            EventKind::Session(SessionAction::End) => Kind::End,
            EventKind::Click { .. } => Kind::Click,
            EventKind::Purchase { .. } => Kind::Purchase,
            EventKind::FeatureUse { feature, interactive, .. } => {
                let feature = self.data.symbols.intern(feature);
                Kind::Feature {
                    feature: self.count_feature(event, feature, site, user),
                    interactive: *interactive,
                }
            }
            _ => return,
        };
        if let (Kind::View, Some(page)) = (kind, page) {
            self.count_view(event, page, site, user);
        }
        let (view_id, scroll, engaged_ms) = match &event.kind {
            EventKind::Pageview(view) | EventKind::Pageleave(view) => {
                (view.pageview_id.as_deref().map(view_key), view.scroll_depth, view.engaged_ms)
            }
            _ => (None, None, None),
        };
        let order = match event.event_id.as_deref() {
            Some(id) => OrderKey::Id(Box::from(id)),
            None => OrderKey::without_id(record.offset, record.origin),
        };
        let referrer = event.referrer.as_deref().filter(|text| !text.is_empty());
        let referrer = referrer.map(|text| self.data.symbols.intern(text));
        let ts = event.timestamp;
        let event_of_session =
            session::Event { ts, kind, order, page, referrer, view_id, scroll, engaged_ms };
        self.insert(event, event_of_session, site, user);
    }

    fn count_activity(&mut self, event: &Event<'_>, site: u32, key: u64) {
        let ts = event.timestamp;
        let minute = minute_of(ts);
        let expired_below = self.expired_below(self.rules.user_expiry);
        let data = &mut self.data;
        let counts = &mut data.sites[site as usize];
        data.users.seen(key, minute, expired_below, &mut counts.users);
        let day = day_of(ts);
        let user_day = data.user_days.touch(day, key, site, || user_id(event));
        let first_today = user_day.events == 0;
        let is_view = matches!(event.kind, EventKind::Pageview(_));
        if user_day.active(ts, is_view) {
            data.windows.count(BucketKey::of(site, Grain::Hour, ts), |figures| figures.visitors += 1);
        }
        if first_today {
            *counts.day_users.entry(day).or_default() += 1;
            data.windows.count(BucketKey::of(site, Grain::Day, ts), |figures| figures.visitors += 1);
        }
    }

    /// Counts a feature's use; gives the label it is counted under.
    fn count_feature(&mut self, event: &Event<'_>, feature: Sym, site: u32, user: u64) -> Sym {
        let minute = minute_of(event.timestamp);
        let expired_below = self.labels_expired_below();
        let data = &mut self.data;
        let features = &mut data.sites[site as usize].features;
        let (slot, label) = admit(features, feature, minute, expired_below, self.rules.max_features);
        let pair = pair_key(user, data.symbols.text(slot));
        let now = u32::try_from(minute).unwrap_or(0);
        let last = data.feature_seen.get(&pair).copied().filter(|last| i64::from(*last) >= expired_below);
        match last {
            Some(last) if last >= now => {}
            Some(last) => {
                label.sums.add_one(i64::from(last), 0, -1);
                label.sums.add_one(minute, 0, 1);
                data.feature_seen.insert(pair, now);
            }
            None => {
                label.sums.add_one(minute, 0, 1);
                data.feature_seen.insert(pair, now);
            }
        }
        let user_day = data.user_days.touch(day_of(event.timestamp), user, site, || user_id(event));
        user_day.used(slot, self.rules.max_features_per_user_day);
        slot
    }

    fn count_view(&mut self, event: &Event<'_>, page: Sym, site: u32, user: u64) {
        let ts = event.timestamp;
        let minute = minute_of(ts);
        let expired_below = self.labels_expired_below();
        let max = self.rules.max_pages_per_window;
        let data = &mut self.data;
        let counts = &mut data.sites[site as usize];
        counts.figures.add_one(minute, figure::PAGEVIEWS, 1);
        let (_, label) = admit(&mut counts.pages, page, minute, expired_below, max);
        label.sums.add_one(minute, page_figure::VIEWS, 1);
        let user_day = data.user_days.touch(day_of(ts), user, site, || user_id(event));
        for grain in Grain::BOTH {
            let key = BucketKey::of(site, grain, ts);
            let slot = data.windows.admit(key, page, max);
            let first = match grain {
                Grain::Hour => user_day.viewed_in_hour(slot, ts),
                Grain::Day => user_day.viewed_in_day(slot),
            };
            data.windows.count_page(key, slot, |figures| {
                figures.pageviews += 1;
                figures.visitors += u64::from(first);
            });
        }
    }
}

pub(super) fn user_id(event: &Event<'_>) -> UserId {
    let (id, anonymous) = event.user.as_ref().map_or(("", false), |user| (user.id(), user.is_anonymous()));
    UserId { id: Arc::from(id), anonymous }
}
