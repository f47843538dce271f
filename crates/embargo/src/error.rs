use camino::Utf8PathBuf;

/// Why it is not known what is told.
#[derive(Debug, thiserror::Error)]
pub enum EmbargoError {
    /// A file or directory could not be read.
    #[error("could not read `{path}`")]
    Read {
        /// Which one.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too much is to be looked for at once.
    #[error("could not prepare the search: {0}")]
    Search(String),
}
