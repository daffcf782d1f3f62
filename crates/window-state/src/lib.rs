//! The fold: a partition's windowed state, as a pure function of its records.
//!
//! State and record in, state and changed rows out. Only the records decide: no clock, no random
//! number, no file, no thread, no order of a hash map.

mod bots;
mod contribution;
mod dedup;
pub mod gauges;
mod keys;
mod page;
mod record;
mod rolling;
pub mod rows;
mod rules;
mod session;
mod site;
mod state;
mod symbols;
mod time;
mod user_days;
mod users;
mod watermark;
mod windows;

pub use page::{PagePattern, ParsePatternError};
pub use record::{Content, Outcome, Record, RecordTime};
pub use rules::{FoldRules, TimeOnPage};
pub use state::{FlushPolicy, PartitionState, RestoreError};
