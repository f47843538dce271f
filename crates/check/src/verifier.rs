use camino::Utf8Path;

/// Verification of signatures with the keys that a client would have; made of the `sign` crate by the caller,
/// so that this crate knows no keys.
pub trait Verifier {
    /// Checks all signatures and digests of the package in the file `path`.
    ///
    /// # Errors
    /// What is wrong, in one line.
    fn verify_package(&self, path: &Utf8Path) -> Result<(), String>;

    /// Checks `repodata/repomd.xml.asc` over `repodata/repomd.xml` in the repository `root`.
    ///
    /// # Errors
    /// What is wrong, in one line.
    fn verify_repository(&self, root: &Utf8Path) -> Result<(), String>;
}
