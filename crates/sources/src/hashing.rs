//! One way to hash a stream, with one buffer size.

use std::io::{self, Read, Write};

use camino::Utf8Path;
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::FetchError;

/// Large enough that the system calls do not show beside the hashing.
pub(crate) const BLOCK: usize = 128 * 1024;

/// Reads to the end; returns the digest and the number of bytes.
pub(crate) fn of_reader(reader: impl Read) -> io::Result<(Sha256Digest, u64)> {
    let mut writer = HashingWriter::new(io::sink());
    copy(reader, &mut writer)?;
    Ok(writer.finish())
}

/// The digest and the length of a file.
pub(crate) fn of_file(path: &Utf8Path) -> Result<(Sha256Digest, u64), FetchError> {
    let read = || of_reader(fs_err::File::open(path)?);
    read().map_err(|source| FetchError::File { act: "read", path: path.to_owned(), source })
}

/// The digest of bytes.
pub(crate) fn of_bytes(bytes: impl AsRef<[u8]>) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into())
}

/// `std::io::copy` uses 8 KiB for readers that are no plain files.
pub(crate) fn copy(mut reader: impl Read, mut writer: impl Write) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut total = 0;
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                writer.write_all(&block[..count])?;
                total += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Hashes what passes through.
pub(crate) struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    length: u64,
}

impl<W> HashingWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), length: 0 }
    }

    pub(crate) fn finish(self) -> (Sha256Digest, u64) {
        (Sha256Digest::from_bytes(self.hasher.finalize().into()), self.length)
    }

    pub(crate) fn into_parts(self) -> (W, Sha256Digest) {
        (self.inner, Sha256Digest::from_bytes(self.hasher.finalize().into()))
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
