use camino::Utf8PathBuf;
use xen4centos_artifact::{Fingerprint, Sha256Digest};

/// A file that is here and is what the manifest says, or what somebody chose in its place (see [`Origin`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSource {
    /// The package.
    pub package: String,
    /// The name of the source; of a patch, its file name; of a tree, the upstream release's name.
    pub name: String,
    /// The name it has in rpm's source directory.
    pub file: String,
    /// Where its bytes are; read-only, and to be copied or linked, not moved.
    pub path: Utf8PathBuf,
    /// The digest of those bytes.
    pub sha256: Sha256Digest,
    /// Their number.
    pub size: u64,
    /// What it is for.
    pub role: Role,
    /// Whether it is upstream's own, or stands in for it.
    pub origin: Origin,
    /// What holds it in place; none for what is in the tree, or replaces a pinned file.
    pub pin: Option<Pin>,
    /// Whose signature was verified.
    pub signed_by: Option<SignedBy>,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The archive of the upstream release, or what stands in for it.
    UpstreamArchive,
    /// A patch that is part of the upstream release (`patch-3.4.113.xz`).
    UpstreamPatch,
    /// Any other source.
    Source,
    /// A patch of the package.
    Patch,
}

/// Whether a file is what the manifest pins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It has the pinned digest or commit.
    Pinned,
    /// It is in the tree of the project, whose history answers for it.
    InTree,
    /// Somebody gave this file in its place.
    Override {
        /// The file.
        path: Utf8PathBuf,
    },
    /// Somebody gave this directory in place of the upstream release.
    Tree {
        /// The directory.
        dir: Utf8PathBuf,
    },
    /// The project's own test double of the upstream release.
    Miniature,
}

/// What holds a file from outside in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pin {
    /// The digest of its bytes, in [`VerifiedSource::sha256`].
    Digest {
        /// Upstream's URL for it.
        url: String,
    },
    /// A git commit.
    Commit {
        /// The repository.
        url: String,
        /// The 40 hexadecimal digits.
        commit: String,
    },
}

/// A signature that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBy {
    /// The pinned primary key.
    pub primary: Fingerprint,
    /// The key that made the signature: the primary one or a signing subkey of it, in upper-case hexadecimal.
    pub signer: String,
    /// When, in seconds since 1970 UTC.
    pub created: u64,
}
