//! The /metrics, /healthz and /readyz endpoints, from published snapshots.
//!
//! The fold [publishes](Published) what its partitions have to say; a scrape adds that up, takes the
//! ratios of the metric catalogue and writes the text. It never touches the state, so it cannot hold
//! the fold up. What the process itself does is counted in [`PipelineMetrics`].

mod bounded;
mod family;
mod health;
mod limits;
mod names;
mod partitions;
mod pipeline;
mod published;
mod ratios;
mod server;
mod sites;
mod tally;

pub use health::{Clock, Heartbeat, Readiness};
pub use limits::SiteLimits;
pub use names::{Kind, Series};
pub use pipeline::{FlushFailure, PipelineMetrics};
pub use published::Published;
pub use ratios::{Figure, ratios};
pub use server::{Exporter, ExporterError};
pub use tally::Tally;

/// The label of everything beyond a bound.
pub const OTHER: &str = "(other)";
