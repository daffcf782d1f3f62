//! ClickHouse's compressed blocks: checksum (16 bytes), method (1), compressed size with this header of nine
//! bytes (4), uncompressed size (4), data. The checksum is CityHash 1.0.2 over all that follows it.

use bytes::{Buf, Bytes, BytesMut};

use crate::exception::{Exception, kind};

const CHECKSUM: usize = 16;
const HEADER: usize = 9;
const METHOD_NONE: u8 = 0x02;
const METHOD_LZ4: u8 = 0x82;
/// What ClickHouse takes for the largest sensible block, and what nobody should make us allocate beyond.
const MAX_BLOCK: usize = 1 << 30;
/// Uncompressed bytes of a block we write, as ClickHouse does.
const BLOCK: usize = 1 << 20;

/// The checksum of a block's header and data, as it is written.
fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    cityhash_rs::cityhash_102_128(bytes).rotate_right(64).to_le_bytes()
}

/// Compresses data into blocks, LZ4.
pub(crate) fn compress(data: &[u8]) -> Bytes {
    let mut out = Vec::new();
    for chunk in data.chunks(BLOCK) {
        let compressed = lz4_flex::block::compress(chunk);
        let start = out.len() + CHECKSUM;
        out.resize(start, 0);
        out.push(METHOD_LZ4);
        // Both are below 2 MiB.
        out.extend_from_slice(&((compressed.len() + HEADER) as u32).to_le_bytes());
        out.extend_from_slice(&(chunk.len() as u32).to_le_bytes());
        out.extend_from_slice(&compressed);
        let sum = checksum(&out[start..]);
        out[start - CHECKSUM..start].copy_from_slice(&sum);
    }
    out.into()
}

/// Takes blocks apart that arrive in pieces cut anywhere.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pending: BytesMut,
}

impl Decoder {
    /// Adds what has arrived.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.pending.extend_from_slice(piece);
    }

    /// The data of the next block, if all of it is there.
    pub(crate) fn next_block(&mut self) -> Result<Option<Bytes>, Exception> {
        let Some(header) = self.pending.get(CHECKSUM..CHECKSUM + HEADER) else {
            return Ok(None);
        };
        let mut sizes = header.get(1..).unwrap_or_default();
        let (compressed, uncompressed) = (sizes.get_u32_le() as usize, sizes.get_u32_le() as usize);
        if !(HEADER..=MAX_BLOCK).contains(&compressed) || uncompressed > MAX_BLOCK {
            return Err(Exception::new(
                kind::CANNOT_DECOMPRESS,
                format_args!(
                    "A compressed block claims {compressed} bytes for {uncompressed}: data is not compressed, or corrupt"
                ),
            ));
        }
        let method = header.first().copied().unwrap_or_default();
        if self.pending.len() < CHECKSUM + compressed {
            return Ok(None);
        }
        let block = self.pending.split_to(CHECKSUM + compressed).freeze();
        let (sum, rest) = block.split_at(CHECKSUM);
        if checksum(rest) != sum {
            return Err(Exception::new(
                kind::CHECKSUM_DOESNT_MATCH,
                "Checksum doesn't match: corrupted data",
            ));
        }
        let data = block.slice(CHECKSUM + HEADER..);
        match method {
            METHOD_NONE => Ok(Some(data)),
            METHOD_LZ4 => decompress(&data, uncompressed).map(Some),
            other => Err(Exception::new(
                kind::UNKNOWN_COMPRESSION_METHOD,
                format_args!(
                    "Compression method 0x{other:02x} is not supported by the embedded ClickHouse; use LZ4 or none"
                ),
            )),
        }
    }

    /// Fails if a block is not whole.
    pub(crate) fn finish(&self) -> Result<(), Exception> {
        match self.pending.len() {
            0 => Ok(()),
            left => Err(Exception::new(
                kind::CANNOT_DECOMPRESS,
                format_args!("Compressed data ends within a block, after {left} bytes of it"),
            )),
        }
    }
}

fn decompress(data: &[u8], uncompressed: usize) -> Result<Bytes, Exception> {
    // A byte of LZ4 stands for at most 255: what claims more would only make us allocate.
    let claim_holds = uncompressed <= data.len().saturating_mul(255).saturating_add(64);
    let result = if claim_holds { lz4_flex::block::decompress(data, uncompressed).ok() } else { None };
    match result {
        Some(bytes) if bytes.len() == uncompressed => Ok(bytes.into()),
        _ => Err(Exception::new(kind::CANNOT_DECOMPRESS, "Cannot decompress an LZ4 block")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn decode(pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<Vec<u8>, Exception> {
        let (mut decoder, mut out) = (Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.push(piece.as_ref());
            while let Some(block) = decoder.next_block()? {
                out.extend_from_slice(&block);
            }
        }
        decoder.finish().map(|()| out)
    }

    #[test]
    fn what_was_compressed_comes_back_however_it_is_cut() {
        let data: Vec<u8> = (0..3_000_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let packed = compress(&data);
        assert!(packed.len() < data.len());
        for cut in [1_000_003, 65_536, 4_095] {
            assert_eq!(decode(packed.chunks(cut)).unwrap(), data, "cut every {cut}");
        }
        assert_eq!(decode(compress(b"x\n").chunks(1)).unwrap(), b"x\n");
        assert!(compress(b"").is_empty());
    }

    /// Method 0x02 carries the data as it is.
    #[test]
    fn uncompressed_blocks_are_read() {
        let mut block = vec![METHOD_NONE, 12, 0, 0, 0, 3, 0, 0, 0];
        block.extend_from_slice(b"abc");
        let whole = [checksum(&block).as_slice(), &block].concat();
        assert_eq!(decode([whole].iter()).unwrap(), b"abc");
    }

    #[test]
    fn damage_is_told_by_its_kind() {
        let good = compress(b"some data that is long enough, long enough");
        let error = |bytes: &[u8]| decode([bytes].iter()).unwrap_err().code;

        let mut flipped = good.to_vec();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(error(&flipped), 40);
        assert_eq!(error(&good[..good.len() - 1]), 271);
        assert_eq!(error(b"INSERT INTO t FORMAT CSV 1,2,3 and so on"), 271);

        let resealed = |change: &dyn Fn(&mut [u8])| {
            let mut bytes = good.to_vec();
            change(&mut bytes[CHECKSUM..]);
            let sum = checksum(&bytes[CHECKSUM..]);
            bytes[..CHECKSUM].copy_from_slice(&sum);
            bytes
        };
        assert_eq!(error(&resealed(&|block| block[0] = 0x90)), 89);
        assert_eq!(error(&resealed(&|block| block[5] += 1)), 271);
        assert_eq!(error(&resealed(&|block| block[8] = 0x3f)), 271);
    }
}
