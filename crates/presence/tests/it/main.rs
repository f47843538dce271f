//! Trees and patches in, proofs or findings out.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

mod cases;
mod random;
mod support;
