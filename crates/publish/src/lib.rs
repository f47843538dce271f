//! Signed trees into storage: staged beside what readers see, switched in by one rename, kept for a way back.
//!
//! A reader sees the old repository or the new one, whole, whatever is killed and whenever. What was once
//! published never changes, and timestamps never go back. **Knows nothing about building, signing or how metadata
//! is made**: the caller indexes and signs what was staged.

mod channel;
mod error;
mod files;
mod plan;
mod repomd;
mod serve;
mod staging;
mod state;
mod step;
mod storage;

pub use channel::Channel;
pub use error::{ChangedPackage, PublishError};
pub use plan::{Retention, StageRequest};
pub use serve::{Access, AccessLog, NoLog, Server};
pub use staging::{Published, RestoreRequest, Staging};
pub use state::{CarriedDocument, PublishedPackage, State};
pub use step::{Observer, Step, Unobserved};
pub use storage::{Policy, Storage};
