//! The program: see `crates/README.md`.

fn main() {}
