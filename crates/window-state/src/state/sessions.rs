//! Sessions in the fold: an event takes its place, and what it changes is brought up to date.

use std::sync::Arc;

use event_model::Event;

use super::{PartitionState, accept::user_id};
use crate::{
    contribution::Contribution,
    keys::group_key,
    rows::Grain,
    session::{self, Before, Group, Inserted, Limits, Walk},
    symbols::Sym,
    windows::{BucketKey, Windows},
};

impl PartitionState {
    /// Puts an event of a session in its place.
    pub(super) fn insert(&mut self, event: &Event<'_>, inserted: session::Event, site: u32, user: u64) {
        let session_id = event.session_id.as_deref();
        let key = group_key(user, session_id);
        let limits = Limits::new(&self.rules, session_id.is_some());
        let cutoff = self.cutoff();
        let max = self.rules.max_pages_per_window;
        let page = inserted.page;
        let data = &mut self.data;
        let group = data
            .groups
            .entry(key)
            .or_insert_with(|| Group::new(site, user_id(event), session_id.map(Arc::from)));
        let outcome = group.insert(inserted, &limits, cutoff);
        place(&mut data.windows, group, outcome, page, max);
        if !group.dirty {
            group.dirty = true;
            data.dirty_groups.push(key);
        }
        if !group.queued {
            group.queued = true;
            data.row_queue.push(key);
        }
        // Out of order, a session may become final before the one the timer was set for.
        if let Some(at) = group.final_after(&limits).filter(|at| group.timer.is_none_or(|timer| *at < timer))
        {
            group.timer = Some(at);
            data.timers.entry(at).or_default().push(key);
        }
    }

    /// Brings windows and rolling sums up to date with the sessions that changed.
    pub(super) fn refresh(&mut self) {
        let data = &mut self.data;
        for key in std::mem::take(&mut data.dirty_groups) {
            let Some(group) = data.groups.get_mut(&key) else {
                continue;
            };
            group.dirty = false;
            let site = group.site;
            let sums = &mut data.sites[site as usize];
            for visit in group.stale.drain(..) {
                data.windows.apply(site, &visit, -1);
                sums.take_back(&visit);
            }
            for segment in group.segments.iter_mut().filter(|segment| segment.changed) {
                segment.changed = false;
                if let Some(visit) = segment.published.take() {
                    data.windows.apply(site, &visit, -1);
                    sums.take_back(&visit);
                }
                segment.published = segment.walk.as_ref().and_then(Contribution::of);
                if let Some(visit) = &mut segment.published {
                    data.windows.apply(site, visit, 1);
                    sums.add(visit);
                }
            }
        }
    }
}

/// Admits the pages of a changed visit where it belongs now, and says what rows may no longer hold.
///
/// Both happen at the record that causes them: what a flush between two records may have written, in
/// this run or in one that crashed, is written anew, and the log alone decides who is admitted.
fn place(windows: &mut Windows, group: &Group, outcome: Inserted, page: Option<Sym>, max: usize) {
    let site = group.site;
    let pages = |walk: &Walk| walk.pages.iter().map(|sum| sum.page).collect::<Vec<_>>();
    match outcome {
        Inserted::Appended { at, previous_end } => {
            let Some(walk) = group.segments[at].walk.as_ref().filter(|walk| walk.is_visit()) else { return };
            let bucket = |end| BucketKey::of(site, Grain::Hour, end);
            if previous_end.is_some_and(|end| bucket(end) == bucket(walk.end)) {
                admit_pages(windows, site, walk.end, page.as_slice(), max);
                return;
            }
            if let Some(end) = previous_end {
                touch(windows, site, end, &pages(walk));
            }
            admit_pages(windows, site, walk.end, &pages(walk), max);
        }
        Inserted::Rebuilt { before, from, count } => {
            for Before { end, pages, .. } in &before {
                touch(windows, site, *end, pages);
            }
            let rebuilt =
                group.segments[from..from + count].iter().filter_map(|segment| segment.walk.as_ref());
            for walk in rebuilt.filter(|walk| walk.is_visit()) {
                admit_pages(windows, site, walk.end, &pages(walk), max);
            }
        }
    }
}

fn admit_pages(windows: &mut Windows, site: u32, end: i64, pages: &[Sym], max: usize) {
    for grain in Grain::BOTH {
        for page in pages {
            windows.admit(BucketKey::of(site, grain, end), *page, max);
        }
    }
}

fn touch(windows: &mut Windows, site: u32, end: i64, pages: &[Sym]) {
    for grain in Grain::BOTH {
        windows.touch(BucketKey::of(site, grain, end), pages);
    }
}
