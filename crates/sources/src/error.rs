use camino::Utf8PathBuf;
use xen4centos_artifact::{Fingerprint, Sha256Digest};
use xen4centos_http::{HttpError, full_text};
use xen4centos_process::ProcessError;

use crate::{
    Unused,
    missing::{MissingFile, describe_all},
};

/// Whose fault a failure is, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// What was given is wrong: a pin, a key, an override. The same command fails again.
    Data,
    /// The network, the disk or a missing program. The same command, run again, goes on.
    World,
}

/// Why sources are not there, or not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Files that no place had. All of them, for all packages asked for.
    #[error("{}", describe_all(.files))]
    Missing {
        /// The files, in the order of packages and sources.
        files: Vec<MissingFile>,
    },
    /// A whole file came, from upstream or from the lookaside directory, and is another one than the pinned.
    #[error(
        "`{file}` of package `{package}` does not have the pinned sha256: expected `{}`, `{place}` has `{}`", .digests.expected, .digests.found
    )]
    WrongDigest {
        /// The package.
        package: String,
        /// The file's name.
        file: String,
        /// The URL or path it came from.
        place: String,
        /// What was pinned and what came.
        digests: Box<Mismatch>,
    },
    /// A whole file came, and its length is not the pinned one.
    #[error(
        "`{file}` of package `{package}` does not have the pinned size: expected {expected} bytes, `{place}` has {found}"
    )]
    WrongSize {
        /// The package.
        package: String,
        /// The file's name.
        file: String,
        /// The URL or path it came from.
        place: String,
        /// Bytes, from `package.toml`.
        expected: u64,
        /// Bytes that the place has.
        found: u64,
    },
    /// A source or patch without a URL is not in the tree.
    #[error("package `{package}` has no file `{path}`")]
    NotInTree {
        /// The package.
        package: String,
        /// Where it has to be.
        path: Utf8PathBuf,
    },
    /// A file of the tree is another one than package.toml says.
    #[error(
        "specs/{package}/package.toml:{line}: `{path}` does not have the pinned sha256: expected `{}`, it has `{}`", .digests.expected, .digests.found
    )]
    ChangedInTree {
        /// The package.
        package: String,
        /// Of the source or patch, from 1.
        line: usize,
        /// The file that has another digest.
        path: Utf8PathBuf,
        /// What was pinned and what is there.
        digests: Box<Mismatch>,
    },
    /// A signature could not be accepted.
    #[error("the signature of `{file}` of package `{package}` is not accepted")]
    Signature {
        /// The package.
        package: String,
        /// The signed file's name.
        file: String,
        /// What is wrong with it.
        source: Box<SignatureError>,
    },
    /// A text is signed, and nobody has said by whom it may be.
    #[error("package `{package}` pins no key of upstream's advisories")]
    NoAdvisoryKey {
        /// The package.
        package: String,
    },
    /// What should be a file of the tree is a link, or lies behind one.
    #[error("`{path}` is a link, or behind one that leads out of package `{package}`")]
    OutsideTree {
        /// The package.
        package: String,
        /// The file or directory.
        path: Utf8PathBuf,
    },
    /// An override of this run would be used nowhere.
    #[error("the file for `{name}` would be used nowhere: {why}")]
    UnusedOverride {
        /// What was typed before `=`.
        name: String,
        /// Why.
        why: Unused,
    },
    /// A tree of this run would be used nowhere.
    #[error("the tree for package `{package}` would be used nowhere: the package was not asked for")]
    UnusedTree {
        /// The package.
        package: String,
    },
    /// An override names a source that no package has.
    #[error("no source is named `{name}`; there are: {known}")]
    UnknownOverride {
        /// What was typed before `=`.
        name: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// An override names sources of several packages.
    #[error("several packages have a source `{name}`: write one of {candidates}")]
    AmbiguousOverride {
        /// What was typed before `=`.
        name: String,
        /// The unambiguous names, separated by commas.
        candidates: String,
    },
    /// The file of an override is not there, or no regular file.
    #[error("the file for `{name}` is no regular file: `{path}`")]
    OverrideNotAFile {
        /// What was typed before `=`.
        name: String,
        /// What was typed after it.
        path: Utf8PathBuf,
    },
    /// The directory of a tree is not there.
    #[error("the tree for package `{package}` is no directory: `{path}`")]
    TreeNotADirectory {
        /// The package.
        package: String,
        /// The directory.
        path: Utf8PathBuf,
    },
    /// A tree is given for a package without an `[upstream]` release that it could replace.
    #[error("package `{package}` has no [upstream] release that a tree could replace")]
    NoUpstream {
        /// The package.
        package: String,
    },
    /// A target takes miniature upstreams, and the package has none.
    #[error("package `{package}` has an [upstream] release but no miniature of it")]
    NoMiniature {
        /// The package.
        package: String,
    },
    /// A tree holds something that a source release can not.
    #[error("a source tree holds files, directories and links only, this is none of them: `{path}`")]
    UnusableInTree {
        /// A socket, device or pipe.
        path: Utf8PathBuf,
    },
    /// A tree changed while it was read.
    #[error("the tree of package `{package}` changed while it was packed: `{path}`")]
    TreeChanged {
        /// The package.
        package: String,
        /// The tree, or the file that changed.
        path: Utf8PathBuf,
    },
    /// An archive could not be read, or holds what must not be unpacked.
    #[error("archive `{path}` is not usable: {reason}")]
    Archive {
        /// The archive.
        path: Utf8PathBuf,
        /// What is wrong with it, with the entry.
        reason: String,
    },
    /// A package has no upstream archive to unpack.
    #[error("no upstream archive is among the sources of package `{package}`")]
    NothingToUnpack {
        /// The package.
        package: String,
    },
    /// `patch` did not apply a patch.
    #[error("`{patch}` does not apply")]
    Patch {
        /// The patch.
        patch: Utf8PathBuf,
        /// What `patch` said.
        source: ProcessError,
    },
    /// A repository that was fetched whole does not have the commit.
    #[error("`{url}` has no commit {commit}")]
    NoSuchCommit {
        /// The repository.
        url: String,
        /// The pinned commit id.
        commit: String,
    },
    /// A commit is not the whole source.
    #[error("commit {commit} of `{url}` has submodules, and these are not fetched: {paths}")]
    Submodules {
        /// The repository.
        url: String,
        /// The commit id.
        commit: String,
        /// Their paths, separated by commas.
        paths: String,
    },
    /// What a commit changed is no patch.
    #[error("commit {commit} of `{url}` gives no patch: {reason}")]
    NoPatch {
        /// The repository.
        url: String,
        /// The commit id.
        commit: String,
        /// What it is instead.
        reason: String,
    },
    /// `git` failed on what was fetched already.
    #[error("could not export commit {commit} of `{url}`: {reason}")]
    Git {
        /// The repository.
        url: String,
        /// The commit id.
        commit: String,
        /// How it ended and what it complained of; without the command, whose environment may hold a password.
        reason: String,
    },
    /// A program is missing.
    #[error("program `{program}` is not installed")]
    NotInstalled {
        /// Its name.
        program: String,
    },
    /// No server can be asked at all.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A file could not be read or written.
    #[error("could not {act} `{path}`")]
    File {
        /// What was tried, as a verb.
        act: &'static str,
        /// On what.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// More than one of these.
    #[error("{}", join(.problems))]
    Several {
        /// Each problem.
        problems: Vec<FetchError>,
    },
}

/// Two digests that should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The digest in `package.toml`.
    pub expected: Sha256Digest,
    /// The digest of what came.
    pub found: Sha256Digest,
}

