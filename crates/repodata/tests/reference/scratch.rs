use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

/// A directory that is removed with the value.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }
}

/// What lies in a directory, sorted.
pub(crate) fn files(directory: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = fs_err::read_dir(directory).unwrap();
    let mut paths: Vec<Utf8PathBuf> =
        entries.map(|entry| Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap()).collect();
    paths.sort();
    paths
}
