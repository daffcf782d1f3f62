//! Realistic, seeded traffic: the generator behind demo, tests and benchmarks.
//!
//! [`Generator`] streams records in the order in which a broker would get them: users with
//! heavy-tailed activity who arrive, return and churn, in sessions that follow a daily and weekly
//! cycle, with disorder, lateness, duplicates, unknown types and bad records by share. The same
//! [`Settings`] give the same bytes on every machine: one ChaCha8 stream, whole numbers and the
//! IEEE basic operations only, no clock, no hash map. Memory is bounded by the number of users.
//!
//! [`Generator::into_live`] lets the same population go on after its history, paced by the times
//! and rate its caller passes in.

mod body;
mod catalog;
mod client;
mod cycle;
mod engine;
mod fate;
mod flaw;
mod followup;
mod generator;
mod json;
mod live;
mod pace;
mod population;
mod queue;
mod random;
mod record;
mod render;
mod session;
mod settings;
mod table;

pub use generator::Generator;
pub use live::LiveGenerator;
pub use record::{Generated, Note};
pub use settings::{Settings, SettingsError};
