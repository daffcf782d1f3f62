//! Tables as ClickHouse would hold them, and logs in every disorder.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use event_model::{Event, EventKind, Pageview, SessionAction, SurveyKind, UserRef};
use window_state::{
    Content, FlushPolicy, FoldRules, Outcome, PartitionState, Record, RecordTime,
    rows::{Changes, PageFigures, SiteFigures, UserDayRow, VisitRow},
};

/// What an event of the tests is about.
#[derive(Clone, Debug)]
pub(crate) enum What {
    View { page: u8, view: Option<u8>, scroll: Option<u8>, engaged: Option<u32> },
    Leave { page: u8, view: Option<u8>, scroll: Option<u8>, engaged: Option<u32> },
    Start,
    End,
    Feature { feature: u8, interactive: bool },
    Click,
    Purchase,
    Survey,
}

/// An event of the tests.
#[derive(Clone, Debug)]
pub(crate) struct Ev {
    pub(crate) id: usize,
    pub(crate) user: u8,
    pub(crate) session: Option<u8>,
    pub(crate) ts: i64,
    pub(crate) what: What,
}

impl Ev {
    fn event(&self) -> Event<'static> {
        let view = |page: u8, view: Option<u8>, scroll: Option<u8>, engaged: Option<u32>| Pageview {
            page: Cow::Owned(format!("/p{page}?q#f")),
            pageview_id: view.map(|id| Cow::Owned(format!("v{id}"))),
            scroll_depth: scroll.map(|percent| u32::from(percent) * 10_000),
            engaged_ms: engaged.map(u64::from),
        };
        let kind = match self.what {
            What::View { page, view: id, scroll, engaged } => {
                EventKind::Pageview(view(page, id, scroll, engaged))
            }
            What::Leave { page, view: id, scroll, engaged } => {
                EventKind::Pageleave(view(page, id, scroll, engaged))
            }
            What::Start => EventKind::Session(SessionAction::Start),
            What::End => EventKind::Session(SessionAction::End),
            What::Feature { feature, interactive } => {
                EventKind::FeatureUse { feature: Cow::Owned(format!("f{feature}")), page: None, interactive }
            }
            What::Click => EventKind::Click { link: Cow::Borrowed("l"), campaign: None, page: None },
            What::Purchase => EventKind::Purchase {
                amount: Cow::Borrowed("1"),
                currency: Cow::Borrowed("EUR"),
                refund: false,
                kind: None,
                product: None,
                order_id: None,
            },
            What::Survey => EventKind::Survey {
                kind: SurveyKind::Nps,
                score: None,
                scale: 10,
                component: None,
                channel: None,
                ticket_id: None,
                agent: None,
            },
        };
        Event {
            timestamp: self.ts,
            user: Some(if self.user.is_multiple_of(2) {
                UserRef::Known(Cow::Owned(format!("u{}", self.user / 2)))
            } else {
                UserRef::Anonymous(Cow::Owned(format!("u{}", self.user / 2)))
            }),
            event_id: Some(Cow::Owned(format!("e{:05}", (self.id * 7_919) % 10_007))),
            site: Cow::Borrowed("s"),
            session_id: self.session.map(|id| Cow::Owned(format!("s{id}"))),
            user_agent: None,
            referrer: self.id.is_multiple_of(3).then(|| Cow::Owned(format!("r{}", self.id))),
            country: None,
            device: None,
            platform: None,
            plan: None,
            kind,
        }
    }
}

type UserKey = (String, bool);

/// The storage tables, a version per key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tables {
    pub(crate) user_days: BTreeMap<(i32, UserKey, u64), (u64, String)>,
    pub(crate) sessions: BTreeMap<(UserKey, String, i64), (u64, Option<VisitRow>)>,
    pub(crate) sites: BTreeMap<(String, i64), (u64, Option<SiteFigures>)>,
    pub(crate) pages: BTreeMap<(String, i64, String), (u64, Option<PageFigures>)>,
}

fn put<K: Ord, V>(table: &mut BTreeMap<K, (u64, V)>, key: K, version: u64, value: V) {
    match table.get(&key) {
        Some((had, _)) if *had > version => {}
        _ => {
            table.insert(key, (version, value));
        }
    }
}

