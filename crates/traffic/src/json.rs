//! JSON written by hand: the generator's hot path.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// How a client's library writes JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without blanks.
    Compact,
    /// With a blank after each comma and colon.
    Spaced,
    /// Without blanks; slashes and what is not ASCII are escaped.
    Escaped,
}

/// One object under construction.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    style: Style,
}

impl<'a> Object<'a> {
    /// Begins an object in an empty buffer.
    pub(crate) fn open(out: &'a mut Vec<u8>, style: Style) -> Self {
        out.clear();
        out.push(b'{');
        Self { out, style }
    }

    /// Ends it.
    pub(crate) fn close(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, key: &str) {
        if self.out.len() > 1 {
            self.out.push(b',');
            if self.style == Style::Spaced {
                self.out.push(b' ');
            }
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        if self.style == Style::Spaced {
            self.out.push(b' ');
        }
    }

    /// A string that holds no quote, backslash or control character.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.text_of(key, |text| text.push(value));
    }

    /// A string of several parts, each as in [`Object::text`].
    pub(crate) fn text_of(&mut self, key: &str, write: impl FnOnce(&mut Text<'_>)) {
        self.key(key);
        self.out.push(b'"');
        write(&mut Text { out: self.out, escaped: self.style == Style::Escaped });
        self.out.push(b'"');
    }

    /// A string, if there is one.
    pub(crate) fn optional(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &str, value: u64) {
        self.key(key);
        digits(self.out, value);
    }

    /// A decimal number of `value` units of `10^-decimals`.
    pub(crate) fn decimal(&mut self, key: &str, value: u64, decimals: u32) {
        self.key(key);
        decimal(self.out, value, decimals);
    }

    /// Any value, as JSON text.
    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }
}

/// A string under construction.
pub(crate) struct Text<'a> {
    out: &'a mut Vec<u8>,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// Bare text at the end of a buffer.
    pub(crate) fn plain(out: &'a mut Vec<u8>) -> Self {
        Self { out, escaped: false }
    }

    /// Adds text without quote, backslash and control characters.
    pub(crate) fn push(&mut self, text: &str) {
        if !self.escaped {
            self.out.extend_from_slice(text.as_bytes());
            return;
        }
        for unit in text.encode_utf16() {
            match unit {
                0x2f => self.out.extend_from_slice(b"\\/"),
                0..0x80 => self.out.push(unit as u8),
                _ => {
                    self.out.extend_from_slice(b"\\u");
                    hex(self.out, u64::from(unit), 4);
                }
            }
        }
    }

    /// Adds a whole number.
    pub(crate) fn number(&mut self, value: u64) {
        digits(self.out, value);
    }

    /// Adds the last `count` hexadecimal digits of a number.
    pub(crate) fn hex(&mut self, value: u64, count: u32) {
        hex(self.out, value, count);
    }

    /// Adds a decimal number of `value` units of `10^-decimals`.
    pub(crate) fn decimal(&mut self, value: u64, decimals: u32) {
        decimal(self.out, value, decimals);
    }

    /// Adds an instant in RFC 3339, `offset_hours` east of UTC.
    pub(crate) fn instant(&mut self, ms: i64, offset_hours: i64, trimmed: bool) {
        instant(self.out, ms, offset_hours, trimmed);
    }
}

fn digits(out: &mut Vec<u8>, mut value: u64) {
    let mut buffer = [0; 20];
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[at..]);
}

fn padded(out: &mut Vec<u8>, value: u64, width: u32) {
    for place in (0..width).rev() {
        out.push(b'0' + (value / 10u64.pow(place) % 10) as u8);
    }
}

fn hex(out: &mut Vec<u8>, value: u64, count: u32) {
    for place in (0..count).rev() {
        out.push(HEX[(value >> (4 * place) & 15) as usize]);
    }
}

fn decimal(out: &mut Vec<u8>, value: u64, decimals: u32) {
    let unit = 10u64.pow(decimals);
    digits(out, value / unit);
    if decimals > 0 {
        out.push(b'.');
        padded(out, value % unit, decimals);
    }
}

/// Year, month, day of a number of days since 1970-01-01 (Howard Hinnant's `civil_from_days`).
const fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

fn instant(out: &mut Vec<u8>, ms: i64, offset_hours: i64, trimmed: bool) {
    let local = ms + offset_hours * 3_600_000;
    let (year, month, day) = civil(local.div_euclid(86_400_000));
    let of_day = local.rem_euclid(86_400_000) as u64;
    let fields = [
        (year as u64, 4, b'-'),
        (month as u64, 2, b'-'),
        (day as u64, 2, b'T'),
        (of_day / 3_600_000, 2, b':'),
        (of_day / 60_000 % 60, 2, b':'),
    ];
    for (value, width, separator) in fields {
        padded(out, value, width);
        out.push(separator);
    }
    padded(out, of_day / 1000 % 60, 2);
    let fraction = of_day % 1000;
    let (fraction, width) = match fraction {
        _ if !trimmed => (fraction, 3),
        0 => (0, 0),
        _ if fraction.is_multiple_of(100) => (fraction / 100, 1),
        _ if fraction.is_multiple_of(10) => (fraction / 10, 2),
        _ => (fraction, 3),
    };
    if width > 0 {
        out.push(b'.');
        padded(out, fraction, width);
    }
    if offset_hours == 0 {
        out.push(b'Z');
    } else {
        out.push(if offset_hours < 0 { b'-' } else { b'+' });
        padded(out, offset_hours.unsigned_abs(), 2);
        out.extend_from_slice(b":00");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(style: Style, write: impl FnOnce(&mut Object<'_>)) -> String {
        let mut out = b"left over".to_vec();
        let mut object = Object::open(&mut out, style);
        write(&mut object);
        object.close();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn styles_differ_in_bytes_alone() {
        let write = |o: &mut Object<'_>| {
            o.text("page", "/\u{fc}");
            o.number("n", 0);
            o.decimal("d", 1205, 2);
        };
        assert_eq!(written(Style::Compact, write), "{\"page\":\"/\u{fc}\",\"n\":0,\"d\":12.05}");
        assert_eq!(written(Style::Spaced, write), "{\"page\": \"/\u{fc}\", \"n\": 0, \"d\": 12.05}");
        assert_eq!(written(Style::Escaped, write), r#"{"page":"\/\u00fc","n":0,"d":12.05}"#);
    }

    #[test]
    fn instants_are_civil() {
        let at = |ms, offset, trimmed| {
            let mut out = Vec::new();
            instant(&mut out, ms, offset, trimmed);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(at(0, 0, false), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(0, 0, true), "1970-01-01T00:00:00Z");
        assert_eq!(at(1_709_251_199_999, 0, true), "2024-02-29T23:59:59.999Z");
        assert_eq!(at(1_709_251_199_990, 2, true), "2024-03-01T01:59:59.99+02:00");
        assert_eq!(at(1_735_689_600_500, -5, true), "2024-12-31T19:00:00.5-05:00");
    }
}
