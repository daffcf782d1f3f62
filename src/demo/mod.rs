//! The demo: Kafka, ClickHouse, traffic and the pipeline in one process.

mod traffic;
mod view;

pub(crate) use traffic::{History, Traffic, TrafficOptions};
pub(crate) use view::{Figures, View};
