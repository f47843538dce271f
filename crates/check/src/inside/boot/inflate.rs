//! Compressions in which boot files carry others.

use std::io::{self, Read};

use liblzma::{bufread::XzDecoder, stream::Stream};

/// Far more than any kernel or hypervisor has.
pub(super) const LONGEST: u64 = 256 << 20;

/// Memory of the decoder of .xz and .lzma.
const XZ_MEMORY: u64 = 128 << 20;

/// One member, of at most so many bytes; what comes after it is passed over.
pub(super) fn gzip(bytes: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    all(flate2::bufread::GzDecoder::new(bytes), limit)
}

/// Any compression that a kernel of 3.4 knows for itself, but LZO. The image tells the length of what it decompresses to
/// after it, which is passed over.
pub(super) fn kernel(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let is = |magic: &[u8]| bytes.starts_with(magic);
    if is(&[0x1f, 0x8b]) {
        return gzip(bytes, LONGEST);
    }
    if is(&[0xfd, b'7', b'z', b'X', b'Z', 0]) {
        return all(XzDecoder::new_stream(bytes, Stream::new_stream_decoder(XZ_MEMORY, 0)?), LONGEST);
    }
    if is(b"BZh") {
        return all(bzip2::bufread::BzDecoder::new(bytes), LONGEST);
    }
    if is(&[0x5d, 0, 0]) {
        return all(XzDecoder::new_stream(bytes, Stream::new_lzma_decoder(XZ_MEMORY)?), LONGEST);
    }
    Err(io::Error::new(io::ErrorKind::Unsupported, "its compression is not known here"))
}

fn all(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than any that boots"));
    }
    Ok(bytes)
}
