//! What to generate.

use thiserror::Error;

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// The most records a user may be asked to cause on one day: beyond it sessions cannot be told apart.
const MAX_PER_USER_DAY: u64 = 50_000;

/// What to generate. All shares are of the emitted records, 0..1, and together at most 0.5.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Records to emit, duplicates, bad ones and tombstones included. Default 100,000.
    pub events: u64,
    /// The population: at most this many distinct users occur. Default 2,000.
    pub users: u32,
    /// Decides everything that is left to chance. Default 1.
    pub seed: u64,
    /// Days of history before [`Settings::end`], 1..=3660. Default 30.
    pub days: u32,
    /// The history's end, epoch milliseconds; no record arrives after it. Default
    /// 2025-07-01T00:00:00Z.
    pub end: i64,
    /// The sites, the busiest first; each name 1..=128 bytes of printable ASCII without quote or
    /// backslash. The name `default` is at times left out of its events. Default `demo`.
    pub sites: Vec<String>,
    /// Share that arrives seconds to minutes (under one hour) after its event time, others
    /// overtaking it. Default 0.03.
    pub disorder_share: f64,
    /// Share that is late: more than 1 h and 1 min, up to days, behind the largest event time
    /// emitted before it. Default 0.005.
    pub late_share: f64,
    /// Share that repeats an earlier record byte by byte, up to an hour after it; only records with
    /// an `event_id` are repeated. Default 0.01.
    pub duplicate_share: f64,
    /// Share that breaks the contract. Default 0.
    pub bad_share: f64,
    /// Share of a type that the contract does not know. Default 0.002.
    pub unknown_share: f64,
    /// Share without a value (Kafka's tombstones): only for Kafka, a file has no such line. Default 0.
    pub tombstone_share: f64,
    /// Whether a few of the bad records are larger than 1 MiB. A broker refuses them unless
    /// `message.max.bytes` is raised. Default false.
    pub oversized: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            events: 100_000,
            users: 2_000,
            seed: 1,
            days: 30,
            end: 1_751_328_000_000,
            sites: vec!["demo".to_owned()],
            disorder_share: 0.03,
            late_share: 0.005,
            duplicate_share: 0.01,
            bad_share: 0.0,
            unknown_share: 0.002,
            tombstone_share: 0.0,
            oversized: false,
        }
    }
}

/// Why settings cannot be generated from.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SettingsError {
    /// There is nobody to cause events.
    #[error("cannot generate traffic of no users: set users to at least 1")]
    NoUsers,
    /// The number of days is out of range.
    #[error("cannot generate {0} days of traffic: set days to 1..=3660")]
    Days(u32),
    /// The end is out of range.
    #[error(
        "cannot generate traffic up to {end} ms with {days} days before it: all of it must lie in 1970..=2098"
    )]
    End {
        /// As set, epoch milliseconds.
        end: i64,
        /// As set.
        days: u32,
    },
    /// There is no site.
    #[error("cannot generate traffic of no sites: name at least one")]
    NoSites,
    /// There are more sites than can be drawn from.
    #[error("cannot generate traffic of {0} sites: name at most 1024")]
    TooManySites(usize),
    /// A site's name is not usable.
    #[error(
        "cannot use {0:?} as a site: give it 1 to 128 printable ASCII characters without quote and backslash"
    )]
    Site(String),
    /// A share is not a number from 0 to 1.
    #[error("cannot use {value} as {name}: give a share from 0 to 0.5")]
    Share {
        /// The setting.
        name: &'static str,
        /// As set.
        value: f64,
    },
    /// Too little ordinary traffic would be left.
    #[error("the shares add up to {0}: lower them to 0.5 or less together")]
    Shares(f64),
    /// People cannot be that busy.
    #[error(
        "{events} events are more than {users} users can cause in {days} days ({MAX_PER_USER_DAY} each a day): ask for more users or fewer events"
    )]
    TooBusy {
        /// As set.
        events: u64,
        /// As set.
        users: u32,
        /// As set.
        days: u32,
    },
}

impl Settings {
    /// The first instant of the history, epoch milliseconds.
    pub fn start(&self) -> i64 {
        self.end - i64::from(self.days) * DAY_MS
    }

    /// The shares with the names of their settings.
    fn shares(&self) -> [(&'static str, f64); 6] {
        [
            ("disorder_share", self.disorder_share),
            ("late_share", self.late_share),
            ("duplicate_share", self.duplicate_share),
            ("bad_share", self.bad_share),
            ("unknown_share", self.unknown_share),
            ("tombstone_share", self.tombstone_share),
        ]
    }

    /// Checks that traffic can be generated from these settings.
    ///
    /// # Errors
    ///
    /// The first setting found that cannot be used, and what to set instead.
    pub fn validate(&self) -> Result<(), SettingsError> {
        if self.users == 0 {
            return Err(SettingsError::NoUsers);
        }
        if !(1..=3660).contains(&self.days) {
            return Err(SettingsError::Days(self.days));
        }
        let latest = 128 * 366 * DAY_MS;
        if self.end > latest || self.end < i64::from(self.days) * DAY_MS {
            return Err(SettingsError::End { end: self.end, days: self.days });
        }
        self.validate_sites()?;
        for (name, value) in self.shares() {
            if !(0.0..=0.5).contains(&value) {
                return Err(SettingsError::Share { name, value });
            }
        }
        let sum: f64 = self.shares().iter().map(|(_, share)| share).sum();
        if sum > 0.5 + 1e-9 {
            return Err(SettingsError::Shares(sum));
        }
        let most = u64::from(self.users) * u64::from(self.days) * MAX_PER_USER_DAY;
        if self.events > most {
            return Err(SettingsError::TooBusy { events: self.events, users: self.users, days: self.days });
        }
        Ok(())
    }

    fn validate_sites(&self) -> Result<(), SettingsError> {
        if self.sites.is_empty() {
            return Err(SettingsError::NoSites);
        }
        if self.sites.len() > 1024 {
            return Err(SettingsError::TooManySites(self.sites.len()));
        }
        let plain = |b: u8| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\';
        match self.sites.iter().find(|site| !(1..=128).contains(&site.len()) || !site.bytes().all(plain)) {
            Some(site) => Err(SettingsError::Site(site.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(change: impl FnOnce(&mut Settings)) -> SettingsError {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.validate().unwrap_err()
    }

    #[test]
    fn default_is_valid() {
        Settings::default().validate().unwrap();
    }

    #[test]
    fn each_setting_is_checked() {
        assert_eq!(refused(|s| s.users = 0), SettingsError::NoUsers);
        assert_eq!(refused(|s| s.days = 0), SettingsError::Days(0));
        assert_eq!(refused(|s| s.end = DAY_MS), SettingsError::End { end: DAY_MS, days: 30 });
        assert_eq!(refused(|s| s.sites.clear()), SettingsError::NoSites);
        assert_eq!(refused(|s| s.sites = vec!["a\"b".into()]), SettingsError::Site("a\"b".into()));
        assert_eq!(
            refused(|s| s.late_share = -0.1),
            SettingsError::Share { name: "late_share", value: -0.1 }
        );
        assert!(matches!(
            refused(|s| s.bad_share = f64::NAN),
            SettingsError::Share { name: "bad_share", .. }
        ));
        assert!(matches!(
            refused(|s| {
                s.bad_share = 0.3;
                s.duplicate_share = 0.3;
            }),
            SettingsError::Shares(_)
        ));
        assert!(matches!(
            refused(|s| {
                s.users = 1;
                s.events = 100_000_000;
            }),
            SettingsError::TooBusy { .. }
        ));
    }
}
