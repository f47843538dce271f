//! What a client would find wrong with a package or a repository, before a client finds it.
//!
//! Every [`Rule`] has a code that stays, the client's own words for what happens, and the way out; what the
//! client takes is data ([`Client`](xen4centos_manifest::Client)). Rules look at what is there, **never at how
//! it was built**, and read the published files with their own eyes: nothing of the crates that wrote them is
//! used. Verification of signatures is the caller's ([`Verifier`]).

mod base;
mod closure;
mod error;
mod facts;
mod file_index;
mod finding;
mod openpgp;
mod package;
mod provision;
mod report;
mod repository;
mod rule;
mod shelf;
mod together;
mod upgrade;
mod verifier;

pub use base::BaseProvides;
pub use error::CheckError;
pub use facts::PackageFacts;
pub use finding::{Finding, Severity};
pub use package::check_rpm;
pub use provision::Provision;
pub use report::render_report;
pub use repository::{RepositoryCheck, check_repository};
pub use rule::{Rule, rule, rules};
pub use upgrade::{FileChecksum, Published, PublishedPackage, Relation};
pub use verifier::Verifier;
