//! What hosts of other machines would do with a repository: their recorded packages, the repository's, and a solver.

mod job;
mod record;
mod refusal;
mod selection;
mod solve;
mod solver_package;
mod testcase;
mod transaction;

pub use job::Job;
pub use record::HostRecord;
pub use refusal::{Exclusion, Refusal};
pub use solve::{HostReport, HostRequest, Offer, Older, Origin, try_host};
pub use solver_package::SolverPackage;
pub use transaction::{Arrival, JobReport, Removal, Replacement};
