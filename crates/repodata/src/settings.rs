//! What an index needs to know.

use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroUsize,
};

use camino::Utf8PathBuf;

use crate::{ChecksumKind, RepodataError, Tags, walk::Found};

/// What an index needs to know. Everything that readers see follows from it and from the packages: there is no clock.
#[derive(Clone, Debug)]
pub struct IndexSettings {
    /// The text that names this state of the metadata; usually [`timestamp`](Self::timestamp).
    pub revision: String,
    /// Seconds since 1970: that of every document.
    pub timestamp: u64,
    /// What happens where the metadata that is replaced is not older.
    pub newer: Newer,
    /// What times files of the metadata have.
    pub file_times: FileTimes,
    /// What the metadata is for, in words.
    pub tags: Tags,
    /// Digest of packages.
    pub checksum: ChecksumKind,
    /// Digest of documents in repomd.xml.
    pub repomd_checksum: ChecksumKind,
    /// Of primary, filelists, other, and what is added. yum on EL6 reads XML in gzip only.
    pub compression: Compression,
    /// Whether there are sqlite databases beside the XML, and how they are compressed.
    pub database: Option<Compression>,
    /// What documents are called.
    pub names: MetadataNames,
    /// Which packages.
    pub selection: Selection,
    /// Where clients find packages.
    pub location: Placement,
    /// How many entries of each changelog are listed, the newest; all where absent.
    pub changelog_limit: Option<usize>,
    /// Packages that have one name, version and architecture.
    pub duplicates: Duplicates,
    /// Groups of packages (comps.xml), listed plain as `group` and compressed as `group_gz`.
    pub comps: Option<Utf8PathBuf>,
    /// Documents of other kinds, such as `updateinfo` or `modules`.
    pub additional: Additional,
    /// Documents of earlier metadata to keep beside the new ones, unlisted.
    pub carried: Vec<Utf8PathBuf>,
    /// How long documents of metadata that was replaced are kept.
    pub retain: Retain,
    /// Where `repodata` is written, if that is not the directory that is indexed.
    pub output: Option<Utf8PathBuf>,
    /// What is already known of packages that have not changed.
    pub reuse: Reuse,
    /// What to do about packages that can not be indexed.
    pub bad_packages: BadPackages,
    /// Threads that read packages and compress metadata.
    pub workers: NonZeroUsize,
}

impl IndexSettings {
    /// What a repository for CentOS 6 has: XML in gzip, SHA-256, ten entries of each changelog, and nothing that its
    /// packages do not say. `revision` is in seconds since 1970.
    pub fn for_el6(revision: u64) -> Self {
        Self {
            revision: revision.to_string(),
            timestamp: revision,
            newer: Newer::Refuse,
            file_times: FileTimes::Written,
            tags: Tags::default(),
            checksum: ChecksumKind::Sha256,
            repomd_checksum: ChecksumKind::Sha256,
            compression: Compression::Gzip,
            database: None,
            names: MetadataNames::Unique,
            selection: Selection::default(),
            location: Placement::default(),
            changelog_limit: Some(CHANGELOG_LIMIT),
            duplicates: Duplicates::Keep,
            comps: None,
            additional: Additional::default(),
            carried: Vec::new(),
            retain: Retain::Last(1),
            output: None,
            reuse: Reuse::default(),
            bad_packages: BadPackages::Refuse,
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }
}

/// As many entries of a changelog as createrepo_c takes.
pub const CHANGELOG_LIMIT: usize = 10;

/// What happens where the metadata that is replaced is newer than the timestamp: yum on EL6 keeps what it has when it is
/// offered something older.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newer {
    /// Nothing is written.
    Refuse,
    /// The timestamp becomes one more than that of the metadata, and the revision, too, if it is the timestamp. The same
    /// happens where both are of one time.
    Outdo,
    /// It is replaced.
    Replace,
}

/// What times files of the metadata have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTimes {
    /// When they were written.
    Written,
    /// The timestamp, but for repomd.xml, as createrepo_c's `--set-timestamp-to-revision` has it.
    Timestamp,
}

/// How a document is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, in one member.
    Gzip,
    /// bzip2; for databases, groups and advisories on EL6.
    Bzip2,
    /// xz; nothing on EL6 but the payload of packages.
    Xz,
}

impl Compression {
    /// What it adds to a file's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
            Self::Xz => ".xz",
        }
    }
}

/// What documents are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataNames {
    /// By their digest, so that no cache on the way to a client can give it an old one for a new one.
    Unique,
    /// `primary.xml.gz` and so on. Nobody can read the old metadata once the new is there.
    Simple,
}

/// Which files are indexed.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Patterns (`*`, `?`, `[…]`) of file names, or of paths relative to the directory, that are left out.
    pub excludes: Vec<String>,
    /// The only packages that are indexed, by paths relative to the directory.
    pub only: Option<Vec<String>>,
    /// Whether links to packages count.
    pub links: Links,
}

