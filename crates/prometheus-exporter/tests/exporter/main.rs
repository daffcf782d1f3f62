//! The exporter from outside: its text, its bounds, its endpoints.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bounds;
mod endpoints;
mod fixture;
mod promtool;
mod ratios;
mod text;
