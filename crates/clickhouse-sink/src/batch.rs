//! What one write takes: changed rows of several partitions, gauges for `kpis`, raw events.

use std::sync::Arc;

use metric_defs::Window;
use window_state::{
    gauges::GaugeSnapshot,
    rows::{Changes, UserId},
};

/// Where rows come from: the topic, and the rules they were folded by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The topic whose partitions are folded.
    pub topic: Arc<str>,
    /// Fingerprint of everything that decides the fold.
    pub rules: u64,
}

/// One write. Writing it twice changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Changed rows, at most one entry per partition.
    pub changes: Vec<Changes>,
    /// Gauges for the `kpis` history, when it is their time.
    pub kpis: Option<KpiSnapshots>,
    /// Raw events, where they are switched on.
    pub events: Vec<RawEventRow>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(Changes::is_empty) && self.kpis.is_none() && self.events.is_empty()
    }
}

/// The gauges of the owned partitions at one instant.
#[derive(Clone, Debug, Default)]
pub struct KpiSnapshots {
    /// The configured windows: a part without a sample in one of them is 0 there.
    pub windows: Vec<Window>,
    /// One snapshot per partition, all with the same `as_of`: equal instants add up over instances.
    pub snapshots: Vec<Arc<GaugeSnapshot>>,
}

/// One accepted or late event as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct RawEventRow {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: u64,
    /// Event time, epoch milliseconds.
    pub timestamp: i64,
    /// Its type.
    pub kind: &'static str,
    /// The site.
    pub site: Arc<str>,
    /// The user, where it has one.
    pub user: Option<UserId>,
    /// The client's session id, if sent.
    pub session_id: Option<Arc<str>>,
    /// The event's id, if sent.
    pub event_id: Option<Arc<str>>,
    /// Whether it was too late to be folded.
    pub late: bool,
    /// The record's value: one JSON object.
    pub raw: Arc<str>,
}
