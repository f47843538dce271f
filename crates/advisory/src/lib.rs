//! Advisories put together with packages: how each release stands to each published fault, and what clients are told.
//!
//! What upstream's code has is known from `advisories/known/`, what ours adds from `advisories/<id>.toml`; neither says
//! alone whether a host is safe. **Knows nothing about trees, builds or how repositories
//! are written**: whether a claimed patch is really in
//! what is built is proven elsewhere, before it is built.

mod bulletin;
mod csaf;
mod draft;
mod matrix;
mod row;
mod updateinfo;

pub use bulletin::{Announced, Architecture, Bulletin, Changes, Issue, Reference};
pub use csaf::{csaf, csaf_file_name};
pub use draft::{Announcement, NewPatch, PatchOrigin, Update, announcement, next_id, next_release, updated};
pub use matrix::matrix;
pub use row::{Opening, Row, Verdict};
pub use updateinfo::{Shipped, updateinfo};
