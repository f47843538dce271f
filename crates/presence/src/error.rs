use camino::Utf8PathBuf;

/// Why nothing could be said of a tree.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// A file of upstream's or of the tree.
    #[error("can not read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
