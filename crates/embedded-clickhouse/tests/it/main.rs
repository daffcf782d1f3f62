//! The embedded ClickHouse against the real engine: skipped in plain sight where the engine is absent,
//! failed there under `CI=true`.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub, missing_docs)]

mod client;
mod concurrency;
mod harness;
mod interface;
mod lifecycle;
