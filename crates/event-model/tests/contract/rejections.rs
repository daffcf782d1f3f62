//! Every way to break the contract, and what the rejection says.

use event_model::{Decoded, MAX_RECORD_BYTES, Reason, Rejection, decode};
use serde_json::{Value, json};

fn base(event_type: &str, fields: Value) -> Value {
    let mut record = json!({"type": event_type, "timestamp": 1_772_366_400_000_i64, "user_id": "u1"});
    merge(&mut record, fields);
    record
}

fn merge(record: &mut Value, fields: Value) {
    let (Value::Object(record), Value::Object(fields)) = (record, fields) else {
        panic!("records are objects");
    };
    record.extend(fields);
}

/// The least that an event of each type needs.
fn good(event_type: &str) -> Value {
    base(
        event_type,
        match event_type {
            "pageview" | "pageleave" => json!({"page": "/"}),
            "session" => json!({"session_id": "s1", "action": "start"}),
            "feature_use" => json!({"feature": "export"}),
            "impression" | "click" => json!({"link": "banner"}),
            "survey" => json!({"kind": "ces", "score": 3}),
            "purchase" | "spend" => json!({"amount": 1, "currency": "EUR"}),
            "subscription" => json!({"action": "start", "mrr": 1, "currency": "EUR"}),
            "ticket" => json!({"ticket_id": "t1", "action": "opened"}),
            "social" => json!({"post_id": "p1", "action": "like"}),
            other => panic!("no such type: {other}"),
        },
    )
}

fn outcome(record: &Value) -> Result<(), (Reason, Option<&'static str>)> {
    match decode(record.to_string().as_bytes()) {
        Ok(Decoded::Event(_)) => Ok(()),
        Ok(Decoded::UnknownType(name)) => panic!("{record} has unknown type {name}"),
        Err(Rejection { reason, field }) => Err((reason, field)),
    }
}

/// Expects the good event of a type, changed by `fields`, to be rejected for `field`.
#[track_caller]
fn rejects(event_type: &str, fields: Value, reason: Reason, field: &'static str) {
    let mut record = good(event_type);
    merge(&mut record, fields);
    assert_eq!(outcome(&record), Err((reason, Some(field))), "{record}");
}

#[track_caller]
fn accepts(event_type: &str, fields: Value) {
    let mut record = good(event_type);
    merge(&mut record, fields);
    assert_eq!(outcome(&record), Ok(()), "{record}");
}

#[track_caller]
fn rejects_whole(record: impl AsRef<[u8]>, reason: Reason) {
    let record = record.as_ref();
    let expected = Rejection { reason, field: None };
    assert_eq!(decode(record), Err(expected), "{}", String::from_utf8_lossy(record));
}

#[test]
fn required_fields() {
    for (event_type, required) in [
        ("pageview", ["type", "timestamp", "user_id", "page"].as_slice()),
        ("pageleave", &["type", "timestamp", "user_id", "page"]),
        ("session", &["type", "timestamp", "user_id", "session_id", "action"]),
        ("feature_use", &["type", "timestamp", "user_id", "feature"]),
        ("impression", &["type", "timestamp", "user_id", "link"]),
        ("click", &["type", "timestamp", "user_id", "link"]),
        ("survey", &["type", "timestamp", "user_id", "kind"]),
        ("purchase", &["type", "timestamp", "user_id", "amount", "currency"]),
        ("subscription", &["type", "timestamp", "user_id", "action", "mrr", "currency"]),
        ("ticket", &["type", "timestamp", "user_id", "ticket_id", "action"]),
        ("social", &["type", "timestamp", "post_id", "action"]),
        ("spend", &["type", "timestamp", "amount", "currency"]),
    ] {
        assert_eq!(outcome(&good(event_type)), Ok(()));
        for field in required {
            let mut record = good(event_type);
            record[field] = Value::Null;
            let missing = Err((Reason::MissingField, Some(*field)));
            assert_eq!(outcome(&record), missing, "{event_type} with null");
            record.as_object_mut().expect("an object").remove(*field);
            assert_eq!(outcome(&record), missing, "{event_type} without");
        }
    }
    let mut unscored = good("survey");
    unscored.as_object_mut().expect("an object").remove("score");
    assert_eq!(outcome(&unscored), Err((Reason::MissingField, Some("score"))));
    accepts("survey", json!({"score": null}));
    for event_type in ["social", "spend"] {
        let mut record = good(event_type);
        record.as_object_mut().expect("an object").remove("user_id");
        assert_eq!(outcome(&record), Ok(()));
    }
}

