use std::time::Duration;

use camino::Utf8Path;

use crate::Unused;

/// What is going on. Several files may be on their way at once, so each event names its file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A download starts, or goes on after a break.
    Started {
        /// The file's name.
        file: &'a str,
        /// The URL.
        url: &'a str,
        /// Bytes that are already here.
        have: u64,
        /// Bytes of the whole, if they are known.
        total: Option<u64>,
    },
    /// More of a download is here. Sent for every block that comes; showing fewer is the display's business.
    Advanced {
        /// The file's name.
        file: &'a str,
        /// Bytes that are here.
        have: u64,
    },
    /// A place failed, and will be asked again.
    Waiting {
        /// The file's name.
        file: &'a str,
        /// The URL.
        url: &'a str,
        /// What went wrong.
        reason: &'a str,
        /// After how long it is asked again.
        delay: Duration,
    },
    /// A place is given up, or its file is not the pinned one; the next place is tried.
    Rejected {
        /// The file's name.
        file: &'a str,
        /// The URL or path.
        place: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A file is in the store, and has the pinned digest or commit.
    Stored {
        /// The file's name.
        file: &'a str,
        /// The URL or path it came from.
        place: &'a str,
    },
    /// An object of the store had changed; it is set aside and fetched anew.
    Corrupt {
        /// The file's name.
        file: &'a str,
        /// Where the changed object is kept.
        kept: &'a Utf8Path,
    },
    /// An override for all runs that this one has no use for.
    Unused {
        /// The name of the source.
        name: &'a str,
        /// Why.
        why: &'a Unused,
    },
    /// Another run (or another package of this one) has the same file in hand; this one waits for it.
    Locked {
        /// The file in the store on which the other has a lock.
        path: &'a Utf8Path,
    },
    /// A signature is being verified, which reads the whole file.
    Verifying {
        /// The signed file's name.
        file: &'a str,
    },
    /// A tree is being made into a tarball.
    Packing {
        /// The package.
        package: &'a str,
        /// The tree.
        directory: &'a Utf8Path,
    },
    /// A commit is being fetched.
    Cloning {
        /// The file that it will be.
        file: &'a str,
        /// The repository.
        url: &'a str,
    },
}

/// Somebody who wants to know what is going on. Called from several threads.
pub trait Reporter: Sync {
    /// Takes notice.
    fn report(&self, event: &Event<'_>);
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _event: &Event<'_>) {}
}
