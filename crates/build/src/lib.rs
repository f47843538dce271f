//! A rendered spec and its verified sources → a source package and unsigned binary packages, by `rpmbuild` in a
//! build root.
//!
//! The host's defaults are not trusted: macros, locale, clock and network come from the request, and what comes
//! out is read back and compared with what was asked. Results are directories named by a digest of all inputs,
//! so unchanged inputs are not built again. **Knows nothing about keys, repositories or where sources come
//! from.**

mod build;
mod error;
mod excerpt;
mod facts;
mod files;
mod from_manifest;
mod host;
mod isolation;
mod macros;
mod phase;
mod prepare;
mod probes;
mod progress;
mod project;
mod provenance;
mod request;
mod requirement;
mod rpm_files;
mod rpmbuild;
mod schedule;
mod spec;
mod verify;
mod witness;

pub use build::{BuildResult, Conditions, Freshness, build, existing, load};
pub use error::BuildError;
pub use facts::{FactChange, RootDetails, SeenFacts};
pub use from_manifest::{advisories_of, requirements_of};
pub use host::{HostRoot, ProbeSettings};
pub use isolation::{Isolation, NetworkPolicy};
pub use prepare::prepare;
pub use progress::{Event, Reporter, Silent};
pub use project::{ProjectState, WorkTree};
pub use provenance::{InputSource, Inputs, OutputFile, OutputKind, PROVENANCE_FILE, Provenance, Run};
pub use request::{BuildRequest, BuildSource, BuildTarget, OptionChoice, SourceOrigin};
pub use requirement::{Needed, Requirement, base_requirements};
pub use schedule::{OnFailure, Outcome, Plan, run_plan};
pub use spec::parse_spec;
pub use verify::Complaint;
