//! JSON numbers by their own text: exact, never through a float.

use std::borrow::Cow;

/// Digits after the point that an amount may have.
const AMOUNT_FRACTION: usize = 12;

/// Digits before the point that an amount may have: `Decimal(38, 12)`.
const AMOUNT_INTEGER: usize = 38 - AMOUNT_FRACTION;

/// A number's text taken apart: `-int.frac * 10^exponent`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Literal<'a> {
    negative: bool,
    /// `int` and `frac` with the point between them.
    mantissa: &'a str,
    int: &'a str,
    frac: &'a str,
    exponent: i64,
}

/// A number at least 0, times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scaled {
    /// Rounded down.
    pub(crate) floor: u64,
    /// Rounded to the nearest, half away from zero.
    pub(crate) nearest: u64,
    /// Whether nothing was cut off.
    pub(crate) exact: bool,
}

impl Scaled {
    /// Whether the number itself, before rounding, lies in `min..=max`.
    pub(crate) const fn is_within(&self, min: u64, max: u64) -> bool {
        self.floor >= min && (self.floor < max || (self.floor == max && self.exact))
    }
}

/// The value of a plain integer of at most 18 digits: the usual case, read at once.
pub(crate) fn small_integer(raw: &str) -> Option<u64> {
    let bytes = raw.as_bytes();
    if bytes.is_empty() || bytes.len() > 18 {
        return None;
    }
    bytes.iter().try_fold(0, |value, b| {
        let digit = b.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + u64::from(digit))
    })
}

impl<'a> Literal<'a> {
    /// The raw text of a JSON number; `None` for the raw text of anything else.
    pub(crate) fn of_json(raw: &'a str) -> Option<Self> {
        match raw.as_bytes() {
            [b'0'..=b'9' | b'-', ..] => Self::split(raw),
            _ => None,
        }
    }

    /// A decimal string: digits, then perhaps a point and more digits, perhaps a minus before them.
    pub(crate) fn of_decimal_string(text: &'a str) -> Option<Self> {
        let literal = Self::split(text)?;
        (literal.exponent == 0 && !text.contains(['e', 'E'])).then_some(literal)
    }

    fn split(text: &'a str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (int, frac) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        (!int.is_empty() && digits(int) && digits(frac)).then_some(Self {
            negative,
            mantissa,
            int,
            frac,
            exponent,
        })
    }

    fn digits(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.int.bytes().chain(self.frac.bytes()).map(|b| b - b'0')
    }

    fn is_zero(&self) -> bool {
        self.digits().all(|digit| digit == 0)
    }

    /// The number times `10^places`; `None` if it is negative or the result over 2^64.
    pub(crate) fn scaled(&self, places: u8) -> Option<Scaled> {
        let mut scaled = Scaled { floor: 0, nearest: 0, exact: true };
        if self.is_zero() {
            return Some(scaled);
        }
        if self.negative {
            return None;
        }
        // So many of the digits stand before the point once it has moved.
        let point = i64::try_from(self.int.len())
            .ok()?
            .saturating_add(self.exponent)
            .saturating_add(i64::from(places));
        let mut round_up = false;
        let mut at = 0;
        for digit in self.digits() {
            if at < point {
                scaled.floor = scaled.floor.checked_mul(10)?.checked_add(u64::from(digit))?;
            } else {
                round_up |= at == point && digit >= 5;
                scaled.exact &= digit == 0;
            }
            at += 1;
        }
        // Digits the text leaves out; a number that is not 0 overflows after at most 20.
        while at < point && scaled.floor > 0 {
            scaled.floor = scaled.floor.checked_mul(10)?;
            at += 1;
        }
        scaled.nearest = scaled.floor.checked_add(u64::from(round_up))?;
        Some(scaled)
    }

    /// The shortest plain decimal text of an amount: no exponent, no sign, no zeros that say nothing.
    /// `None` if it is negative or does not fit `Decimal(38, 12)`.
    pub(crate) fn amount(&self) -> Option<Cow<'a, str>> {
        if self.is_zero() {
            return Some(Cow::Borrowed("0"));
        }
        if self.negative {
            return None;
        }
        if self.exponent != 0 {
            return self.amount_with_exponent().map(Cow::Owned);
        }
        let int = self.int.trim_start_matches('0').len();
        let frac = self.frac.trim_end_matches('0').len();
        if int > AMOUNT_INTEGER || frac > AMOUNT_FRACTION {
            return None;
        }
        let start = self.int.len() - int.max(1);
        let end = self.int.len() + if frac == 0 { 0 } else { 1 + frac };
        self.mantissa.get(start..end).map(Cow::Borrowed)
    }

    fn amount_with_exponent(&self) -> Option<String> {
        let leading = self.digits().take_while(|&digit| digit == 0).count();
        let trailing = self.digits().rev().take_while(|&digit| digit == 0).count();
        let count = self.int.len() + self.frac.len() - leading - trailing;
        // So many of the significant digits stand before the point; fewer than none: zeros after it.
        let point = i64::try_from(self.int.len() - leading.min(self.int.len())).ok()?
            - i64::try_from(leading.saturating_sub(self.int.len())).ok()?;
        let point = point.saturating_add(self.exponent);
        let int = usize::try_from(point.max(0)).ok()?;
        let frac = usize::try_from(i64::try_from(count).ok()?.saturating_sub(point).max(0)).ok()?;
        if int > AMOUNT_INTEGER || frac > AMOUNT_FRACTION {
            return None;
        }
        let significant = self.digits().skip(leading).take(count);
        // All digits with the zeros the exponent stands for: `int + frac` of them.
        let mut digits: String = std::iter::repeat_n('0', (int + frac).saturating_sub(count))
            .filter(|_| point < 0)
            .chain(significant.map(|digit| char::from(b'0' + digit)))
            .collect();
        digits.extend(std::iter::repeat_n('0', (int + frac) - digits.len()));
        if int == 0 {
            digits.insert(0, '0');
        }
        if frac > 0 {
            digits.insert(int.max(1), '.');
        }
        Some(digits)
    }
}

