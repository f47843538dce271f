use camino::Utf8Path;

use crate::{
    Finding, package,
    repository::{PACKAGE_ALTERED, PACKAGE_SIGNATURE, SIGNATURE_FORM},
};

/// Why a package is not believed, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Nobody signed it who may, or not as it must be done.
    Signer(String),
    /// It is not what was signed.
    Altered(String),
    /// It is signed in a form that the verifier does not take, whatever clients do.
    Form(String),
}

/// Verification of signatures with the keys that a client would have; made of the `sign` crate by the caller,
/// so that this crate knows no keys.
pub trait Verifier {
    /// Checks all signatures and digests of the package in the file `path`.
    ///
    /// # Errors
    /// What is wrong.
    fn verify_package(&self, path: &Utf8Path) -> Result<(), Distrust>;

    /// Checks no more than the signature over the header, if there is one: of a package that lacks others.
    ///
    /// # Errors
    /// What is wrong.
    fn verify_header(&self, path: &Utf8Path) -> Result<(), Distrust>;

    /// Checks `repodata/repomd.xml.asc` over `repodata/repomd.xml` in the repository `root`.
    ///
    /// # Errors
    /// What is wrong, in one line.
    fn verify_repository(&self, root: &Utf8Path) -> Result<(), String>;
}

/// What is wrong with the signatures and digests of a package that is looked at by itself, beside what was `found` of it
/// without a key; nothing where all is well.
pub fn check_package_signature(
    path: &Utf8Path,
    verifier: &dyn Verifier,
    found: &[Finding],
) -> Option<Finding> {
    untrusted((path, path.file_name().unwrap_or(path.as_str())), verifier, found)
}

/// The same under another name. What it lacks is not said again, but whose signature is there.
pub(crate) fn untrusted(
    (path, subject): (&Utf8Path, &str),
    verifier: &dyn Verifier,
    found: &[Finding],
) -> Option<Finding> {
    let has = |code| found.iter().any(|finding| finding.code == code);
    // An altered header needs no second finding for its signature.
    if has(package::UNREADABLE.code) || has(package::ALTERED_HEADER) {
        return None;
    }
    let verified =
        if has(package::LACKING_TAGS) { verifier.verify_header(path) } else { verifier.verify_package(path) };
    let (rule, reason) = match verified.err()? {
        Distrust::Signer(reason) => (&PACKAGE_SIGNATURE, reason),
        Distrust::Altered(reason) => (&PACKAGE_ALTERED, reason),
        Distrust::Form(reason) => (&SIGNATURE_FORM, reason),
    };
    Some(Finding::new(rule, subject, reason))
}
