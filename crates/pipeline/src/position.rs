//! Places in Kafka's logs, in one notation.
//!
//! An offset is written `@7`, a range `[3, 7)` (3 is in it, 7 is not), a partition `topic/2`, a
//! position or an origin `topic/2/7`. Debug and Display read alike.

use std::{fmt, sync::Arc};

/// The offset of a record in its partition; as a position, that of the next record to read.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Offset(pub u64);

impl Offset {
    /// The offset after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl fmt::Debug for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The offsets from `begin` up to but without `end`; empty if they are equal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct OffsetRange {
    begin: Offset,
    end: Offset,
}

/// A range that would end before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a range of offsets cannot begin at {begin} and end at {end}")]
pub struct RangeError {
    /// The first offset asked for.
    pub begin: Offset,
    /// The offset after the last one asked for.
    pub end: Offset,
}

impl OffsetRange {
    /// The range `[begin, end)`; an error if it ends before it begins.
    pub fn new(begin: Offset, end: Offset) -> Result<Self, RangeError> {
        if begin > end {
            return Err(RangeError { begin, end });
        }
        Ok(Self { begin, end })
    }

    /// The first offset in the range.
    pub const fn begin(self) -> Offset {
        self.begin
    }

    /// The offset after the last one in the range.
    pub const fn end(self) -> Offset {
        self.end
    }

    /// How many offsets the range spans.
    pub const fn len(self) -> u64 {
        self.end.0 - self.begin.0
    }

    /// Whether no offset is in the range.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether reading may begin at `position`: in the range, or right at its end.
    pub fn can_start_at(self, position: Offset) -> bool {
        self.begin <= position && position <= self.end
    }
}

impl fmt::Display for OffsetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.begin.0, self.end.0)
    }
}

impl fmt::Debug for OffsetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One partition of a topic.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition's number in it, from 0.
    pub number: i32,
}

impl Partition {
    /// Partition `number` of `topic`.
    pub fn new(topic: impl Into<Arc<str>>, number: i32) -> Self {
        Self { topic: topic.into(), number }
    }

    /// The position in this partition at which `offset` is read next.
    pub fn at(&self, offset: Offset) -> Position {
        Position { partition: self.clone(), offset }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.number)
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A partition and the offset of the record to read next in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The partition.
    pub partition: Partition,
    /// The next offset.
    pub offset: Offset,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset.0)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The place at which a record first appeared: what stands in for a missing event id.
///
/// A record that was merged or dead-lettered carries its origin in headers as the text
/// `topic/partition/offset`; Kafka allows no slash in topic names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin<'a> {
    /// The topic, or the file of a replay.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset, or the line's number in a file.
    pub offset: u64,
}

impl<'a> Origin<'a> {
    /// Reads `topic/partition/offset`; `None` if the text is anything else.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (rest, offset) = text.rsplit_once('/')?;
        let (topic, partition) = rest.rsplit_once('/')?;
        if topic.is_empty() {
            return None;
        }
        Some(Self { topic, partition: number(partition)?, offset: number(offset)? })
    }
}

/// Parses plain digits only, so that an origin has one spelling.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let canonical = text == "0" || !text.starts_with('0');
    (canonical && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

impl fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn one_notation_for_display_and_debug() {
        let partition = Partition::new("events", 2);
        let range = OffsetRange::new(Offset(3), Offset(7)).unwrap();
        let origin = Origin { topic: "events", partition: 2, offset: 7 };
        assert_eq!(format!("{} {0:?}", Offset(7)), "@7 @7");
        assert_eq!(format!("{range} {range:?}"), "[3, 7) [3, 7)");
        assert_eq!(format!("{partition} {partition:?}"), "events/2 events/2");
        assert_eq!(format!("{0} {0:?}", partition.at(Offset(7))), "events/2/7 events/2/7");
        assert_eq!(format!("{origin} {origin:?}"), "events/2/7 events/2/7");
    }

    #[test]
    fn ranges_are_half_open() {
        let range = OffsetRange::new(Offset(3), Offset(7)).unwrap();
        assert_eq!(range.len(), 4);
        assert!(!range.is_empty());
        let starts: Vec<u64> = (0..10).filter(|o| range.can_start_at(Offset(*o))).collect();
        assert_eq!(starts, [3, 4, 5, 6, 7]);
        assert!(OffsetRange::new(Offset(7), Offset(7)).unwrap().is_empty());
        let error = OffsetRange::new(Offset(8), Offset(7)).unwrap_err();
        assert_eq!(error.to_string(), "a range of offsets cannot begin at @8 and end at @7");
    }

    #[test]
    fn an_origin_reads_back_as_it_was_written() {
        for origin in [
            Origin { topic: "events", partition: 0, offset: 0 },
            Origin { topic: "a.b-c_d", partition: 31, offset: u64::MAX },
            Origin { topic: "logs/day/1.ndjson", partition: 2, offset: 12 },
        ] {
            assert_eq!(Origin::parse(&origin.to_string()), Some(origin));
        }
        for bad in ["", "events", "events/1", "/1/2", "e/-1/2", "e/1/+2", "e/01/2", "e/1/", "e/1/x"] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }
}
