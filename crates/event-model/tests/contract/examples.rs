//! Records of every kind and what becomes of them, as a snapshot.

use std::fmt::Write as _;

use event_model::decode;

#[test]
fn records_and_their_outcomes() {
    let mut outcomes = String::new();
    for record in include_str!("fixtures/records.ndjson").lines() {
        match decode(record.as_bytes()) {
            Ok(decoded) => writeln!(outcomes, "{record}\n{decoded:?}\n"),
            Err(rejection) => writeln!(outcomes, "{record}\nrejected: {rejection}\n"),
        }
        .expect("a string takes all that is written to it");
    }
    insta::assert_snapshot!(outcomes);
}
