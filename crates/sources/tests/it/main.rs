//! Sources against a real HTTP server on loopback, real git, real gpg and real patch.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is a failed test")]

mod archives;
mod commits;
mod downloads;
mod https;
mod missing;
mod order;
mod proxies;
mod replacements;
mod server;
mod signatures;
mod trees;
mod world;
