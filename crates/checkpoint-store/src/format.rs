//! A checkpoint's bytes.
//!
//! All numbers are little-endian.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `TGCHKPT` and a zero byte |
//! | 4 | format version |
//! | 4 | CRC-32 (IEEE) of everything after it |
//! | 8 | next offset |
//! | 8 | fingerprint of the rules |
//! | 4 | partition |
//! | 4 | length of the topic's name |
//! | 8 | length of the payload |
//! | | the topic's name, the payload |

use pipeline::{Offset, Partition};

use crate::error::Unreadable;

/// The version that is written; every version up to it is read.
pub const FORMAT_VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"TGCHKPT\0";
/// Magic, version, checksum.
const UNCHECKED: usize = 16;
const HEADER: usize = 48;

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) partition: Partition,
    pub(crate) next_offset: Offset,
    pub(crate) rules: u64,
}

/// The bytes that come before the payload.
pub(crate) fn encode(header: &Header, payload: &[u8]) -> Vec<u8> {
    let topic = header.partition.topic.as_bytes();
    let mut checked = Vec::with_capacity(HEADER + topic.len());
    checked.extend(header.next_offset.0.to_le_bytes());
    checked.extend(header.rules.to_le_bytes());
    checked.extend(header.partition.number.to_le_bytes());
    checked.extend((topic.len() as u32).to_le_bytes());
    checked.extend((payload.len() as u64).to_le_bytes());
    checked.extend(topic);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&checked);
    crc.update(payload);
    let mut bytes = Vec::with_capacity(UNCHECKED + checked.len());
    bytes.extend(MAGIC);
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend(crc.finalize().to_le_bytes());
    bytes.extend(checked);
    bytes
}

/// Reads a whole file: what it says of itself, and its payload.
pub(crate) fn decode(mut bytes: Vec<u8>) -> Result<(Header, Vec<u8>), Unreadable> {
    let mut reader = Reader { bytes: &bytes, whole: bytes.len() as u64 };
    let begins: [u8; 8] = reader.take()?;
    if begins != MAGIC {
        return Err(Unreadable::NotACheckpoint);
    }
    let version = u32::from_le_bytes(reader.take()?);
    if version > FORMAT_VERSION {
        return Err(Unreadable::Newer { found: version, known: FORMAT_VERSION });
    }
    if version == 0 {
        return Err(Unreadable::NotACheckpoint);
    }
    let crc = u32::from_le_bytes(reader.take()?);
    let checked = reader.bytes;
    let next_offset = Offset(u64::from_le_bytes(reader.take()?));
    let rules = u64::from_le_bytes(reader.take()?);
    let number = i32::from_le_bytes(reader.take()?);
    let topic_len = u64::from(u32::from_le_bytes(reader.take()?));
    let payload_len = u64::from_le_bytes(reader.take()?);
    let expected = (HEADER as u64).saturating_add(topic_len).saturating_add(payload_len);
    if reader.whole < expected {
        return Err(Unreadable::Torn { found: reader.whole, expected });
    }
    if reader.whole > expected || crc32fast::hash(checked) != crc {
        return Err(Unreadable::Altered);
    }
    let name = reader.bytes.get(..topic_len as usize).ok_or(Unreadable::Altered)?;
    let topic = std::str::from_utf8(name).map_err(|_| Unreadable::Altered)?;
    let header = Header { partition: Partition::new(topic, number), next_offset, rules };
    bytes.drain(..HEADER + topic_len as usize);
    Ok((header, bytes))
}

/// Takes fields off the front.
struct Reader<'a> {
    bytes: &'a [u8],
    whole: u64,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (field, rest) = self
            .bytes
            .split_first_chunk()
            .ok_or(Unreadable::Torn { found: self.whole, expected: HEADER as u64 })?;
        self.bytes = rest;
        Ok(*field)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(payload: &[u8]) -> Vec<u8> {
        let header =
            Header { partition: Partition::new("events", 3), next_offset: Offset(123_456), rules: 42 };
        let mut bytes = encode(&header, payload);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = file(b"the state");
        for len in 0..whole.len() {
            let torn = decode(whole[..len].to_vec()).unwrap_err();
            assert!(matches!(torn, Unreadable::Torn { found, .. } if found == len as u64), "{len}: {torn}");
        }
        let mut longer = whole;
        longer.push(0);
        assert_eq!(decode(longer), Err(Unreadable::Altered));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let whole = file(b"the state");
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(bytes).is_err(), "bit {bit} of byte {}", bit / 8);
        }
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let mut bytes = file(b"");
        bytes[8] = 2;
        assert_eq!(decode(bytes), Err(Unreadable::Newer { found: 2, known: 1 }));
        assert_eq!(decode(b"{\"type\":\"pageview\"}".to_vec()), Err(Unreadable::NotACheckpoint));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            topic in "[a-zA-Z0-9._-]{1,40}",
            number in 0..i32::MAX,
            next in any::<u64>(),
            rules in any::<u64>(),
            payload in proptest::collection::vec(any::<u8>(), 0..500),
        ) {
            let header = Header { partition: Partition::new(topic, number), next_offset: Offset(next), rules };
            let mut bytes = encode(&header, &payload);
            bytes.extend(&payload);
            prop_assert_eq!(decode(bytes), Ok((header, payload)));
        }

        #[test]
        fn no_bytes_whatever_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut begun = MAGIC.to_vec();
            begun.extend(1u32.to_le_bytes());
            begun.extend(&bytes);
            prop_assert!(decode(begun).is_err());
            prop_assert!(decode(bytes).is_err());
        }
    }
}
