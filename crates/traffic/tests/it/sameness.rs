//! The same settings give the same bytes.

use traffic::{Generated, Generator, Settings};

use crate::{records, troubled};

/// FNV-1a over all that a record is.
pub(crate) fn hash(records: &[Generated]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for record in records {
        let time = record.timestamp_ms.to_le_bytes();
        for byte in record.key.iter().chain(&[0]).chain(&record.value).chain(&[0]).chain(&time) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[test]
fn the_bytes_are_those_of_other_runs_and_machines() {
    // Whoever changes what is generated changes these, and with them every figure measured on it.
    assert_eq!(hash(&records(&troubled(5_000))), 0xa5da_a5da_7480_f4c2);
    assert_eq!(hash(&records(&Settings { events: 5_000, ..Settings::default() })), 0x2189_9d43_cf8d_93a2);
}

#[test]
fn other_seeds_give_other_traffic() {
    let with = |seed| hash(&records(&Settings { seed, ..troubled(500) }));
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
    assert_ne!(with(0), with(1 << 40));
}

#[test]
fn reused_buffers_hold_the_same_records() {
    let mut generator = Generator::new(troubled(2_000)).unwrap();
    let mut record = Generated::default();
    for expected in records(&troubled(2_000)) {
        assert!(generator.fill(&mut record));
        assert_eq!(record, expected);
    }
    let last = record.clone();
    assert!(!generator.fill(&mut record));
    assert_eq!(record, last);
}

#[test]
fn there_are_exactly_as_many_records_as_asked() {
    for (events, users, days) in [
        (0, 5, 1),
        (1, 1, 1),
        (7, 3, 30),
        (1_000, 100, 30),
        (1_000, 1, 1),
        (30_000, 2_000, 3),
        (49_000, 1, 1),
    ] {
        let settings = Settings { events, users, days, ..troubled(0) };
        let found = records(&settings);
        assert_eq!(found.len() as u64, events, "{users} users, {days} days");
        assert!(found.iter().all(|r| (settings.start()..=settings.end).contains(&r.timestamp_ms)));
    }
}

#[test]
fn arrival_never_goes_back_and_the_end_is_nearly_reached() {
    let settings = troubled(100_000);
    let found = records(&settings);
    assert!(found.is_sorted_by_key(|record| record.timestamp_ms));
    let left = settings.end - found.last().unwrap().timestamp_ms;
    assert!((0..6 * 3_600_000).contains(&left), "{left} ms");
    let crowd = found.iter().filter(|record| record.timestamp_ms == settings.end).count();
    assert!(crowd < 100, "{crowd} records at the end");
}