/// An exponent, cut to a range in which sums with lengths do not overflow.
fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let exponent = digits.iter().fold(0_i64, |exponent, b| {
        exponent.saturating_mul(10).saturating_add(i64::from(b - b'0')).min(1 << 40)
    });
    Some(if negative { -exponent } else { exponent })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn amount(raw: &str) -> Option<String> {
        Literal::of_json(raw)?.amount().map(Cow::into_owned)
    }

    #[test]
    fn amounts_are_exact_text() {
        let nines = "9".repeat(26);
        for (raw, text) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("0e999999999999999999999", "0"),
            ("19.90", "19.9"),
            ("100", "100"),
            ("0.10", "0.1"),
            ("0.000000000001", "0.000000000001"),
            ("1.0000000000000000", "1"),
            ("1e2", "100"),
            ("1.5E+3", "1500"),
            ("12345e-2", "123.45"),
            ("12000e-2", "120"),
            ("5e-1", "0.5"),
            ("5e-12", "0.000000000005"),
            ("0.00012e2", "0.012"),
            ("0.00012e4", "1.2"),
            ("0.00012e6", "120"),
            ("0.1", "0.1"),
            ("1e25", "10000000000000000000000000"),
            (&nines, &nines),
        ] {
            assert_eq!(amount(raw).as_deref(), Some(text), "{raw}");
        }
        for raw in [
            "-1",
            "-1e-30",
            "1e26",
            "0.0000000000001",
            "5e-13",
            "1e999",
            "1e-999",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            &format!("{nines}0"),
        ] {
            assert_eq!(amount(raw), None, "{raw}");
        }
    }

    #[test]
    fn decimal_strings() {
        for (text, expected) in [("007.50", "7.5"), ("00", "0"), ("12", "12"), ("-0", "0")] {
            let literal = Literal::of_decimal_string(text).unwrap();
            assert_eq!(literal.amount().as_deref(), Some(expected), "{text}");
        }
        for text in [
            "", "-", ".5", "5.", "1,5", "1e2", "1e0", "+1", " 1", "1 ", "0x1", "1.2.3", "NaN", "--1",
            "\u{661}",
        ] {
            assert!(Literal::of_decimal_string(text).is_none(), "{text}");
        }
    }

    #[test]
    fn scaling_rounds_half_away_from_zero_and_keeps_the_range_exact() {
        let scaled = |raw: &str, places| Literal::of_json(raw).unwrap().scaled(places);
        let nearest = |raw: &str, places| scaled(raw, places).unwrap().nearest;
        assert_eq!(nearest("33.3333", 4), 333_333);
        assert_eq!(nearest("33.33335", 4), 333_334);
        assert_eq!(nearest("33.333349999", 4), 333_333);
        assert_eq!(nearest("100", 4), 1_000_000);
        assert_eq!(nearest("1e2", 4), 1_000_000);
        assert_eq!(nearest("0.5", 0), 1);
        assert_eq!(nearest("0.4999999999999999999", 0), 0);
        assert_eq!(nearest("0.05", 0), 0);
        assert_eq!(nearest("9e-1", 0), 1);
        assert_eq!(nearest("9e-9", 0), 0);
        assert_eq!(nearest("0e99", 0), 0);
        assert_eq!(scaled("1e999", 0), None);
        assert_eq!(scaled("-0.1", 0), None);
        assert_eq!(nearest("-0.0", 0), 0);
        assert!(!scaled("100.000001", 4).unwrap().is_within(0, 1_000_000));
        assert!(scaled("100.0", 4).unwrap().is_within(0, 1_000_000));
        assert!(!scaled("0.99999", 3).unwrap().is_within(1_000, 5_000));
        assert!(scaled("5", 3).unwrap().is_within(1_000, 5_000));
    }

    proptest! {
        #[test]
        fn an_amount_moved_by_its_exponent_is_the_same(int in "[0-9]{1,10}", frac in "[0-9]{1,10}", moved in -8_i64..=8) {
            let plain = format!("{int}.{frac}");
            let digits = format!("{int}{frac}");
            let point = i64::try_from(int.len()).unwrap() + moved;
            let shifted = if point <= 0 {
                format!("0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap()))
            } else {
                let zeros = "0".repeat(20);
                let point = usize::try_from(point).unwrap();
                format!("{}.{}0", &format!("{digits}{zeros}")[..point], digits.get(point..).unwrap_or(""))
            };
            let moving = format!("{plain}e{moved}");
            let with_exponent = Literal::split(&moving).unwrap().amount();
            let without = Literal::split(&shifted).unwrap().amount();
            prop_assert_eq!(with_exponent, without, "{} e {} is {}", plain, moved, shifted);
        }

        #[test]
        fn small_numbers_scale_as_integers_do(thousandths in 0_u64..10_000_000) {
            let raw = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
            let scaled = Literal::of_json(&raw).unwrap().scaled(2).unwrap();
            prop_assert_eq!(scaled.floor, thousandths / 10);
            prop_assert_eq!(scaled.nearest, (thousandths + 5) / 10);
            prop_assert_eq!(scaled.exact, thousandths % 10 == 0);
            prop_assert_eq!(small_integer(&thousandths.to_string()), Some(thousandths));
        }
    }
}