/// Why a detached OpenPGP signature is not accepted. Every case stops: there is no «unsigned, but go on».
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The key file is no OpenPGP public key.
    #[error("`{path}` holds no OpenPGP public key")]
    KeyUnreadable {
        /// The key file.
        path: String,
        /// What is wrong with it.
        source: pgp::errors::Error,
    },
    /// The key file is empty of keys.
    #[error("`{path}` holds no key")]
    NoKey {
        /// The key file.
        path: String,
    },
    /// The key file holds more than the one key, so that it is not plain which one is meant.
    #[error("`{path}` holds {count} keys, it must hold the pinned one only")]
    SeveralKeys {
        /// The key file.
        path: String,
        /// How many.
        count: usize,
    },
    /// The key is not the pinned one.
    #[error("`{path}` is not the pinned key: expected {expected}, found {found}")]
    WrongKey {
        /// The key file.
        path: String,
        /// The fingerprint in `package.toml`.
        expected: Fingerprint,
        /// The fingerprint of the primary key in the file.
        found: String,
    },
    /// The signature file is no OpenPGP signature.
    #[error("`{path}` is no detached OpenPGP signature")]
    Unreadable {
        /// The signature file.
        path: String,
        /// What is wrong with it.
        source: pgp::errors::Error,
    },
    /// The signature file is empty of signatures.
    #[error("`{path}` holds no signature")]
    Empty {
        /// The signature file.
        path: String,
    },
    /// The signature is of a kind that says nothing about a file, or without a date.
    #[error("`{path}` is not a dated signature over a binary file")]
    NotOverAFile {
        /// The signature file.
        path: String,
    },
    /// The signature is of a kind that says nothing about a text, or without a date.
    #[error("`{path}` has no dated signature over its text")]
    NotOverAText {
        /// The text.
        path: String,
    },
    /// What should be a signed text is not whole.
    #[error("`{path}` is no text that was signed in the clear")]
    NoText {
        /// The text.
        path: String,
        /// What is wrong with it.
        source: pgp::errors::Error,
    },
    /// Somebody else signed.
    #[error("`{path}` is signed by {issuer}, not by {expected} or a subkey of it")]
    OtherSigner {
        /// The signature file.
        path: String,
        /// Key ids or fingerprints that the signature names.
        issuer: String,
        /// The pinned fingerprint.
        expected: Fingerprint,
    },
    /// The signing subkey is not bound to the pinned key, or not for signing.
    #[error("subkey {subkey} is not bound to {expected} as a signing key")]
    Unbound {
        /// The subkey's fingerprint.
        subkey: String,
        /// The pinned fingerprint.
        expected: Fingerprint,
    },
    /// The signature does not fit the file.
    #[error("`{path}` does not fit the file: it was changed, or the signature belongs to another one")]
    Bad {
        /// The signature file.
        path: String,
        /// What the cryptography said.
        source: pgp::errors::Error,
    },
    /// The signature does not fit the text that it stands under.
    #[error("`{path}` does not fit its signature: the text was changed")]
    BadText {
        /// The text.
        path: String,
        /// What the cryptography said.
        source: pgp::errors::Error,
    },
    /// The signature uses a hash function for which files can be made to fit.
    #[error("`{path}` uses {hash}, which proves nothing")]
    WeakHash {
        /// The signature file.
        path: String,
        /// The hash function.
        hash: String,
    },
    /// The signature says of itself that it is valid no longer.
    #[error("`{path}` expired on {date}")]
    Expired {
        /// The signature file.
        path: String,
        /// The day, UTC.
        date: String,
    },
    /// The signature is dated after the present, or before its key was made.
    #[error("`{path}` is dated {date}, which can not be")]
    ImpossibleDate {
        /// The signature file.
        path: String,
        /// The day, UTC.
        date: String,
    },
    /// The key had expired when it signed.
    #[error("key {key} had expired on {expired} when it signed on {signed}")]
    KeyExpired {
        /// The primary key's or subkey's fingerprint.
        key: String,
        /// The day it expired, UTC.
        expired: String,
        /// The day of the signature, UTC.
        signed: String,
    },
    /// The key was revoked.
    #[error("key {key} was revoked")]
    KeyRevoked {
        /// The primary key's or subkey's fingerprint.
        key: String,
    },
    /// The signed file could not be read or decompressed.
    #[error("could not read `{path}` to its end")]
    SignedFile {
        /// The file.
        path: Utf8PathBuf,
        /// What the system or the decompressor said.
        source: std::io::Error,
    },
}