#[test]
fn types_of_fields() {
    let text = [json!(1), json!(true), json!([]), json!({}), json!(1.5)];
    let number = [json!("1"), json!(true), json!([]), json!({})];
    let flag = [json!("true"), json!(1), json!([]), json!({})];
    let amount = [json!(true), json!([]), json!({}), json!(""), json!("1e2"), json!("1,5")];
    for (event_type, fields, values) in [
        (
            "pageview",
            ["type", "user_id", "anonymous_id", "event_id", "site", "session_id"].as_slice(),
            text.as_slice(),
        ),
        ("click", &["user_agent", "referrer", "country", "device", "platform", "plan"], &text),
        ("pageview", &["page", "pageview_id"], &text),
        ("pageview", &["scroll_depth", "engaged_ms"], &number),
        ("pageleave", &["page", "pageview_id"], &text),
        ("pageleave", &["scroll_depth", "engaged_ms"], &number),
        ("session", &["session_id", "action"], &text),
        ("feature_use", &["feature", "page"], &text),
        ("feature_use", &["interactive"], &flag),
        ("impression", &["link", "campaign"], &text),
        ("click", &["link", "campaign", "page"], &text),
        ("survey", &["kind", "component", "channel", "ticket_id", "agent"], &text),
        ("survey", &["score", "scale"], &number),
        ("purchase", &["amount"], &amount),
        ("purchase", &["currency", "kind", "product", "order_id"], &text),
        ("purchase", &["refund"], &flag),
        ("subscription", &["subscription_id", "action", "currency", "reason", "agent"], &text),
        ("subscription", &["mrr"], &amount),
        ("ticket", &["ticket_id", "action", "channel", "agent"], &text),
        ("social", &["post_id", "action", "network"], &text),
        ("social", &["count"], &number),
        ("spend", &["amount"], &amount),
        ("spend", &["currency", "channel"], &text),
    ] {
        for &field in fields {
            for value in values {
                rejects(event_type, json!({field: value}), Reason::WrongType, field);
            }
        }
    }
    // Fields of other types are not looked at.
    accepts("pageview", json!({"amount": [], "kind": 1, "score": "x", "link": {}}));
    accepts("spend", json!({"page": 7, "scroll_depth": "deep", "refund": 3}));
}

