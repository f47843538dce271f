//! Signing through gpg.
