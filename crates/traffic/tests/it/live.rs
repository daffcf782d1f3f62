//! Live traffic goes on from a history.

use std::collections::BTreeSet;

use traffic::{Generated, Generator, LiveGenerator, Settings};

use crate::sameness::hash;
use crate::{event, is_event};

const RATE: f64 = 50.0;

fn settings() -> Settings {
    Settings { events: 50_000, users: 20_000, ..Settings::default() }
}

/// The history, and what goes on from it.
fn begun() -> (Vec<Generated>, LiveGenerator) {
    let mut generator = Generator::new(settings()).unwrap();
    let history = generator.by_ref().collect();
    (history, generator.into_live())
}

/// Calls twice a second for `seconds`, ten thousand records at most each time.
fn run(live: &mut LiveGenerator, from: i64, seconds: i64, rate: f64) -> Vec<Generated> {
    (1..=seconds * 2).flat_map(|half| live.next_batch(from + half * 500, rate, 10_000)).collect()
}

#[test]
fn it_keeps_the_rate_from_the_first_minute_on() {
    let (_, mut live) = begun();
    let end = settings().end;
    for minute in 0..10 {
        let found = run(&mut live, end + minute * 60_000, 60, RATE).len() as f64 / 60.0;
        assert!((found / RATE - 1.0).abs() < 0.2, "{found} a second in minute {minute}");
    }
    let found = run(&mut live, end + 600_000, 1_800, RATE).len() as f64 / 1_800.0;
    assert!((found / RATE - 1.0).abs() < 0.05, "{found} a second after ten minutes");
}

#[test]
fn records_arrive_when_their_time_has_come_and_in_order() {
    let (history, mut live) = begun();
    let (start, mut before) = (settings().end, history.last().unwrap().timestamp_ms);
    for second in 1..=120 {
        let now = start + second * 1000;
        for record in live.next_batch(now, RATE, 10_000) {
            assert!((before..=now).contains(&record.timestamp_ms));
            before = record.timestamp_ms;
        }
    }
    assert!(before > start + 110_000);
}

#[test]
fn it_is_the_same_population_with_new_events() {
    let (history, mut live) = begun();
    let known: BTreeSet<&[u8]> = history.iter().map(|record| &record.key[..]).collect();
    let ids: BTreeSet<String> =
        history.iter().filter(|r| is_event(r)).filter_map(|r| event(r).event_id.map(Into::into)).collect();
    let found = run(&mut live, settings().end, 120, RATE);
    let old = found.iter().filter(|record| known.contains(&record.key[..])).count();
    assert!(old * 10 > found.len() * 3 && old < found.len(), "{old} of {}", found.len());
    for record in found.iter().filter(|record| record.note != traffic::Note::Duplicate && is_event(record)) {
        // What was under way as the history ended may still arrive, but it has not arrived before.
        assert!(event(record).event_id.is_none_or(|id| !ids.contains(&*id)));
    }
}

#[test]
fn the_same_calls_give_the_same_records_and_a_limit_only_postpones() {
    let end = settings().end;
    let whole = run(&mut begun().1, end, 30, RATE);
    assert_eq!(hash(&whole), hash(&run(&mut begun().1, end, 30, RATE)));

    let mut live = begun().1;
    let mut piecewise = Vec::new();
    for half in 1..=60 {
        loop {
            let batch = live.next_batch(end + half * 500, RATE, 7);
            assert!(batch.len() <= 7);
            if batch.is_empty() {
                break;
            }
            piecewise.extend(batch);
        }
    }
    assert_eq!(hash(&whole), hash(&piecewise));
}

#[test]
fn without_a_rate_no_session_begins() {
    let (_, mut live) = begun();
    let end = settings().end;
    let open = run(&mut live, end, 3_600, f64::NAN).len();
    assert!(open < 200, "{open} records of what was open");
    assert!(run(&mut live, end + 3_600_000, 60, RATE).len() > 1_000);
}