#[test]
fn timestamps() {
    for value in [
        json!(true),
        json!([]),
        json!({}),
        json!(1_772_366_400_000.5),
        json!("1772366400000"),
        json!("yesterday"),
        json!(""),
        json!("2026-03-01T12:00:00"),
        json!("2026-03-01"),
    ] {
        rejects("click", json!({"timestamp": value}), Reason::WrongType, "timestamp");
    }
    for value in [
        json!(-1),
        json!(4_102_444_800_000_i64),
        json!(u64::MAX),
        json!("1969-12-31T23:59:59.999Z"),
        json!("2100-01-01T00:00:00Z"),
        json!("0001-01-01T00:00:00Z"),
    ] {
        rejects("click", json!({"timestamp": value}), Reason::OutOfRange, "timestamp");
    }
    for value in [
        json!(0),
        json!(4_102_444_799_999_i64),
        json!("1970-01-01T00:00:00Z"),
        json!("2099-12-31T23:59:59.9999Z"),
    ] {
        accepts("click", json!({"timestamp": value}));
    }
    for number in ["1.7723664e12", "1772366400000.0", "1e999"] {
        let record = format!(r#"{{"type":"click","ts":{number},"user_id":"u","link":"l"}}"#);
        let expected = Rejection { reason: Reason::WrongType, field: Some("ts") };
        assert_eq!(decode(record.as_bytes()), Err(expected));
    }
    rejects("click", json!({"timestamp": null, "ts": null, "time": []}), Reason::WrongType, "time");
    rejects("click", json!({"timestamp": null, "ts": -1, "time": 1}), Reason::OutOfRange, "ts");
}

#[test]
fn lengths_are_bytes() {
    for (event_type, field, max) in [
        ("click", "user_id", 256),
        ("click", "anonymous_id", 256),
        ("click", "event_id", 128),
        ("click", "site", 128),
        ("click", "session_id", 128),
        ("session", "session_id", 128),
        ("pageview", "page", 2_048),
        ("pageleave", "page", 2_048),
        ("feature_use", "feature", 128),
        ("feature_use", "page", 2_048),
        ("click", "link", 256),
        ("click", "page", 2_048),
        ("impression", "link", 256),
    ] {
        accepts(event_type, json!({field: "x".repeat(max)}));
        accepts(event_type, json!({field: "ü".repeat(max / 2)}));
        rejects(event_type, json!({field: "x".repeat(max + 1)}), Reason::OutOfRange, field);
        rejects(event_type, json!({field: "ü".repeat(max / 2 + 1)}), Reason::OutOfRange, field);
        rejects(event_type, json!({field: ""}), Reason::OutOfRange, field);
        // An escape is one character, however long it is written.
        accepts(event_type, json!({field: "\n".repeat(max)}));
        rejects(event_type, json!({field: "\n".repeat(max + 1)}), Reason::OutOfRange, field);
    }
    accepts("click", json!({"user_agent": "", "referrer": "x".repeat(10_000), "country": ""}));
}

#[test]
fn ranges() {
    for (event_type, fields, field) in [
        ("pageview", json!({"scroll_depth": -0.001}), "scroll_depth"),
        ("pageview", json!({"scroll_depth": 100.000001}), "scroll_depth"),
        ("pageview", json!({"scroll_depth": 1e300}), "scroll_depth"),
        ("pageview", json!({"engaged_ms": -1}), "engaged_ms"),
        ("pageview", json!({"engaged_ms": 9_007_199_254_740_993_u64}), "engaged_ms"),
        ("session", json!({"action": "pause"}), "action"),
        ("survey", json!({"kind": "happiness"}), "kind"),
        ("survey", json!({"kind": "nps", "score": 10.001}), "score"),
        ("survey", json!({"kind": "nps", "score": -1}), "score"),
        ("survey", json!({"kind": "nps", "scale": 5}), "scale"),
        ("survey", json!({"kind": "csat", "score": 0}), "score"),
        ("survey", json!({"kind": "csat", "score": 0.9999}), "score"),
        ("survey", json!({"kind": "csat", "score": 6}), "score"),
        ("survey", json!({"kind": "csat", "scale": 7}), "scale"),
        ("survey", json!({"kind": "ces", "score": 8}), "score"),
        ("survey", json!({"kind": "ces", "score": 6, "scale": 5}), "score"),
        ("survey", json!({"kind": "ces", "scale": 6}), "scale"),
        ("survey", json!({"kind": "cxi", "score": 6}), "score"),
        ("survey", json!({"kind": "cxi", "component": "luck"}), "component"),
        ("purchase", json!({"amount": -0.01}), "amount"),
        ("purchase", json!({"amount": "-5"}), "amount"),
        ("purchase", json!({"amount": "0.0000000000001"}), "amount"),
        ("purchase", json!({"amount": "1".repeat(27)}), "amount"),
        ("purchase", json!({"currency": "EURO"}), "currency"),
        ("purchase", json!({"currency": "E1R"}), "currency"),
        ("purchase", json!({"currency": "€"}), "currency"),
        ("purchase", json!({"currency": ""}), "currency"),
        ("subscription", json!({"action": "pause"}), "action"),
        ("subscription", json!({"mrr": -1}), "mrr"),
        ("ticket", json!({"action": "closed"}), "action"),
        ("social", json!({"action": "boost"}), "action"),
        ("social", json!({"count": 1.5}), "count"),
        ("social", json!({"count": -1}), "count"),
        ("social", json!({"count": 9_007_199_254_740_993_u64}), "count"),
        ("spend", json!({"amount": -1}), "amount"),
    ] {
        rejects(event_type, fields, Reason::OutOfRange, field);
    }
    for (field, event) in [
        ("scroll_depth", r#""type":"pageview","page":"/""#),
        ("engaged_ms", r#""type":"pageview","page":"/""#),
        ("score", r#""type":"survey","kind":"nps""#),
        ("scale", r#""type":"survey","kind":"nps","score":1"#),
        ("amount", r#""type":"purchase","currency":"EUR""#),
        ("mrr", r#""type":"subscription","action":"start","currency":"EUR""#),
        ("count", r#""type":"social","post_id":"p","action":"like""#),
    ] {
        let record = format!(r#"{{{event},"timestamp":1,"user_id":"u","{field}":1e999}}"#);
        let expected = Rejection { reason: Reason::OutOfRange, field: Some(field) };
        assert_eq!(decode(record.as_bytes()), Err(expected), "{record}");
    }
    rejects("subscription", json!({"action": "renew", "currency": null}), Reason::MissingField, "currency");
    accepts("survey", json!({"kind": "ces", "score": 5, "scale": 5.0}));
    accepts("survey", json!({"kind": "nps", "score": 10, "scale": 10}));
    accepts("survey", json!({"kind": "csat", "score": 5, "scale": 5}));
    accepts("social", json!({"count": 3.0}));
    accepts("pageview", json!({"engaged_ms": 9_007_199_254_740_992_u64, "scroll_depth": 0}));
}

#[test]
fn whole_records() {
    let event = good("click").to_string();
    let ends = [event.clone(), format!(" \t\r\n{event} \n")];
    for record in ends {
        assert!(matches!(decode(record.as_bytes()), Ok(Decoded::Event(_))), "{record:?}");
    }
    for record in [
        String::new(),
        " ".to_owned(),
        "{".to_owned(),
        "nul".to_owned(),
        "NaN".to_owned(),
        "{]".to_owned(),
        format!("\u{feff}{event}"),
        format!("{event}x"),
        format!("{event}{event}"),
        format!("[{event}"),
        event[..event.len() - 1].to_owned(),
        event.replacen(':', "=", 1),
        event.replacen('"', "'", 2),
        event.replacen(',', ",,", 1),
        event.replacen('}', ",}", 1),
        event.replacen("\"u1\"", "\"u\u{1}\"", 1),
        event.replacen("\"u1\"", "\"u\n\"", 1),
        event.replacen("\"u1\"", r#""\ud800""#, 1),
        event.replacen("\"u1\"", r#""\u12g4""#, 1),
        event.replacen("\"u1\"", r#""\x41""#, 1),
        event.replacen('}', r#","x":NaN}"#, 1),
        event.replacen('}', r#","x":Infinity}"#, 1),
        event.replacen('}', r#","x":-Infinity}"#, 1),
        event.replacen('}', r#","x":01}"#, 1),
        event.replacen('}', r#","x":1.}"#, 1),
        event.replacen('}', r#","x":.5}"#, 1),
        event.replacen('}', r#","x":+1}"#, 1),
        event.replacen('}', r#","x":1e}"#, 1),
        event.replacen('}', r#","x":tru}"#, 1),
        event.replacen('}', r#","x":[1,]}"#, 1),
        event.replacen('}', r#","x":{"a":}}"#, 1),
        event.replacen('}', r#","x":"\u00"}"#, 1),
        event.replacen('}', r#","x":"\uzzzz"}"#, 1),
        event.replacen('}', r#","x":["\ude00"]}"#, 1),
        event.replacen('}', r#","\u00zz":1}"#, 1),
        event.replacen('}', ",1:2}", 1),
        event.replacen('}', "/* no */}", 1),
    ] {
        rejects_whole(&record, Reason::NotJson);
    }
    for record in ["null", "true", "[]", "\"pageview\"", "1", "-1.5e3", " [{}, \"x\"] "] {
        rejects_whole(record, Reason::NotAnObject);
    }
    for record in ["[] []", "[", "1 2", "-"] {
        rejects_whole(record, Reason::NotJson);
    }
    rejects_whole(b"{\"type\":\"click\xff\"}", Reason::NotUtf8);
    rejects_whole(b"\xff", Reason::NotUtf8);
    rejects_whole(b"{\"x\":\"\xed\xa0\x80\"}", Reason::NotUtf8);
}

#[test]
fn size_and_depth() {
    let fill = |len: usize| {
        let bare = good("click").to_string();
        bare.replacen('}', &format!(r#","x":"{}"}}"#, "x".repeat(len - bare.len() - 7)), 1)
    };
    let largest = fill(MAX_RECORD_BYTES);
    assert_eq!(largest.len(), MAX_RECORD_BYTES);
    assert!(decode(largest.as_bytes()).is_ok());
    rejects_whole(fill(MAX_RECORD_BYTES + 1), Reason::TooLarge);
    rejects_whole(vec![0xff; MAX_RECORD_BYTES + 1], Reason::TooLarge);

    let nested = |open: &str, close: &str, depth: usize| {
        let value = format!("{}0{}", open.repeat(depth), close.repeat(depth));
        good("click").to_string().replacen('}', &format!(r#","x":{value}}}"#), 1)
    };
    // The record itself is the first level.
    assert!(decode(nested("[", "]", 127).as_bytes()).is_ok());
    assert!(decode(nested(r#"{"a":"#, "}", 127).as_bytes()).is_ok());
    rejects_whole(nested("[", "]", 128), Reason::NotJson);
    rejects_whole(nested(r#"{"a":"#, "}", 128), Reason::NotJson);
    rejects_whole("[".repeat(MAX_RECORD_BYTES), Reason::NotJson);
    rejects_whole(format!(r#"{{"x":{}"#, "[".repeat(500_000)), Reason::NotJson);
    rejects_whole(format!(r#"{{"x":{}"#, r#"{"a":"#.repeat(200_000)), Reason::NotJson);
}

#[test]
fn the_first_rule_broken_decides() {
    let mut record = json!({
        "type": 1, "timestamp": "x", "user_id": 1, "anonymous_id": 1, "event_id": 1, "site": 1,
        "session_id": 1, "user_agent": 1, "referrer": 1, "country": 1, "device": 1, "platform": 1,
        "plan": 1, "page": 1, "pageview_id": 1, "scroll_depth": "x", "engaged_ms": "x",
    });
    for (field, mended) in [
        ("type", json!("pageview")),
        ("timestamp", json!(1)),
        ("user_id", json!("u")),
        ("anonymous_id", json!("a")),
        ("event_id", json!("e")),
        ("site", json!("s")),
        ("session_id", json!("s")),
        ("user_agent", json!("ua")),
        ("referrer", json!("r")),
        ("country", json!("c")),
        ("device", json!("d")),
        ("platform", json!("p")),
        ("plan", json!("p")),
        ("page", json!("/")),
        ("pageview_id", json!("pv")),
        ("scroll_depth", json!(1)),
        ("engaged_ms", json!(1)),
    ] {
        assert_eq!(outcome(&record), Err((Reason::WrongType, Some(field))));
        record[field] = mended;
    }
    assert_eq!(outcome(&record), Ok(()));
}

#[test]
fn an_unknown_type_is_judged_before_all_else() {
    let record = br#"{"timestamp":[],"user_id":1,"type":"tele\u006detry"}"#;
    assert_eq!(decode(record), Ok(Decoded::UnknownType("telemetry".into())));
    rejects_whole(br#"{"type":"telemetry","x":nope}"#, Reason::NotJson);
}
