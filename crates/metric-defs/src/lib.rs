//! The metric catalogue as one table: names, units, parts, benchmarks, ratings.
//!
//! Two kinds of figure exist. A [`Part`] is a sum that adds up over partitions and instances. A
//! [`Metric`] is what people read: a part by itself, or the ratio of two parts. Everything that
//! names a metric (gauges, the `kpis` table, the replay report) takes the name from here.

mod catalogue;
mod part;
mod rating;
mod window;

pub use catalogue::{METRICS, Metric, Value, WindowChoice};
pub use part::{LabelKey, Part, SESSION_SECONDS_UPPER};
pub use rating::{Bound, Rating, Scale};
pub use window::{ParseWindowError, Window};
