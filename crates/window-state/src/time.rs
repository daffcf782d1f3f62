//! Window arithmetic: tiny, pure, half-open.

use crate::rows::Grain;

/// Milliseconds of a minute.
pub(crate) const MINUTE_MS: i64 = 60_000;
/// Milliseconds of an hour.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// The minute since 1970 an instant lies in.
pub(crate) fn minute_of(ts: i64) -> i64 {
    ts.div_euclid(MINUTE_MS)
}

/// The day since 1970 an instant lies in.
pub(crate) fn day_of(ts: i64) -> i32 {
    i32::try_from(ts.div_euclid(DAY_MS)).unwrap_or(i32::MAX)
}

/// The hour of its day an instant lies in.
pub(crate) fn hour_of_day(ts: i64) -> u32 {
    u32::try_from(ts.rem_euclid(DAY_MS) / HOUR_MS).unwrap_or(0)
}

impl Grain {
    /// Both grains.
    pub(crate) const BOTH: [Grain; 2] = [Grain::Hour, Grain::Day];

    /// The length in milliseconds.
    pub(crate) const fn length(self) -> i64 {
        match self {
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// The start of the bucket `[start, start + length)` that `ts` lies in.
    pub(crate) fn start_of(self, ts: i64) -> i64 {
        ts - ts.rem_euclid(self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_half_open_also_before_1970() {
        assert_eq!(Grain::Hour.start_of(HOUR_MS), HOUR_MS);
        assert_eq!(Grain::Hour.start_of(HOUR_MS - 1), 0);
        assert_eq!(Grain::Day.start_of(-1), -DAY_MS);
        assert_eq!(day_of(-1), -1);
        assert_eq!(hour_of_day(-1), 23);
        assert_eq!(minute_of(59_999), 0);
        assert_eq!(minute_of(60_000), 1);
    }
}
