//! What a session needs to know of an event.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::symbols::Sym;

/// The tie-break between events of one instant: those without an id by offset, then ids by their bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum OrderKey {
    /// No event id: the offset stands in; of a merged record the one it had before, with its partition and topic.
    Offset(u64, Option<Box<(i32, String)>>),
    /// The event id.
    Id(Box<str>),
}

impl OrderKey {
    /// The key of an event without an id, by its origin `topic/partition/offset` if it was merged.
    pub(crate) fn without_id(offset: u64, origin: Option<&str>) -> Self {
        let parsed = origin.and_then(|origin| {
            let (rest, offset) = origin.rsplit_once('/')?;
            let (topic, partition) = rest.rsplit_once('/')?;
            let place = Box::new((partition.parse().ok()?, topic.to_owned()));
            Some(Self::Offset(offset.parse().ok()?, Some(place)))
        });
        parsed.unwrap_or(Self::Offset(offset, None))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_without_an_id_come_by_offset_before_those_with_one() {
        let merged = |origin| OrderKey::without_id(77, Some(origin));
        let ordered = [
            merged("web/1/9"),
            merged("app/2/9"),
            merged("web/0/10"),
            OrderKey::without_id(11, None),
            OrderKey::Id("0".into()),
            OrderKey::Id("a".into()),
        ];
        assert!(ordered.is_sorted(), "{ordered:?}");
        assert_eq!(merged("no origin"), OrderKey::Offset(77, None));
    }
}
