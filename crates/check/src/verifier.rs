use camino::Utf8Path;

use crate::{Finding, repository};

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

/// What is wrong with the signatures and digests of a package that is looked at by itself; nothing where all is well.
pub fn check_package_signature(path: &Utf8Path, verifier: &dyn Verifier) -> Option<Finding> {
    let subject = path.file_name().unwrap_or(path.as_str());
    let reason = verifier.verify_package(path).err()?;
    Some(Finding::new(&repository::PACKAGE_SIGNATURE, subject, reason))
}
