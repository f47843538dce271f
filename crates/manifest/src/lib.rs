//! The data of the project: `specs/*/package.toml`, `repo-templates/targets/*.toml`, `repo-templates/clients/*.toml`,
//! `advisories/**.toml` and the ignored `xen4centos.local.toml`, read into one validated [`Project`].
//!
//! What is read is walked as a tree with positions, not deserialised: serde stops at the first error of a file, and
//! whoever edits data wants all of them in one run, each with file, line and column. This crate knows nothing of what
//! stands inside templates, of processes or of the network.

mod advisory;
mod client;
mod cross;
mod cross_advisories;
mod cross_answers;
mod error;
mod issue_words;
mod known;
mod load;
mod options;
mod order;
mod package;
mod project;
mod read;
mod reserved;
mod target;
mod waiver;
mod words;

pub use advisory::{AdvisedPackage, Advisory, AdvisoryKind, Fix, NotAffected, Severity, Standing};
pub use client::Client;
pub use error::ManifestError;
pub use known::{Knowledge, KnownIssue, KnownState};
pub use options::{EffectiveOption, OptionSwitch, SwitchedBy, sources_needed};
pub use package::{
    ChangelogEntry, CommitLocation, DetachedSignature, GitLocation, KeyPin, Location, Need, Package,
    PackageOption, Patch, Requirement, Role, SignedBytes, Source, Upstream, UrlLocation, Vouching,
};
pub use project::{LocalSettings, Project};
pub use target::{
    Accepts, Base, BuildRootKind, BuildRootSettings, Channel, KeySettings, RepositorySettings, RpmSettings,
    Target, Upstreams,
};
pub use waiver::Waiver;
pub use words::{Complaint, changelog_author, download_url};