impl FetchError {
    /// Whose fault it is.
    pub fn kind(&self) -> FailureKind {
        match self {
            // Without a URL there is nowhere to fetch it from, however often one tries.
            Self::Missing { files } if files.iter().any(|file| file.urls.is_empty()) => FailureKind::Data,
            Self::Several { problems } if problems.iter().any(|one| one.kind() == FailureKind::Data) => {
                FailureKind::Data
            }
            Self::Signature { source, .. } if matches!(**source, SignatureError::SignedFile { .. }) => {
                FailureKind::World
            }
            Self::Http(error) if !error.is_of_settings() => FailureKind::World,
            Self::Missing { .. }
            | Self::Several { .. }
            | Self::TreeChanged { .. }
            | Self::Git { .. }
            | Self::NotInstalled { .. }
            | Self::File { .. } => FailureKind::World,
            _ => FailureKind::Data,
        }
    }

    /// The way out.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { files } => {
                let directory = files.iter().find_map(|file| file.put_at.parent())?;
                format!(
                    "run the same command where there is a network, or put the files, by these names, into `{directory}`; \
                     what was downloaded in part is kept and goes on"
                )
            }
            Self::WrongDigest { .. } | Self::WrongSize { .. } => {
                "compare the file with upstream's announcement: either the place was tampered with, or the pin in \
                 package.toml is wrong; never copy the new digest without knowing why it changed"
                    .to_owned()
            }
            Self::ChangedInTree { .. } => {
                "put back the file that was pinned (git log shows who changed it), or pin this one on purpose".to_owned()
            }
            Self::Signature { source, .. } => source.hint()?.to_owned(),
            Self::NoAdvisoryKey { package } => format!(
                "find out from upstream which key signs them, and write [upstream.advisories] with `fingerprint` and `key` into \
                 specs/{package}/package.toml"
            ),
            Self::OutsideTree { .. } => {
                "put the file itself there: the project's history does not have what a link leads to".to_owned()
            }
            Self::Submodules { .. } => {
                "take a release that has them in it, by url and sha256; or pin each as a source of its own and put them \
                 together in the spec, from a commit without them"
                    .to_owned()
            }
            Self::NoPatch { .. } => {
                "look at the commit: an advisory's fix may be another one, or several; or put a patch of it into patches/"
                    .to_owned()
            }
            Self::UnusedOverride { why, .. } => why.hint(),
            Self::UnusedTree { package } => Unused::NotAskedFor { package: package.clone() }.hint(),
            Self::AmbiguousOverride { .. } => "write PACKAGE/NAME=FILE".to_owned(),
            Self::NoMiniature { .. } => {
                "give it one (`miniature` in package.toml), or build from a tree with --source-tree".to_owned()
            }
            Self::TreeChanged { .. } => "run the same command when the tree is at rest".to_owned(),
            Self::Http(error) => error.hint()?,
            Self::NotInstalled { program } => format!("install {program}"),
            Self::Several { problems } => {
                let hints: Vec<String> = problems.iter().filter_map(Self::hint).collect();
                if hints.is_empty() {
                    return None;
                }
                hints.join("\n")
            }
            _ => return None,
        })
    }
}

impl SignatureError {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::SeveralKeys { .. } => "export the one key: gpg --armor --export FINGERPRINT",
            Self::WrongKey { .. } | Self::OtherSigner { .. } => {
                "find out from upstream which key signs this release before changing the pin in package.toml"
            }
            Self::Bad { .. } => {
                "if the signature is over the uncompressed file, say over = \"uncompressed\" in package.toml"
            }
            Self::BadText { .. } | Self::NoText { .. } => "get the text from upstream again, as it is",
            Self::KeyRevoked { .. } => {
                "ask upstream; a release signed before a compromise needs a new signature"
            }
            _ => return None,
        })
    }
}

fn join(problems: &[FetchError]) -> String {
    let lines: Vec<String> = problems.iter().map(|problem| full_text(problem)).collect();
    lines.join("\n")
}
