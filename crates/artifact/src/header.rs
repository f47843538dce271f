//! A parser of RPM packages (format versions 3 and 4): lead, signature header and main header.
//!
//! Packages are foreign bytes, and the indexer, the signer and the checks all read them. So this parser never
//! panics, takes no more memory than there really are bytes ([`RpmHeaders::read_sized`]; a stream of unknown
//! length may cost twice that and two steps of 64 KiB while it grows), and validates every count, offset and type once while reading; what a caller asks for later can only be absent or of
//! another type. Strings are handed out as bytes: what to do with other encodings than UTF-8 is the caller's.

mod builder;
mod changelog;
mod dependency;
mod entry;
mod error;
mod file_list;
mod lead;
mod package;
mod scriptlet;
mod shared;
mod source;
mod store;
pub mod tag;
mod text;
mod value;

pub use builder::HeaderBuilder;
pub use changelog::Changelog;
pub use dependency::{Dependency, DependencyFlags, DependencyKind, EvrParts, split_evr};
pub use entry::{Entry, Kind};
pub use error::{EntryFault, HeaderError, Part};
pub use file_list::{FileEntry, FileFlags, Files, PathEntry, Paths};
pub use lead::{Lead, PackageType};
pub use package::RpmHeaders;
pub use scriptlet::{Scriptlet, ScriptletKind};
pub use store::{Header, Region};
pub use tag::Tag;
pub use text::Text;
pub use value::{Array, Number, Strings};
