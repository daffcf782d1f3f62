//! A real Apache Kafka broker for tests: fetched, formatted, started on free loopback ports, stopped.
//!
//! ```no_run
//! let Some(kafka) = kafka_harness::KafkaServer::start_or_skip() else { return };
//! kafka.create_topic("events", 3, &[]).unwrap();
//! println!("{}", kafka.bootstrap());
//! ```
//!
//! Needs Java 17 and, the first time, Maven and a way to Maven Central. Where Kafka cannot be had, a test
//! is skipped in plain sight and counted; under `CI=true` that is a failure ([`Installation::or_skip`]).

mod error;
mod install;
mod process;
mod properties;
mod server;
mod skip;
mod tls;
mod topic;

pub use error::Error;
pub use install::Installation;
pub use server::{KafkaServer, Settings};
pub use skip::{skip, skipped};
pub use tls::{PASSWORD, USER};
