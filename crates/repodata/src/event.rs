use std::borrow::Cow;

use camino::Utf8PathBuf;

use crate::RepodataError;

/// What happens while a directory is indexed.
#[derive(Debug)]
pub enum Event {
    /// How many packages there are to read.
    Found {
        /// Packages.
        packages: usize,
    },
    /// Packages are taken from earlier metadata, as far as their files have not changed since.
    Imported {
        /// The repository.
        root: Utf8PathBuf,
        /// Packages that its metadata describes.
        packages: usize,
    },
    /// Earlier metadata is of no use; packages are read instead.
    NotImported {
        /// Why.
        error: RepodataError,
    },
    /// A package's metadata is ready.
    Indexed {
        /// Relative to the repository's root.
        path: Utf8PathBuf,
        /// Whether it had to be read.
        from: Source,
        /// Whether it is another package than the one that was listed in its place.
        replaces: bool,
    },
    /// A text for people held characters that XML forbids; they were left out.
    Cleaned {
        /// The package file.
        path: Utf8PathBuf,
        /// Which text.
        field: Cow<'static, str>,
    },
    /// Two packages have one name, version and architecture.
    Duplicate {
        /// The package file.
        path: Utf8PathBuf,
        /// Its name, epoch, version, release and architecture.
        nevra: String,
        /// The one of them that is not listed, where only one is.
        left_out: Option<Utf8PathBuf>,
    },
    /// What has the name of a package or may hold some, and is passed over.
    PassedOver {
        /// Where it is.
        path: Utf8PathBuf,
        /// What it is.
        what: PassedOver,
    },
    /// What the metadata had that is replaced, and the new one has not, because the settings do not ask for it.
    Dropped {
        /// What it was.
        what: Dropped,
    },
    /// No document of the kind is listed, so none is removed.
    NothingToRemove {
        /// As the settings have it.
        kind: String,
    },
    /// The metadata is in place.
    Written {
        /// That of the list.
        revision: String,
        /// How many packages it lists.
        packages: usize,
        /// What it lists that the one before did not, and the other way round, where that is known.
        listed: Option<Relisted>,
    },
    /// What would be listed is what the metadata lists; none was written.
    Unchanged {
        /// That of the list which is there.
        revision: String,
        /// How many packages it lists.
        packages: usize,
    },
    /// The list was signed. What was signed is gone, and the signature with it.
    SignatureDropped {
        /// Its file.
        path: Utf8PathBuf,
    },
    /// Old or unfinished metadata could not be removed. It is in nobody's way.
    Remains {
        /// Where it is; every index tries again.
        path: Utf8PathBuf,
        /// Why.
        error: RepodataError,
    },
    /// Old metadata could neither be removed nor be put out of the way. The next index can not begin before it is gone.
    InTheWay {
        /// Where it is.
        path: Utf8PathBuf,
        /// Why.
        error: RepodataError,
    },
    /// The metadata is in place, but the disk may not have it yet.
    NotSynced {
        /// Why.
        error: RepodataError,
    },
    /// A bad package was left out, as the settings ask.
    LeftOut {
        /// Why; the error names the package.
        error: RepodataError,
    },
}

/// What new metadata has only where it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The sqlite databases.
    Databases,
    /// Tags of the list: content, distro, repo.
    Tags,
}

/// What became of a list, by paths relative to the directory that was indexed, sorted. What is gone has its path as the list
/// tells it where nobody knows it better: without directories that were cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relisted {
    /// Listed anew.
    pub added: Vec<String>,
    /// Listed no more.
    pub removed: Vec<String>,
}

/// What is no package, though somebody may think so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    /// A link to what is not there, under the name of a package.
    DanglingLink,
    /// A link to a directory outside of the one that is indexed.
    LinkedDirectory,
    /// A pipe, device or socket under the name of a package.
    Special,
}

/// Where a package's metadata came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The package was read.
    Package,
    /// The cache of an earlier index, or its metadata, knew the unchanged file.
    Cache,
}

/// Hears of progress. Events come from several threads, in no particular order.
pub trait Reporter: Sync {
    /// One event.
    fn event(&self, event: Event);
}

/// A reporter that tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&self, _: Event) {}
}

/// Of another run over packages that were read before: what was told of them is not told again.
pub(crate) struct Again<'a>(pub(crate) &'a dyn Reporter);

impl Reporter for Again<'_> {
    fn event(&self, event: Event) {
        if matches!(event, Event::LeftOut { .. }) {
            self.0.event(event);
        }
    }
}
