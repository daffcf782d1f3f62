//! Typed values of a record's fields; absent and null fields are `None`.

use std::borrow::Cow;

use crate::{
    decode::{missing, out_of_range, wrong_type},
    field::Field,
    number::{Literal, Scaled, small_integer},
    reject::{Reason, Rejection},
    scan::{RawFields, whole},
};

/// A string of any length.
#[inline]
pub(crate) fn any_text<'a>(fields: &RawFields<'a>, field: Field) -> Result<Option<Cow<'a, str>>, Rejection> {
    match fields.raw(field) {
        "" => Ok(None),
        raw => string(fields, field, raw).map(Some),
    }
}

fn string<'a>(fields: &RawFields<'a>, field: Field, raw: &'a str) -> Result<Cow<'a, str>, Rejection> {
    let inner =
        raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(|| wrong_type(field))?;
    if fields.has_escapes() && inner.contains('\\') {
        // The scan has found the escapes to be valid; a failure would mean that it is not JSON.
        let text = sonic_rs::from_str(raw).map_err(|_| whole(Reason::NotJson))?;
        return Ok(Cow::Owned(text));
    }
    Ok(Cow::Borrowed(inner))
}

/// A string of 1 to `max` bytes.
#[inline]
pub(crate) fn text<'a>(
    fields: &RawFields<'a>,
    field: Field,
    max: usize,
) -> Result<Option<Cow<'a, str>>, Rejection> {
    match any_text(fields, field)? {
        Some(text) if text.is_empty() || text.len() > max => Err(out_of_range(field)),
        text => Ok(text),
    }
}

/// A required field's value.
pub(crate) fn required<T>(field: Field, value: Option<T>) -> Result<T, Rejection> {
    value.ok_or_else(|| missing(field))
}

/// One of the names that `of_name` knows.
pub(crate) fn name<T>(
    fields: &RawFields<'_>,
    field: Field,
    of_name: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Rejection> {
    match any_text(fields, field)? {
        Some(text) => of_name(&text).map(Some).ok_or_else(|| out_of_range(field)),
        None => Ok(None),
    }
}

/// True or false.
pub(crate) fn flag(fields: &RawFields<'_>, field: Field) -> Result<Option<bool>, Rejection> {
    match fields.raw(field) {
        "" => Ok(None),
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(wrong_type(field)),
    }
}

/// A number at least 0, times `10^places`.
pub(crate) fn scaled(fields: &RawFields<'_>, field: Field, places: u8) -> Result<Option<Scaled>, Rejection> {
    let raw = fields.raw(field);
    if raw.is_empty() {
        return Ok(None);
    }
    let whole = small_integer(raw).and_then(|value| value.checked_mul(10_u64.pow(places.into())));
    if let Some(value) = whole {
        return Ok(Some(Scaled { floor: value, nearest: value, exact: true }));
    }
    let literal = Literal::of_json(raw).ok_or_else(|| wrong_type(field))?;
    literal.scaled(places).map(Some).ok_or_else(|| out_of_range(field))
}

/// A number in `min..=max`, given times `10^places`; the value is rounded to the nearest, half away
/// from zero, the range is not.
pub(crate) fn number(
    fields: &RawFields<'_>,
    field: Field,
    places: u8,
    min: u64,
    max: u64,
) -> Result<Option<u64>, Rejection> {
    match scaled(fields, field, places)? {
        Some(scaled) if !scaled.is_within(min, max) => Err(out_of_range(field)),
        scaled => Ok(scaled.map(|scaled| scaled.nearest)),
    }
}

/// A whole number in `0..=max`, however it is written.
pub(crate) fn whole_number(fields: &RawFields<'_>, field: Field, max: u64) -> Result<Option<u64>, Rejection> {
    match scaled(fields, field, 0)? {
        Some(scaled) if !scaled.exact || scaled.floor > max => Err(out_of_range(field)),
        scaled => Ok(scaled.map(|scaled| scaled.floor)),
    }
}

/// An amount of money: a decimal string or a number, as the shortest exact decimal text.
pub(crate) fn amount<'a>(fields: &RawFields<'a>, field: Field) -> Result<Option<Cow<'a, str>>, Rejection> {
    let raw = fields.raw(field);
    if raw.is_empty() {
        return Ok(None);
    }
    if let Some(literal) = Literal::of_json(raw) {
        return literal.amount().map(Some).ok_or_else(|| out_of_range(field));
    }
    Ok(match any_text(fields, field)? {
        None => None,
        Some(Cow::Borrowed(text)) => Some(decimal_string(text, field)?),
        Some(Cow::Owned(text)) => Some(Cow::Owned(decimal_string(&text, field)?.into_owned())),
    })
}

fn decimal_string(text: &str, field: Field) -> Result<Cow<'_, str>, Rejection> {
    let literal = Literal::of_decimal_string(text).ok_or_else(|| wrong_type(field))?;
    literal.amount().ok_or_else(|| out_of_range(field))
}

/// A currency: three ASCII letters, in upper case.
pub(crate) fn currency<'a>(fields: &RawFields<'a>, field: Field) -> Result<Option<Cow<'a, str>>, Rejection> {
    let Some(code) = any_text(fields, field)? else {
        return Ok(None);
    };
    match code.as_bytes() {
        [a, b, c] if [a, b, c].iter().all(|b| b.is_ascii_alphabetic()) => {
            Ok(Some(if code.bytes().all(|b| b.is_ascii_uppercase()) {
                code
            } else {
                Cow::Owned(code.to_ascii_uppercase())
            }))
        }
        _ => Err(out_of_range(field)),
    }
}

/// Whether a raw value is a number written without fraction and exponent.
pub(crate) fn is_integer(raw: &str) -> bool {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
