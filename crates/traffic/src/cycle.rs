//! When people are there: the daily and weekly cycle, in UTC.

const HOUR_MS: i64 = 3_600_000;

/// Weight of each hour of the day.
const HOURS: [u64; 24] =
    [30, 22, 16, 12, 12, 18, 34, 58, 84, 98, 104, 100, 92, 96, 102, 104, 100, 96, 94, 96, 98, 86, 64, 44];

/// Weight of each day of the week, Monday first.
const WEEKDAYS: [u64; 7] = [104, 108, 110, 106, 96, 62, 58];

/// How busy an instant is: the product of its hour's and weekday's weight.
fn weight(hour: i64) -> u64 {
    // 1970-01-01 was a Thursday.
    let weekday = (hour.div_euclid(24) + 3).rem_euclid(7) as usize;
    HOURS[hour.rem_euclid(24) as usize] * WEEKDAYS[weekday]
}

/// The traffic's intensity from `start` to `end`, as a mass that grows with time: equal masses hold
/// equal numbers of events.
#[derive(Clone, Debug)]
pub(crate) struct Cycle {
    end: i64,
    /// Where the hour begins that the position is in, and the mass before it.
    hour_at: i64,
    before_hour: u64,
    /// Mass passed so far.
    passed: u64,
    total: u64,
}

impl Cycle {
    pub(crate) fn new(start: i64, end: i64) -> Self {
        let mut cycle = Self { end, hour_at: start, before_hour: 0, passed: 0, total: 0 };
        while cycle.hour_at < end {
            let (next, mass) = cycle.hour();
            cycle.total += mass;
            cycle.hour_at = next;
        }
        cycle.hour_at = start;
        cycle
    }

    /// Where the current hour ends, and its mass.
    fn hour(&self) -> (i64, u64) {
        let hour = self.hour_at.div_euclid(HOUR_MS);
        let next = ((hour + 1) * HOUR_MS).min(self.end);
        (next, weight(hour) * (next - self.hour_at) as u64)
    }

    /// The mass that is left.
    pub(crate) fn remaining(&self) -> u64 {
        self.total - self.passed
    }

    /// The share of all mass that `ms` at the range's end hold, if its last hour went on that long.
    pub(crate) fn tail_share(&self, ms: i64) -> f64 {
        let mass = weight((self.end - 1).div_euclid(HOUR_MS)) * ms as u64;
        mass as f64 / self.total as f64
    }

    /// Passes `mass` on, and says at what time that is: at most the end.
    pub(crate) fn advance(&mut self, mass: u64) -> i64 {
        self.passed = (self.passed + mass).min(self.total);
        loop {
            let (next, mass) = self.hour();
            if self.passed < self.before_hour + mass || next >= self.end {
                let ms = (self.passed - self.before_hour) / weight(self.hour_at.div_euclid(HOUR_MS));
                return (self.hour_at + ms as i64).min(self.end);
            }
            self.before_hour += mass;
            self.hour_at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DAY_MS;

    #[test]
    fn passes_all_of_its_mass() {
        let end = 1_751_328_000_000;
        let mut cycle = Cycle::new(end - 7 * DAY_MS, end);
        let (total, mut last) = (cycle.remaining(), end - 7 * DAY_MS);
        for _ in 0..1000 {
            let now = cycle.advance(total / 1000);
            assert!(now >= last && now <= end);
            last = now;
        }
        assert!(end - last < HOUR_MS, "{}", end - last);
        assert_eq!(cycle.advance(u64::MAX / 2), end);
    }

    #[test]
    fn a_week_has_its_weekend_and_its_nights() {
        let monday = 1_750_636_800_000; // 2025-06-23T00:00:00Z
        let mass = |from: i64, to: i64| Cycle::new(from, to).remaining();
        let day = |n: i64| mass(monday + n * DAY_MS, monday + (n + 1) * DAY_MS);
        assert!(day(6) < day(0) * 6 / 10);
        assert!(
            mass(monday + 3 * HOUR_MS, monday + 4 * HOUR_MS) * 6
                < mass(monday + 10 * HOUR_MS, monday + 11 * HOUR_MS)
        );
    }
}
