//! For every rule an input that trips it and nothing else, and clean twins that pass.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

mod boot;
mod boot_files;
mod built;
mod client;
mod databases;
mod gpg;
mod inside;
mod kernels;
mod keys;
mod packages;
mod payloads;
mod real;
mod relations;
mod releases;
mod repoclosure;
mod reports;
mod repositories;
mod synthetic;
