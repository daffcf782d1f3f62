//! One site of a partition: its rolling sums and labels.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::HashMap;
use metric_defs::SESSION_SECONDS_UPPER;
use serde::{Deserialize, Serialize};

use crate::{contribution::Contribution, rolling::Rolling, symbols::Sym, time::minute_of};

/// Places of a site's figures in their rolling sum.
pub(crate) mod figure {
    pub(crate) const PAGEVIEWS: usize = 0;
    pub(crate) const SESSIONS: usize = 1;
    pub(crate) const BOUNCED: usize = 2;
    pub(crate) const SESSION_PAGEVIEWS: usize = 3;
    pub(crate) const SESSION_MS: usize = 4;
    pub(crate) const ENGAGED_MS: usize = 5;
    pub(crate) const ENGAGED_SESSIONS: usize = 6;
    pub(crate) const SCROLL_SUM: usize = 7;
    pub(crate) const SCROLL_SAMPLES: usize = 8;
    /// Four quarters.
    pub(crate) const SCROLL_REACHED: usize = 9;
    /// One for each upper bound: visits in it and in no lower one.
    pub(crate) const DURATIONS: usize = 13;
    pub(crate) const COUNT: usize = DURATIONS + super::SESSION_SECONDS_UPPER.len();
}

/// Places of a page's figures in its rolling sum.
pub(crate) mod page_figure {
    pub(crate) const VIEWS: usize = 0;
    pub(crate) const EXITS: usize = 1;
}

/// Rolling sums under a label, and the last minute the label was used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Label<const N: usize> {
    pub(crate) sums: Rolling<N>,
    last: i64,
}

/// Labels with slots: at most so many at a time, the rest in `(other)`.
pub(crate) type Labels<const N: usize> = HashMap<Sym, Label<N>>;

/// The label's slot at `minute`: its own, if it has one or one is free; else `(other)`.
///
/// Slots not used since `expired_below` are free, whether or not a sweep has been there.
pub(crate) fn admit<const N: usize>(
    labels: &mut Labels<N>,
    label: Sym,
    minute: i64,
    expired_below: i64,
    max: usize,
) -> (Sym, &mut Label<N>) {
    let live = labels.get(&label).is_some_and(|entry| entry.last >= expired_below);
    if !live {
        labels.remove(&label);
        if labels.len() >= max {
            labels.retain(|_, entry| entry.last >= expired_below);
        }
    }
    let slot = if live || labels.len() < max { label } else { Sym::OTHER };
    let entry = labels.entry(slot).or_default();
    entry.last = entry.last.max(minute);
    (slot, entry)
}

/// A site's state besides its windows, users and sessions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Site {
    pub(crate) name: Arc<str>,
    /// First accepted event time.
    pub(crate) first_event: Option<i64>,
    /// Users by the minute last and first seen.
    pub(crate) users: Rolling<2>,
    /// Active users of each day.
    pub(crate) day_users: BTreeMap<i32, u32>,
    /// See [`figure`].
    pub(crate) figures: Box<Rolling<{ figure::COUNT }>>,
    /// See [`page_figure`].
    pub(crate) pages: Labels<2>,
    /// Users of each feature by the minute of their last use.
    pub(crate) features: Labels<1>,
}

impl Site {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            first_event: None,
            users: Rolling::default(),
            day_users: BTreeMap::new(),
            figures: Box::default(),
            pages: Labels::new(),
            features: Labels::new(),
        }
    }

    /// Adds a visit; remembers in it under which label its exit is counted.
    pub(crate) fn add(&mut self, visit: &mut Contribution) {
        // The page has its slot since it was viewed, if it has one.
        visit.exit = visit.exit.map(|page| if self.pages.contains_key(&page) { page } else { Sym::OTHER });
        self.apply(visit, 1);
    }

    /// Takes a visit back.
    pub(crate) fn take_back(&mut self, visit: &Contribution) {
        self.apply(visit, -1);
    }

    fn apply(&mut self, visit: &Contribution, sign: i64) {
        let minute = minute_of(visit.end);
        let mut delta = [0_i64; figure::COUNT];
        let signed = |figure: u64| sign * i64::try_from(figure).unwrap_or(i64::MAX);
        delta[figure::SESSIONS] = sign;
        delta[figure::BOUNCED] = signed(visit.site.bounces);
        delta[figure::SESSION_PAGEVIEWS] = signed(visit.site.pageviews);
        delta[figure::SESSION_MS] = signed(visit.site.duration_ms);
        for (_, page) in &visit.pages {
            delta[figure::ENGAGED_MS] += signed(page.engaged_ms);
            delta[figure::ENGAGED_SESSIONS] += signed(page.engaged_sessions);
            delta[figure::SCROLL_SUM] += signed(page.scroll_sum);
            delta[figure::SCROLL_SAMPLES] += signed(page.scroll_samples);
            for (quarter, reached) in page.scroll_reached.iter().enumerate() {
                delta[figure::SCROLL_REACHED + quarter] += signed(*reached);
            }
        }
        let within = |upper: &u32| visit.site.duration_ms <= u64::from(*upper) * 1_000;
        if let Some(bucket) = SESSION_SECONDS_UPPER.iter().position(within) {
            delta[figure::DURATIONS + bucket] = sign;
        }
        self.figures.add(minute, delta);
        if let Some(label) = visit.exit.and_then(|page| self.pages.get_mut(&page)) {
            label.sums.add_one(minute, page_figure::EXITS, sign);
        }
    }

    /// Forgets what no window reaches: minutes below `floor`, days below `floor_day`.
    pub(crate) fn forget_below(&mut self, floor: i64, floor_day: i32) {
        self.users.forget_below(floor);
        self.figures.forget_below(floor);
        self.day_users = self.day_users.split_off(&floor_day);
        self.pages.values_mut().for_each(|label| label.sums.forget_below(floor));
        self.features.values_mut().for_each(|label| label.sums.forget_below(floor));
    }

    /// Frees labels not used since minute `expired_below`.
    pub(crate) fn sweep(&mut self, expired_below: i64) {
        self.pages.retain(|_, label| label.last >= expired_below);
        self.features.retain(|_, label| label.last >= expired_below);
    }

    /// Marks every symbol referred to.
    pub(crate) fn mark(&self, mark: &mut dyn FnMut(Sym)) {
        self.pages.keys().chain(self.features.keys()).for_each(|sym| mark(*sym));
    }
}
