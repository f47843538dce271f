//! Whether an index would write what is there already.

use std::{
    io::{self, BufRead as _, BufReader},
    os::unix::fs::MetadataExt as _,
};

use camino::Utf8Path;

use crate::{
    Event, FileTimes, IndexSettings, Record, RepodataError, Repomd, Reporter, Unchanged, document::Desk,
    reader::try_package, regular, walk::Found,
};

/// Whether these files, which could not be indexed, still can not be. Each run tells why: who saw only the second would
/// take a repository for whole that is not.
pub(crate) fn left_out<'a>(
    root: &Utf8Path,
    bad: impl Iterator<Item = &'a Found>,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> bool {
    let tried = bad.map(|found| try_package(root, found, settings));
    let errors: Option<Vec<RepodataError>> =
        tried.map(|result| result.err().filter(RepodataError::is_of_one_package)).collect();
    let is_so = errors.is_some();
    for error in errors.into_iter().flatten() {
        reporter.event(Event::LeftOut { error });
    }
    is_so
}

/// Whether new metadata, whose first `made` documents are of this index, says what the metadata that is there says. Only the
/// revision and times may differ, unless they were asked for.
pub(crate) fn is_there(
    desk: &Desk,
    settings: &IndexSettings,
    (metadata, present): (&Utf8Path, &Repomd),
    (new, made): (&Repomd, usize),
) -> bool {
    let are_times_given = settings.reuse.unchanged == Unchanged::LeaveRevision
        && settings.revision == settings.timestamp.to_string();
    let is_same = |(index, (old, new)): (usize, (&Record, &Record))| {
        let timestamp = if are_times_given { new.timestamp } else { old.timestamp };
        let expected = Record { timestamp, ..new.clone() };
        let Some(name) = old.file_name().filter(|_| *old == expected) else { return false };
        let (old_file, new_file) = (metadata.join(name), desk.directory.join(name));
        let has_time = || settings.file_times == FileTimes::Written || is_of(&old_file, old.timestamp);
        (index >= made || has_time()) && are_equal(&old_file, &new_file).unwrap_or(false)
    };
    present.tags == new.tags
        && present.records.len() == new.records.len()
        && present.records.iter().zip(&new.records).enumerate().all(is_same)
}

fn is_of(file: &Utf8Path, seconds: u64) -> bool {
    let modified = fs_err::metadata(file).map(|metadata| metadata.mtime());
    modified.is_ok_and(|modified| u64::try_from(modified) == Ok(seconds))
}

/// Whether two files hold the same.
fn are_equal(left: &Utf8Path, right: &Utf8Path) -> io::Result<bool> {
    let [left, right] = [regular::open(left)?, regular::open(right)?];
    let [one, other] = [left.metadata()?, right.metadata()?];
    if (one.dev(), one.ino()) == (other.dev(), other.ino()) {
        return Ok(true);
    }
    if one.len() != other.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (BufReader::new(left), BufReader::new(right));
    loop {
        let (one, other) = (left.fill_buf()?, right.fill_buf()?);
        let length = one.len().min(other.len());
        if length == 0 {
            return Ok(one.len() == other.len());
        }
        if one[..length] != other[..length] {
            return Ok(false);
        }
        left.consume(length);
        right.consume(length);
    }
}
