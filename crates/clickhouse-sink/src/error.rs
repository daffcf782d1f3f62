//! What became of a write that failed: certainly not written, or unknown; worth another try, or not.

use std::fmt;

use clickhouse::error::Error;

use crate::tables::{BadRow, Table};

/// What is known of the rows of a failed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// None of them is in ClickHouse.
    NotWritten,
    /// Some or all may be. Writing again is right either way.
    Unknown,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotWritten => "nothing was written",
            Self::Unknown => "rows may have been written",
        })
    }
}

/// A write that failed.
#[derive(Debug, thiserror::Error)]
#[error("writing to {} ({outcome}; {})", table.name(), if *retryable { "writing again may help" } else { "writing again cannot help" })]
pub struct WriteError {
    /// The table whose insert failed first.
    pub table: Table,
    /// What is known of the whole batch's rows.
    pub outcome: Outcome,
    /// Whether the same batch may succeed later. If not, the server says that the rows, the schema or the
    /// permissions are wrong: stop and show this to a person.
    pub retryable: bool,
    /// Why.
    pub source: WriteErrorSource,
}

/// Why a write failed.
#[derive(Debug, thiserror::Error)]
pub enum WriteErrorSource {
    /// The server's answer, or its absence.
    #[error(transparent)]
    Server(Box<Error>),
    /// A row that cannot be stored.
    #[error("{0}")]
    Row(String),
}

impl WriteError {
    pub(crate) fn server(table: Table, source: Error) -> Self {
        let (outcome, retryable) = classify(&source);
        Self { table, outcome, retryable, source: WriteErrorSource::Server(source.into()) }
    }

    pub(crate) fn row(table: Table, bad: &BadRow) -> Self {
        Self {
            table,
            outcome: Outcome::NotWritten,
            retryable: false,
            source: WriteErrorSource::Row(bad.to_string()),
        }
    }
}

/// What an error of the client says of the insert it ended.
fn classify(error: &Error) -> (Outcome, bool) {
    const DEFECT: (Outcome, bool) = (Outcome::NotWritten, false);
    const AWAY: (Outcome, bool) = (Outcome::Unknown, true);
    match error {
        // Found before anything is sent.
        Error::InvalidParams(_)
        | Error::Compression(_)
        | Error::SequenceMustHaveLength
        | Error::InvalidUtf8Encoding(_)
        | Error::InvalidTagEncoding(_)
        | Error::VariantDiscriminatorIsOutOfBound(_)
        | Error::SchemaMismatch(_)
        | Error::Unsupported(_) => DEFECT,
        Error::Network(source) => match source.downcast_ref::<hyper_util::client::legacy::Error>() {
            Some(error) if error.is_connect() => (Outcome::NotWritten, true),
            _ => AWAY,
        },
        Error::TimedOut => AWAY,
        // Whatever came back, the insert had been sent.
        Error::Decompression(_)
        | Error::DataFormat(_)
        | Error::RowNotFound
        | Error::DeserializeAnyNotSupported
        | Error::NotEnoughData
        | Error::Custom(_)
        | Error::InvalidColumnsHeader(_)
        | Error::Other(_) => AWAY,
        Error::BadResponse(text) => match exception_code(text) {
            Some(code) => classify_code(code),
            // A proxy's answer, or a server that is going down.
            None => AWAY,
        },
        // Variants of later releases of the client: trying again loses nothing.
        _ => AWAY,
    }
}

/// The code in `Code: 241. DB::Exception: ...`.
fn exception_code(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("Code: ")?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    rest[..digits].parse().ok()
}

/// What an exception of the server says of the insert it ended. A code that is not listed is tried again:
/// that loses nothing, and the callback of each retry tells.
fn classify_code(code: u32) -> (Outcome, bool) {
    match code {
        // The rows, the statement or the table do not fit: refused before a part is written.
        6 | 7 | 8 | 10 | 16 | 20 | 26 | 27 | 34 | 36 | 38 | 41 | 42 | 43 | 44 | 46 | 47 | 48 | 49 | 50
        | 53 | 57 | 60 | 62 | 69 | 70 | 72 | 73 | 80 | 81 | 101 | 108 | 115 | 117 | 130 | 131 | 177 | 190
        | 261 | 321 | 349 | 377 | 386 | 407 | 441 | 467 | 469 | 675 | 676 => (Outcome::NotWritten, false),
        // Who we are, what we may do: needs a person.
        164 | 192 | 193 | 194 | 195 | 291 | 452 | 497 | 516 => (Outcome::NotWritten, false),
        // Refused at the door: too many queries or parts, quota, no free connection, replica read-only or
        // without its keeper, too few replicas, server overloaded.
        201 | 202 | 203 | 225 | 242 | 252 | 285 | 745 => (Outcome::NotWritten, true),
        // 159 and 160 time out, 209 and 210 sockets, 241 memory, 243 disk, 286 quorum, 319 unknown status, 394
        // cancelled, 999 keeper, and all others.
        _ => (Outcome::Unknown, true),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(text: &str) -> (Outcome, bool) {
        classify(&Error::BadResponse(text.to_owned()))
    }

    #[test]
    fn bad_rows_are_not_written_and_not_tried_again() {
        for code in [27, 117, 349, 60, 53, 16, 497, 516] {
            let text = format!("Code: {code}. DB::Exception: no (NAME) (version 26.7)");
            assert_eq!(of(&text), (Outcome::NotWritten, false), "{code}");
        }
    }

    #[test]
    fn a_refused_insert_is_not_written_and_tried_again() {
        for code in [202, 242, 252] {
            let text = format!("Code: {code}. DB::Exception: later");
            assert_eq!(of(&text), (Outcome::NotWritten, true), "{code}");
        }
    }

    #[test]
    fn what_may_have_happened_midway_is_unknown() {
        for code in [159, 209, 210, 241, 243, 286, 319, 999, 12_345] {
            let text = format!("Code: {code}. DB::Exception: maybe");
            assert_eq!(of(&text), (Outcome::Unknown, true), "{code}");
        }
        assert_eq!(of("503 Service Unavailable"), (Outcome::Unknown, true));
        assert_eq!(of("Code: ?"), (Outcome::Unknown, true));
        assert_eq!(classify(&Error::TimedOut), (Outcome::Unknown, true));
    }

    #[test]
    fn a_defect_of_ours_is_not_tried_again() {
        let error = Error::SchemaMismatch("column x".to_owned());
        assert_eq!(classify(&error), (Outcome::NotWritten, false));
    }

    #[test]
    fn the_message_says_what_is_known() {
        let error = WriteError::server(Table::Sessions, Error::TimedOut);
        assert_eq!(
            error.to_string(),
            "writing to session_rows (rows may have been written; writing again may help)"
        );
    }
}
