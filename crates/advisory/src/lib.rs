//! Advisories put together with packages: how each release stands to each published fault, and what clients are told.
//!
//! What upstream's code has is known from `advisories/known/`, what ours adds from `advisories/<id>.toml`; neither says
//! alone whether a host is safe, and neither says it of a package: clients are told of those whose builds were shown to have
//! a fix ([`Evidence`]). **Knows nothing about trees, builds or how repositories are written**: whether a claimed patch is
//! really in what is built is proven elsewhere, before it is built.

mod bulletin;
mod code;
mod csaf;
mod draft;
mod evidence;
mod knowledge;
mod matrix;
mod patch_form;
mod row;
mod series;
mod told;
mod updateinfo;
mod xsa;

pub use bulletin::{Announced, Architecture, Bulletin, Changes, Issue, Reference};
pub use code::{CODES, Code, code};
pub use csaf::{csaf, csaf_file_name};
pub use draft::{Announcement, NewPatch, PatchOrigin, Update, announcement, next_id, next_release, updated};
pub use evidence::Evidence;
pub use knowledge::{Learned, with_issue, with_learned};
pub use matrix::matrix;
pub use patch_form::form_problem;
pub use row::{Opening, Row, Verdict};
pub use series::Series;
pub use told::{Reused, Told};
pub use updateinfo::{Shipped, Unproven, left_out, unproven, updateinfo};
pub use xsa::{ListedPatch, PatchTree, XsaError, XsaText};
