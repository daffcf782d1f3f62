//! Whether the process is ready, and whether it is alive.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;

/// The time in epoch milliseconds, passed in so that tests can set it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Whether the process can do its work, or why not.
#[derive(Debug)]
pub struct Readiness(ArcSwapOption<String>);

impl Readiness {
    /// Not ready yet, for a reason that operators read.
    pub fn not_yet(reason: impl Into<String>) -> Self {
        Self(ArcSwapOption::from_pointee(reason.into()))
    }

    /// Says that the process can do its work.
    pub fn ready(&self) {
        self.0.store(None);
    }

    /// Says that it cannot, and why.
    pub fn not_ready(&self, reason: impl Into<String>) {
        self.0.store(Some(Arc::new(reason.into())));
    }

    /// Why the process is not ready; `None` if it is.
    pub fn reason(&self) -> Option<Arc<String>> {
        self.0.load_full()
    }
}

/// The last sign of life of the fold.
#[derive(Debug)]
pub struct Heartbeat(AtomicI64);

impl Heartbeat {
    /// A first sign of life at `now` (epoch milliseconds).
    pub const fn new(now: i64) -> Self {
        Self(AtomicI64::new(now))
    }

    /// A sign of life at `now` (epoch milliseconds).
    pub fn beat(&self, now: i64) {
        self.0.store(now, Ordering::Relaxed);
    }

    /// How long ago the last sign was; 0 if the clock went back since.
    pub fn age(&self, now: i64) -> Duration {
        let ms = now.saturating_sub(self.0.load(Ordering::Relaxed));
        Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    }
}
