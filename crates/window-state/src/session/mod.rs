//! Sessions: events of one user in order, cut into visits.
//!
//! An [`Event`] is what a session needs to know of one; a [`Walk`] is a session as far as its events
//! have been walked; a [`Group`] holds the sessions that can still change.

mod event;
mod group;
mod walk;

pub(crate) use event::{Event, Kind, OrderKey};
pub(crate) use group::{Before, Group, Inserted, Segment};
pub(crate) use walk::{Limits, Walk};
