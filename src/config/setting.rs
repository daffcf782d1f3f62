//! How a field's type reads, checks and shows its value.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use ::config::{Value, ValueKind};

use super::{
    duration,
    secret::{MASK, Secret},
    text::Text,
};

/// A type that an option of the table can have.
pub(super) trait Setting: Sized {
    /// What narrows the type for one option; `()` where nothing does.
    type Limit;

    /// Whether the option is a map, whose entries come from tables and from variables of their own.
    const IS_MAP: bool = false;

    /// The type and its limit, for the reference: `duration, 1s to 1d`.
    fn kind(limit: &Self::Limit) -> String;

    /// The value that a variable's text stands for; what does not fit stays text, for `read` to refuse.
    fn from_env(text: &str) -> ValueKind {
        ValueKind::String(text.to_owned())
    }

    /// The checked value, or what is wrong with it and what to write instead.
    fn read(value: &Value, limit: &Self::Limit) -> Result<Self, String>;

    /// The value where nothing is configured and the table has no default.
    fn absent() -> Option<Self> {
        None
    }

    /// The value in TOML, secrets masked.
    fn show(&self) -> String;
}

/// What was found, for an error; never used on secrets.
pub(super) fn found(value: &Value) -> String {
    match &value.kind {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_) => value.kind.to_string(),
        other => shape(other).to_owned(),
    }
}

/// The kind of value found, for an error about a secret.
pub(super) fn shape(kind: &ValueKind) -> &'static str {
    match kind {
        ValueKind::Nil => "a date",
        ValueKind::Boolean(_) => "true or false",
        ValueKind::String(_) => "text",
        ValueKind::Table(_) => "a table",
        ValueKind::Array(_) => "a list",
        ValueKind::Float(_) => "a fraction",
        ValueKind::I64(_) | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => "a number",
    }
}

/// A text as a TOML string.
pub(super) fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Setting for bool {
    type Limit = ();

    fn kind((): &()) -> String {
        "`true` or `false`".to_owned()
    }

    fn from_env(text: &str) -> ValueKind {
        text.parse().map_or_else(|_| ValueKind::String(text.to_owned()), ValueKind::Boolean)
    }

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        match value.kind {
            ValueKind::Boolean(flag) => Ok(flag),
            _ => Err(format!("expected true or false, got {}", found(value))),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! counts {
    ($($T:ty),+) => {$(
        impl Setting for $T {
            type Limit = RangeInclusive<u64>;

            fn kind(limit: &Self::Limit) -> String {
                format!("whole number, {} to {}", limit.start(), limit.end())
            }

            fn from_env(text: &str) -> ValueKind {
                text.replace('_', "")
                    .parse()
                    .map_or_else(|_| ValueKind::String(text.to_owned()), ValueKind::I64)
            }

            fn read(value: &Value, limit: &Self::Limit) -> Result<Self, String> {
                let count = match value.kind {
                    ValueKind::I64(count) => u64::try_from(count).ok(),
                    _ => None,
                };
                count
                    .filter(|count| limit.contains(count))
                    .and_then(|count| Self::try_from(count).ok())
                    .ok_or_else(|| format!(
                        "expected a whole number from {} to {}, got {}",
                        limit.start(), limit.end(), found(value),
                    ))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

counts!(u32, u64, usize);

impl Setting for Duration {
    type Limit = RangeInclusive<Duration>;

    fn kind(limit: &Self::Limit) -> String {
        let (from, to) = (duration::show(*limit.start()), duration::show(*limit.end()));
        format!("duration, {from} to {to}")
    }

    fn read(value: &Value, limit: &Self::Limit) -> Result<Self, String> {
        let (from, to) = (duration::show(*limit.start()), duration::show(*limit.end()));
        let parsed = match &value.kind {
            ValueKind::String(text) => duration::parse(text),
            _ => None,
        };
        match parsed {
            Some(parsed) if limit.contains(&parsed) => Ok(parsed),
            Some(parsed) => {
                Err(format!("expected a duration from {from} to {to}, got {}", duration::show(parsed)))
            }
            None => Err(format!(
                "expected a whole number with its unit (ms, s, m, h, d) in quotes, like \"30m\", from {from} to {to}; got {}",
                found(value),
            )),
        }
    }

    fn show(&self) -> String {
        quote(&duration::show(*self))
    }
}

impl Setting for String {
    type Limit = Text;

    fn kind(limit: &Text) -> String {
        limit.kind().to_owned()
    }

    fn read(value: &Value, limit: &Text) -> Result<Self, String> {
        match &value.kind {
            ValueKind::String(text) => limit.check(text).map(|()| text.clone()),
            other => Err(format!("expected {} in quotes, got {}", limit.kind(), shape(other))),
        }
    }

    fn show(&self) -> String {
        quote(self)
    }
}

impl Setting for SocketAddr {
    type Limit = ();

    fn kind((): &()) -> String {
        "IP address and port".to_owned()
    }

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        let parsed = match &value.kind {
            ValueKind::String(text) => text.parse().ok(),
            _ => None,
        };
        parsed.ok_or_else(|| {
            format!(
                "expected an IP address and a port, like \"127.0.0.1:9464\" or \"[::]:9464\", got {}",
                found(value)
            )
        })
    }

    fn show(&self) -> String {
        quote(&self.to_string())
    }
}

impl Setting for PathBuf {
    type Limit = ();

    fn kind((): &()) -> String {
        "path".to_owned()
    }

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        match &value.kind {
            ValueKind::String(text) if !text.is_empty() => Ok(text.into()),
            _ => Err(format!("expected a path in quotes, got {}", found(value))),
        }
    }

    fn show(&self) -> String {
        quote(&self.display().to_string())
    }
}

impl Setting for Option<PathBuf> {
    type Limit = ();

    fn kind((): &()) -> String {
        PathBuf::kind(&())
    }

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        PathBuf::read(value, &()).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn show(&self) -> String {
        self.as_ref().map(Setting::show).unwrap_or_default()
    }
}

impl Setting for Option<Secret> {
    type Limit = ();

    fn kind((): &()) -> String {
        "secret text".to_owned()
    }

    fn read(value: &Value, (): &()) -> Result<Self, String> {
        match &value.kind {
            ValueKind::String(text) => Ok(Some(Secret::new(text))),
            other => Err(format!("expected text in quotes, got {}", shape(other))),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn show(&self) -> String {
        self.as_ref().map(|_| quote(MASK)).unwrap_or_default()
    }
}
