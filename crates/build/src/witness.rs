//! Finding out about the machine costs some 60 ms of child processes; whether anything changed since costs a few
//! hundred `stat` calls. So the answers are kept beside what every file looked at was like: its time and size, or
//! its absence.

use std::{collections::BTreeMap, os::unix::fs::MetadataExt};

use camino::Utf8Path;

/// Files that were looked at, by path; `None` for those that were not there.
pub(crate) type Witnesses = BTreeMap<String, Option<Seen>>;

/// What a file was like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Seen {
    mtime: i64,
    nanoseconds: i64,
    size: u64,
}

/// Looks at one path, following links; anything that can not be looked at counts as absent.
pub(crate) fn look(path: &Utf8Path) -> Option<Seen> {
    let metadata = fs_err::metadata(path).ok()?;
    Some(Seen { mtime: metadata.mtime(), nanoseconds: metadata.mtime_nsec(), size: metadata.size() })
}

/// Whether everything is still as it was.
pub(crate) fn unchanged(witnesses: &Witnesses) -> bool {
    witnesses.iter().all(|(path, seen)| look(Utf8Path::new(path)) == *seen)
}
