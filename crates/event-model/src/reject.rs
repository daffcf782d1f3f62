//! Why a record is not folded: rejected by the contract, or passed over on purpose.

use std::fmt;

/// The reason code of a dead letter; a label value and a header, so its names never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The value is not valid JSON (NaN included).
    NotJson,
    /// The value is JSON, but not an object.
    NotAnObject,
    /// The value is not UTF-8.
    NotUtf8,
    /// The value is over [`crate::MAX_RECORD_BYTES`].
    TooLarge,
    /// A required field is absent or null.
    MissingField,
    /// A field has another type than the contract says.
    WrongType,
    /// A field's value is outside what the contract allows.
    OutOfRange,
    /// The event time is too far ahead of the record's own.
    FutureTimestamp,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 8] = [
        Self::NotJson,
        Self::NotAnObject,
        Self::NotUtf8,
        Self::TooLarge,
        Self::MissingField,
        Self::WrongType,
        Self::OutOfRange,
        Self::FutureTimestamp,
    ];

    /// The code in headers, labels and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::NotUtf8 => "not_utf8",
            Self::TooLarge => "too_large",
            Self::MissingField => "missing_field",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::FutureTimestamp => "future_timestamp",
        }
    }
}

/// A record that breaks the contract: it goes whole to the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Why.
    pub reason: Reason,
    /// The offending field; `None` where the record as a whole is at fault.
    pub field: Option<&'static str>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{} in field {field}", self.reason.code()),
            None => f.write_str(self.reason.code()),
        }
    }
}

impl std::error::Error for Rejection {}

/// A record that is passed over and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skip {
    /// A null value.
    Tombstone,
    /// A type the contract does not know.
    UnknownType,
    /// A user agent on the bot list.
    Bot,
    /// A replay's `--as-of` lies before the event.
    AfterAsOf,
}

impl Skip {
    /// Every kind.
    pub const ALL: [Skip; 4] = [Self::Tombstone, Self::UnknownType, Self::Bot, Self::AfterAsOf];

    /// The code in labels and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tombstone => "tombstone",
            Self::UnknownType => "unknown_type",
            Self::Bot => "bot",
            Self::AfterAsOf => "after_as_of",
        }
    }
}
