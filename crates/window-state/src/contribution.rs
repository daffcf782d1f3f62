//! What one visit adds to windows and rolling sums; taken back when the visit changes.

use serde::{Deserialize, Serialize};

use crate::{
    rows::{PageFigures, SiteFigures},
    session::Walk,
    symbols::Sym,
};

/// A visit's contribution, as it was added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Contribution {
    /// The visit belongs to the buckets of this instant.
    pub(crate) end: i64,
    pub(crate) site: SiteFigures,
    pub(crate) pages: Vec<(Sym, PageFigures)>,
    /// The exit page; once added, the label it is counted under in the rolling sums.
    pub(crate) exit: Option<Sym>,
}

/// Quarters of a page's height, in millionths.
const QUARTERS: [u32; 4] = [250_000, 500_000, 750_000, 1_000_000];

impl Contribution {
    /// What a session adds; nothing if it is no visit.
    pub(crate) fn of(walk: &Walk) -> Option<Self> {
        if !walk.is_visit() {
            return None;
        }
        let bounce = walk.is_bounce();
        let pages = walk.pages.iter().map(|sum| {
            let figures = PageFigures {
                visits: u64::from(sum.viewed),
                entries: u64::from(walk.entry == Some(sum.page)),
                exits: u64::from(walk.exit == Some(sum.page)),
                bounces: u64::from(bounce && sum.viewed),
                engaged_ms: sum.engaged_ms.unwrap_or(0),
                engaged_sessions: u64::from(sum.engaged_ms.is_some()),
                scroll_sum: sum.scroll.map_or(0, u64::from),
                scroll_samples: u64::from(sum.scroll.is_some()),
                scroll_reached: QUARTERS
                    .map(|quarter| u64::from(sum.scroll.is_some_and(|depth| depth >= quarter))),
                ..PageFigures::default()
            };
            (sum.page, figures)
        });
        Some(Self {
            end: walk.end,
            site: SiteFigures {
                sessions: 1,
                bounces: u64::from(bounce),
                pageviews: u64::from(walk.pageviews),
                duration_ms: u64::try_from(walk.end - walk.start).unwrap_or(0),
                visitors: 0,
            },
            pages: pages.collect(),
            exit: walk.exit,
        })
    }

    /// Marks every symbol it refers to.
    pub(crate) fn mark(&self, mark: &mut dyn FnMut(Sym)) {
        self.pages.iter().for_each(|(page, _)| mark(*page));
        self.exit.into_iter().for_each(mark);
    }
}

/// Adds or takes back figures.
pub(crate) trait Signed {
    /// `self += sign * other`, with `sign` 1 or -1.
    fn add(&mut self, other: &Self, sign: i64);
}

fn add(sum: &mut u64, more: u64, sign: i64) {
    *sum = if sign < 0 { sum.saturating_sub(more) } else { *sum + more };
}

impl Signed for SiteFigures {
    fn add(&mut self, other: &Self, sign: i64) {
        let Self { sessions, bounces, pageviews, duration_ms, visitors } = other;
        add(&mut self.sessions, *sessions, sign);
        add(&mut self.bounces, *bounces, sign);
        add(&mut self.pageviews, *pageviews, sign);
        add(&mut self.duration_ms, *duration_ms, sign);
        add(&mut self.visitors, *visitors, sign);
    }
}

impl Signed for PageFigures {
    fn add(&mut self, other: &Self, sign: i64) {
        let Self { pageviews, visitors, visits, entries, exits, bounces, .. } = other;
        add(&mut self.pageviews, *pageviews, sign);
        add(&mut self.visitors, *visitors, sign);
        add(&mut self.visits, *visits, sign);
        add(&mut self.entries, *entries, sign);
        add(&mut self.exits, *exits, sign);
        add(&mut self.bounces, *bounces, sign);
        add(&mut self.engaged_ms, other.engaged_ms, sign);
        add(&mut self.engaged_sessions, other.engaged_sessions, sign);
        add(&mut self.scroll_sum, other.scroll_sum, sign);
        add(&mut self.scroll_samples, other.scroll_samples, sign);
        for (sum, more) in self.scroll_reached.iter_mut().zip(other.scroll_reached) {
            add(sum, more, sign);
        }
    }
}
