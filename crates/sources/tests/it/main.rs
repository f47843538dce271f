//! Sources against a real HTTP server on loopback, real git, real gpg and real patch.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is a failed test")]

mod archives;
mod changes;
mod commits;
mod downloads;
mod missing;
mod order;
mod replacements;
#[expect(dead_code, reason = "the tests of each crate use a part of it")]
#[path = "../../../http/tests/it/server.rs"]
mod server;
mod signatures;
mod trees;
mod world;
