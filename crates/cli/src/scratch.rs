use camino::Utf8PathBuf;

use crate::failure::{Failure, Kind};

/// A directory for what is there only meanwhile. It is gone with this value.
pub(crate) struct Scratch {
    _directory: tempfile::TempDir,
    pub(crate) path: Utf8PathBuf,
}

impl Scratch {
    /// `purpose` is part of its name.
    pub(crate) fn new(purpose: &str) -> Result<Self, Failure> {
        let directory = tempfile::Builder::new().prefix(&format!("xen4centos-{purpose}-")).tempdir()?;
        let path = Utf8PathBuf::from_path_buf(directory.path().to_owned()).map_err(|_| {
            Failure::new(Kind::World, "the directory for temporary files has a name that is no UTF-8")
        })?;
        Ok(Self { _directory: directory, path })
    }
}
