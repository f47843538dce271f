use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use crate::{Links, RepodataError, Selection, glob};

/// A package file, by its path relative to the directory that is indexed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) relative: Box<str>,
}

/// The packages that an index of `root` would list, as paths relative to it, sorted.
///
/// # Errors
/// When a directory can not be read, a name is not UTF-8, or a package that the selection names is not there.
pub fn package_paths(root: &Utf8Path, selection: &Selection) -> Result<Vec<String>, RepodataError> {
    Ok(packages(root, selection, &mut Err)?.into_iter().map(|found| found.relative.into()).collect())
}

/// What becomes of a package that can not be told: an error that stops, or nothing.
pub(crate) type Bad<'a> = &'a mut dyn FnMut(RepodataError) -> Result<(), RepodataError>;

/// The selected files, sorted by their relative path.
pub(crate) fn packages(
    root: &Utf8Path,
    selection: &Selection,
    bad: Bad<'_>,
) -> Result<Vec<Found>, RepodataError> {
    let mut found = match &selection.only {
        None => walk(root, bad)?,
        Some(names) => all_named(root, names, bad)?,
    };
    found.retain(|found| selection.takes(root, &found.relative));
    found.sort();
    found.dedup();
    Ok(found)
}

fn all_named(root: &Utf8Path, names: &[String], bad: Bad<'_>) -> Result<Vec<Found>, RepodataError> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        match named(root, name) {
            Ok(package) => found.push(package),
            Err(error) => bad(error)?,
        }
    }
    Ok(found)
}

impl Selection {
    fn takes(&self, root: &Utf8Path, relative: &str) -> bool {
        let name = relative.rsplit('/').next().unwrap_or(relative);
        // As with createrepo_c: of a list, patterns see the lines and nothing else.
        let by_name = self.only.is_none();
        let excluded = self
            .excludes
            .iter()
            .any(|pattern| (by_name && glob::matches(pattern, name)) || glob::matches(pattern, relative));
        let is_link = || fs_err::symlink_metadata(root.join(relative)).is_ok_and(|found| found.is_symlink());
        !excluded && (self.links == Links::Follow || !is_link())
    }
}

/// A package of a list. It must lie in the tree: an `href` can not lead out of it.
fn named(root: &Utf8Path, name: &str) -> Result<Found, RepodataError> {
    let relative: Utf8PathBuf =
        Utf8Path::new(name).components().filter(|part| *part != camino::Utf8Component::CurDir).collect();
    let inside = relative.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
    let is_file = fs_err::metadata(root.join(&relative)).is_ok_and(|metadata| metadata.is_file());
    if inside && is_file {
        return Ok(Found { relative: relative.as_str().into() });
    }
    Err(RepodataError::NotFound { path: name.into() })
}

/// All files whose name ends in `.rpm` under `root`. Hidden directories and `repodata` are not entered; links to files
/// count, links to directories are not followed, so nothing outside the tree is walked.
fn walk(root: &Utf8Path, bad: Bad<'_>) -> Result<Vec<Found>, RepodataError> {
    let mut found = Vec::new();
    let walk = WalkDir::new(root).min_depth(1).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        !(entry.file_type().is_dir() && (name.starts_with('.') || (entry.depth() == 1 && name == "repodata")))
    });
    for entry in walk {
        let entry = entry.map_err(|error| RepodataError::files("read", root)(error.into()))?;
        let is_package = entry.path().extension().is_some_and(|extension| extension == "rpm");
        let kind = entry.file_type();
        if !is_package || kind.is_dir() {
            continue;
        }
        let is_file =
            kind.is_file() || fs_err::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file());
        let path = match Utf8PathBuf::from_path_buf(entry.into_path()) {
            Ok(path) => path,
            Err(path) => {
                bad(RepodataError::FileName { path: path.display().to_string() })?;
                continue;
            }
        };
        if let (true, Ok(relative)) = (is_file, path.strip_prefix(root)) {
            found.push(Found { relative: relative.as_str().into() });
        }
    }
    Ok(found)
}
