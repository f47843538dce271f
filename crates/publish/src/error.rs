use camino::Utf8PathBuf;
use xen4centos_artifact::{Fingerprint, Nevra, Sha256Digest};

use crate::Step;

/// Why a tree could not be staged, published, restored or served.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A file or directory could not be read, written, linked, renamed or locked.
    #[error("could not {act} `{path}`")]
    Files {
        /// `read`, `write`, `link` and so on.
        act: &'static str,
        /// Which one.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A channel's directory that is no relative path of plain names.
    #[error("bad channel directory `{directory}`")]
    Directory {
        /// As given.
        directory: String,
    },
    /// Something else lies where the channel's link belongs, or a link where a directory belongs.
    #[error("not a channel of this storage: `{path}`")]
    Foreign {
        /// What lies there.
        path: Utf8PathBuf,
    },
    /// A channel that has states and no link to any of them. To publish would begin its history anew.
    #[error("channel `{channel}` has lost its link `{path}`; its last state is {last}")]
    LinkLost {
        /// The channel's directory.
        channel: String,
        /// Where the link belongs.
        path: Utf8PathBuf,
        /// Number of the state that readers saw last.
        last: u64,
        /// What the link has to say, relative to the directory in which it belongs.
        target: Utf8PathBuf,
    },
    /// Another process publishes to the same channel.
    #[error("another publication is running, it holds the lock `{path}`")]
    Busy {
        /// The lock.
        path: Utf8PathBuf,
    },
    /// The record of a state can not be understood.
    #[error("bad record of a published state `{path}`")]
    Record {
        /// The record.
        path: Utf8PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Published packages never change; these would.
    #[error("{} already published with other content: {}", packages(changed.len()), names(changed))]
    Changed {
        /// All of them.
        changed: Vec<ChangedPackage>,
        /// The channel's directory.
        channel: String,
    },
    /// Two packages that differ in their epoch only would have the same file name.
    #[error("packages `{first}` and `{second}` have the same file name in channel `{channel}`")]
    FileName {
        /// The one that has it.
        first: Box<Nevra>,
        /// The one that would take it.
        second: Box<Nevra>,
        /// The channel's directory.
        channel: String,
    },
    /// A signed package is not what was signed.
    #[error("sha256 of the package is {found}, signed was {expected}: `{path}`")]
    Digest {
        /// The package.
        path: Utf8PathBuf,
        /// By the signer.
        expected: Sha256Digest,
        /// By the file.
        found: Sha256Digest,
    },
    /// A package was signed by another key than the repository.
    #[error("package `{package}` is signed by {found}, the repository by {expected}")]
    Key {
        /// The package.
        package: Box<Nevra>,
        /// The repository's key.
        expected: Fingerprint,
        /// The package's key.
        found: Fingerprint,
    },
    /// Packages to be withdrawn that are not there.
    #[error("not published in channel `{channel}`: {package}")]
    Unknown {
        /// The package.
        package: Box<Nevra>,
        /// The channel's directory.
        channel: String,
    },
    /// The tree to be published is not the one that was staged.
    #[error("`{found}` is not the staged tree `{expected}`")]
    OtherTree {
        /// What was staged.
        expected: Utf8PathBuf,
        /// What was given.
        found: Utf8PathBuf,
    },
    /// The staged tree is not fit to be published.
    #[error("{what}: `{path}`")]
    Incomplete {
        /// The file.
        path: Utf8PathBuf,
        /// What is missing or wrong.
        what: String,
    },
    /// There is no such state to go back to.
    #[error("channel `{channel}` has no state {wanted}, it has {available}")]
    NoState {
        /// The channel's directory.
        channel: String,
        /// The number, or how far back.
        wanted: String,
        /// What there is.
        available: String,
    },
    /// The observer ended the publication.
    #[error("publication to channel `{channel}` was stopped before: {step}")]
    Stopped {
        /// The channel's directory.
        channel: String,
        /// What was about to be done.
        step: Step,
    },
    /// The server could not listen.
    #[error("could not listen on `{address}`")]
    Listen {
        /// Address and port.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A package that is published with other content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPackage {
    /// Which one.
    pub nevra: Nevra,
    /// What readers have.
    pub published: Sha256Digest,
    /// What was to be published.
    pub offered: Sha256Digest,
}

fn packages(count: usize) -> String {
    if count == 1 { "a package is".into() } else { format!("{count} packages are") }
}

fn names(changed: &[ChangedPackage]) -> String {
    changed.iter().map(|package| format!("`{}`", package.nevra)).collect::<Vec<_>>().join(", ")
}

impl PublishError {
    pub(crate) fn files(
        act: &'static str,
        path: impl Into<Utf8PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Files { act, path, source }
    }

    /// The way out.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Changed { .. } => {
                "raise the release in package.toml: hosts that have the old package would \
                                     never get the new one"
                    .into()
            }
            Self::FileName { .. } => "raise version or release: file names do not carry the epoch".into(),
            Self::Busy { .. } => "wait for it to end; a killed process leaves no lock behind".into(),
            Self::Foreign { path } => format!("move `{path}` away, or publish into another directory"),
            Self::LinkLost { path, target, .. } => {
                let parent = path.parent().unwrap_or(path);
                format!("restore the link: mkdir -p '{parent}' && ln -s '{target}' '{path}'")
            }
            Self::Digest { .. } => "sign the package again".into(),
            Self::Incomplete { .. } | Self::OtherTree { .. } => "stage, index and sign again".into(),
            Self::Record { path, .. } => format!("restore `{path}` from a copy of the storage"),
            _ => return None,
        })
    }
}
