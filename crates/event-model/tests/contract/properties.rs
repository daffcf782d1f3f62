//! Properties: no input panics, and what was written is what is read.

use event_model::{Decoded, Event, EventKind, EventType, UserRef, decode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Any text of 1 to `max` bytes, control characters and astral ones included.
fn text(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 1..24).prop_map(move |chars| {
        let mut text: String = chars.into_iter().collect();
        while text.len() > max {
            text.pop();
        }
        text
    })
}

/// Any JSON value, to be ignored.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The fields of a page view as a producer has them.
#[derive(Clone, Debug)]
struct View {
    timestamp: i64,
    user_id: String,
    event_id: Option<String>,
    site: Option<String>,
    referrer: Option<String>,
    page: String,
    /// Millionths; sent as percent.
    scroll_depth: Option<u32>,
    engaged_ms: Option<u64>,
    unknown: Vec<(String, Value)>,
}

fn view() -> impl Strategy<Value = View> {
    let unknown = prop::collection::vec(("x[a-z]{0,9}", anything()), 0..4);
    (
        0..4_102_444_800_000_i64,
        text(256),
        prop::option::of(text(128)),
        prop::option::of(text(128)),
        prop::option::of(any::<String>()),
        text(2_048),
        prop::option::of(0..=1_000_000_u32),
        prop::option::of(0..=1_u64 << 53),
        unknown,
    )
        .prop_map(
            |(timestamp, user_id, event_id, site, referrer, page, scroll_depth, engaged_ms, unknown)| View {
                timestamp,
                user_id,
                event_id,
                site,
                referrer,
                page,
                scroll_depth,
                engaged_ms,
                unknown,
            },
        )
}

impl View {
    /// Keys and the JSON text of their values.
    fn entries(&self) -> Vec<(String, String)> {
        let percent = self.scroll_depth.map(|depth| format!("{}.{:04}", depth / 10_000, depth % 10_000));
        let string = |text: &String| json!(text).to_string();
        let mut entries = vec![
            ("type".to_owned(), "\"pageview\"".to_owned()),
            ("timestamp".to_owned(), self.timestamp.to_string()),
            ("user_id".to_owned(), string(&self.user_id)),
            ("page".to_owned(), string(&self.page)),
        ];
        for (key, value) in [
            ("event_id", self.event_id.as_ref().map(string)),
            ("site", self.site.as_ref().map(string)),
            ("referrer", self.referrer.as_ref().map(string)),
            ("scroll_depth", percent),
            ("engaged_ms", self.engaged_ms.map(|ms| ms.to_string())),
        ] {
            entries.extend(value.map(|value| (key.to_owned(), value)));
        }
        for (key, value) in &self.unknown {
            entries.push((key.clone(), value.to_string()));
        }
        entries
    }

    fn assert_read_from(&self, record: &str) -> Result<(), TestCaseError> {
        let decoded = decode(record.as_bytes());
        let Ok(Decoded::Event(event)) = decoded else {
            return Err(TestCaseError::fail(format!("{record} gave {decoded:?}")));
        };
        prop_assert_eq!(event.timestamp, self.timestamp);
        prop_assert_eq!(&event.user, &Some(UserRef::Known(self.user_id.as_str().into())));
        prop_assert_eq!(event.event_id.as_deref(), self.event_id.as_deref());
        prop_assert_eq!(&*event.site, self.site.as_deref().unwrap_or("default"));
        prop_assert_eq!(event.referrer.as_deref(), self.referrer.as_deref());
        let EventKind::Pageview(view) = event.kind else {
            return Err(TestCaseError::fail(format!("{record} is no page view")));
        };
        prop_assert_eq!(&*view.page, self.page.as_str());
        prop_assert_eq!(view.scroll_depth, self.scroll_depth);
        prop_assert_eq!(view.engaged_ms, self.engaged_ms);
        Ok(())
    }
}

/// JSON string text with every character escaped as `\u`, in either case of the digits.
fn escaped(json_string: &str, upper: bool) -> String {
    let text: String = serde_json::from_str(json_string).expect("a JSON string");
    let units = text.encode_utf16().map(|unit| match upper {
        true => format!("\\u{unit:04X}"),
        false => format!("\\u{unit:04x}"),
    });
    format!("\"{}\"", units.collect::<String>())
}

/// A valid record of any type, to be mutated.
fn valid_record() -> impl Strategy<Value = Vec<u8>> {
    let records: Vec<Vec<u8>> = include_str!("fixtures/records.ndjson")
        .lines()
        .map(|line| line.as_bytes().to_vec())
        .filter(|record| decode(record).is_ok())
        .collect();
    prop::sample::select(records)
}

