//! What can go wrong with a test broker.

use std::{io, path::PathBuf, time::Duration};

/// Why there is no broker, or why it did not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Kafka cannot be had on this machine now; the reason is for people.
    #[error("Apache Kafka is not available: {0}")]
    Unavailable(String),
    /// What was fetched is not what is pinned, or the fetch script failed otherwise.
    #[error("scripts/fetch-kafka.sh failed: {0}")]
    Fetch(String),
    /// A file or a process could not be handled.
    #[error("could not {doing}: {source}")]
    Io {
        /// What was being done, to what.
        doing: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A tool of the JDK or of Kafka ended with an error.
    #[error("{tool} failed: {output}")]
    Tool {
        /// The tool's name.
        tool: &'static str,
        /// The end of what it printed.
        output: String,
    },
    /// The broker ended before it was ready.
    #[error("the broker ended while it started; {log} ends with:\n{tail}")]
    Died {
        /// Its log file.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// The broker lives and does not get ready.
    #[error("the broker was not ready after {waited:?}; {log} ends with:\n{tail}")]
    NotReady {
        /// How long it was waited for.
        waited: Duration,
        /// Its log file.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// The broker does not run (it was stopped or killed).
    #[error("the broker does not run; start it again with restart()")]
    NotRunning,
    /// A topic could not be made.
    #[error("could not create topic {topic}: {reason}")]
    Topic {
        /// Its name.
        topic: String,
        /// Kafka's reason.
        reason: String,
    },
}

impl Error {
    /// An [`Error::Io`] from what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let doing = doing.into();
        move |source| Error::Io { doing, source }
    }
}
