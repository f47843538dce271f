//! Signing and verification with real packages, and with the programs that clients have.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod gpg;
mod keys;
mod memory;
mod packages;
mod payload;
mod repository;
mod tampering;
mod workshop;
