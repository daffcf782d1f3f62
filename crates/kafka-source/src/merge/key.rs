//! The key of a merged record.

use event_model::{Decoded, decode};

use crate::{key::user_key, record::SourceRecord};

/// What a merged record is keyed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyedBy {
    /// Site and user.
    User,
    /// Site and event id: an event that needs no user, so that its repeats meet.
    Event,
    /// Its origin: nothing in it that others could share.
    Origin,
}

/// The key a record gets in the output topic.
pub fn merge_key(record: &SourceRecord<'_>) -> (Vec<u8>, KeyedBy) {
    if let Some(Ok(Decoded::Event(event))) = record.value.map(decode) {
        if let Some(user) = &event.user {
            return (user_key(&event.site, user.id()), KeyedBy::User);
        }
        if let Some(id) = &event.event_id {
            return (user_key(&event.site, id), KeyedBy::Event);
        }
    }
    (record.origin().to_string().into_bytes(), KeyedBy::Origin)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::record::RecordTimestamp;

    #[test]
    fn a_record_is_keyed_by_user_else_event_else_origin() {
        let view = |more: &str| format!(r#"{{"type":"pageview","timestamp":1,"page":"/"{more}}}"#);
        let social =
            |more: &str| format!(r#"{{"type":"social","timestamp":1,"post_id":"p","action":"like"{more}}}"#);
        for (value, key, by) in [
            (Some(view(r#","user_id":"u","site":"s""#)), "s\0u", KeyedBy::User),
            (Some(view(r#","user_id":"u","anonymous_id":"a""#)), "default\0u", KeyedBy::User),
            (Some(view(r#","anonymous_id":"a""#)), "default\0a", KeyedBy::User),
            (Some(social(r#","event_id":"e","site":"s""#)), "s\0e", KeyedBy::Event),
            (Some(social(r#","user_id":"u","event_id":"e""#)), "default\0u", KeyedBy::User),
            (Some(social("")), "in/1/7", KeyedBy::Origin),
            (Some(view("")), "in/1/7", KeyedBy::Origin),
            (Some(r#"{"type":"new","user_id":"u"}"#.to_owned()), "in/1/7", KeyedBy::Origin),
            (Some("{".to_owned()), "in/1/7", KeyedBy::Origin),
            (None, "in/1/7", KeyedBy::Origin),
        ] {
            let record = SourceRecord {
                topic: "in",
                partition: 1,
                offset: 7,
                key: Some(b"other"),
                value: value.as_deref().map(str::as_bytes),
                timestamp: RecordTimestamp::None,
                first_origin: None,
            };
            assert_eq!(merge_key(&record), (key.as_bytes().to_vec(), by), "{value:?}");
        }
    }
}
