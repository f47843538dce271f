use camino::{Utf8Path, Utf8PathBuf};
use walkdir::WalkDir;

use crate::RepodataError;

/// A package file, by its path relative to the repository's root and by where it lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) relative: String,
    pub(crate) path: Utf8PathBuf,
}

/// The packages that an index of `root` would list, as paths relative to it, sorted.
///
/// # Errors
/// When a directory can not be read, or a name is not UTF-8.
pub fn package_paths(root: &Utf8Path) -> Result<Vec<String>, RepodataError> {
    Ok(packages(root)?.into_iter().map(|found| found.relative).collect())
}

/// All files whose name ends in `.rpm` under `root`, sorted by their relative path. Hidden directories and
/// `repodata` are not entered; links to files count, links to directories are not followed, so nothing outside
/// the tree is walked.
pub(crate) fn packages(root: &Utf8Path) -> Result<Vec<Found>, RepodataError> {
    let mut found = Vec::new();
    let walk = WalkDir::new(root).min_depth(1).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        !(entry.file_type().is_dir() && (name.starts_with('.') || (entry.depth() == 1 && name == "repodata")))
    });
    for entry in walk {
        let entry = entry.map_err(|error| RepodataError::files("read", root)(error.into()))?;
        let is_package = entry.path().extension().is_some_and(|extension| extension == "rpm");
        if !is_package || entry.file_type().is_dir() {
            continue;
        }
        let path = Utf8PathBuf::from_path_buf(entry.into_path())
            .map_err(|path| RepodataError::FileName { path: path.display().to_string() })?;
        let is_file = fs_err::metadata(&path).is_ok_and(|metadata| metadata.is_file());
        if let (true, Ok(relative)) = (is_file, path.strip_prefix(root)) {
            found.push(Found { relative: relative.to_string(), path });
        }
    }
    found.sort();
    Ok(found)
}
