//! A record's bytes to an event: the whole record, its type, and the fields common to all types.

use std::borrow::Cow;

use crate::{
    event::{Event, EventType, UserRef},
    field::Field,
    kind,
    number::small_integer,
    reject::{Reason, Rejection},
    scan::{RawFields, scan},
    timestamp::parse_rfc3339,
    value,
};

/// The largest record that is decoded; larger ones are dead letters (`too_large`).
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// Event times lie in 1970 to 2099: epoch milliseconds below this.
const TIMESTAMP_END: i64 = 4_102_444_800_000;

/// The site of events that name none.
const DEFAULT_SITE: &str = "default";

/// What a record that is not rejected holds.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all records are events, and a box would cost each an allocation"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded<'a> {
    /// An event that keeps the contract.
    Event(Event<'a>),
    /// A type the contract does not know; nothing else of the record was looked at.
    UnknownType(Cow<'a, str>),
}

/// Decodes and validates one record's value.
///
/// Text is borrowed from the record unless it holds an escape. Numbers are read from their own text,
/// never through a float. What is judged first decides the rejection: the record as a whole
/// (`too_large`, `not_utf8`, `not_json`, `not_an_object`), then `type`, the timestamp, the user, the
/// other common fields and the type's own, each in the contract's order. Fields of other types are
/// not looked at. Values nested more than 128 deep count as not JSON.
///
/// # Errors
///
/// The first rule of the contract that the record breaks, with the offending field.
pub fn decode(value: &[u8]) -> Result<Decoded<'_>, Rejection> {
    let mut fields = RawFields::EMPTY;
    scan(value, &mut fields)?;
    let name = value::any_text(&fields, Field::Type)?.ok_or_else(|| missing(Field::Type))?;
    let Some(event_type) = EventType::of_name(&name) else {
        return Ok(Decoded::UnknownType(name));
    };
    let timestamp = timestamp(&fields)?;
    let user = user(&fields, event_type)?;
    let text = |field| value::any_text(&fields, field);
    Ok(Decoded::Event(Event {
        timestamp,
        user,
        event_id: value::text(&fields, Field::EventId, 128)?,
        site: value::text(&fields, Field::Site, 128)?.unwrap_or(Cow::Borrowed(DEFAULT_SITE)),
        session_id: value::text(&fields, Field::SessionId, 128)?,
        user_agent: text(Field::UserAgent)?,
        referrer: text(Field::Referrer)?,
        country: text(Field::Country)?,
        device: text(Field::Device)?,
        platform: text(Field::Platform)?,
        plan: text(Field::Plan)?,
        kind: kind::decode(&fields, event_type)?,
    }))
}

/// The event time from the first of `timestamp`, `ts` and `time` that is there.
fn timestamp(fields: &RawFields<'_>) -> Result<i64, Rejection> {
    let field = [Field::Timestamp, Field::Ts, Field::Time]
        .into_iter()
        .find(|&field| !fields.raw(field).is_empty())
        .ok_or_else(|| missing(Field::Timestamp))?;
    let raw = fields.raw(field);
    let ms = match small_integer(raw) {
        Some(ms) => i64::try_from(ms).ok(),
        None if value::is_integer(raw) => raw.parse().ok(),
        None => {
            let text = value::any_text(fields, field)?.ok_or_else(|| wrong_type(field))?;
            Some(parse_rfc3339(&text).ok_or_else(|| wrong_type(field))?)
        }
    };
    ms.filter(|ms| (0..TIMESTAMP_END).contains(ms)).ok_or_else(|| out_of_range(field))
}

/// The known user, else the anonymous one; both are checked if both are there.
fn user<'a>(fields: &RawFields<'a>, event_type: EventType) -> Result<Option<UserRef<'a>>, Rejection> {
    let known = value::text(fields, Field::UserId, 256)?.map(UserRef::Known);
    let anonymous = value::text(fields, Field::AnonymousId, 256)?.map(UserRef::Anonymous);
    match known.or(anonymous) {
        None if !event_type.needs_no_user() => Err(missing(Field::UserId)),
        user => Ok(user),
    }
}

pub(crate) const fn missing(field: Field) -> Rejection {
    reject(Reason::MissingField, field)
}

pub(crate) const fn wrong_type(field: Field) -> Rejection {
    reject(Reason::WrongType, field)
}

pub(crate) const fn out_of_range(field: Field) -> Rejection {
    reject(Reason::OutOfRange, field)
}

const fn reject(reason: Reason, field: Field) -> Rejection {
    Rejection { reason, field: Some(field.name()) }
}
