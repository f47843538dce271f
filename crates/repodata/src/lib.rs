//! Packages into yum metadata, and back.
//!
//! A package is read once: its headers are parsed and its digest is computed on the same buffers. Metadata is
//! written beside the one that readers use and switched in by a rename; the same packages and settings give the
//! same bytes. **Knows nothing about keys, and has no clock: the revision comes from the caller.**

mod additional;
mod ahead;
mod asked;
mod beside;
mod blocks;
mod cache;
mod capability;
mod changes;
mod checksum;
mod complete;
mod content;
mod convert;
mod database;
mod difference;
mod directory_rows;
mod document;
mod duplicates;
mod encode;
mod error;
mod event;
mod file_times;
mod files;
mod header_digest;
mod history;
mod http;
mod import;
mod index;
mod indexed;
mod judge;
mod known;
mod location;
mod merge;
mod moderation;
mod notes;
mod ordered;
mod output;
mod package;
mod pairs;
mod parts;
mod plan;
mod preview;
mod query;
mod read_xml;
mod reader;
mod reading;
mod refusals;
mod regular;
mod repomd;
mod repository;
mod requirements;
mod retention;
mod run;
mod same;
mod seed;
mod settings;
mod specification;
mod sqlite;
mod stamp;
mod storage;
mod switch;
mod template;
mod text;
mod walk;
mod write_packages;
mod write_xml;
mod xml;

pub use additional::demand_kind;
pub use capability::Capability;
pub use changes::{Change, Ignored};
pub use checksum::{Checksum, ChecksumKind, UnknownChecksum};
pub use complete::CompletePackages;
pub use difference::{Difference, Replaced, Replacement, Telling, difference};
pub use error::RepodataError;
pub use event::{Dropped, Event, PassedOver, Relisted, Reporter, Silent, Source};
pub use http::Http;
pub use index::index;
pub use location::Location;
pub use merge::{Bases, Groups, Keep, MergeSettings, Merged, Sources, Updates, merge};
pub use package::{
    ChangelogEntry, Comparison, Constraint, Dependencies, Dependency, FileKind, Order, Package, PackageFile,
    Sizes,
};
pub use preview::{Preview, preview};
pub use query::{DependencyKind, Detail, Query, Through, Versions};
pub use read_xml::{PackageChangelog, PackageFiles, check_comps, read_repomd};
pub use reader::read_package;
pub use repomd::{Record, Repomd, Tags};
pub use repository::{Changelogs, FileLists, Packages, Repository};
pub use settings::{
    Additional, BadPackages, CHANGELOG_LIMIT, Compression, Duplicates, FileTimes, IndexSettings, KnownBy,
    Learned, Links, MetadataNames, Newer, Placement, Present, Retain, Reuse, Selection, Unchanged,
};
pub use specification::Specification;
pub use storage::{Directory, Storage};
pub use template::Template;
