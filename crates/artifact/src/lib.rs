//! The nouns of the project: what a package is called, what its bytes hash to, what its headers say, and
//! which state of the pipeline it is in.
//!
//! This crate knows nothing about files, processes, the clock or the environment: it parses bytes that it is
//! given and holds paths as data. Every stage depends on it; it depends on none.

mod digest;
mod escaped;
mod evr;
mod facts;
mod fingerprint;
mod glob;
pub mod header;
mod install_only;
mod nevra;
mod states;

pub use digest::{DigestError, Sha256Digest};
pub use escaped::escape_controls;
pub use evr::{Evr, EvrError, compare_versions};
pub use facts::{BuildRootFacts, CAPABILITIES};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use glob::{matches_glob, matches_wildcards};
pub use install_only::INSTALL_ONLY;
pub use nevra::{Nevra, NevraError};
pub use states::{RenderedSpec, RepoTree, SignedRepoTree, SignedRpm, Srpm, UnsignedRpm};