impl Tables {
    /// Upserts rows as `ReplacingMergeTree(version, is_deleted)` does.
    pub(crate) fn write(&mut self, changes: Changes) {
        let version = changes.version;
        for row in changes.user_days {
            let UserDayRow {
                day,
                user,
                late_offset,
                first_seen,
                last_seen,
                events,
                pageviews,
                mut features,
                ..
            } = row;
            features.sort();
            let value = format!("{first_seen} {last_seen} {events} {pageviews} {features:?}");
            put(
                &mut self.user_days,
                (day, (user.id.to_string(), user.anonymous), late_offset),
                version,
                value,
            );
        }
        for row in changes.sessions {
            let key = (
                (row.user.id.to_string(), row.user.anonymous),
                row.session_id.as_deref().unwrap_or_default().to_owned(),
                row.started_at,
            );
            put(&mut self.sessions, key, version, row.visit);
        }
        for row in changes.site_buckets {
            put(&mut self.sites, (format!("{:?}", row.grain), row.start), version, row.figures);
        }
        for row in changes.page_buckets {
            put(
                &mut self.pages,
                (format!("{:?}", row.grain), row.start, row.page.to_string()),
                version,
                row.figures,
            );
        }
    }

    /// What a reader sees: no deleted rows, no versions.
    pub(crate) fn read(mut self) -> Self {
        self.sessions.retain(|_, (_, visit)| visit.is_some());
        self.sites.retain(|_, (_, figures)| figures.is_some());
        self.pages.retain(|_, (_, figures)| figures.is_some());
        self.user_days.values_mut().for_each(|(version, _)| *version = 0);
        self.sessions.values_mut().for_each(|(version, _)| *version = 0);
        self.sites.values_mut().for_each(|(version, _)| *version = 0);
        self.pages.values_mut().for_each(|(version, _)| *version = 0);
        self
    }

    /// Adds another partition's tables.
    pub(crate) fn add(&mut self, other: Self) {
        self.user_days.extend(other.user_days);
        self.sessions.extend(other.sessions);
        for (key, (_, figures)) in other.sites {
            let figures = figures.unwrap();
            let (_, sum) = self.sites.entry(key).or_insert((0, Some(SiteFigures::default())));
            let sum = sum.as_mut().unwrap();
            sum.sessions += figures.sessions;
            sum.bounces += figures.bounces;
            sum.pageviews += figures.pageviews;
            sum.duration_ms += figures.duration_ms;
            sum.visitors += figures.visitors;
        }
        for (key, (_, figures)) in other.pages {
            let f = figures.unwrap();
            let (_, sum) = self.pages.entry(key).or_insert((0, Some(PageFigures::default())));
            let sum = sum.as_mut().unwrap();
            sum.pageviews += f.pageviews;
            sum.visitors += f.visitors;
            sum.visits += f.visits;
            sum.entries += f.entries;
            sum.exits += f.exits;
            sum.bounces += f.bounces;
            sum.engaged_ms += f.engaged_ms;
            sum.engaged_sessions += f.engaged_sessions;
            sum.scroll_sum += f.scroll_sum;
            sum.scroll_samples += f.scroll_samples;
            for (a, b) in sum.scroll_reached.iter_mut().zip(f.scroll_reached) {
                *a += b;
            }
        }
    }
}

/// The rows in which two sets of tables differ, a line each; empty if they are equal.
pub(crate) fn differences(left: &Tables, right: &Tables) -> String {
    fn table<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
        name: &str,
        left: &BTreeMap<K, V>,
        right: &BTreeMap<K, V>,
    ) -> Vec<String> {
        let keys: std::collections::BTreeSet<&K> = left.keys().chain(right.keys()).collect();
        let differ = keys.into_iter().filter(|key| left.get(key) != right.get(key));
        differ.map(|key| format!("{name} {key:?}: {:?} / {:?}\n", left.get(key), right.get(key))).collect()
    }
    let mut lines = table("user_days", &left.user_days, &right.user_days);
    lines.extend(table("sessions", &left.sessions, &right.sessions));
    lines.extend(table("sites", &left.sites, &right.sites));
    lines.extend(table("pages", &left.pages, &right.pages));
    lines.concat()
}

