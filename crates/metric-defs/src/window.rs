//! Rolling windows and their names.

use std::{fmt, str::FromStr};

/// A rolling window's length in whole minutes, written `1d`, `7d`, `12h`, `90m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    minutes: u32,
}

/// A window's name that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseWindowError(String);

impl fmt::Display for ParseWindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "window {:?} is not a whole number above 0 followed by m, h or d, like 7d", self.0)
    }
}

impl std::error::Error for ParseWindowError {}

impl Window {
    /// One day.
    pub const DAY: Window = Window::days(1);
    /// Seven days.
    pub const WEEK: Window = Window::days(7);
    /// Thirty days.
    pub const MONTH: Window = Window::days(30);

    /// A window of whole days.
    pub const fn days(days: u32) -> Self {
        Self { minutes: days * 1_440 }
    }

    /// The length in minutes, at least 1.
    pub const fn minutes(self) -> u32 {
        self.minutes
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minutes {
            m if m % 1_440 == 0 => write!(f, "{}d", m / 1_440),
            m if m % 60 == 0 => write!(f, "{}h", m / 60),
            m => write!(f, "{m}m"),
        }
    }
}

impl FromStr for Window {
    type Err = ParseWindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseWindowError(text.to_owned());
        let unit = match text.as_bytes().last() {
            Some(b'm') => 1,
            Some(b'h') => 60,
            Some(b'd') => 1_440,
            _ => return Err(error()),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| error())?;
        let minutes = count.checked_mul(unit).filter(|m| *m > 0).ok_or_else(error)?;
        Ok(Self { minutes })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_round_trip_and_nonsense_is_refused() {
        for name in ["1d", "7d", "30d", "12h", "90m"] {
            assert_eq!(name.parse::<Window>().unwrap().to_string(), name);
        }
        for bad in ["", "d", "0d", "-1d", "1w", "1.5d", "99999999999d", "4294967295d"] {
            assert!(bad.parse::<Window>().is_err(), "{bad}");
        }
    }
}
