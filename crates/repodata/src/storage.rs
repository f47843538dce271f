use std::{fmt, io::Read};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::{RepodataError, regular};

/// Where the files of a repository are read from.
pub trait Storage: fmt::Debug + Send + Sync {
    /// The root of the repository, as people write it: a directory or a URL.
    fn root(&self) -> &Utf8Path;

    /// The bytes of a file, as they come. `href` is a path relative to the root, which was seen not to lead outside.
    ///
    /// # Errors
    /// When there is no such file, or it can not be had.
    fn open(&self, href: &Utf8Path) -> Result<Box<dyn Read + Send>, RepodataError>;
}

/// A repository on this machine.
#[derive(Clone, Debug)]
pub struct Directory {
    root: Utf8PathBuf,
}

impl Directory {
    /// `root` is the directory that holds `repodata`.
    pub fn new(root: impl Into<Utf8PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Storage for Directory {
    fn root(&self) -> &Utf8Path {
        &self.root
    }

    fn open(&self, href: &Utf8Path) -> Result<Box<dyn Read + Send>, RepodataError> {
        let path = self.root.join(href);
        match regular::open(&path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                Err(RepodataError::Content { path, what: "no regular file".to_owned() })
            }
            Err(error) => Err(RepodataError::files("read", path)(error)),
        }
    }
}

/// Whether a path of metadata names something below the repository's root.
pub(crate) fn is_inside(href: &str) -> bool {
    !href.is_empty()
        && !href.contains('\0')
        && Utf8Path::new(href).components().all(|part| matches!(part, Utf8Component::Normal(_)))
}
