//! Keys that may sign, and key files that EL6 can read.