const FINAL: FlushPolicy = FlushPolicy { now: 0, open_rows_interval: 0, force: true, end_of_log: true };

fn fold_one(state: &mut PartitionState, offset: usize, event: &Ev) -> Outcome {
    let event = event.event();
    state.fold(&Record {
        offset: offset as u64,
        time: RecordTime::Unknown,
        origin: None,
        content: Content::Event(&event),
    })
}

/// Folds a log in one go.
pub(crate) fn fold_all(log: &[Ev], rules: Arc<FoldRules>) -> Tables {
    let mut state = PartitionState::new(0, 0, rules);
    for (offset, event) in log.iter().enumerate() {
        assert!(matches!(fold_one(&mut state, offset, event), Outcome::Accepted | Outcome::Duplicate));
    }
    let mut tables = Tables::default();
    tables.write(state.changes(&FINAL));
    tables.read()
}

/// Folds a log with flushes, gauges and restarts here and there.
pub(crate) fn fold_flushing(log: &[Ev], rules: Arc<FoldRules>, seed: u64) -> Tables {
    let mut state = PartitionState::new(0, 0, rules.clone());
    let mut tables = Tables::default();
    for (offset, event) in log.iter().enumerate() {
        assert!(matches!(fold_one(&mut state, offset, event), Outcome::Accepted | Outcome::Duplicate));
        let dice = mix(seed, offset as u64);
        if dice.is_multiple_of(3) {
            tables.write(state.changes(&flush(dice, offset)));
        }
        if dice.is_multiple_of(5) {
            state.gauges(event.ts);
        }
        if dice.is_multiple_of(7) {
            state = PartitionState::restore(&state.snapshot().unwrap(), rules.clone()).unwrap();
        }
    }
    tables.write(state.changes(&FINAL));
    tables.read()
}

/// Folds a log, crashing: rows of the crashed run stay, the next run goes on from an older snapshot.
pub(crate) fn fold_crashing(log: &[Ev], rules: Arc<FoldRules>, seed: u64, crashes: usize) -> Tables {
    let mut tables = Tables::default();
    let mut saved = PartitionState::new(0, 0, rules.clone()).snapshot().unwrap();
    for life in 0..=crashes {
        let mut state = PartitionState::restore(&saved, rules.clone()).unwrap();
        let from = usize::try_from(state.next_offset()).unwrap();
        let life_seed = mix(seed, life as u64);
        let dies_at = if life < crashes {
            from + (life_seed % (log.len() - from + 1) as u64) as usize
        } else {
            log.len()
        };
        for (offset, event) in log.iter().enumerate().take(dies_at).skip(from) {
            fold_one(&mut state, offset, event);
            let dice = mix(life_seed, offset as u64);
            if dice.is_multiple_of(2) {
                let changes = state.changes(&flush(dice, offset));
                let snapshot = state.snapshot().unwrap();
                tables.write(changes);
                // The snapshot is published only now and then: the rows after it are written twice.
                if dice.is_multiple_of(10) {
                    saved = snapshot;
                }
            }
        }
        if life == crashes {
            tables.write(state.changes(&FINAL));
        }
    }
    tables.read()
}

fn flush(dice: u64, offset: usize) -> FlushPolicy {
    FlushPolicy {
        now: offset as i64 * 1_000,
        open_rows_interval: if dice.is_multiple_of(4) { 0 } else { 4_000 },
        force: dice.is_multiple_of(11),
        end_of_log: false,
    }
}

/// A number from two.
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut x = a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The log in any order.
pub(crate) fn shuffle(log: &[Ev], seed: u64) -> Vec<Ev> {
    let mut keyed: Vec<_> =
        log.iter().enumerate().map(|(n, event)| (mix(seed, n as u64), event.clone())).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, event)| event).collect()
}

/// The log with every event delayed by less than `most` milliseconds.
pub(crate) fn delay(log: &[Ev], most: i64, seed: u64) -> Vec<Ev> {
    let mut keyed: Vec<_> = log
        .iter()
        .enumerate()
        .map(|(n, event)| (event.ts + (mix(seed, n as u64) % most as u64) as i64, event.clone()))
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, event)| event).collect()
}
