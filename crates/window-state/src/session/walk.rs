//! A session as far as its events have been walked, in order.

use serde::{Deserialize, Serialize};

use super::event::{Event, Kind};
use crate::{
    rules::{FoldRules, TimeOnPage},
    symbols::Sym,
};

/// What the rules say about walking a group of events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A longer silence closes the session; `None`: none does.
    pub(crate) gap: Option<i64>,
    pub(crate) max_views: usize,
    pub(crate) max_uses: usize,
    pub(crate) time_on_page: TimeOnPage,
}

impl Limits {
    /// Limits of groups with or without the client's session id.
    pub(crate) fn new(rules: &FoldRules, has_id: bool) -> Self {
        Self {
            gap: if has_id { rules.session_silence } else { Some(rules.session_gap) },
            max_views: rules.max_views_per_session,
            max_uses: rules.max_feature_uses_per_session,
            time_on_page: rules.time_on_page,
        }
    }
}

/// One listed page view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) at: i64,
    pub(crate) page: Sym,
    id: Option<u64>,
    pub(crate) left_at: Option<i64>,
    pub(crate) engaged_ms: Option<u64>,
    pub(crate) scroll: Option<u32>,
}

/// What a session did on one page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageSum {
    pub(crate) page: Sym,
    /// Whether it was viewed; else a leave without a view told of it.
    pub(crate) viewed: bool,
    pub(crate) engaged_ms: Option<u64>,
    pub(crate) scroll: Option<u32>,
}

/// A session, walked so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// First event, pageleave aside.
    pub(crate) start: i64,
    /// Last event, pageleave aside.
    pub(crate) end: i64,
    /// Last event.
    pub(crate) left: i64,
    /// Whether the client closed it.
    pub(crate) ended: bool,
    pub(crate) pageviews: u32,
    pub(crate) feature_uses: u32,
    pub(crate) clicks: u32,
    pub(crate) purchases: u32,
    pub(crate) interactive: u32,
    pub(crate) entry: Option<Sym>,
    pub(crate) exit: Option<Sym>,
    pub(crate) referrer: Option<Sym>,
    pub(crate) engaged_ms: Option<u64>,
    pub(crate) scroll: Option<u32>,
    pub(crate) views: Vec<View>,
    pub(crate) uses: Vec<(i64, Sym)>,
    pub(crate) pages: Vec<PageSum>,
    /// The view whose next event is still to come: its time, page, place in `views`.
    open_view: Option<(i64, Sym, usize)>,
}

impl Walk {
    /// Begins a session with `event`, if such an event opens one.
    pub(crate) fn open(event: &Event, limits: &Limits) -> Option<Self> {
        if matches!(event.kind, Kind::Leave | Kind::End) {
            return None;
        }
        let mut walk = Self {
            start: event.ts,
            end: event.ts,
            left: event.ts,
            ended: false,
            pageviews: 0,
            feature_uses: 0,
            clicks: 0,
            purchases: 0,
            interactive: 0,
            entry: None,
            exit: None,
            referrer: None,
            engaged_ms: None,
            scroll: None,
            views: Vec::new(),
            uses: Vec::new(),
            pages: Vec::new(),
            open_view: None,
        };
        walk.apply(event, limits);
        Some(walk)
    }

    /// Whether `event`, next in order, belongs to this session.
    pub(crate) fn takes(&self, event: &Event, limits: &Limits) -> bool {
        let silent = limits.gap.is_some_and(|gap| event.ts - self.left > gap);
        // Two sessions cannot have one key: at the instant it began, a closed session opens again.
        !silent && (!self.ended || event.is_leave() || event.ts == self.start)
    }

    /// Walks on by one event that belongs to the session.
    pub(crate) fn apply(&mut self, event: &Event, limits: &Limits) {
        self.left = event.ts;
        self.referrer = self.referrer.or(event.referrer);
        if event.kind == Kind::Leave {
            self.leave(event, limits);
            return;
        }
        self.end = event.ts;
        self.ended = false;
        self.close_view(event.ts, limits);
        match event.kind {
            Kind::View => self.view(event, limits),
            Kind::Feature { feature, interactive } => {
                self.feature_uses += 1;
                self.interactive += u32::from(interactive);
                if self.uses.len() < limits.max_uses {
                    self.uses.push((event.ts, feature));
                }
            }
            Kind::Click => {
                self.clicks += 1;
                self.interactive += 1;
            }
            Kind::Purchase => {
                self.purchases += 1;
                self.interactive += 1;
            }
            Kind::End => self.ended = true,
            Kind::Start | Kind::Leave => {}
        }
    }

