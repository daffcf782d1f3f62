//! Lines of files: plain, gzip or zstd, told by their first bytes.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    vec,
};

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;

/// The lines of several files as one log, numbered from 0.
pub(crate) struct Lines {
    files: vec::IntoIter<PathBuf>,
    current: Option<(PathBuf, Box<dyn BufRead>)>,
    progress: ProgressBar,
    next: u64,
}

impl Lines {
    /// The lines of `files` in order; `-` is standard input. Bytes read move `progress`.
    pub(crate) fn new(files: Vec<PathBuf>, progress: ProgressBar) -> Self {
        Self { files: files.into_iter(), current: None, progress, next: 0 }
    }

    /// Bytes of all files together; `None` if standard input is among them.
    pub(crate) fn total_bytes(files: &[PathBuf]) -> Option<u64> {
        files
            .iter()
            .map(|file| std::fs::metadata(file).ok().filter(|meta| meta.is_file()).map(|m| m.len()))
            .sum()
    }

    /// Reads the next line that is not blank into `line`, without its end; its number, or `None` at the end.
    pub(crate) fn next_into(&mut self, line: &mut Vec<u8>) -> anyhow::Result<Option<u64>> {
        loop {
            let (path, reader) = match &mut self.current {
                Some(current) => current,
                None => match self.files.next() {
                    Some(path) => {
                        let reader = open(&path, &self.progress)?;
                        self.current.insert((path, reader))
                    }
                    None => return Ok(None),
                },
            };
            line.clear();
            let read =
                reader.read_until(b'\n', line).with_context(|| format!("reading {}", path.display()))?;
            if read == 0 {
                self.current = None;
                continue;
            }
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            let number = self.next;
            self.next += 1;
            if !line.trim_ascii().is_empty() {
                return Ok(Some(number));
            }
        }
    }
}

fn open(path: &Path, progress: &ProgressBar) -> anyhow::Result<Box<dyn BufRead>> {
    let raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("opening {}", path.display()))?)
    };
    const BUFFER: usize = 1 << 18;
    let mut reader = BufReader::with_capacity(BUFFER, progress.wrap_read(raw));
    let first = reader.fill_buf().with_context(|| format!("reading {}", path.display()))?;
    Ok(if first.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader)))
    } else if first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Box::new(BufReader::with_capacity(BUFFER, zstd::Decoder::with_buffer(reader)?))
    } else {
        Box::new(reader)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write;

    fn lines(files: &[PathBuf]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(files.to_vec(), ProgressBar::hidden());
        let mut line = Vec::new();
        let mut all = Vec::new();
        while let Some(number) = lines.next_into(&mut line).unwrap() {
            all.push((number, String::from_utf8(line.clone()).unwrap()));
        }
        all
    }

    #[test]
    fn files_are_one_log_however_packed() {
        let dir = tempfile::tempdir().unwrap();
        let plain = dir.path().join("a.ndjson");
        std::fs::write(&plain, "one\r\n\n  \ntwo").unwrap();
        let gz = dir.path().join("b.gz");
        let mut encoder =
            flate2::write::GzEncoder::new(File::create(&gz).unwrap(), flate2::Compression::fast());
        encoder.write_all(b"three\n").unwrap();
        encoder.finish().unwrap();
        let zst = dir.path().join("c.zst");
        std::fs::write(&zst, zstd::encode_all(&b"four\nfive\n"[..], 1).unwrap()).unwrap();
        let expected = [(0, "one"), (3, "two"), (4, "three"), (5, "four"), (6, "five")];
        assert_eq!(lines(&[plain, gz, zst]), expected.map(|(n, text)| (n, text.to_owned())));
    }

    #[test]
    fn a_missing_file_is_named() {
        let mut lines = Lines::new(vec!["/nowhere/x.ndjson".into()], ProgressBar::hidden());
        let error = format!("{:#}", lines.next_into(&mut Vec::new()).unwrap_err());
        assert!(error.contains("/nowhere/x.ndjson"), "{error}");
    }
}
