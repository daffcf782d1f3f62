//! The body of a request: read in pieces, decompressed if the client says so, drained before an error.

use std::collections::VecDeque;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::blocks::Decoder;
use crate::exception::{Exception, kind};

/// A body that is being read.
pub(crate) struct RequestBody {
    body: Body,
    decoder: Option<Decoder>,
    /// Data that is to be given out first.
    ready: VecDeque<Bytes>,
    ended: bool,
}

impl RequestBody {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, decoder: None, ready: VecDeque::new(), ended: false }
    }

    /// Says whether the body is made of ClickHouse's compressed blocks (`decompress=1`); before it is read.
    pub(crate) fn set_compressed(&mut self, compressed: bool) {
        self.decoder = compressed.then(Decoder::default);
    }

    /// The next piece, decompressed; `None` at the end. Pieces are never empty.
    ///
    /// # Errors
    ///
    /// The client broke off, or its compressed data is damaged.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Ok(Some(piece));
            }
            if self.ended {
                return Ok(None);
            }
            let frame = match self.body.frame().await {
                None => {
                    self.ended = true;
                    if let Some(decoder) = &self.decoder {
                        decoder.finish()?;
                    }
                    continue;
                }
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    self.ended = true;
                    let text = format_args!("The client broke off its request: {error}");
                    return Err(Exception::new(kind::NETWORK_ERROR, text));
                }
            };
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            match &mut self.decoder {
                None => self.ready.extend(Some(piece).filter(|piece| !piece.is_empty())),
                Some(decoder) => {
                    decoder.push(&piece);
                    while let Some(block) = decoder.next_block()? {
                        self.ready.extend(Some(block).filter(|block| !block.is_empty()));
                    }
                }
            }
        }
    }

    /// Puts a piece back in front.
    pub(crate) fn unread(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.ready.push_front(piece);
        }
    }

    /// Appends pieces to `text` until it has `enough` bytes or the body ends; tells whether it ended.
    pub(crate) async fn read_into(&mut self, text: &mut Vec<u8>, enough: usize) -> Result<bool, Exception> {
        while text.len() < enough {
            match self.next().await? {
                Some(piece) => text.extend_from_slice(&piece),
                None => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Reads what is left and throws it away: a client that still sends would see a closed connection in
    /// place of our answer.
    pub(crate) async fn drain(&mut self) {
        self.ready.clear();
        while !self.ended {
            self.ended = !matches!(self.body.frame().await, Some(Ok(_)));
        }
    }
}
