//! RFC 3339 text to epoch milliseconds.

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Epoch milliseconds of an RFC 3339 instant (`2026-03-01T12:00:00.123+01:00`), `None` if the text is
/// not one.
///
/// `t`, `z` and a space for the `T` are accepted, as RFC 3339 section 5.6 allows. A fraction may have
/// any number of digits; what is finer than a millisecond is cut off. A leap second, allowed as the
/// last of a UTC day only, is the first second of the next day.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (
        &[
            y1,
            y2,
            y3,
            y4,
            b'-',
            mo1,
            mo2,
            b'-',
            d1,
            d2,
            b'T' | b't' | b' ',
            h1,
            h2,
            b':',
            mi1,
            mi2,
            b':',
            s1,
            s2,
        ],
        rest,
    ) = bytes.split_first_chunk::<19>()?
    else {
        return None;
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let month = two(mo1, mo2)?;
    let day = two(d1, d2)?;
    let hour = two(h1, h2)?;
    let minute = two(mi1, mi2)?;
    let second = two(s1, s2)?;
    let in_range = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    if !in_range {
        return None;
    }
    let (fraction_ms, zone) = fraction(rest)?;
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let utc = days_from_civil(year, month, day) * DAY_MS + seconds * 1_000 - offset_ms(zone)?;
    if second == 60 && utc.rem_euclid(DAY_MS) != 0 {
        return None;
    }
    Some(utc + fraction_ms)
}

/// Two ASCII digits as a number.
fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// The milliseconds of an optional `.digits`, and what follows it.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = bytes else {
        return Some((0, bytes));
    };
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let (digits, zone) = digits.split_at(count);
    let ms = (0..3).fold(0, |ms, place| ms * 10 + digits.get(place).map_or(0, |b| i64::from(b - b'0')));
    Some((ms, zone))
}

/// How far the zone is ahead of UTC.
fn offset_ms(zone: &[u8]) -> Option<i64> {
    let &[sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = zone else {
        return matches!(zone, b"Z" | b"z").then_some(0);
    };
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let ahead = i64::from(hours * 60 + minutes) * 60_000;
    Some(if sign == b'+' { ahead } else { -ahead })
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date (years begin in March here, so that the leap
/// day is the last of one).
fn days_from_civil(year: u32, month: u32, day: u32) -> i64 {
    let (year, month) = if month > 2 {
        (i64::from(year), i64::from(month) - 3)
    } else {
        (i64::from(year) - 1, i64::from(month) + 9)
    };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.9999Z", -1),
            ("2026-03-01T12:00:00Z", 1_772_366_400_000),
            ("2026-03-01t12:00:00z", 1_772_366_400_000),
            ("2026-03-01 12:00:00.1Z", 1_772_366_400_100),
            ("2026-03-01T12:00:00.12Z", 1_772_366_400_120),
            ("2026-03-01T12:00:00.1239999999Z", 1_772_366_400_123),
            ("2026-03-01T13:30:00+01:30", 1_772_366_400_000),
            ("2026-02-28T23:00:00-13:00", 1_772_366_400_000),
            ("2026-03-01T12:00:00-00:00", 1_772_366_400_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            // The leap second of 2016, in two zones.
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2017-01-01T05:29:60.5+05:30", 1_483_228_800_500),
        ] {
            assert_eq!(parse_rfc3339(text), Some(ms), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "2026-03-01T12:00Z",
            "2026-03-01T12:00:00.Z",
            "2026-03-01T12:00:00,5Z",
            "2026-03-01T12:00:00+0100",
            "2026-03-01T12:00:00+01",
            "2026-03-01T12:00:00+24:00",
            "2026-03-01T12:00:00+01:60",
            "2026-03-01T12:00:00Z ",
            " 2026-03-01T12:00:00Z",
            "2026-03-01_12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-00-01T12:00:00Z",
            "2026-03-00T12:00:00Z",
            "2026-04-31T12:00:00Z",
            "2026-02-29T12:00:00Z",
            "2100-02-29T12:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T12:60:00Z",
            "2026-03-01T12:00:61Z",
            "2026-03-01T12:00:60Z",
            "2026-03-01T23:59:60+01:00",
            "20260301T120000Z",
            "1772366400000",
            "2026-03-01T12:00:00+01:00[Europe/Berlin]",
            "+02026-03-01T12:00:00Z",
            "２026-03-01T12:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_jiff(
            ms in -62_135_596_800_000_i64..253_402_207_200_000,
            offset_minutes in -1_439_i32..=1_439,
            digits in 0_usize..=9,
            separator in prop::sample::select(vec!["T", "t", " "]),
        ) {
            let zone = jiff::tz::Offset::from_seconds(offset_minutes * 60).unwrap();
            let instant = jiff::Timestamp::from_millisecond(ms).unwrap();
            let civil = zone.to_datetime(instant);
            prop_assume!((0..=9999).contains(&civil.year()));
            let sign = if offset_minutes < 0 { '-' } else { '+' };
            let ahead = offset_minutes.abs();
            let fraction = format!("{:09}", civil.subsec_nanosecond());
            let dot = if digits == 0 { "" } else { "." };
            let text = format!(
                "{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}{dot}{}{sign}{:02}:{:02}",
                civil.year(), civil.month(), civil.day(),
                civil.hour(), civil.minute(), civil.second(),
                &fraction[..digits], ahead / 60, ahead % 60,
            );
            let jiffs: jiff::Timestamp = text.parse().unwrap();
            prop_assert_eq!(parse_rfc3339(&text), Some(jiffs.as_millisecond()), "{}", text);
            if digits >= 3 {
                prop_assert_eq!(parse_rfc3339(&text), Some(ms));
            }
        }

        #[test]
        fn what_is_accepted_jiff_accepts_too(text in "[0-9]{4}-[0-1][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-5][0-9](\\.[0-9]{0,12})?(Z|z|[+-][0-2][0-9]:[0-6][0-9])?") {
            if let Some(ms) = parse_rfc3339(&text) {
                // jiff reads at most nine digits of a fraction.
                if let Ok(theirs) = text.parse::<jiff::Timestamp>() {
                    prop_assert_eq!(theirs.as_nanosecond().div_euclid(1_000_000), i128::from(ms));
                } else {
                    prop_assert!(text.split('.').nth(1).is_some_and(|f| f.len() > 9), "{}", text);
                }
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = parse_rfc3339(&text);
        }
    }
}
