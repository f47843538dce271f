use camino::Utf8PathBuf;

/// Why a check could not be made. What a check finds is no error but a [`Finding`](crate::Finding).
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file or directory can not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of a list of provides is none.
    #[error("{path}:{line}: expected `name` or `name = [epoch:]version[-release]`, found `{text}`")]
    Provides {
        /// The list.
        path: Utf8PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
}

impl CheckError {
    /// A way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Some("name a package, or a directory with `repodata` and `Packages`".to_owned())
            }
            _ => None,
        }
    }
}
