//! Users' open days: what a user did on a day, until the day closes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    keys::KeyMap,
    rows::UserId,
    symbols::Sym,
    time::{DAY_MS, hour_of_day},
};

/// One user's day.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UserDay {
    pub(crate) site: u32,
    pub(crate) user: UserId,
    /// First and last activity event; meaningless while `events` is 0.
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    pub(crate) events: u32,
    pub(crate) pageviews: u32,
    /// Features used and how often, in order of first use.
    pub(crate) features: Vec<(Sym, u32)>,
    /// Hours of the day with activity, a bit each.
    hours: u32,
    /// Pages viewed, sorted, with a bit for each hour under this label and one for the day.
    pages: Vec<(Sym, u32)>,
    dirty: bool,
}

/// Bit of a page that was counted for the day.
const DAY_BIT: u32 = 1 << 31;

impl UserDay {
    /// Notes an activity event; true if it is the first in its hour.
    pub(crate) fn active(&mut self, ts: i64, is_view: bool) -> bool {
        if self.events == 0 {
            (self.first_seen, self.last_seen) = (ts, ts);
        }
        self.first_seen = self.first_seen.min(ts);
        self.last_seen = self.last_seen.max(ts);
        self.events += 1;
        self.pageviews += u32::from(is_view);
        let bit = 1 << hour_of_day(ts);
        let first = self.hours & bit == 0;
        self.hours |= bit;
        first
    }

    /// Notes a view of the page counted under `slot` in its hour; true if the user's first there.
    pub(crate) fn viewed_in_hour(&mut self, slot: Sym, ts: i64) -> bool {
        self.viewed(slot, 1 << hour_of_day(ts))
    }

    /// Notes a view of the page counted under `slot` in the day; true if the user's first there.
    pub(crate) fn viewed_in_day(&mut self, slot: Sym) -> bool {
        self.viewed(slot, DAY_BIT)
    }

    fn viewed(&mut self, slot: Sym, bit: u32) -> bool {
        match self.pages.binary_search_by_key(&slot, |(page, _)| *page) {
            Ok(at) => {
                let bits = &mut self.pages[at].1;
                let first = *bits & bit == 0;
                *bits |= bit;
                first
            }
            Err(at) => {
                self.pages.insert(at, (slot, bit));
                true
            }
        }
    }

    /// Notes a use of a feature.
    pub(crate) fn used(&mut self, feature: Sym, max: usize) {
        let known = |features: &[(Sym, u32)], feature| features.iter().position(|(f, _)| *f == feature);
        let slot = match known(&self.features, feature) {
            None if self.features.len() >= max => Sym::OTHER,
            _ => feature,
        };
        match known(&self.features, slot) {
            Some(at) => self.features[at].1 += 1,
            None => self.features.push((slot, 1)),
        }
    }
}

/// Open days by number, each by user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct UserDays {
    days: BTreeMap<i32, KeyMap<UserDay>>,
    dirty: Vec<(i32, u64)>,
}

impl UserDays {
    /// The user's day, new if need be, and marked as changed.
    pub(crate) fn touch(
        &mut self,
        day: i32,
        key: u64,
        site: u32,
        user: impl FnOnce() -> UserId,
    ) -> &mut UserDay {
        let entry = self.days.entry(day).or_default().entry(key).or_insert_with(|| UserDay {
            site,
            user: user(),
            first_seen: 0,
            last_seen: 0,
            events: 0,
            pageviews: 0,
            features: Vec::new(),
            hours: 0,
            pages: Vec::new(),
            dirty: false,
        });
        if !entry.dirty {
            entry.dirty = true;
            self.dirty.push((day, key));
        }
        entry
    }

    /// Takes the days that changed.
    pub(crate) fn take_dirty(&mut self) -> Vec<(i32, &UserDay)> {
        let dirty = std::mem::take(&mut self.dirty);
        for (day, key) in &dirty {
            if let Some(entry) = self.days.get_mut(day).and_then(|users| users.get_mut(key)) {
                entry.dirty = false;
            }
        }
        dirty.iter().filter_map(|(day, key)| Some((*day, self.days.get(day)?.get(key)?))).collect()
    }

    /// Frees days that are closed; their rows were taken before.
    pub(crate) fn evict(&mut self, cutoff: Option<i64>) {
        let Some(cutoff) = cutoff else { return };
        while let Some(first) = self.days.first_entry() {
            let end = (i64::from(*first.key()) + 1) * DAY_MS;
            if end > cutoff || !self.dirty.is_empty() {
                break;
            }
            first.remove();
        }
    }

    /// Rows that wait to be written.
    pub(crate) fn pending(&self) -> usize {
        self.dirty.len()
    }

    /// How many users' days are open.
    pub(crate) fn len(&self) -> usize {
        self.days.values().map(KeyMap::len).sum()
    }

    /// Marks every symbol referred to.
    pub(crate) fn mark(&self, mark: &mut dyn FnMut(Sym)) {
        for day in self.days.values().flat_map(KeyMap::values) {
            day.features.iter().chain(&day.pages).for_each(|(sym, _)| mark(*sym));
        }
    }
}
