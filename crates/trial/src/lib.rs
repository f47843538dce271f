//! What a host would do with a repository, tried on this machine: packages are installed into an empty root with
//! dnf, signatures checked as on a host, and what was installed is started under qemu.
//!
//! **Nothing here is ever published**, and nothing here decides whether something is: it tries and reports.

mod boot;
mod cpio;
mod error;
mod initramfs;
mod install;
mod stand_in;

pub use boot::{BootReport, BootRequest, ModuleState, boot, newest_kernel};
pub use error::TrialError;
pub use install::{InstallReport, InstallRequest, install};
pub use stand_in::{StandIn, StandInRequest};
