//! The fold: a partition's windowed state, as a pure function of its records.
//!
//! State and record in, state and changed rows out. Only the records decide: no clock, no random
//! number, no file, no thread, no order of a hash map.

pub mod gauges;
pub mod rows;
