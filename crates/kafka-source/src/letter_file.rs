//! Dead letters to a file, one JSON object a line: for replays.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{error::LetterError, letters::Letter};

/// A file of dead letters.
///
/// A line is `{"file", "partition", "offset", "reason", "field", "timestamp", "value"}`, where
/// `value_base64` stands in for `value` if the record is not UTF-8, and `field` and `timestamp` are left out if
/// there is none.
#[derive(Debug)]
pub struct FileDeadLetters {
    path: PathBuf,
    file: BufWriter<File>,
    written: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    partition: i32,
    offset: u64,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
}

impl FileDeadLetters {
    /// Creates the file, or empties the one that is there.
    pub fn create(path: &Path) -> Result<Self, LetterError> {
        let file = File::create(path).map_err(|error| failed("open", path, error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), written: 0 })
    }

    /// Writes a letter.
    pub fn send(&mut self, letter: &Letter<'_>) -> Result<(), LetterError> {
        let text = letter.value.map(std::str::from_utf8);
        let line = Line {
            file: letter.origin.topic,
            partition: letter.origin.partition,
            offset: letter.origin.offset,
            reason: letter.reason,
            field: letter.field,
            timestamp: letter.timestamp.millis(),
            value: text.and_then(Result::ok),
            value_base64: match (text, letter.value) {
                (Some(Err(_)), Some(bytes)) => Some(base64(bytes)),
                _ => None,
            },
        };
        let written = serde_json::to_writer(&mut self.file, &line)
            .map_err(io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|error| failed("write", &self.path, error))?;
        self.written += 1;
        Ok(())
    }

    /// Hands everything to the operating system and waits for the disk.
    pub fn flush(&mut self) -> Result<(), LetterError> {
        let flushed = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        flushed.map_err(|error| failed("flush", &self.path, error))
    }

    /// How many letters were written.
    pub const fn written(&self) -> u64 {
        self.written
    }
}

fn failed(action: &'static str, path: &Path, error: io::Error) -> LetterError {
    LetterError::File { action, path: path.to_owned(), error }
}

/// Standard base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let six = (group >> (18 - 6 * place)) as usize & 63;
            text.push(if place <= chunk.len() { char::from(ALPHABET[six]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use pipeline::Origin;

    use super::*;
    use crate::record::RecordTimestamp;

    #[test]
    fn base64_by_the_examples_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }

    #[test]
    fn a_line_for_each_letter_whole_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("letters.ndjson");
        let mut letters = FileDeadLetters::create(&path).unwrap();
        let letter = Letter {
            origin: Origin { topic: "logs/a.ndjson", partition: 3, offset: 17 },
            key: None,
            value: Some(b"{\"type\":\"x\"\n\""),
            timestamp: RecordTimestamp::None,
            reason: "not_json",
            field: None,
        };
        letters.send(&letter).unwrap();
        let binary = Letter {
            value: Some(&[0xff, 0x00]),
            timestamp: RecordTimestamp::Create(5),
            reason: "not_utf8",
            field: Some("page"),
            ..letter
        };
        letters.send(&binary).unwrap();
        letters.flush().unwrap();
        assert_eq!(letters.written(), 2);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                r#"{"file":"logs/a.ndjson","partition":3,"offset":17,"reason":"not_json","value":"{\"type\":\"x\"\n\""}"#,
                r#"{"file":"logs/a.ndjson","partition":3,"offset":17,"reason":"not_utf8","field":"page","timestamp":5,"value_base64":"/wA="}"#,
            ]
        );
    }

    #[test]
    fn a_file_that_cannot_be_made_is_named() {
        let error = FileDeadLetters::create(Path::new("/no/such/folder/letters")).unwrap_err();
        assert!(error.to_string().starts_with("cannot open the dead letters in /no/such/folder/letters"));
    }
}
