//! The commands as their users run them: processes, their output, their exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "commands/clickhouse.rs"]
mod clickhouse;
#[path = "commands/config.rs"]
mod config;
#[path = "commands/generate.rs"]
mod generate;
#[path = "commands/generate_kafka.rs"]
mod generate_kafka;
#[path = "commands/program.rs"]
mod program;
#[path = "commands/schema.rs"]
mod schema;
#[path = "commands/served.rs"]
mod served;
