//! The sessions of one group that can still change.
//!
//! A group is one (site, user, session id), or one (site, user) without an id. Its events stand in
//! order in segments: a segment begins with the event that opened a session and holds everything up
//! to the next such event. In order, an event is appended; out of order, the one or two segments it
//! can matter to are walked again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    event::Event,
    walk::{Limits, Walk},
};
use crate::{contribution::Contribution, rows::UserId, symbols::Sym};

/// Sessions of one (site, user, session id or none).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) site: u32,
    pub(crate) user: UserId,
    pub(crate) session_id: Option<Arc<str>>,
    pub(crate) segments: Vec<Segment>,
    /// Contributions of sessions that are no more, to be taken back.
    pub(crate) stale: Vec<Contribution>,
    /// Starts of visits that are no more, to be deleted unless they are again.
    pub(crate) vanished: Vec<i64>,
    /// Whether the group waits in the list of groups to refresh.
    pub(crate) dirty: bool,
    /// Whether the group waits in the list of groups with rows to write.
    pub(crate) queued: bool,
    /// The cutoff at which a timer will look at the group again.
    pub(crate) timer: Option<i64>,
}

/// A session and its events, as far as they can still change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Segment {
    /// The session up to the events that no accepted event can precede any more.
    sealed: Option<Box<Walk>>,
    /// The events after those, in order.
    events: Vec<Event>,
    /// The session with all its events; `None`: pageleaves of no session.
    pub(crate) walk: Option<Walk>,
    /// What is counted of the session in windows and rolling sums.
    pub(crate) published: Option<Contribution>,
    /// Whether `published` is behind.
    pub(crate) changed: bool,
    /// Whether the session's row is behind.
    pub(crate) row_due: bool,
    /// When the row was last written, on the flusher's clock.
    pub(crate) written_at: Option<i64>,
    /// How many times the row was written while open.
    pub(crate) writes: u32,
}

/// A session as it was before an event came out of order.
pub(crate) struct Before {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) pages: Vec<Sym>,
}

/// What an insertion did.
pub(crate) enum Inserted {
    /// The event came last; the session at this place took it, and ended here before, if it was a visit.
    Appended { at: usize, previous_end: Option<i64> },
    /// Segments from this place on were walked again.
    Rebuilt { before: Vec<Before>, from: usize, count: usize },
}

impl Group {
    pub(crate) fn new(site: u32, user: UserId, session_id: Option<Arc<str>>) -> Self {
        Self {
            site,
            user,
            session_id,
            segments: Vec::new(),
            stale: Vec::new(),
            vanished: Vec::new(),
            dirty: false,
            queued: false,
            timer: None,
        }
    }

    /// Puts an event in its place. Events before `cutoff` can no longer come.
    pub(crate) fn insert(&mut self, event: Event, limits: &Limits, cutoff: Option<i64>) -> Inserted {
        let in_order =
            self.segments.last().and_then(Segment::last).is_none_or(|last| last.cmp(&event).is_lt());
        if in_order { self.append(event, limits, cutoff) } else { self.rebuild(event, limits) }
    }

    fn append(&mut self, event: Event, limits: &Limits, cutoff: Option<i64>) -> Inserted {
        let previous = self.segments.last().and_then(|segment| segment.walk.as_ref());
        let previous_end = previous.filter(|walk| walk.is_visit()).map(|walk| walk.end);
        if let Some(last) = self.segments.last_mut()
            && last.append(&event, limits)
        {
            last.events.push(event);
            last.seal(cutoff, limits);
            return Inserted::Appended { at: self.segments.len() - 1, previous_end };
        }
        self.segments.push(Segment::begin(event, limits));
        Inserted::Appended { at: self.segments.len() - 1, previous_end: None }
    }

    fn rebuild(&mut self, event: Event, limits: &Limits) -> Inserted {
        let after = self.segments.partition_point(|segment| {
            segment.sealed.is_some() || segment.events.first().is_some_and(|first| first.cmp(&event).is_lt())
        });
        let from = after.saturating_sub(1);
        let to = (from + 2).min(self.segments.len());
        let mut before = Vec::new();
        let mut events = Vec::new();
        let mut seed = None;
        let mut written = Vec::new();
        for (place, mut segment) in self.segments.drain(from..to).enumerate() {
            if let Some(walk) = segment.walk.filter(Walk::is_visit) {
                written.push((walk.start, segment.written_at, segment.writes));
                before.push(Before {
                    start: walk.start,
                    end: walk.end,
                    pages: walk.pages.iter().map(|sum| sum.page).collect(),
                });
            }
            self.stale.extend(segment.published.take());
            if place == 0 {
                seed = segment.sealed.take();
            }
            events.append(&mut segment.events);
        }
        let place = events.partition_point(|other: &Event| other.cmp(&event).is_lt());
        events.insert(place, event);

        let mut rebuilt = Segment::walk(seed, events, limits);
        for segment in &mut rebuilt {
            let start = segment.walk.as_ref().map(|walk| walk.start);
            if let Some((_, at, writes)) = written.iter().find(|(was, ..)| Some(*was) == start) {
                (segment.written_at, segment.writes) = (*at, *writes);
            }
        }
        self.vanished.extend(before.iter().map(|session| session.start));
        let count = rebuilt.len();
        self.segments.splice(from..from, rebuilt);
        Inserted::Rebuilt { before, from, count }
    }

