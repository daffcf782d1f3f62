//! The promise of the fold: any order within the lateness, any duplication, any split into flushes,
//! any restart point and any assignment of users to partitions give the same rows.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod model;

use std::sync::Arc;

use model::{Ev, Tables, What, differences, fold_all, fold_flushing};
use proptest::prelude::*;
use window_state::FoldRules;

const MINUTE: i64 = 60_000;

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        6 => (0_u8..5, proptest::option::of(0_u8..4), proptest::option::of(0_u8..=100), proptest::option::of(0_u32..90_000))
            .prop_map(|(page, view, scroll, engaged)| What::View { page, view, scroll, engaged }),
        4 => (0_u8..5, proptest::option::of(0_u8..4), proptest::option::of(0_u8..=100), proptest::option::of(0_u32..90_000))
            .prop_map(|(page, view, scroll, engaged)| What::Leave { page, view, scroll, engaged }),
        1 => Just(What::Start),
        1 => Just(What::End),
        2 => (0_u8..4, any::<bool>()).prop_map(|(feature, interactive)| What::Feature { feature, interactive }),
        1 => Just(What::Click),
        1 => Just(What::Purchase),
        1 => Just(What::Survey),
    ]
}

/// Events of a few users over some hours, in minutes that often collide and gaps of exactly 30 min.
fn events(span_minutes: i64) -> impl Strategy<Value = Vec<Ev>> {
    let start = 1_700_000_000_000 - 1_700_000_000_000 % (24 * 60 * MINUTE) + 22 * 60 * MINUTE;
    let one = (
        0_u8..4,
        proptest::option::of(0_u8..2),
        0..span_minutes,
        prop_oneof![3 => Just(0_i64), 1 => 0..MINUTE],
        what(),
    );
    prop::collection::vec(one, 1..60).prop_map(move |raw| {
        let event = |(n, (user, session, minute, ms, what)): (usize, (u8, Option<u8>, i64, i64, What))| Ev {
            id: n,
            user,
            session,
            ts: start + minute * MINUTE + ms,
            what,
        };
        raw.into_iter().enumerate().map(event).collect()
    })
}

fn unbounded() -> Arc<FoldRules> {
    Arc::new(FoldRules::default().unbounded())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_rows(events in events(300), seed in any::<u64>()) {
        let expected = fold_all(&events, unbounded());
        let shuffled = model::shuffle(&events, seed);
        prop_assert_eq!(differences(&fold_all(&shuffled, unbounded()), &expected), "");
    }

    #[test]
    fn any_order_within_the_lateness_gives_the_same_rows(events in events(400), seed in any::<u64>()) {
        let rules = Arc::new(FoldRules { confirming_users: 1, ..FoldRules::default() });
        let mut in_order = events;
        in_order.sort_by_key(|event| (event.ts, event.id));
        let expected = fold_all(&in_order, rules.clone());
        // Each event is delayed by less than the lateness and the trail.
        let delayed = model::delay(&in_order, 59 * MINUTE, seed);
        prop_assert_eq!(differences(&fold_flushing(&delayed, rules, seed), &expected), "");
    }

    #[test]
    fn any_duplication_gives_the_same_rows(events in events(300), repeats in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20)) {
        let expected = fold_all(&events, unbounded());
        let mut log = events.clone();
        for (which, at) in repeats {
            let event = log[which.index(log.len())].clone();
            let at = at.index(log.len() + 1);
            log.insert(at, event);
        }
        prop_assert_eq!(differences(&fold_all(&log, unbounded()), &expected), "");
    }

    #[test]
    fn any_split_into_flushes_gives_the_same_rows(events in events(300), seed in any::<u64>()) {
        prop_assert_eq!(differences(&fold_flushing(&events, unbounded(), seed), &fold_all(&events, unbounded())), "");
    }

    #[test]
    fn any_crash_leaves_the_same_rows(events in events(400), seed in any::<u64>(), crashes in 1_usize..4) {
        let rules = Arc::new(FoldRules { confirming_users: 1, ..FoldRules::default() });
        let mut log = events;
        log.sort_by_key(|event| (event.ts, event.id));
        let log = model::delay(&log, 59 * MINUTE, seed);
        let expected = fold_all(&log, rules.clone());
        prop_assert_eq!(differences(&model::fold_crashing(&log, rules, seed, crashes), &expected), "");
    }

    #[test]
    fn any_assignment_to_partitions_adds_up_to_the_same_rows(events in events(300), partitions in 1_usize..5, seed in any::<u64>()) {
        let expected: Tables = fold_all(&events, unbounded());
        let place = |user: u8| (model::mix(seed, u64::from(user)) % partitions as u64) as usize;
        let mut sum = Tables::default();
        for partition in 0..partitions {
            let log: Vec<Ev> = events.iter().filter(|event| place(event.user) == partition).cloned().collect();
            sum.add(fold_all(&log, unbounded()));
        }
        prop_assert_eq!(differences(&sum, &expected), "");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn sessions_too_long_to_be_kept_whole_come_out_the_same(
        whats in prop::collection::vec(what(), 600..1_200),
        seed in any::<u64>(),
    ) {
        let start = 1_700_000_000_000;
        // One user, one session id, an event every 20 s: many are sealed before the last comes.
        let event = |(id, what)| Ev { id, user: 0, session: Some(0), ts: start + id as i64 * 20_000, what };
        // An `end` would begin a new session before this one is long.
        let whats = whats.into_iter().filter(|what| !matches!(what, What::End));
        let log: Vec<Ev> = whats.enumerate().map(event).collect();
        let rules = FoldRules { confirming_users: 1, ..FoldRules::default() };
        let kept_whole = Arc::new(FoldRules { allowed_lateness: None, ..rules.clone() });
        let expected = fold_all(&log, kept_whole);
        let delayed = model::delay(&log, 59 * MINUTE, seed);
        let sealed = fold_flushing(&delayed, Arc::new(rules), seed);
        prop_assert_eq!(differences(&sealed, &expected), "");
    }
}
