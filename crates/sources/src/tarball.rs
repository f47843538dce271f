//! A tarball whose bytes follow from its content alone: entries in the order in which they are given (sorted by
//! the callers), one time stamp for all, owner 0, two modes for files, and a gzip header without name and time.

use std::{
    ffi::OsStr,
    io::{self, Read, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use flate2::{Compression, GzBuilder, write::GzEncoder};
use tar::{Builder, EntryType, Header};
use xen4centos_artifact::Sha256Digest;

use crate::hashing::HashingWriter;

/// Writes entries below one top directory.
pub(crate) struct Tarball<W: Write> {
    builder: Builder<HashingWriter<GzEncoder<W>>>,
    prefix: Vec<u8>,
    mtime: u64,
}

impl<W: Write> Tarball<W> {
    /// `prefix` is the top directory, without a slash; `mtime` is in seconds since 1970 UTC.
    pub(crate) fn new(inner: W, prefix: &str, mtime: u64) -> io::Result<Self> {
        // Fast, because a tarball of a tree is made to be unpacked on the same machine a moment later.
        let gzip = GzBuilder::new().mtime(0).write(inner, Compression::fast());
        let builder = Builder::new(HashingWriter::new(gzip));
        let mut tarball = Self { builder, prefix: format!("{prefix}/").into_bytes(), mtime };
        tarball.directory(b"")?;
        Ok(tarball)
    }

    /// `name` ends in a slash, or is empty for the top directory.
    pub(crate) fn directory(&mut self, name: &[u8]) -> io::Result<()> {
        self.append(self.header(EntryType::Directory, 0o755, 0), name, io::empty())
    }

    /// Exactly `size` bytes are taken from `content`; fewer are an error of kind `UnexpectedEof`.
    pub(crate) fn file(
        &mut self,
        name: &[u8],
        executable: bool,
        size: u64,
        content: impl Read,
    ) -> io::Result<()> {
        let mode = if executable { 0o755 } else { 0o644 };
        let mut counted = Counted { inner: content.take(size), count: 0 };
        self.append(self.header(EntryType::Regular, mode, size), name, &mut counted)?;
        if counted.count == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    pub(crate) fn link(&mut self, name: &[u8], target: &[u8]) -> io::Result<()> {
        let mut header = self.header(EntryType::Symlink, 0o777, 0);
        let path = self.path(name);
        let path = Path::new(OsStr::from_bytes(&path));
        // The target is not to be tidied up, which only the short form allows.
        if header.set_link_name_literal(target).is_ok() {
            self.builder.append_data(&mut header, path, io::empty())
        } else {
            self.builder.append_link(&mut header, path, Path::new(OsStr::from_bytes(target)))
        }
    }

    /// Returns the digest of the tarball before compression.
    pub(crate) fn finish(self) -> io::Result<Sha256Digest> {
        let (gzip, digest) = self.builder.into_inner()?.into_parts();
        gzip.finish()?;
        Ok(digest)
    }

    fn append(&mut self, mut header: Header, name: &[u8], content: impl Read) -> io::Result<()> {
        let path = self.path(name);
        self.builder.append_data(&mut header, Path::new(OsStr::from_bytes(&path)), content)
    }

    fn path(&self, name: &[u8]) -> Vec<u8> {
        [&self.prefix, name].concat()
    }

    fn header(&self, kind: EntryType, mode: u32, size: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_mtime(self.mtime);
        header.set_uid(0);
        header.set_gid(0);
        header
    }
}

struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}