    /// When the first of the sessions becomes final: once the cutoff is past this instant.
    pub(crate) fn final_after(&self, limits: &Limits) -> Option<i64> {
        self.segments.iter().filter_map(|segment| segment.final_after(limits)).min()
    }
}

impl Segment {
    /// Events in a segment from which on sealing is worth a look.
    const SEAL_EVERY: usize = 256;

    fn begin(event: Event, limits: &Limits) -> Self {
        let walk = Walk::open(&event, limits);
        Self::new(None, vec![event], walk)
    }

    /// A segment of which nothing is counted or written yet.
    fn new(sealed: Option<Box<Walk>>, events: Vec<Event>, walk: Option<Walk>) -> Self {
        Self {
            sealed,
            events,
            walk,
            published: None,
            changed: true,
            row_due: true,
            written_at: None,
            writes: 0,
        }
    }

    /// Walks events in order into segments, the first going on from `seed`.
    fn walk(seed: Option<Box<Walk>>, events: Vec<Event>, limits: &Limits) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        if let Some(seed) = seed {
            let walk = (*seed).clone();
            segments.push(Self::new(Some(seed), Vec::new(), Some(walk)));
        }
        for event in events {
            if let Some(last) = segments.last_mut()
                && last.append(&event, limits)
            {
                last.events.push(event);
            } else {
                segments.push(Segment::begin(event, limits));
            }
        }
        segments
    }

    /// Walks on by the next event in order, unless it opens a session of its own.
    fn append(&mut self, event: &Event, limits: &Limits) -> bool {
        match &mut self.walk {
            Some(walk) if walk.takes(event, limits) => {
                walk.apply(event, limits);
                self.changed = true;
                self.row_due = true;
                true
            }
            // What opens nothing stays here without belonging to the session.
            _ => Walk::open(event, limits).is_none(),
        }
    }

    fn last(&self) -> Option<&Event> {
        self.events.last()
    }

    /// Walks the events that nothing can precede any more into `sealed`, now and then.
    fn seal(&mut self, cutoff: Option<i64>, limits: &Limits) {
        let Some(cutoff) = cutoff else { return };
        if !self.events.len().is_multiple_of(Self::SEAL_EVERY) {
            return;
        }
        // The last event stays: it tells whether the next one comes in order.
        let end = self.events.partition_point(|event| event.ts < cutoff).min(self.events.len() - 1);
        for event in self.events.drain(..end) {
            match &mut self.sealed {
                Some(walk) if walk.takes(&event, limits) => walk.apply(&event, limits),
                Some(_) => {}
                None => self.sealed = Walk::open(&event, limits).map(Box::new),
            }
        }
    }

    /// The segment is final once the cutoff is past this instant; `None`: never.
    pub(crate) fn final_after(&self, limits: &Limits) -> Option<i64> {
        let last = self.events.last().map_or(i64::MIN, |event| event.ts);
        match &self.walk {
            Some(walk) => Some(last.max(walk.open_until(limits)?)),
            None => Some(last),
        }
    }

    /// Marks every symbol the segment refers to.
    pub(crate) fn mark(&self, mark: &mut dyn FnMut(Sym)) {
        for event in &self.events {
            event.page.into_iter().chain(event.referrer).for_each(&mut *mark);
            if let super::Kind::Feature { feature, .. } = event.kind {
                mark(feature);
            }
        }
        for walk in self.walk.iter().chain(self.sealed.as_deref()) {
            walk.entry.into_iter().chain(walk.exit).chain(walk.referrer).for_each(&mut *mark);
            walk.views.iter().for_each(|view| mark(view.page));
            walk.uses.iter().for_each(|(_, feature)| mark(*feature));
            walk.pages.iter().for_each(|sum| mark(sum.page));
        }
        if let Some(published) = &self.published {
            published.mark(mark);
        }
    }
}
