//! How to reach ClickHouse.

use std::{fmt, time::Duration};

/// A password: never shown, not even by `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Compression of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Compression {
    /// None: least CPU, right for a server on the same host.
    None,
    /// LZ4 blocks.
    #[default]
    Lz4,
}

/// How to reach ClickHouse and how to write to it.
#[derive(Clone, Debug)]
pub struct ClickHouseOptions {
    /// The HTTP interface, like `http://localhost:8123`.
    pub url: String,
    /// The database all tables and views are in; letters, digits and `_`.
    pub database: String,
    /// The user; the server's default if `None`.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// Compression of inserted rows.
    pub compression: Compression,
    /// How long one insert may wait for a socket, and how long for the server's answer.
    pub timeout: Duration,
    /// Most rows of one INSERT; a batch with more becomes several.
    pub rows_per_insert: usize,
    /// Settings sent with every INSERT, like `insert_quorum`.
    pub insert_settings: Vec<(String, String)>,
}

impl Default for ClickHouseOptions {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8123".to_owned(),
            database: "tidegauge".to_owned(),
            user: None,
            password: None,
            compression: Compression::default(),
            timeout: Duration::from_secs(60),
            rows_per_insert: 200_000,
            insert_settings: Vec::new(),
        }
    }
}

/// Options that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The URL's scheme.
    #[error(
        "ClickHouse URL {0:?} must begin with http:// (TLS is not built in: put a local proxy before the server)"
    )]
    Url(String),
    /// The database's name.
    #[error(
        "ClickHouse database {0:?} must be letters, digits and _, not begin with a digit, and not be `default`"
    )]
    Database(String),
    /// No row would ever be sent.
    #[error("rows_per_insert must be at least 1")]
    RowsPerInsert,
}

impl ClickHouseOptions {
    /// Checks what can be checked without a server.
    pub(crate) fn validate(&self) -> Result<(), OptionsError> {
        if !self.url.starts_with("http://") {
            return Err(OptionsError::Url(self.url.clone()));
        }
        let name = self.database.as_bytes();
        let is_word = name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
        // `default` is an overlay without tables of its own in the embedded engine.
        if !is_word || name.first().is_none_or(u8::is_ascii_digit) || self.database == "default" {
            return Err(OptionsError::Database(self.database.clone()));
        }
        if self.rows_per_insert == 0 {
            return Err(OptionsError::RowsPerInsert);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let options =
            ClickHouseOptions { password: Some(Secret::new("hunter2")), ..ClickHouseOptions::default() };
        assert!(!format!("{options:?}").contains("hunter2"));
    }

    #[test]
    fn names_that_are_no_plain_identifier_are_refused() {
        let check = |database: &str| {
            ClickHouseOptions { database: database.to_owned(), ..ClickHouseOptions::default() }.validate()
        };
        assert_eq!(check("tide_gauge2"), Ok(()));
        for bad in ["", "2x", "a-b", "a; DROP", "default", "a`"] {
            assert_eq!(check(bad), Err(OptionsError::Database(bad.to_owned())));
        }
    }
}
