//! Counts of one batch, gathered without atomics and added to the counters at its end.

use event_model::{Event, EventType, Reason, Rejection, Skip};
use hashbrown::HashMap;

/// What the records of a batch were. One per consuming thread; see [`crate::PipelineMetrics::add`].
#[derive(Debug, Default)]
pub struct Tally {
    pub(crate) events: HashMap<String, [u64; EventType::ALL.len()]>,
    pub(crate) dead_letters: [u64; Reason::ALL.len()],
    pub(crate) skipped: [u64; Skip::ALL.len()],
    pub(crate) unknown_types: HashMap<String, u64>,
}

impl Tally {
    /// Counts a valid event by site and type.
    pub fn event(&mut self, event: &Event<'_>) {
        let counts = self.events.entry_ref(&*event.site).or_default();
        bump(&mut counts[..], &EventType::ALL, event.event_type());
    }

    /// Counts a dead letter by its reason.
    pub fn dead_letter(&mut self, rejection: &Rejection) {
        bump(&mut self.dead_letters[..], &Reason::ALL, rejection.reason);
    }

    /// Counts a record that was passed over.
    pub fn skip(&mut self, skip: Skip) {
        bump(&mut self.skipped[..], &Skip::ALL, skip);
    }

    /// Counts a record of an unknown type, by that type and as skipped.
    pub fn unknown_type(&mut self, name: &str) {
        self.skip(Skip::UnknownType);
        *self.unknown_types.entry_ref(name).or_default() += 1;
    }
}

/// Adds 1 to the count that stands where `value` stands in `all`.
fn bump<T: PartialEq>(counts: &mut [u64], all: &[T], value: T) {
    let at = all.iter().position(|known| *known == value);
    if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
        *count += 1;
    }
}
