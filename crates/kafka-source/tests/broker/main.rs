//! Source, dead letters and merge stage against librdkafka's mock cluster, and against a real broker where there is one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod letters;
mod merge;
mod real;
mod rebalance;
mod source;
mod support;
