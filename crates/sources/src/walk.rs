//! A source tree as a sorted list, and a digest over what `stat` says about it.
//!
//! A release that has nothing to do must not read 39,000 files to find that out, so a tree that looks as it did
//! when it was packed is taken to be the same. «Looks» is type, mode, length, time of change, change time and
//! inode of every entry: an editor that restores the time of change is still seen by the change time.

use std::{
    ffi::OsString,
    fs::Metadata,
    io,
    os::unix::{ffi::OsStringExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::{FetchError, store::file_error};

/// One entry of a tree.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Relative to the tree; a directory's ends in `/`, so that sorting by bytes puts it before what is in it.
    pub(crate) name: Vec<u8>,
    pub(crate) kind: EntryKind,
    /// What `stat` said.
    look: [i64; 7],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Directory,
    File { size: u64, executable: bool },
    Link,
}

impl Entry {
    pub(crate) fn path_in(&self, tree: &Utf8Path) -> PathBuf {
        tree.as_std_path().join(OsString::from_vec(self.name.clone()))
    }
}

/// All entries of the tree, sorted, without `.git`.
pub(crate) fn walk(tree: &Utf8Path) -> Result<Vec<Entry>, FetchError> {
    let mut entries = directory(tree.as_std_path(), &[]).map_err(|problem| match problem {
        Problem::Unusable(path) => FetchError::UnusableInTree { path: lossy(&path) },
        Problem::Read(path, source) => file_error("read", &lossy(&path))(source),
    })?;
    entries.par_sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// The digest of how the tree looks; it says nothing that another machine could use.
pub(crate) fn look(entries: &[Entry]) -> Sha256Digest {
    let mut hasher = Sha256::new();
    for entry in entries {
        // No name has a zero byte.
        hasher.update(&entry.name);
        hasher.update([0]);
        for number in entry.look {
            hasher.update(number.to_le_bytes());
        }
    }
    Sha256Digest::from_bytes(hasher.finalize().into())
}

enum Problem {
    Unusable(PathBuf),
    Read(PathBuf, io::Error),
}

fn lossy(path: &Path) -> Utf8PathBuf {
    Utf8PathBuf::from(path.to_string_lossy().into_owned())
}

/// What is in one directory, and, by whichever threads are free, below it.
fn directory(path: &Path, prefix: &[u8]) -> Result<Vec<Entry>, Problem> {
    let failed = |source| Problem::Read(path.to_owned(), source);
    let mut entries = Vec::new();
    for item in fs_err::read_dir(path).map_err(failed)? {
        let item = item.map_err(failed)?;
        if item.file_name() == ".git" {
            continue;
        }
        let stat = item.metadata().map_err(failed)?;
        let mut name = prefix.to_vec();
        name.extend(item.file_name().into_vec());
        entries.push(entry(name, &stat).ok_or_else(|| Problem::Unusable(item.path()))?);
    }
    let below: Vec<Vec<Entry>> = entries
        .par_iter()
        .filter(|entry| entry.kind == EntryKind::Directory)
        .map(|entry| {
            let name = OsString::from_vec(entry.name[prefix.len()..].to_vec());
            directory(&path.join(name), &entry.name)
        })
        .collect::<Result<_, _>>()?;
    entries.extend(below.into_iter().flatten());
    Ok(entries)
}

fn entry(mut name: Vec<u8>, stat: &Metadata) -> Option<Entry> {
    let kind = if stat.is_dir() {
        name.push(b'/');
        EntryKind::Directory
    } else if stat.is_file() {
        EntryKind::File { size: stat.len(), executable: stat.mode() & 0o100 != 0 }
    } else if stat.is_symlink() {
        EntryKind::Link
    } else {
        return None;
    };
    // A directory's own times change when its entries do, and these are in the list themselves.
    let times = if stat.is_dir() {
        [0; 4]
    } else {
        [stat.mtime(), stat.mtime_nsec(), stat.ctime(), stat.ctime_nsec()]
    };
    let size = if stat.is_dir() { 0 } else { stat.len().cast_signed() };
    let look =
        [i64::from(stat.mode()), size, stat.ino().cast_signed(), times[0], times[1], times[2], times[3]];
    Some(Entry { name, kind, look })
}
