//! Through real rpmbuild, with small specs.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests; clippy only sees those marked as such")]

mod building;
mod failing;
mod host;
mod isolation;
mod killed;
mod manifest;
mod preparing;
mod reproducible;
mod specs;
mod support;
