//! Source, dead letters and merge stage against librdkafka's mock cluster.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod letters;
mod rebalance;
mod source;
mod support;
