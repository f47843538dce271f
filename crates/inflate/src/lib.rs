//! Decompression as a stream, told by the first bytes: file names can lie, and some have no ending.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use liblzma::{bufread::XzDecoder, stream::Stream};
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

/// Larger ones fall out of the processor's cache before they are used.
const BUFFER: usize = 64 * 1024;

/// Memory of the decoder of .xz; `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 128 * 1024 * 1024;

/// RFC 1952, 2.3.1.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The .xz file format 1.2, 2.1.1.1.
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
/// The properties that all encoders write, and a dictionary of whole 64 kB: .lzma has no magic number. No text begins so.
const LZMA: &[u8] = &[0x5d, 0, 0];
/// `BZh`, then the block size.
const BZIP2: &[u8] = b"BZh";
/// RFC 8878, 3.1.1 and 3.1.2: a frame, and (but for four bits) one that is to be skipped.
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const ZSTD_SKIPPED: &[u8] = &[0x2a, 0x4d, 0x18];
/// A zchunk file, and one with a detached header.
const ZCHUNK: [&[u8]; 2] = [b"\0ZCK1", b"\0ZHR1"];

/// How the bytes of a document become its content.
#[expect(missing_debug_implementations, reason = "readers of any kind")]
pub enum Inflated {
    /// They are it.
    Plain(Box<dyn Read + Send>),
    /// They are decompressed.
    Compressed(Box<dyn Read + Send>),
    /// Not by anything in here.
    Unsupported(&'static str),
}

/// Looks at the first bytes. Several members, streams or frames are one content, as the tools have it.
///
/// # Errors
/// When the first bytes can not be read. What is wrong with later ones is told by the reader.
pub fn inflate(reader: impl Read + Send + 'static) -> io::Result<Inflated> {
    let mut reader = BufReader::with_capacity(BUFFER, reader);
    // Few bytes can come at first, from a network or a pipe.
    let mut start = Vec::new();
    Read::by_ref(&mut reader).take(8).read_to_end(&mut start)?;
    let is = |magic: &[u8]| start.starts_with(magic);
    let skipped = start.get(1..4) == Some(ZSTD_SKIPPED) && start[0] >> 4 == 5;
    let (gzip, xz, lzma, bzip2, zstd) = (is(GZIP), is(XZ), is(LZMA), is(BZIP2), is(ZSTD) || skipped);
    if ZCHUNK.iter().any(|magic| is(magic)) {
        return Ok(Inflated::Unsupported("zchunk"));
    }
    let all = io::Cursor::new(start).chain(reader);
    Ok(if gzip {
        Inflated::Compressed(Box::new(MultiGzDecoder::new(all)))
    } else if xz {
        let stream = Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
        Inflated::Compressed(Box::new(XzDecoder::new_stream(all, stream)))
    } else if lzma {
        Inflated::Compressed(Box::new(XzDecoder::new_stream(all, Stream::new_lzma_decoder(XZ_MEMORY)?)))
    } else if bzip2 {
        Inflated::Compressed(Box::new(bzip2::bufread::MultiBzDecoder::new(all)))
    } else if zstd {
        Inflated::Compressed(Box::new(Zstd { source: all, decoder: FrameDecoder::new(), inside: false }))
    } else {
        Inflated::Plain(Box::new(all))
    })
}

/// All frames of a .zst file. The decoder takes windows of 128 MiB at most.
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    inside: bool,
}

impl<R: BufRead> Zstd<R> {
    /// Begins the next frame; `false` where there is none.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut Read::by_ref(&mut self.source).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error.to_string())),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.inside && !self.begin()? {
                return Ok(0);
            }
            self.inside = true;
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(out);
            }
            if self.decoder.is_finished() {
                self.inside = false;
                continue;
            }
            self.decoder
                .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        }
    }
}
