//! The contract from outside: its examples, its properties.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod examples;
mod properties;
mod rejections;
