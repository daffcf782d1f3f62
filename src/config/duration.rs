//! Durations as people write them: a whole number and a unit.

use std::time::Duration;

/// The units, longest first, with their length in milliseconds.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

pub(crate) const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub(crate) const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

pub(crate) const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

/// Reads `2s`, `200ms`, `1h`, `400d`; `None` without a number, without a unit, or beyond 64 bits of milliseconds.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*length).map(Duration::from_millis)
}

/// Writes a duration in the longest unit that needs no fraction.
pub(crate) fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    UNITS.iter().find(|(_, length)| millis.is_multiple_of(u128::from(*length))).map_or_else(
        || format!("{millis}ms"),
        |(name, length)| format!("{}{name}", millis / u128::from(*length)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_and_back() {
        for (text, expected) in [
            ("200ms", millis(200)),
            ("2s", seconds(2)),
            ("30m", minutes(30)),
            ("1h", hours(1)),
            ("400d", days(400)),
            ("0s", seconds(0)),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
            assert_eq!(show(expected), text);
        }
        assert_eq!(show(minutes(60)), "1h");
        assert_eq!(show(minutes(61)), "61m");
        assert_eq!(show(millis(1_500)), "1500ms");
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "2",
            "s",
            "2 s",
            "-2s",
            "1.5h",
            "2S",
            "1h30m",
            "2w",
            "99999999999999999999d",
            "9999999999999999d",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
