//! One record as the fold sees it.

use pipeline::Origin;
use rdkafka::{Message, Timestamp, message::BorrowedMessage};

use crate::headers::{self, RawHeaders};

/// A record's own time, and who set it. Epoch milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTimestamp {
    /// The record has none.
    None,
    /// Set by the producer.
    Create(i64),
    /// Set by the broker when it appended the record.
    LogAppend(i64),
}

impl RecordTimestamp {
    /// The time, if there is one.
    pub const fn millis(self) -> Option<i64> {
        match self {
            Self::None => None,
            Self::Create(millis) | Self::LogAppend(millis) => Some(millis),
        }
    }

    /// The text of [`crate::HEADER_RECORD_TIME`].
    pub(crate) fn to_header(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Create(millis) => format!("create/{millis}"),
            Self::LogAppend(millis) => format!("append/{millis}"),
        }
    }

    /// Reads what [`Self::to_header`] wrote.
    pub(crate) fn from_header(text: &str) -> Option<Self> {
        match text.split_once('/') {
            None if text == "none" => Some(Self::None),
            Some(("create", millis)) => millis.parse().ok().map(Self::Create),
            Some(("append", millis)) => millis.parse().ok().map(Self::LogAppend),
            _ => None,
        }
    }
}

impl From<Timestamp> for RecordTimestamp {
    fn from(timestamp: Timestamp) -> Self {
        match timestamp {
            Timestamp::CreateTime(millis) if millis >= 0 => Self::Create(millis),
            Timestamp::LogAppendTime(millis) if millis >= 0 => Self::LogAppend(millis),
            _ => Self::None,
        }
    }
}

/// A record, borrowed from librdkafka for the time of a visit.
#[derive(Clone, Copy, Debug)]
pub struct SourceRecord<'a> {
    /// The topic it was read from.
    pub topic: &'a str,
    /// Its partition there.
    pub partition: i32,
    /// Its offset there.
    pub offset: u64,
    /// Its key, if it has one.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its time; of a merged record, the time it had before.
    pub timestamp: RecordTimestamp,
    /// Where it first appeared, if it was merged or is a dead letter that was sent again.
    pub first_origin: Option<Origin<'a>>,
}

impl<'a> SourceRecord<'a> {
    /// Where the record first appeared: what stands in for a missing event id.
    pub fn origin(&self) -> Origin<'a> {
        self.first_origin.unwrap_or(Origin {
            topic: self.topic,
            partition: self.partition,
            offset: self.offset,
        })
    }

    /// Borrows a record from librdkafka's message; headers are looked at only if asked to.
    pub(crate) fn borrow(message: &'a BorrowedMessage<'_>, read_origin: bool) -> Self {
        let mut record = Self {
            topic: message.topic(),
            partition: message.partition(),
            offset: u64::try_from(message.offset()).unwrap_or_default(),
            key: message.key(),
            value: message.payload(),
            timestamp: message.timestamp().into(),
            first_origin: None,
        };
        if let Some(found) = read_origin.then(|| RawHeaders::of(message)).flatten() {
            record.take_origin(&found);
        }
        record
    }

    fn take_origin(&mut self, found: &RawHeaders<'a>) {
        if let Some(origin) = found.text(headers::HEADER_ORIGIN).and_then(Origin::parse) {
            self.first_origin = Some(origin);
            let time = found.text(headers::HEADER_RECORD_TIME);
            if let Some(timestamp) = time.and_then(RecordTimestamp::from_header) {
                self.timestamp = timestamp;
            }
        } else if let Some(topic) = found.text(headers::HEADER_TOPIC) {
            let partition = found.text(headers::HEADER_PARTITION).and_then(|t| t.parse().ok());
            let offset = found.text(headers::HEADER_OFFSET).and_then(|t| t.parse().ok());
            self.first_origin =
                partition.zip(offset).map(|(partition, offset)| Origin { topic, partition, offset });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        for time in [
            RecordTimestamp::None,
            RecordTimestamp::Create(0),
            RecordTimestamp::Create(1_700_000_000_000),
            RecordTimestamp::LogAppend(5),
        ] {
            assert_eq!(RecordTimestamp::from_header(&time.to_header()), Some(time));
        }
        for bad in ["", "create", "create/", "create/x", "later/5", "none/5"] {
            assert_eq!(RecordTimestamp::from_header(bad), None, "{bad}");
        }
        assert_eq!(RecordTimestamp::from(Timestamp::CreateTime(-1)), RecordTimestamp::None);
    }
}
