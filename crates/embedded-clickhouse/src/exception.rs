//! ClickHouse's exceptions: a code, a message, and the HTTP status that goes with the code.

use std::borrow::Cow;
use std::fmt;

use axum::http::StatusCode;

/// ClickHouse's code and name of a kind of exception.
pub(crate) type Kind = (u32, &'static str);

/// The kinds this crate raises by itself.
pub(crate) mod kind {
    use super::Kind;

    pub(crate) const BAD_ARGUMENTS: Kind = (36, "BAD_ARGUMENTS");
    pub(crate) const CHECKSUM_DOESNT_MATCH: Kind = (40, "CHECKSUM_DOESNT_MATCH");
    pub(crate) const NOT_IMPLEMENTED: Kind = (48, "NOT_IMPLEMENTED");
    pub(crate) const SYNTAX_ERROR: Kind = (62, "SYNTAX_ERROR");
    pub(crate) const UNKNOWN_COMPRESSION_METHOD: Kind = (89, "UNKNOWN_COMPRESSION_METHOD");
    pub(crate) const UNKNOWN_USER: Kind = (192, "UNKNOWN_USER");
    pub(crate) const INTO_OUTFILE_NOT_ALLOWED: Kind = (358, "INTO_OUTFILE_NOT_ALLOWED");
    pub(crate) const READONLY: Kind = (164, "READONLY");
    pub(crate) const TOO_MANY_SIMULTANEOUS_QUERIES: Kind = (202, "TOO_MANY_SIMULTANEOUS_QUERIES");
    pub(crate) const NETWORK_ERROR: Kind = (210, "NETWORK_ERROR");
    pub(crate) const QUERY_IS_TOO_LARGE: Kind = (229, "QUERY_IS_TOO_LARGE");
    pub(crate) const CANNOT_DECOMPRESS: Kind = (271, "CANNOT_DECOMPRESS");
    pub(crate) const ALL_CONNECTION_TRIES_FAILED: Kind = (279, "ALL_CONNECTION_TRIES_FAILED");
    pub(crate) const CANNOT_WRITE_TO_FILE: Kind = (294, "CANNOT_WRITE_TO_FILE");
    pub(crate) const ACCESS_DENIED: Kind = (497, "ACCESS_DENIED");
    pub(crate) const UNKNOWN_ROLE: Kind = (511, "UNKNOWN_ROLE");
    pub(crate) const UNKNOWN_EXCEPTION: Kind = (1002, "UNKNOWN_EXCEPTION");
}

/// An exception as ClickHouse reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exception {
    /// ClickHouse's error code.
    pub(crate) code: u32,
    /// The whole text, `Code: N. DB::Exception: ... (NAME)`.
    pub(crate) message: String,
}

impl Exception {
    /// One of ours, in ClickHouse's words.
    pub(crate) fn new((code, name): Kind, what: impl fmt::Display) -> Self {
        Self { code, message: format!("Code: {code}. DB::Exception: {what} ({name})") }
    }

    /// What the engine reports. Its text begins with the code, but for a few messages of the embedding
    /// layer, which have none.
    pub(crate) fn from_engine(text: Cow<'_, str>) -> Self {
        let digits = text.strip_prefix("Code: ").and_then(|rest| rest.split_once('.'));
        match digits.and_then(|(code, _)| code.parse().ok()) {
            Some(code) => Self { code, message: text.into_owned() },
            None => Self::new(kind::UNKNOWN_EXCEPTION, text),
        }
    }

    /// The text with the version at its end, where ClickHouse's clients expect it.
    pub(crate) fn text(&self, version: &str) -> String {
        let message = self.message.trim_end();
        if message.contains("(version ") {
            format!("{message}\n")
        } else {
            format!("{message} (version {version})\n")
        }
    }

    /// The HTTP status ClickHouse answers this code with.
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            194 => StatusCode::UNAUTHORIZED,
            192 | 193 | 497 | 512 | 516 => StatusCode::FORBIDDEN,
            // Arguments, parse errors, wrong data.
            6 | 8 | 15 | 25 | 26 | 27 | 36 | 37 | 38 | 41 | 44 | 53 | 62 | 72 | 117 | 123 | 167 | 168
            | 223 | 321 | 376 | 427 | 441 | 675 | 676 => StatusCode::BAD_REQUEST,
            // What is unknown: functions, types, tables, databases, settings, formats, roles.
            46 | 47 | 50 | 56 | 60 | 63 | 73 | 78 | 81 | 115 | 152 | 336 | 511 => StatusCode::NOT_FOUND,
            229 => StatusCode::PAYLOAD_TOO_LARGE,
            779 => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            48 => StatusCode::NOT_IMPLEMENTED,
            76 | 209 | 439 => StatusCode::SERVICE_UNAVAILABLE,
            381 => StatusCode::LENGTH_REQUIRED,
            159 => StatusCode::REQUEST_TIMEOUT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn code_and_status_come_from_the_engines_text() {
        let text = "Code: 60. DB::Exception: Unknown table expression identifier 'x'. (UNKNOWN_TABLE)";
        let unknown = Exception::from_engine(text.into());
        assert_eq!((unknown.code, unknown.status()), (60, StatusCode::NOT_FOUND));
        assert_eq!(unknown.text("26.7.2.1"), format!("{text} (version 26.7.2.1)\n"));
        let versioned = Exception::from_engine(format!("{text} (version 1.2)\n").into());
        assert_eq!(versioned.text("26.7.2.1"), format!("{text} (version 1.2)\n"));
    }

    #[test]
    fn a_message_without_a_code_becomes_an_unknown_exception() {
        let odd = Exception::from_engine("the connection is closed".into());
        assert_eq!((odd.code, odd.status()), (1002, StatusCode::INTERNAL_SERVER_ERROR));
        assert!(odd.message.starts_with("Code: 1002. DB::Exception: the connection is closed"));
    }
}
