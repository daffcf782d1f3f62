//! One module per command.

pub(crate) mod clickhouse;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod generate;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod schema;
