//! Pinned sources and patches → verified files.
//!
//! What a package is made of is looked for in this order: the content-addressed store, the lookaside directories,
//! mirrors, upstream. Whatever the place, a file is taken only if it has the pinned digest (or commit id), and
//! where upstream signed it, only if the pinned key says so: **nothing is trusted because of where it came from**,
//! and nothing is taken because a check could not be made.
//!
//! This crate knows neither specs nor built packages. It does not read the environment, the clock or the
//! terminal: proxies, the time and the directories come in through [`FetchSettings`], progress goes out through
//! [`Reporter`].

mod change;
mod cleartext;
mod decompress;
mod download;
mod error;
mod fetch;
mod git;
mod git_repository;
mod hashing;
mod http;
mod in_tree;
mod kept;
mod keys;
mod lookaside;
mod missing;
mod partial;
mod plan;
mod replacements;
mod reporter;
mod settings;
mod signature;
mod signed;
mod store;
mod survey;
mod tarball;
mod tree;
mod unpack;
mod verified;
mod walk;

pub use cleartext::SignedText;
pub use error::{FailureKind, FetchError, Mismatch, SignatureError};
pub use missing::{Attempt, MissingFile, MissingRole, Outcome};
pub use replacements::{Replacement, Unused, replacements};
pub use reporter::{Event, Reporter, Silent};
pub use settings::{
    FetchSettings, Given, Network, NetworkSettings, RetrySchedule, SourceOverride, SourceTree,
};
pub use store::Store;
pub use survey::{Planned, Standing};
pub use unpack::{apply_patches, unpack};
pub use verified::{Origin, Pin, Role, SignedBy, VerifiedSource};
