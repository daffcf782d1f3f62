//! What a session needs to know of an event.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::symbols::Sym;

/// The tie-break between events of one instant: origins by offset, then ids by their bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum OrderKey {
    /// No event id: the offset stands in.
    Offset(u64),
    /// The event id.
    Id(Box<str>),
}

/// What happened, as far as sessions care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    View,
    Leave,
    Start,
    End,
    Feature { feature: Sym, interactive: bool },
    Click,
    Purchase,
}

/// One event of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Epoch milliseconds.
    pub(crate) ts: i64,
    pub(crate) kind: Kind,
    pub(crate) order: OrderKey,
    /// Views and leaves only.
    pub(crate) page: Option<Sym>,
    pub(crate) referrer: Option<Sym>,
    /// The hash of the pageview_id.
    pub(crate) view_id: Option<u64>,
    /// Millionths of the page's height.
    pub(crate) scroll: Option<u32>,
    pub(crate) engaged_ms: Option<u64>,
}

impl Event {
    /// Whether the event is a pageleave.
    pub(crate) fn is_leave(&self) -> bool {
        self.kind == Kind::Leave
    }

    /// The order inside a session: by (timestamp, pageleave last, event id).
    pub(crate) fn cmp(&self, other: &Self) -> Ordering {
        (self.ts, self.is_leave(), &self.order).cmp(&(other.ts, other.is_leave(), &other.order))
    }
}
