//! Options with a fixed set of values.

use ::config::{Value, ValueKind};

use super::setting::{Setting, found, quote};

macro_rules! choices {
    ($($(#[doc = $doc:literal])+ $Choice:ident { $($(#[doc = $meaning:literal])+ $Value:ident = $name:literal,)+ })+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $Choice { $($(#[doc = $meaning])+ $Value,)+ }

        impl Setting for $Choice {
            type Limit = ();

            fn kind((): &()) -> String {
                [$(concat!("`\"", $name, "\"`")),+].join(" or ")
            }

            fn read(value: &Value, (): &()) -> Result<Self, String> {
                match &value.kind {
                    $(ValueKind::String(text) if text == $name => Ok(Self::$Value),)+
                    _ => Err(format!("expected {}, got {}", [$(concat!("\"", $name, "\"")),+].join(" or "), found(value))),
                }
            }

            fn show(&self) -> String {
                quote(match self { $(Self::$Value => $name,)+ })
            }
        }
    )+};
}

choices! {
    /// By whose rules bounces, durations and depths are counted.
    Profile {
        /// Plausible's published behaviour.
        Plausible = "plausible",
    }

    /// Where the time on a page comes from.
    TimeOnPage {
        /// The engaged time that clients report.
        Engaged = "engaged",
        /// The time to the session's next event.
        Gap = "gap",
    }

    /// How log lines are written.
    LogFormat {
        /// For people.
        Human = "human",
        /// One JSON object a line.
        Json = "json",
    }
}
