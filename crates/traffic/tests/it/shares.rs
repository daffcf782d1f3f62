//! What goes wrong goes wrong as often as asked.

use std::collections::BTreeMap;

use traffic::{Note, Settings};

use crate::{event, is_event, records, troubled};

/// Disordered, late, repeated, bad, unknown, without a value: as shares of all.
fn shares(settings: &Settings) -> [f64; 6] {
    let found = records(settings);
    let share = |is: fn(Note) -> bool| {
        found.iter().filter(|record| is(record.note)).count() as f64 / found.len() as f64
    };
    [
        share(|note| note == Note::Disordered),
        share(|note| note == Note::Late),
        share(|note| note == Note::Duplicate),
        share(|note| matches!(note, Note::Bad(_))),
        share(|note| note == Note::Unknown),
        share(|note| note == Note::Tombstone),
    ]
}

#[test]
fn shares_are_near_what_was_asked() {
    let found = shares(&troubled(200_000));
    for (found, asked) in found.into_iter().zip([0.06, 0.02, 0.04, 0.03, 0.01, 0.005]) {
        assert!((found / asked - 1.0).abs() < 0.1, "{found} for {asked}");
    }
}

#[test]
fn shares_of_zero_are_zero_and_then_all_is_in_order() {
    let settings = Settings {
        events: 50_000,
        disorder_share: 0.0,
        late_share: 0.0,
        duplicate_share: 0.0,
        unknown_share: 0.0,
        ..Settings::default()
    };
    assert_eq!(shares(&settings), [0.0; 6]);
    for record in records(&settings) {
        assert_eq!(event(&record).timestamp, record.timestamp_ms);
    }
}

#[test]
fn event_times_are_as_meant() {
    let mut newest = i64::MIN;
    let mut overtaken = 0;
    for record in records(&troubled(100_000)).iter().filter(|record| is_event(record)) {
        let event = event(record).timestamp;
        assert!(event <= record.timestamp_ms);
        match record.note {
            Note::Ordered => assert_eq!(event, record.timestamp_ms),
            Note::Disordered => {
                assert!(event > newest - 3_600_000);
                overtaken += u32::from(event < newest);
            }
            Note::Late => assert!(event < newest - 61 * 60_000),
            _ => {}
        }
        newest = newest.max(event);
    }
    assert!(overtaken > 3_000, "{overtaken} of about 6,000 were overtaken");
}

#[test]
fn duplicates_repeat_bytes_and_no_other_event_shares_an_id() {
    let mut first: BTreeMap<String, (Vec<u8>, i64)> = BTreeMap::new();
    let mut unnamed = 0;
    let found = records(&troubled(100_000));
    for record in found.iter().filter(|record| is_event(record)) {
        let Some(id) = event(record).event_id.map(|id| id.into_owned()) else {
            assert_ne!(record.note, Note::Duplicate);
            unnamed += 1;
            continue;
        };
        if record.note == Note::Duplicate {
            let (value, at) = &first[&id];
            assert_eq!(value, &record.value);
            assert!((0..=3_600_000).contains(&(record.timestamp_ms - at)));
        } else {
            let before = first.insert(id, (record.value.clone(), record.timestamp_ms));
            assert_eq!(before, None);
        }
    }
    let share = f64::from(unnamed) / found.len() as f64;
    assert!((0.04..0.16).contains(&share), "{share} without event_id");
}

#[test]
fn records_are_of_the_size_of_real_ones() {
    for events in [20_000, 200_000] {
        let found = records(&Settings { events, ..Settings::default() });
        let bytes: usize = found.iter().map(|record| record.value.len()).sum();
        let mean = bytes as f64 / found.len() as f64;
        assert!((250.0..350.0).contains(&mean), "{mean} bytes");
    }
}
