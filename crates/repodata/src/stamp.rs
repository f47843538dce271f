//! When a file is taken for the one that it was.

use std::{fs::Metadata, os::unix::fs::MetadataExt};

/// What identifies the content of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// Seconds and nanoseconds since 1970.
    pub(crate) modified: (i64, i64),
    pub(crate) inode: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Of a file of which only the second of its modification is known.
    pub(crate) fn of_seconds(size: u64, seconds: u64) -> Self {
        Self { size, modified: (i64::try_from(seconds).unwrap_or(i64::MAX), 0), inode: 0 }
    }

    /// Whether the other file is of this size and second.
    pub(crate) fn is_of_second(&self, other: &Self) -> bool {
        self.size == other.size && self.seconds() == other.seconds()
    }

    /// The modification time as metadata has it.
    pub(crate) fn seconds(&self) -> u64 {
        u64::try_from(self.modified.0).unwrap_or(0)
    }
}
