//! The dedup window: which event ids were seen of late.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::{keys::KeyMap, rules::FoldRules, time::minute_of};

/// Event ids by the minute of the watermark until which they are remembered.
///
/// An id is a 64-bit hash: among 16 million the chance of any collision is 7 in a million.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Dedup {
    ids: KeyMap<i64>,
    /// Ids by the minute they expire in, oldest arrivals first.
    expiry: BTreeMap<i64, VecDeque<u64>>,
}

impl Dedup {
    /// Notes an id; false if it was seen inside the window.
    ///
    /// `ts` is the event's time, `watermark` stands as it was before the event.
    pub(crate) fn insert(&mut self, id: u64, ts: i64, watermark: Option<i64>, rules: &FoldRules) -> bool {
        if let Some(watermark) = watermark {
            self.expire(minute_of(watermark));
        }
        if self.ids.contains_key(&id) {
            return false;
        }
        if self.ids.len() >= rules.dedup_max_ids {
            self.evict_oldest();
        }
        // From the larger of the two, so that a repeat after the window is late and never counted again.
        let until = match rules.dedup_window {
            Some(window) => minute_of(watermark.map_or(ts, |w| w.max(ts)).saturating_add(window)),
            None => i64::MAX,
        };
        self.ids.insert(id, until);
        self.expiry.entry(until).or_default().push_back(id);
        true
    }

    /// How many ids are remembered.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Forgets ids whose window ended before `minute`.
    fn expire(&mut self, minute: i64) {
        while let Some(entry) = self.expiry.first_entry() {
            if *entry.key() >= minute {
                break;
            }
            for id in entry.remove() {
                self.ids.remove(&id);
            }
        }
    }

    fn evict_oldest(&mut self) {
        if let Some(mut entry) = self.expiry.first_entry() {
            if let Some(id) = entry.get_mut().pop_front() {
                self.ids.remove(&id);
            }
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_repeat_is_seen_until_the_watermark_is_two_hours_on() {
        let rules = FoldRules::default();
        let mut dedup = Dedup::default();
        assert!(dedup.insert(1, 10 * HOUR, Some(10 * HOUR), &rules));
        assert!(!dedup.insert(1, 10 * HOUR, Some(12 * HOUR), &rules));
        assert!(dedup.insert(1, 10 * HOUR, Some(12 * HOUR + 60_000), &rules));
    }

    #[test]
    fn an_event_ahead_of_the_watermark_is_remembered_longer() {
        let rules = FoldRules::default();
        let mut dedup = Dedup::default();
        assert!(dedup.insert(1, 15 * HOUR, Some(10 * HOUR), &rules));
        assert!(!dedup.insert(1, 15 * HOUR, Some(16 * HOUR), &rules));
    }

    #[test]
    fn the_cap_forgets_the_oldest() {
        let rules = FoldRules { dedup_max_ids: 2, ..FoldRules::default() };
        let mut dedup = Dedup::default();
        for id in 1..=3 {
            assert!(dedup.insert(id, 0, Some(0), &rules));
        }
        assert_eq!(dedup.len(), 2);
        assert!(!dedup.insert(3, 0, Some(0), &rules));
        assert!(dedup.insert(1, 0, Some(0), &rules));
    }
}
