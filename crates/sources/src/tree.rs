//! An unpacked tree in place of an upstream release: packed into one tarball, whose digest is the tree's.
//!
//! A record beside the store says how the tree looked when it was packed and what came out; as long as it looks
//! the same and the tarball is there, nothing is read.

use std::{io, os::unix::ffi::OsStrExt};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::Upstream;

use crate::{
    Event, FetchError, Reporter, Store, hashing,
    store::{Object, file_error, write_whole},
    tarball::Tarball,
    walk::{Entry, EntryKind, look, walk},
};

/// Increased when the same tree gives another tarball, so that records of older ones do not count.
const PACKING: u32 = 1;

/// A tree that stands in for a release.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    pub(crate) package: &'a str,
    pub(crate) dir: &'a Utf8Path,
    pub(crate) upstream: &'a Upstream,
    pub(crate) mtime: u64,
}

/// What a tree was packed into.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Record {
    packing: u32,
    look: Sha256Digest,
    tarball: Sha256Digest,
}

impl Tree<'_> {
    /// The tarball, packed anew if the tree does not look as it did.
    pub(crate) fn tarball(&self, store: &Store, reporter: &dyn Reporter) -> Result<Object, FetchError> {
        let entries = walk(self.dir)?;
        let look_now = look(&entries);
        if let Some(object) = self.packed_before(store, &look_now)? {
            return Ok(object);
        }
        let mut partial = store.partial(&format!("tree-{}", self.key()), reporter)?;
        // Whoever had the lock may have packed the same tree.
        if let Some(object) = self.packed_before(store, &look_now)? {
            partial.discard()?;
            return Ok(object);
        }
        reporter.report(&Event::Packing { package: self.package, directory: self.dir });
        let writer = partial.writer().map_err(file_error("write", self.dir))?;
        self.pack(&entries, writer)?;
        if look(&walk(self.dir)?) != look_now {
            return Err(self.changed(self.dir));
        }
        let digest = partial.hash()?;
        let object = store.adopt(partial, digest)?;
        self.remember(store, &Record { packing: PACKING, look: look_now, tarball: object.sha256 })?;
        Ok(object)
    }

    /// The digest of the tarball, if the tree looks as it did when it was packed.
    pub(crate) fn digest_if_packed(&self, store: &Store) -> Result<Option<Sha256Digest>, FetchError> {
        let look = look(&walk(self.dir)?);
        Ok(self.packed_before(store, &look)?.map(|object| object.sha256))
    }

    fn packed_before(&self, store: &Store, look: &Sha256Digest) -> Result<Option<Object>, FetchError> {
        match self.record(store) {
            Some(record) if record.packing == PACKING && record.look == *look => store.get(&record.tarball),
            _ => Ok(None),
        }
    }

    /// A record that can not be read is none.
    fn record(&self, store: &Store) -> Option<Record> {
        let bytes = fs_err::read(store.place("trees", &self.key())).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The tarball from before is taken away: every edit of a kernel tree would otherwise leave 100 MB.
    fn remember(&self, store: &Store, record: &Record) -> Result<(), FetchError> {
        let before = self.record(store);
        let place = store.place("trees", &self.key());
        let bytes = serde_json::to_vec(record).expect("a record has no map with keys that JSON can not have");
        write_whole(&place, &bytes)?;
        match before {
            Some(before) if before.tarball != record.tarball => store.forget(&before.tarball),
            _ => Ok(()),
        }
    }

    fn key(&self) -> String {
        let dir = self.dir.canonicalize_utf8().unwrap_or_else(|_| self.dir.to_owned());
        hashing::of_bytes(format!("{dir}\0{}\0{}", self.upstream.directory, self.mtime)).to_string()
    }

    fn pack(&self, entries: &[Entry], writer: impl io::Write) -> Result<(), FetchError> {
        let written = file_error("pack", self.dir);
        let mut tarball = Tarball::new(writer, &self.upstream.directory, self.mtime)
            .map_err(file_error("pack", self.dir))?;
        for entry in entries {
            self.append(&mut tarball, entry).map_err(|source| {
                let path = entry.path_in(self.dir).to_string_lossy().into_owned();
                match source.kind() {
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound => {
                        self.changed(Utf8Path::new(&path))
                    }
                    _ => file_error("pack", Utf8Path::new(&path))(source),
                }
            })?;
        }
        tarball.finish().map(drop).map_err(written)
    }

    fn append(&self, tarball: &mut Tarball<impl io::Write>, entry: &Entry) -> io::Result<()> {
        let path = entry.path_in(self.dir);
        match entry.kind {
            EntryKind::Directory => tarball.directory(&entry.name),
            EntryKind::File { size, executable } => {
                tarball.file(&entry.name, executable, size, fs_err::File::open(path)?)
            }
            EntryKind::Link => tarball.link(&entry.name, fs_err::read_link(path)?.as_os_str().as_bytes()),
        }
    }

    fn changed(&self, path: &Utf8Path) -> FetchError {
        FetchError::TreeChanged { package: self.package.to_owned(), path: path.to_owned() }
    }
}
