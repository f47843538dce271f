//! The project as it would be with some files changed, to be looked at before they are: links to what stays, copies of what
//! stands beside a change, because links that lead out of a package are refused, and the new files.

use camino::Utf8Path;
use fs_err::os::unix::fs::symlink;

use crate::{failure::Failure, pipeline::journal::Changes};

/// What holds data of a project.
const PARTS: [&str; 4] = ["specs", "kernel-configs", "repo-templates", "advisories"];

/// Makes it in `into`, an empty directory.
pub(crate) fn overlay(project: &Utf8Path, changes: &Changes, into: &Utf8Path) -> Result<(), Failure> {
    for part in PARTS {
        mirror(project, changes, into, Utf8Path::new(part))?;
    }
    for (path, change) in changes {
        let place = into.join(path);
        if let Some(parent) = place.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(place, &change.after)?;
    }
    Ok(())
}

/// A link where nothing in it changes, unless it is part of a package that does.
fn mirror(project: &Utf8Path, changes: &Changes, into: &Utf8Path, path: &Utf8Path) -> Result<(), Failure> {
    let (original, place) = (project.join(path), into.join(path));
    let Ok(metadata) = fs_err::symlink_metadata(&original) else { return Ok(()) };
    let has_change = changes.keys().any(|changed| changed.starts_with(path));
    let is_inside = path.components().count() > 2;
    if changes.contains_key(path) {
        return Ok(());
    }
    if !has_change && !is_inside {
        symlink(&original, place)?;
    } else if metadata.is_symlink() {
        symlink(fs_err::read_link(&original)?, place)?;
    } else if metadata.is_dir() {
        fs_err::create_dir_all(place)?;
        for entry in original.read_dir_utf8()? {
            mirror(project, changes, into, &path.join(entry?.file_name()))?;
        }
    } else {
        fs_err::copy(&original, place)?;
    }
    Ok(())
}
