//! What must not be known yet, and whether anything tells of it.
//!
//! An advisory is a secret until its public time: its ids and the CVEs that it answers, its words, the names of its
//! patches, their digests and commits, and the lines that they add. [`Secrets`] knows all of them; [`search`] looks for
//! them in whatever a project puts out, as whoever reads it would: in names of files, in what is compressed, in headers of
//! packages and in the files that packages hold, source packages with their patches among them.
//!
//! A search proves what texts tell. Of code that was compiled it can say nothing, which is why packages that answer such
//! an advisory are not published at all before its time. **Knows nothing about channels, builds or the clock.**

mod error;
mod leak;
mod outputs;
mod patch_words;
mod scan;
mod secret;
mod secrets;

pub use error::EmbargoError;
pub use leak::{Found, Leak, Unread};
pub use outputs::{masked, search, search_text, told_by};
pub use secret::{Secret, SecretKind};
pub use secrets::{Kept, Secrets};
