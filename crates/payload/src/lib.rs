//! The payload of a package: a compressed cpio archive, whose files come one after the other and are never held.
//!
//! rpm writes the "new ASCII" format (magic 070701), names after `./`, and one of its own for packages with files over
//! 4 GiB, which has a number instead of a name and leaves all else to the header (magic 07070X, rpm 4.12). Hard links have
//! their content at the last of their names.

mod archive;
mod entry;
mod error;
mod sizes;

pub use archive::Payload;
pub use entry::{Content, Entry};
pub use error::PayloadError;
