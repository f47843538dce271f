//! Decompression as a stream, told by the first bytes: objects of the store have no file name.

use std::io::{self, BufRead, BufReader, Read};

use camino::Utf8Path;

use crate::hashing::BLOCK;

/// RFC 1952, 2.3.1.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The .xz file format 1.2, 2.1.1.1.
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
/// `BZh`, then the block size.
const BZIP2: &[u8] = b"BZh";

/// The file's content, decompressed if it is compressed by gzip, xz or bzip2; several members or streams in one
/// file are one content, as the tools have it.
pub(crate) fn open(path: &Utf8Path) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::with_capacity(BLOCK, fs_err::File::open(path)?);
    let start = file.fill_buf()?;
    Ok(if start.starts_with(GZIP) {
        Box::new(flate2::bufread::MultiGzDecoder::new(file))
    } else if start.starts_with(XZ) {
        Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(file))
    } else if start.starts_with(BZIP2) {
        Box::new(bzip2::bufread::MultiBzDecoder::new(file))
    } else {
        Box::new(file)
    })
}
