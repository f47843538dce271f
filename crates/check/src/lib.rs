//! What a client would find wrong with a package or a repository, before a client finds it.
//!
//! Every [`Rule`] has a code that stays, the client's own words for what happens, and the way out; what the
//! client takes is data ([`Client`](xen4centos_manifest::Client)). Rules look at what is there, **never at how
//! it was built**, and read the published files with their own eyes: nothing of the crates that wrote them is
//! used. Verification of signatures is the caller's ([`Verifier`]).

mod armour;
mod base;
mod base_record;
mod checked;
mod closure;
mod error;
mod explanation;
mod facts;
mod file_index;
mod finding;
mod host;
mod inside;
mod kernel_contract;
mod key;
mod openpgp;
mod package;
mod pattern;
mod provision;
mod report;
mod repository;
mod rule;
mod set;
mod shelf;
mod together;
mod upgrade;
mod verifier;
mod waivers;

pub use base::BaseProvides;
pub use checked::Checked;
pub use error::{CheckError, WaiverFault};
pub use explanation::{Explanation, explain, family, rules_by_family};
pub use facts::PackageFacts;
pub use finding::{Finding, Severity};
pub use host::HostTrouble;
pub use inside::{Depth, check_payload};
pub use kernel_contract::{KernelContract, KernelRequirement};
pub use key::{KeyTerms, check_key_file, is_key_file};
pub use package::{check_rpm, lacking_features};
pub use provision::Provision;
pub use report::{
    junit::render_junit,
    render_painted_report, render_report,
    sarif::{Sarif, sarif},
};
pub use repository::{
    RepositoryCheck, RepositorySignature, check_repository, check_repository_signature, not_verified,
};
pub use rule::{Rule, rule, rules};
pub use set::check_set;
pub use upgrade::{FileChecksum, Published, PublishedPackage, Relation};
pub use verifier::{Distrust, Verifier, check_package_signature};
pub use waivers::{Waived, WaiverScope, Waivers};
