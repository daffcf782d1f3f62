//! `tidegauge run` end to end: the program as a process, ClickHouse as another, Kafka as librdkafka's mock cluster or
//! as a real broker. Whatever happens on the way, the tables in the end equal the oracle's, row by row.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "oracle/compare.rs"]
mod compare;
#[path = "oracle/database.rs"]
#[expect(dead_code, reason = "shared with tests/oracle.rs, which uses the rest")]
mod database;
#[path = "oracle/script.rs"]
#[expect(dead_code, reason = "shared with tests/oracle.rs, which uses the rest")]
mod script;
#[path = "oracle/tables.rs"]
mod tables;

#[path = "live/clickhouse.rs"]
mod clickhouse;
#[path = "live/http.rs"]
mod http;
#[path = "live/instance.rs"]
mod instance;
#[path = "live/kafka.rs"]
mod kafka;
#[path = "live/log.rs"]
mod log;
#[path = "live/metrics.rs"]
mod metrics;
#[path = "live/process.rs"]
mod process;
#[path = "live/setup.rs"]
mod setup;
#[path = "live/truth.rs"]
mod truth;

#[path = "live/crash.rs"]
mod crash;
#[path = "live/merge.rs"]
mod merge;
#[path = "live/mock.rs"]
mod mock;
#[path = "live/raw.rs"]
mod raw;
#[path = "live/real.rs"]
mod real;
#[path = "live/secure.rs"]
mod secure;
#[path = "live/start.rs"]
mod start;
