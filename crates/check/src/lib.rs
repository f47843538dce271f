//! What a client would find wrong with a package or a repository, before a client finds it.
//!
//! Every [`Rule`] has a code that stays, the client's own words for what happens, and the way out; what the
//! client takes is data ([`Client`](xen4centos_manifest::Client)). Rules look at what is there, **never at how
//! it was built**, and read the published files with their own eyes: nothing of the crates that wrote them is
//! used. Verification of signatures is the caller's ([`Verifier`]).

mod closure;
mod error;
mod finding;
mod openpgp;
mod package;
mod report;
mod repository;
mod rule;
mod verifier;

pub use closure::{BaseProvides, Provision};
pub use error::CheckError;
pub use finding::{Finding, Severity};
pub use package::check_rpm;
pub use report::render_report;
pub use repository::{RepositoryCheck, check_repository};
pub use rule::{Rule, rule, rules};
pub use verifier::Verifier;