    /// No event after this instant can belong to the session; `None`: one always can.
    pub(crate) fn open_until(&self, limits: &Limits) -> Option<i64> {
        Some(self.left + limits.gap?)
    }

    /// Whether it counts as a visit.
    pub(crate) fn is_visit(&self) -> bool {
        self.pageviews > 0 || self.interactive > 0
    }

    /// Whether the visit bounced (profile `plausible`).
    pub(crate) fn is_bounce(&self) -> bool {
        self.pageviews < 2 && self.interactive == 0
    }

    /// Events that say something happened.
    pub(crate) fn events(&self) -> u32 {
        self.pageviews + self.feature_uses + self.clicks + self.purchases
    }

    fn view(&mut self, event: &Event, limits: &Limits) {
        let Some(page) = event.page else { return };
        self.pageviews += 1;
        self.entry = self.entry.or(Some(page));
        self.exit = Some(page);
        self.open_view = Some((event.ts, page, self.views.len()));
        if self.views.len() < limits.max_views {
            self.views.push(View {
                at: event.ts,
                page,
                id: event.view_id,
                left_at: None,
                engaged_ms: None,
                scroll: None,
            });
        }
        self.page(page).viewed = true;
        let at = self.views.len().checked_sub(1).filter(|at| Some(*at) == self.open_view.map(|(.., at)| at));
        self.report(page, at, event, limits);
    }

    fn leave(&mut self, event: &Event, limits: &Limits) {
        let Some(page) = event.page else { return };
        let view = self.left_view(event.view_id, page);
        if let Some(view) = view.and_then(|at| self.views.get_mut(at)) {
            view.left_at = Some(event.ts);
        }
        let page = view.and_then(|at| self.views.get(at)).map_or(page, |view| view.page);
        self.report(page, view, event, limits);
    }

    /// The view a leave belongs to: by id, else the oldest of the page without a leave, else the latest.
    fn left_view(&self, id: Option<u64>, page: Sym) -> Option<usize> {
        let by_id = id.and_then(|id| self.views.iter().rposition(|view| view.id == Some(id)));
        by_id
            .or_else(|| self.views.iter().position(|view| view.page == page && view.left_at.is_none()))
            .or_else(|| self.views.iter().rposition(|view| view.page == page))
    }

    /// Counts what an event reports of a page, for the view, the page and the session.
    fn report(&mut self, page: Sym, view: Option<usize>, event: &Event, limits: &Limits) {
        let engaged = event.engaged_ms.filter(|_| limits.time_on_page == TimeOnPage::Engaged);
        if let Some(view) = view.and_then(|at| self.views.get_mut(at)) {
            add(&mut view.engaged_ms, engaged);
            view.scroll = view.scroll.max(event.scroll);
        }
        let sum = self.page(page);
        add(&mut sum.engaged_ms, engaged);
        sum.scroll = sum.scroll.max(event.scroll);
        add(&mut self.engaged_ms, engaged);
        self.scroll = self.scroll.max(event.scroll);
    }

    /// By `gap`, time on page ends with the session's next event.
    fn close_view(&mut self, ts: i64, limits: &Limits) {
        let Some((at, page, index)) = self.open_view.take() else {
            return;
        };
        if limits.time_on_page == TimeOnPage::Gap {
            let gap = u64::try_from(ts - at).ok();
            if let Some(view) = self.views.get_mut(index) {
                add(&mut view.engaged_ms, gap);
            }
            add(&mut self.page(page).engaged_ms, gap);
            add(&mut self.engaged_ms, gap);
        }
    }

    fn page(&mut self, page: Sym) -> &mut PageSum {
        let at = self.pages.iter().position(|sum| sum.page == page).unwrap_or(self.pages.len());
        if at == self.pages.len() {
            self.pages.push(PageSum { page, viewed: false, engaged_ms: None, scroll: None });
        }
        &mut self.pages[at]
    }
}

fn add(sum: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or(0).saturating_add(more));
    }
}
