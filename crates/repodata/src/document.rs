//! One metadata document on its way to disk: compressed and hashed as it is written.
//!
//! The gzip header carries neither name nor time, so equal content gives equal bytes.

use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::{
    RepodataError,
    repomd::{Checksum, Record},
};

/// Level 6 of zlib-rs: half the time of level 9 for nearly the same size.
const LEVEL: Compression = Compression::new(6);

/// Hashes and counts what passes through.
struct Hashing<W> {
    inner: W,
    hasher: Sha256,
    total: u64,
}

impl<W: Write> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), total: 0 }
    }

    fn finish(self) -> (W, Sha256Digest, u64) {
        (self.inner, Sha256Digest::from_bytes(self.hasher.finalize().into()), self.total)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.total += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A compressed document that is being written into `directory`, under a name of its content in the end.
pub(crate) struct Document {
    directory: Utf8PathBuf,
    kind: &'static str,
    file_name: &'static str,
    temporary: Utf8PathBuf,
    out: Hashing<GzEncoder<Hashing<io::BufWriter<fs_err::File>>>>,
}

impl Document {
    /// `kind` as repomd.xml names it, `file_name` without the digest before it and the `.gz` after it.
    pub(crate) fn create(
        directory: &Utf8Path,
        kind: &'static str,
        file_name: &'static str,
    ) -> Result<Self, RepodataError> {
        let temporary = directory.join(format!("{kind}.part"));
        let file = fs_err::File::create(&temporary).map_err(RepodataError::files("write", &temporary))?;
        let compressed = Hashing::new(io::BufWriter::with_capacity(64 * 1024, file));
        let out = Hashing::new(GzEncoder::new(compressed, LEVEL));
        Ok(Self { directory: directory.to_owned(), kind, file_name, temporary, out })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), RepodataError> {
        self.out.write_all(bytes).map_err(RepodataError::files("write", &self.temporary))
    }

    /// Completes the file and says what repomd.xml has to say about it.
    pub(crate) fn finish(self, timestamp: u64) -> Result<Record, RepodataError> {
        let fail = |source| RepodataError::files("write", &self.temporary)(source);
        let (encoder, open_sha256, open_size) = self.out.finish();
        let (buffer, sha256, size) = encoder.finish().map_err(fail)?.finish();
        let file = buffer.into_inner().map_err(|error| fail(error.into_error()))?;
        file.sync_all().map_err(fail)?;
        let name = format!("{sha256}-{}.gz", self.file_name);
        let path = self.directory.join(&name);
        fs_err::rename(&self.temporary, &path).map_err(RepodataError::files("write", &path))?;
        Ok(Record {
            kind: self.kind.to_owned(),
            checksum: Checksum::sha256(sha256),
            open_checksum: Some(Checksum::sha256(open_sha256)),
            header_checksum: None,
            location: format!("repodata/{name}"),
            timestamp,
            size: Some(size),
            open_size: Some(open_size),
            header_size: None,
            database_version: None,
        })
    }
}

/// Writes bytes that are at hand as they are, uncompressed, as repomd.xml's `kind`.
pub(crate) fn write_plain(
    directory: &Utf8Path,
    kind: &'static str,
    file_name: &'static str,
    bytes: &[u8],
    timestamp: u64,
) -> Result<Record, RepodataError> {
    let sha256 = Sha256Digest::from_bytes(Sha256::digest(bytes).into());
    let name = format!("{sha256}-{file_name}");
    write_synced(&directory.join(&name), bytes)?;
    Ok(Record {
        kind: kind.to_owned(),
        checksum: Checksum::sha256(sha256),
        open_checksum: None,
        header_checksum: None,
        location: format!("repodata/{name}"),
        timestamp,
        size: Some(bytes.len() as u64),
        open_size: None,
        header_size: None,
        database_version: None,
    })
}

/// Writes a file by way of a temporary one beside it, down to the disk.
pub(crate) fn write_synced(path: &Utf8Path, bytes: &[u8]) -> Result<(), RepodataError> {
    let temporary = Utf8PathBuf::from(format!("{path}.part"));
    let fail = |source| RepodataError::files("write", path)(source);
    let mut file = fs_err::File::create(&temporary).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    fs_err::rename(&temporary, path).map_err(fail)
}
