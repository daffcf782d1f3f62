//! Replays: files through the same core as the pipeline.

mod fold;
mod input;
pub(crate) mod report;
mod table;

pub(crate) use fold::{Replay, ReplayOptions};
pub(crate) use input::Lines;
pub(crate) use report::{QueryReport, Report};
pub(crate) use table::print_table;
