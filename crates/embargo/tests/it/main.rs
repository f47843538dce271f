//! What outputs tell: files, compressed files, and packages as rpmbuild writes them.
#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod searching;
