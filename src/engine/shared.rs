//! What the engine shares with the rest of the process.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_exporter::{Heartbeat, PipelineMetrics, Published, Readiness};

/// Handles that the engine writes and others read.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) published: Arc<Published>,
    pub(crate) metrics: Arc<PipelineMetrics>,
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) heartbeat: Arc<Heartbeat>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) stop: Stop,
}

/// Tells everyone to stop; cheap to ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks everyone to stop.
    pub(crate) fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether to stop.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The flag itself, for a thread of another crate.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// How far the fold has come, for those who must not run ahead of it.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<BTreeMap<i32, u64>>);

impl Progress {
    /// Notes the next offset of each partition.
    pub(crate) fn set(&self, positions: impl Iterator<Item = (i32, u64)>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(positions);
    }

    /// The next offset of a partition, 0 before the first record.
    pub(crate) fn position(&self, partition: i32) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&partition).copied().unwrap_or(0)
    }
}

/// The clock, epoch milliseconds.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
