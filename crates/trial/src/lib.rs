//! What a host would do with a repository, tried on this machine: packages are installed into an empty root with
//! dnf, signatures checked as on a host, what was installed is started under qemu, and for hosts of which only a list of
//! packages is here a solver says what yum would do.
//!
//! **Nothing here is ever published**, and nothing here decides whether something is: it tries and reports.

mod boot;
mod cpio;
mod error;
mod host;
mod initramfs;
mod install;
mod stand_in;

pub use boot::{BootReport, BootRequest, ModuleState, boot, newest_kernel};
pub use error::TrialError;
pub use host::{
    Arrival, Exclusion, HostRecord, HostReport, HostRequest, Job, JobReport, Offer, Older, Origin, Refusal,
    Removal, Replacement, SolverPackage, try_host,
};
pub use install::{InstallReport, InstallRequest, install};
pub use stand_in::{StandIn, StandInRequest};
