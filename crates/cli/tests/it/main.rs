//! What the program and the data of the tree do as a whole.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

mod grub_bootxen;
mod tidy;