/// One change of a record's bytes, at a place given as a share of its length.
#[derive(Clone, Debug)]
enum Mutation {
    Set(f64, u8),
    Insert(f64, Vec<u8>),
    Cut(f64, usize),
    Repeat(f64, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let telling = prop_oneof![any::<u8>(), prop::sample::select(br#"{}[]:,"\u019-.eEtfn "#.to_vec()),];
    prop_oneof![
        (0.0..1.0, telling.clone()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (0.0..1.0, prop::collection::vec(telling, 1..8)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        (0.0..1.0, 1_usize..40).prop_map(|(at, len)| Mutation::Cut(at, len)),
        (0.0..1.0, 1_usize..40).prop_map(|(at, len)| Mutation::Repeat(at, len)),
    ]
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a short length"
)]
fn mutate(record: &mut Vec<u8>, mutation: Mutation) {
    let place = |share: f64| (share * record.len() as f64) as usize;
    match mutation {
        Mutation::Set(at, byte) => {
            let at = place(at);
            if let Some(old) = record.get_mut(at) {
                *old = byte;
            }
        }
        Mutation::Insert(at, bytes) => {
            let at = place(at);
            record.splice(at..at, bytes);
        }
        Mutation::Cut(at, len) => {
            let at = place(at);
            record.drain(at..(at + len).min(record.len()));
        }
        Mutation::Repeat(at, len) => {
            let at = place(at);
            let piece = record[at..(at + len).min(record.len())].to_vec();
            record.splice(at..at, piece);
        }
    }
}

/// What a lenient reader of JSON, another implementation, makes of a record.
fn by_serde_json(record: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(record).ok()
}

/// Whether a decoded event can have come from the fields that another parser reads.
fn agrees(event: &Event<'_>, fields: &Map<String, Value>) -> bool {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    text("type") == Some(event.event_type().name())
        && event.site == text("site").unwrap_or("default")
        && event.event_id.as_deref() == text("event_id")
        && event.session_id.as_deref() == text("session_id")
        && event.referrer.as_deref() == text("referrer")
        && event.user.as_ref().map(UserRef::id) == text("user_id").or(text("anonymous_id"))
        && (event.user.is_some() || event.event_type().needs_no_user())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn any_json(value in anything()) {
        let record = value.to_string();
        match decode(record.as_bytes()) {
            Ok(_) => prop_assert!(value.is_object()),
            Err(rejection) => prop_assert_ne!(rejection.reason.code(), "not_json", "{}", record),
        }
    }

    #[test]
    fn mutated_records(
        record in valid_record(),
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let mut record = record;
        for mutation in mutations {
            mutate(&mut record, mutation);
        }
        let fields = by_serde_json(&record);
        let shown = String::from_utf8_lossy(&record);
        match decode(&record) {
            Ok(Decoded::Event(event)) => {
                // serde_json refuses 1e999, which is JSON and may stand in fields nobody reads.
                if let Some(fields) = fields {
                    prop_assert!(agrees(&event, &fields), "{} gave {:?}", shown, event);
                } else {
                    let reason = serde_json::from_slice::<Value>(&record).expect_err("not an object");
                    prop_assert!(reason.to_string().contains("number out of range"), "{}: {}", shown, reason);
                }
            }
            Ok(Decoded::UnknownType(name)) => prop_assert_eq!(EventType::of_name(&name), None),
            Err(rejection) if rejection.reason.code() == "not_json" => {
                prop_assert!(fields.is_none(), "{} is JSON", shown);
            }
            Err(_) => {}
        }
    }

    #[test]
    fn fields_come_back(view in view()) {
        let fields: Map<String, Value> = view
            .entries()
            .into_iter()
            .filter(|(key, _)| key != "scroll_depth")
            .map(|(key, value)| (key, serde_json::from_str(&value).expect("JSON")))
            .collect();
        let view = View { scroll_depth: None, ..view };
        view.assert_read_from(&Value::Object(fields).to_string())?;
    }

    #[test]
    fn however_they_are_written(
        view in view(),
        order in any::<prop::sample::Index>(),
        spaces in prop::collection::vec("[ \t\r\n]{0,3}", 4),
        escape_values in any::<bool>(),
        escape_keys in any::<bool>(),
        upper in any::<bool>(),
        repeated in any::<bool>(),
    ) {
        let mut entries = view.entries();
        let by = order.index(entries.len());
        entries.rotate_left(by);
        if repeated {
            // Of a repeated key the last value counts, whatever the earlier ones were.
            let earlier: Vec<_> = entries.iter().map(|(key, _)| (key.clone(), "[1,{}]".to_owned())).collect();
            entries.splice(0..0, earlier);
        }
        let [before, key_end, value_start, after] = spaces.as_slice() else {
            unreachable!("four of them are made");
        };
        let written: Vec<String> = entries
            .iter()
            .map(|(key, value)| {
                let key = json!(key).to_string();
                let key = if escape_keys { escaped(&key, upper) } else { key };
                let value = match value.starts_with('"') && escape_values {
                    true => escaped(value, upper),
                    false => value.clone(),
                };
                format!("{before}{key}{key_end}:{value_start}{value}{after}")
            })
            .collect();
        view.assert_read_from(&format!("{before}{{{}}}{after}", written.join(",")))?;
    }
}

#[test]
fn plain_text_is_borrowed() {
    let record = br#"{"type":"purchase","timestamp":1,"user_id":"u","amount":"007.50","currency":"EUR","kind":"card"}"#;
    let Ok(Decoded::Event(event)) = decode(record) else {
        panic!("a good record");
    };
    let EventKind::Purchase { amount, currency, kind, .. } = event.kind else {
        panic!("a purchase");
    };
    let borrowed = |text: &str| record.as_ptr_range().contains(&text.as_ptr());
    assert_eq!(amount, "7.5");
    for text in [&amount, &currency, kind.as_ref().expect("sent")] {
        assert!(borrowed(text), "{text}");
    }
    assert!(event.user.is_some_and(|user| borrowed(user.id())));
}
