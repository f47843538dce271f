//! What a merge needs to know.

use std::{collections::BTreeSet, num::NonZeroUsize};

use camino::Utf8PathBuf;

use crate::{ChecksumKind, Compression, FileTimes, MetadataNames, Newer, Retain, Tags};

/// What a merge needs to know. Where an index has the same setting, it means the same.
#[derive(Clone, Debug)]
pub struct MergeSettings {
    /// The text that names this state of the metadata.
    pub revision: String,
    /// Seconds since 1970: that of every document.
    pub timestamp: u64,
    /// What happens where the metadata that is replaced is not older.
    pub newer: Newer,
    /// What times files of the metadata have.
    pub file_times: FileTimes,
    /// What happens where the metadata that is replaced is that of one of the repositories.
    pub sources: Sources,
    /// What is said of the repository, besides what the merged ones say of themselves.
    pub tags: Tags,
    /// Which packages are kept.
    pub keep: Keep,
    /// The only architectures that are kept, besides `noarch`; all where absent.
    pub architectures: Option<BTreeSet<String>>,
    /// Where the metadata says that packages are.
    pub bases: Bases,
    /// Where groups come from.
    pub groups: Groups,
    /// Whether there are advisories.
    pub updates: Updates,
    /// Digest of documents in repomd.xml.
    pub repomd_checksum: ChecksumKind,
    /// Of all XML.
    pub compression: Compression,
    /// Whether there are sqlite databases, and how they are compressed.
    pub database: Option<Compression>,
    /// What documents are called.
    pub names: MetadataNames,
    /// How long documents of metadata that was replaced are kept.
    pub retain: Retain,
    /// Threads that compress metadata.
    pub workers: NonZeroUsize,
}

impl MergeSettings {
    /// As an index for CentOS 6 has it, and packages as `mergerepo_c` keeps them. `revision` is in seconds since 1970.
    pub fn for_el6(revision: u64) -> Self {
        Self {
            revision: revision.to_string(),
            timestamp: revision,
            newer: Newer::Refuse,
            file_times: FileTimes::Written,
            sources: Sources::Keep,
            tags: Tags::default(),
            keep: Keep::FirstRepository,
            architectures: None,
            bases: Bases::Written,
            groups: Groups::United,
            updates: Updates::United,
            repomd_checksum: ChecksumKind::Sha256,
            compression: Compression::Gzip,
            database: None,
            names: MetadataNames::Unique,
            retain: Retain::Last(1),
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }
}

/// What happens where the merged metadata would take the place of that of one of the repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sources {
    /// Nothing is written.
    Keep,
    /// It does.
    Replace,
}

/// Which packages of several repositories are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Of those of one name and architecture all that the first repository with one of them has.
    FirstRepository,
    /// Of those of one name, version and architecture that of the first repository that has it.
    EachVersion,
    /// All.
    All,
    /// The newest version of each name and architecture; of equal ones the first.
    NewestVersion,
    /// The youngest file of each name and architecture; of equal ones the first.
    YoungestFile,
}

/// Where the metadata says that packages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bases {
    /// Where they were found: by a path where they lie below the merged repository, else by `xml:base`.
    Written,
    /// The same, but where a repository's path or URL begins with one text, by another one in its place.
    Replaced {
        /// What it begins with.
        search: String,
        /// What stands there instead.
        replace: String,
    },
    /// By the path that each repository has: all packages will lie together.
    Omitted,
}

/// Where groups come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Groups {
    /// From all repositories, each group once: that of the first repository that has it.
    United,
    /// From this file.
    File(Utf8PathBuf),
    /// There are none.
    Omitted,
}

/// Whether there are advisories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updates {
    /// Those of all repositories, each once.
    United,
    /// None.
    Omitted,
}
