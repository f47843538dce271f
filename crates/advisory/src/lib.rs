//! Advisories put together with packages: how each release stands to each published fault.
//!
//! What upstream's code has is known from `advisories/known/`, what ours adds from `advisories/<id>.toml`; neither says
//! alone whether a host is safe. **Knows nothing about trees, builds or repositories**: whether a claimed patch is really in
//! what is built is proven elsewhere, before it is built.

mod matrix;
mod row;

pub use matrix::matrix;
pub use row::{Opening, Row, Verdict};
