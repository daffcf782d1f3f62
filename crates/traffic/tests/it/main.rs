//! What the generator promises, read back from its records.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contract;
mod live;
mod people;
mod sameness;
mod shares;

use event_model::{Decoded, Event, decode};
use traffic::{Generated, Generator, Note, Settings};

/// All records of a run.
fn records(settings: &Settings) -> Vec<Generated> {
    Generator::new(settings.clone()).unwrap().collect()
}

/// A run with all that can go wrong.
fn troubled(events: u64) -> Settings {
    Settings {
        events,
        disorder_share: 0.06,
        late_share: 0.02,
        duplicate_share: 0.04,
        bad_share: 0.03,
        unknown_share: 0.01,
        tombstone_share: 0.005,
        sites: ["shop", "default", "docs"].map(str::to_owned).to_vec(),
        ..Settings::default()
    }
}

/// The event in a record that is meant to be one.
fn event(record: &Generated) -> Event<'_> {
    match decode(&record.value) {
        Ok(Decoded::Event(event)) => event,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(&record.value)),
    }
}

/// Whether a record is meant to be an event.
fn is_event(record: &Generated) -> bool {
    !matches!(record.note, Note::Bad(_) | Note::Unknown | Note::Tombstone)
}

/// Whether a record is an event that is not sent again.
fn is_fresh(record: &Generated) -> bool {
    is_event(record) && record.note != Note::Duplicate
}
