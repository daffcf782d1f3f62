//! One pass over a record: JSON text in, the raw text of each known field's value out.

use sonic_rs::{Read, parser::Parser};

use crate::{
    field::Field,
    precheck,
    reject::{Reason, Rejection},
};

/// The raw JSON text of every known field of one record; empty where the field is absent or null.
pub(crate) struct RawFields<'a> {
    raw: [&'a str; Field::COUNT],
    /// Whether any string of the record may hold an escape.
    has_escapes: bool,
    /// Whether `score` was given as null: dismissed, not absent.
    score_is_null: bool,
}

impl<'a> RawFields<'a> {
    /// No field at all.
    pub(crate) const EMPTY: RawFields<'static> =
        RawFields { raw: [""; Field::COUNT], has_escapes: false, score_is_null: false };

    /// The raw text of a field's value; empty if absent or null.
    pub(crate) fn raw(&self, field: Field) -> &'a str {
        self.raw[field as usize]
    }

    fn set(&mut self, field: Field, raw: &'a str) {
        let is_null = raw == "null";
        self.raw[field as usize] = if is_null { "" } else { raw };
        if field == Field::Score {
            self.score_is_null = is_null;
        }
    }

    /// Whether a raw string may hold escapes.
    pub(crate) fn has_escapes(&self) -> bool {
        self.has_escapes
    }

    /// Whether the last `score` was an explicit null.
    pub(crate) fn score_is_null(&self) -> bool {
        self.score_is_null
    }
}

/// A record that as a whole is at fault.
pub(crate) const fn whole(reason: Reason) -> Rejection {
    Rejection { reason, field: None }
}

const NOT_JSON: Rejection = whole(Reason::NotJson);

/// Reads one JSON object; the last of repeated keys wins, unknown keys are skipped but must be JSON.
pub(crate) fn scan<'a>(value: &'a [u8], fields: &mut RawFields<'a>) -> Result<(), Rejection> {
    if value.len() > crate::MAX_RECORD_BYTES {
        return Err(whole(Reason::TooLarge));
    }
    let text = simdutf8::basic::from_utf8(value).map_err(|_| whole(Reason::NotUtf8))?;
    fields.has_escapes = precheck::check(text).ok_or(NOT_JSON)?;
    let mut parser = Parser::new(Read::from(text));
    match parser.skip_space() {
        Some(b'{') => {}
        Some(_) => return Err(not_an_object(text)),
        None => return Err(NOT_JSON),
    }
    let mut next = parser.skip_space();
    if next != Some(b'}') {
        // Stays empty, and so unallocated, unless a key holds an escape.
        let mut unescaped_key = Vec::new();
        loop {
            if next != Some(b'"') {
                return Err(NOT_JSON);
            }
            let field = {
                let key = parser.parse_str(&mut unescaped_key).map_err(|_| NOT_JSON)?;
                Field::of(key.as_bytes())
            };
            if parser.skip_space() != Some(b':') {
                return Err(NOT_JSON);
            }
            let (raw, _) = parser.skip_one(true).map_err(|_| NOT_JSON)?;
            if let Some(field) = field {
                // Cut from the text by position: that spares a second UTF-8 check.
                let end = parser.offset();
                fields.set(field, text.get(end - raw.len()..end).ok_or(NOT_JSON)?);
            }
            match parser.skip_space() {
                Some(b',') => next = parser.skip_space(),
                Some(b'}') => break,
                _ => return Err(NOT_JSON),
            }
        }
    }
    match parser.skip_space() {
        None => Ok(()),
        Some(_) => Err(NOT_JSON),
    }
}

/// The verdict on a text that does not begin with a brace.
#[cold]
fn not_an_object(text: &str) -> Rejection {
    let mut parser = Parser::new(Read::from(text));
    let is_json = parser.skip_one(true).is_ok() && parser.skip_space().is_none();
    whole(if is_json { Reason::NotAnObject } else { Reason::NotJson })
}
