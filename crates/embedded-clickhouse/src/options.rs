//! The limits an embedded ClickHouse runs within.

use std::time::Duration;

/// Limits of an embedded ClickHouse. The defaults keep it modest beside a pipeline on the same machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Threads a statement may use; at least 1. A client may set its own `max_threads`. Default 2.
    pub max_threads: u16,
    /// Bytes all statements together may use, caches included; memory of the rest of the process does not
    /// count. A statement that would go beyond fails with code 241. Default 2 GiB.
    pub max_memory_bytes: u64,
    /// Statements at a time; one more is refused with code 202, as ClickHouse does. Default 100.
    pub max_concurrent_statements: usize,
    /// How long a shutdown waits for statements that run. Default 10 s.
    pub shutdown_grace: Duration,
    /// Whether an address other than loopback may be listened on. There are no passwords, and SQL can read
    /// and write files: leave it off unless the network is closed. Default false.
    pub allow_remote: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_threads: 2,
            max_memory_bytes: 2 << 30,
            max_concurrent_statements: 100,
            shutdown_grace: Duration::from_secs(10),
            allow_remote: false,
        }
    }
}
