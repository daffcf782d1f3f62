//! How a fresh event arrives, and what arrives beside it.

use crate::random::{Draw, Random};
use crate::record::Note;
use crate::settings::{DAY_MS, Settings};

const MINUTE_MS: i64 = 60_000;

/// The least that a late event is behind: allowed lateness and the watermark's trail.
const LATE_MS: i64 = 61 * MINUTE_MS;

/// Share of fresh events with an `event_id`: only they can be repeated.
const NAMED: f64 = 0.92 * 0.985;

/// Chances per fresh event, from the shares of all records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chances {
    /// Fresh events among all records.
    pub(crate) fresh: f64,
    pub(crate) disorder: f64,
    pub(crate) late: f64,
    pub(crate) duplicate: f64,
    pub(crate) bad: f64,
    pub(crate) unknown: f64,
    pub(crate) tombstone: f64,
}

impl Chances {
    pub(crate) fn new(settings: &Settings) -> Self {
        let beside =
            settings.duplicate_share + settings.bad_share + settings.unknown_share + settings.tombstone_share;
        let fresh = 1.0 - beside;
        Self {
            fresh,
            disorder: settings.disorder_share / fresh,
            late: settings.late_share / fresh,
            duplicate: settings.duplicate_share / fresh / NAMED,
            bad: settings.bad_share / fresh,
            unknown: settings.unknown_share / fresh,
            tombstone: settings.tombstone_share / fresh,
        }
    }
}

/// An event's time and how long it is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    pub(crate) at: i64,
    pub(crate) delay: i64,
    pub(crate) note: Note,
}

/// What a fate depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) now: i64,
    /// No event is older.
    pub(crate) start: i64,
    /// No record arrives later.
    pub(crate) last: i64,
    /// The largest event time that has been emitted at its time.
    pub(crate) newest: i64,
    /// Whether one more record may be under way.
    pub(crate) has_room: bool,
}

impl Fate {
    /// Whether a fresh event is in order, delayed or late.
    pub(crate) fn draw(chances: &Chances, at: Circumstances, random: &mut Random) -> Self {
        let ordered = Self { at: at.now, delay: 0, note: Note::Ordered };
        let draw = random.unit();
        if draw < chances.late {
            return Self::late(at, random).unwrap_or(ordered);
        }
        if draw < chances.late + chances.disorder && at.has_room {
            let delay = match random.below(100) {
                0..70 => random.between(500, 30_000),
                70..95 => random.between(30_000, 10 * MINUTE_MS),
                _ => random.between(10 * MINUTE_MS, 55 * MINUTE_MS),
            };
            if at.now <= at.last - delay {
                return Self { delay, note: Note::Disordered, ..ordered };
            }
        }
        ordered
    }

    /// An event from long ago; `None` in the history's first hour.
    fn late(at: Circumstances, random: &mut Random) -> Option<Self> {
        let behind = match random.below(10) {
            0..4 => random.between(1, 120 * MINUTE_MS),
            4..8 => random.between(120 * MINUTE_MS, DAY_MS),
            _ => random.between(DAY_MS, 6 * DAY_MS),
        };
        let latest = at.newest - LATE_MS;
        if latest <= at.start {
            return None;
        }
        let long_ago = latest - behind;
        Some(Self {
            at: if long_ago < at.start { random.between(at.start, latest) } else { long_ago },
            delay: 0,
            note: Note::Late,
        })
    }
}
