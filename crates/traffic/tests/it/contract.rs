//! The records keep the event contract, and break it only where they are meant to.

use std::collections::BTreeSet;

use event_model::{Decoded, EventType, MAX_RECORD_BYTES, Reason, decode};
use traffic::{Note, Settings};

use crate::{event, is_event, records, troubled};

#[test]
fn every_line_of_ordinary_traffic_is_an_event_and_all_types_occur() {
    let settings = Settings { unknown_share: 0.0, ..Settings::default() };
    let mut types = BTreeSet::new();
    for record in records(&settings) {
        assert!(serde_json::from_slice::<serde_json::Value>(&record.value).is_ok());
        assert!(!record.value.contains(&b'\n'));
        types.insert(event(&record).event_type().name());
    }
    let all: BTreeSet<&str> = EventType::ALL.iter().map(|t| t.name()).collect();
    assert_eq!(types, all);
}

#[test]
fn all_that_the_contract_lists_of_a_type_occurs() {
    let wanted = [
        r#""action":"start","#,
        r#""action":"end""#,
        r#""interactive":false"#,
        r#""interactive":true"#,
        r#""kind":"nps""#,
        r#""kind":"csat""#,
        r#""kind":"ces""#,
        r#""kind":"cxi""#,
        r#""component":"empathy""#,
        r#""score":null"#,
        r#""refund":true"#,
        r#""action":"renew""#,
        r#""action":"upgrade""#,
        r#""action":"downgrade""#,
        r#""action":"cancel""#,
        r#""reason":"cross_sell""#,
        r#""action":"opened""#,
        r#""action":"replied""#,
        r#""action":"resolved""#,
        r#""action":"impression""#,
        r#""action":"mention""#,
        r#""ts":"#,
        r#""time":"#,
        r#"+02:00""#,
        r#""timestamp":17"#,
        r#""page":"\/"#,
        r#""type": "pageview""#,
        "#top",
        "?q=",
        "Googlebot",
    ];
    let text: String = records(&Settings { events: 300_000, ..Settings::default() })
        .iter()
        .map(|record| String::from_utf8_lossy(&record.value).into_owned() + "\n")
        .collect();
    let missing: Vec<&str> = wanted.into_iter().filter(|part| !text.contains(part)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn bad_records_are_rejected_as_meant() {
    let settings = Settings { bad_share: 0.3, oversized: true, ..troubled(30_000) };
    let mut reasons = BTreeSet::new();
    for record in records(&settings) {
        let Note::Bad(meant) = record.note else { continue };
        reasons.insert(meant.reason.code());
        if meant.reason == Reason::FutureTimestamp {
            // Right in itself: only its own time against the record's is not.
            assert!(event(&record).timestamp > record.timestamp_ms + 5 * 60_000);
            continue;
        }
        let text = String::from_utf8_lossy(&record.value[..record.value.len().min(300)]);
        assert_eq!(decode(&record.value).expect_err(&text), meant, "{text}");
        assert_eq!(meant.reason == Reason::TooLarge, record.value.len() > MAX_RECORD_BYTES);
    }
    let all: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(reasons, all);
}

#[test]
fn unknown_types_and_tombstones_are_what_they_say() {
    let (mut unknown, mut tombstones) = (0, 0);
    for record in records(&troubled(20_000)) {
        match record.note {
            Note::Unknown => {
                assert!(matches!(decode(&record.value), Ok(Decoded::UnknownType(_))));
                unknown += 1;
            }
            Note::Tombstone => {
                assert_eq!((record.payload(), record.value.len()), (None, 0));
                tombstones += 1;
            }
            _ => assert_eq!(record.payload(), Some(&record.value[..])),
        }
    }
    assert!(unknown > 100 && tombstones > 50, "{unknown} {tombstones}");
}

#[test]
fn the_key_is_the_user_or_without_one_the_site() {
    for record in records(&troubled(20_000)).iter().filter(|record| is_event(record)) {
        let event = event(record);
        let key = event.user.as_ref().map_or(&*event.site, |user| user.id());
        assert_eq!(key.as_bytes(), record.key);
    }
}
