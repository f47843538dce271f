//! Checksums of files, streamed.

use std::io::{BufRead, BufReader, Read};

use camino::Utf8Path;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// A checksum as metadata states it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Checksum {
    /// `sha256` and the like.
    pub(super) kind: String,
    /// Hexadecimal.
    pub(super) value: String,
}

/// How many bytes came, and their checksum; `None` where the kind is not known here.
pub(crate) fn measure(reader: &mut dyn Read, kind: &str) -> std::io::Result<(u64, Option<String>)> {
    Ok(match kind {
        "sha256" => digest::<Sha256>(reader)?,
        "sha512" => digest::<Sha512>(reader)?,
        "sha384" => digest::<Sha384>(reader)?,
        "sha224" => digest::<Sha224>(reader)?,
        "sha" | "sha1" => digest::<Sha1>(reader)?,
        _ => (std::io::copy(reader, &mut std::io::sink())?, None),
    })
}

fn digest<D: Digest>(reader: &mut dyn Read) -> std::io::Result<(u64, Option<String>)> {
    let mut digest = D::new();
    let mut chunk = vec![0; CHUNK];
    let mut length = 0;
    loop {
        let count = match reader.read(&mut chunk) {
            Ok(0) => return Ok((length, Some(hex::encode(digest.finalize().as_slice())))),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        length += count as u64;
        digest.update(&chunk[..count]);
    }
}

/// The file as it was before it was compressed, by its extension; `None` for a compression that is not known
/// here (zst, zck).
pub(super) fn open(path: &Utf8Path) -> std::io::Result<Option<Box<dyn BufRead>>> {
    let file = BufReader::with_capacity(CHUNK, fs_err::File::open(path)?);
    Ok(match path.extension() {
        Some("gz") => Some(Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(file)))),
        Some("bz2") => Some(Box::new(BufReader::new(bzip2::bufread::MultiBzDecoder::new(file)))),
        Some("xz") => Some(Box::new(BufReader::new(liblzma::bufread::XzDecoder::new_multi_decoder(file)))),
        Some("zst" | "zck") => None,
        _ => Some(Box::new(file)),
    })
}
