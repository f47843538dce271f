//! Proof that patches are in a tree: that what `%prep` left holds, in its place, every change of every patch that is
//! claimed, and nothing of what each took away.
//!
//! A hunk alone does not show where it belongs: the same lines may stand in a file twice, one of them still to be mended,
//! and a later patch may have changed them again. So the patches are applied here once more, in their order, to
//! upstream's own files, and every line remembers which of them it is from. What comes out is compared with the tree:
//!
//! - **Lines of a patch, and places where one took lines away, must be in the tree as they are here.** All else may differ,
//!   because specs edit what upstream wrote.
//! - **The tree must be nearer to what comes out than to the same without any one hunk**, or without the last patches: where
//!   lines are alike, a difference can be read in more than one way.
//! - **A patch that changes nothing, or only comments, white space, prose or what is never compiled, proves nothing.**
//! - **No line of a patch that matters may be taken back by a later one that does not say so**, nor be put where it is never
//!   compiled, or under a condition; and a patch of which later ones leave nothing proves nothing, whatever they say.
//!
//! **Knows nothing about advisories, specs or builds.**

mod error;
mod finding;
mod meaning;
mod patch;
mod preprocessor;
mod prove;
mod tracked;
mod trees;

pub use error::PresenceError;
pub use finding::Finding;
pub use prove::{Expected, Listed, Proof};
