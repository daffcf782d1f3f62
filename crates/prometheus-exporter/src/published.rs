//! The hand-over from the fold to the scrape.

use std::sync::Arc;

use arc_swap::ArcSwap;
use window_state::gauges::GaugeSnapshot;

/// What the fold has published last. Setting and reading swap a pointer; neither waits for the other.
#[derive(Debug, Default)]
pub struct Published(ArcSwap<Instant>);

/// What one instance has to say at one instant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Instant {
    /// One snapshot for each partition that this instance owns.
    pub(crate) snapshots: Vec<Arc<GaugeSnapshot>>,
    /// Partitions of the topic; 0 while unknown.
    pub(crate) partitions: usize,
}

impl Published {
    /// Nothing published yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Publishes one snapshot for each partition owned, of `partitions` that the topic has in all (0
    /// while that is unknown). A partition is owned, for the sums, once its snapshot is here.
    pub fn set(&self, snapshots: Vec<Arc<GaugeSnapshot>>, partitions: usize) {
        self.0.store(Arc::new(Instant { snapshots, partitions }));
    }

    /// The snapshots published last, one for each partition owned.
    pub fn snapshots(&self) -> Vec<Arc<GaugeSnapshot>> {
        self.0.load().snapshots.clone()
    }

    pub(crate) fn get(&self) -> Arc<Instant> {
        self.0.load_full()
    }
}

impl Instant {
    /// Whether the sums of this instance are the sums over all partitions.
    pub(crate) fn is_whole(&self) -> bool {
        self.partitions > 0 && self.snapshots.len() >= self.partitions
    }

    /// The earliest as-of, epoch milliseconds; `None` without any snapshot.
    pub(crate) fn as_of(&self) -> Option<i64> {
        self.snapshots.iter().map(|snapshot| snapshot.as_of).min()
    }
}
