//! Compressions in which boot files carry others.

use std::io::{self, Read};

use liblzma::{bufread::XzDecoder, stream::Stream};

/// Far more than any kernel or hypervisor has.
pub(super) const LONGEST: u64 = 256 << 20;

/// Memory of the decoder of .xz and .lzma.
const XZ_MEMORY: u64 = 128 << 20;

/// How LZO, LZ4 and zstd begin, by which kernels are compressed, too.
const CLOSED: [&[u8]; 3] = [b"\x89LZO", &[0x02, 0x21, 0x4c, 0x18], &[0x28, 0xb5, 0x2f, 0xfd]];

/// One member, of at most so many bytes; what comes after it is passed over.
pub(super) fn gzip(bytes: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    all(flate2::bufread::GzDecoder::new(bytes), limit)
}

/// Any compression that a kernel of 3.4 knows for itself, but LZO: that and newer ones are unsupported. The image tells the length of what it decompresses to
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
    if CLOSED.iter().any(|magic| is(magic)) {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "its compression is not known here"));
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "it begins as no compression does"))
}

fn all(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than any that boots"));
    }
    Ok(bytes)
}
