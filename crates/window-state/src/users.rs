//! Users of a partition: when first and last seen, to the minute.

use serde::{Deserialize, Serialize};

use crate::{keys::KeyMap, rolling::Rolling};

/// What is kept of a user for the rolling counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    first: u32,
    last: u32,
}

/// Users by their keys.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Users {
    seen: KeyMap<Seen>,
}

/// Figure of a site's user counts: users by the minute last seen.
pub(crate) const LAST_SEEN: usize = 0;
/// Figure of a site's user counts: users by the minute first seen.
pub(crate) const FIRST_SEEN: usize = 1;

impl Users {
    /// Notes activity of a user at a minute; moves them in their site's counts.
    ///
    /// Users last seen before `expired_below` are as if they had never been.
    pub(crate) fn seen(&mut self, key: u64, minute: i64, expired_below: i64, counts: &mut Rolling<2>) {
        let now = u32::try_from(minute).unwrap_or(0);
        match self.seen.get_mut(&key) {
            Some(seen) if i64::from(seen.last) >= expired_below => {
                if now > seen.last {
                    counts.add_one(i64::from(seen.last), LAST_SEEN, -1);
                    counts.add_one(minute, LAST_SEEN, 1);
                    seen.last = now;
                }
                if now < seen.first {
                    counts.add_one(i64::from(seen.first), FIRST_SEEN, -1);
                    counts.add_one(minute, FIRST_SEEN, 1);
                    seen.first = now;
                }
            }
            _ => {
                counts.add(minute, [1, 1]);
                self.seen.insert(key, Seen { first: now, last: now });
            }
        }
    }

    /// Frees users last seen before `expired_below`.
    pub(crate) fn expire(&mut self, expired_below: i64) {
        self.seen.retain(|_, seen| i64::from(seen.last) >= expired_below);
    }

    /// How many users are kept.
    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }
}
