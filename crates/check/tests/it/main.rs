//! For every rule an input that trips it and nothing else, and clean twins that pass.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

mod built;
mod client;
mod packages;
mod real;
mod relations;
mod repositories;
mod synthetic;
