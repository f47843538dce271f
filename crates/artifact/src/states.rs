//! One type for each state of a package and of the repository. A stage consumes one and returns the next, so a
//! package that nobody signed can not be indexed and a repository that nobody signed can not be published.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Fingerprint, Nevra, Sha256Digest};

/// A spec whose template variables are all resolved; only rpm macros are left in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RenderedSpec {
    /// Name of the source package.
    pub package: String,
    /// The text of the spec file.
    pub text: String,
}

/// A source package that rpmbuild wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Srpm {
    /// Where it lies.
    pub path: Utf8PathBuf,
    /// With architecture `src`.
    pub nevra: Nevra,
    /// Of the whole file.
    pub sha256: Sha256Digest,
}

/// A binary or source package that carries no signature of ours yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct UnsignedRpm {
    /// Where it lies.
    pub path: Utf8PathBuf,
    /// Read from its header.
    pub nevra: Nevra,
    /// Of the whole file.
    pub sha256: Sha256Digest,
    /// Name of the source package that it was built from (the `name` of its package.toml).
    pub package: String,
}

impl UnsignedRpm {
    /// The next state, for the `sign` crate: the same package with its signature header, at `path`.
    pub fn into_signed(self, path: Utf8PathBuf, sha256: Sha256Digest, key: Fingerprint) -> SignedRpm {
        SignedRpm { path, nevra: self.nevra, sha256, package: self.package, key }
    }
}

/// A package signed by the channel's key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct SignedRpm {
    path: Utf8PathBuf,
    nevra: Nevra,
    sha256: Sha256Digest,
    package: String,
    key: Fingerprint,
}

impl SignedRpm {
    /// Where it lies.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Read from its header.
    pub fn nevra(&self) -> &Nevra {
        &self.nevra
    }

    /// Of the whole signed file.
    pub fn sha256(&self) -> Sha256Digest {
        self.sha256
    }

    /// Name of the source package.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The primary key that signed it.
    pub fn key(&self) -> Fingerprint {
        self.key
    }
}

/// A directory with `Packages/` and `repodata/`, complete but for the signature over repomd.xml.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RepoTree {
    /// The directory that holds `Packages/` and `repodata/`.
    pub root: Utf8PathBuf,
}

impl RepoTree {
    /// The next state, for the `sign` crate, once `repodata/repomd.xml.asc` is written.
    pub fn into_signed(self, key: Fingerprint) -> SignedRepoTree {
        SignedRepoTree { root: self.root, key }
    }
}

/// A repository whose repomd.xml carries a detached signature.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct SignedRepoTree {
    root: Utf8PathBuf,
    key: Fingerprint,
}

impl SignedRepoTree {
    /// The directory that holds `Packages/` and `repodata/`.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The primary key that signed repomd.xml.
    pub fn key(&self) -> Fingerprint {
        self.key
    }
}