/// What becomes of links to packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// They count as packages.
    #[default]
    Follow,
    /// They are passed over.
    Skip,
}

/// Where clients find packages, from where they lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// The URL that paths are relative to (`xml:base`), if that is not the repository's.
    pub base: Option<String>,
    /// Stands before every path.
    pub prefix: Option<String>,
    /// So many directories are taken away from the front of every path.
    pub cut_directories: usize,
}

impl Placement {
    /// The `href` of a package that lies at `relative`. As with createrepo_c: directories are cut first, and the file
    /// name always stays.
    pub fn href(&self, relative: &str) -> String {
        let mut parts: Vec<&str> = relative.split('/').collect();
        parts.drain(..self.cut_directories.min(parts.len() - 1));
        let path = parts.join("/");
        match &self.prefix {
            Some(prefix) => format!("{}/{path}", prefix.trim_end_matches('/')),
            None => path,
        }
    }

    /// Where the package with this `href` lies, but for directories that were cut.
    pub(crate) fn relative<'h>(&self, href: &'h str) -> &'h str {
        let prefix = self.prefix.as_deref().map(|prefix| prefix.trim_end_matches('/'));
        let below = prefix.and_then(|prefix| href.strip_prefix(prefix)?.strip_prefix('/'));
        below.unwrap_or(href)
    }

    /// Checks that clients find each package in a place of its own, which only cut directories can be against.
    pub(crate) fn demand_distinct(&self, packages: &[Found]) -> Result<(), RepodataError> {
        if self.cut_directories == 0 {
            return Ok(());
        }
        let mut seen: HashMap<String, &Found> = HashMap::with_capacity(packages.len());
        for found in packages {
            if let Some(first) = seen.insert(self.href(&found.relative), found) {
                let [first, second] = [first, found].map(|found| Utf8PathBuf::from(&*found.relative));
                return Err(RepodataError::OneHref { href: self.href(&found.relative), first, second });
            }
        }
        Ok(())
    }
}

/// What to do about packages of one name, epoch, version, release and architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// All are listed. Clients take any of them.
    Keep,
    /// Only the one that was built last is listed; among equals the last by path.
    KeepLast,
    /// Nothing is written.
    Refuse,
}

/// Documents of kinds that are not made from packages.
#[derive(Clone, Debug, Default)]
pub struct Additional {
    /// Kinds and files that are added, in place of what there is of the kind.
    pub added: Vec<(String, Utf8PathBuf)>,
    /// Kinds that are no longer listed.
    pub removed: BTreeSet<String>,
    /// What happens to those that the metadata had before.
    pub present: Present,
}

/// What happens to documents that the metadata had before, and that are not made from packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Present {
    /// They stay listed.
    #[default]
    Keep,
    /// They are dropped.
    Drop,
}

/// How long documents of metadata that was replaced are kept, for clients that have read its repomd.xml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retain {
    /// Those of so many states before.
    Last(usize),
    /// Those that were written at this time or later, in seconds since 1970, whichever state they are of.
    Since(u64),
}

/// What is already known of packages.
#[derive(Clone, Debug, Default)]
pub struct Reuse {
    /// What earlier indexes learned, in a file that is replaced. It may be lost at any time.
    pub cache: Option<Utf8PathBuf>,
    /// Whether that is used.
    pub learned: Learned,
    /// Whether the metadata that is to be replaced describes packages, where a cache should and does not.
    pub present: bool,
    /// Repositories whose metadata describes packages, too.
    pub metadata: Vec<Utf8PathBuf>,
    /// How a file is known again.
    pub known_by: KnownBy,
    /// Whether nothing is written when nothing has changed.
    pub unchanged: Unchanged,
}

/// What becomes of what earlier indexes learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Learned {
    /// It is used.
    #[default]
    Use,
    /// All packages are read, and what was learned of them takes its place.
    Replace,
}

/// How a file is known again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KnownBy {
    /// By path, size and time.
    #[default]
    Stamp,
    /// By its path alone.
    Path,
}

/// What happens when all packages and settings are what they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unchanged {
    /// The metadata is written again, under the revision of the settings.
    #[default]
    Write,
    /// Nothing at all; revision and times stay what they are.
    Leave,
    /// Nothing at all, if the revision is that of the settings.
    LeaveRevision,
}

/// What to do about packages that can not be indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPackages {
    /// Stop; nothing that readers see changes.
    Refuse,
    /// Index the others.
    LeaveOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hrefs() {
        let check = |prefix: Option<&str>, cut_directories, relative, expect| {
            let location = Placement { base: None, prefix: prefix.map(str::to_owned), cut_directories };
            assert_eq!(location.href(relative), expect);
        };
        check(None, 0, "Packages/a.rpm", "Packages/a.rpm");
        check(None, 1, "x/Packages/a.rpm", "Packages/a.rpm");
        check(None, 9, "x/Packages/a.rpm", "a.rpm");
        check(Some("../pool/"), 1, "Packages/a.rpm", "../pool/a.rpm");
    }
}
