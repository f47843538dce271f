use std::fmt;

use super::{Kind, tag};

/// Which part of a package file is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The 96 bytes that open the file.
    Lead,
    /// The header that holds signatures and digests.
    Signature,
    /// The header that describes the package.
    Main,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lead => "lead",
            Self::Signature => "signature header",
            Self::Main => "header",
        })
    }
}

/// What is wrong with one index entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// Tags below 100 are rpm's own and have no place among the data.
    #[error("tag number is reserved")]
    ReservedTag,
    /// A type number that no rpm knows.
    #[error("unknown type {0}")]
    Type(u32),
    /// Zero items, or more than the store has bytes, or more than one plain string.
    #[error("impossible count {0}")]
    Count(u32),
    /// The offset is no multiple of the item's size.
    #[error("offset {0} is not aligned")]
    Alignment(u32),
    /// The data would lie outside the store.
    #[error("data at offset {0} does not fit into the store")]
    Range(u32),
    /// The data would share bytes with the entry before it or with the region trailer.
    #[error("data at offset {0} overlaps other data")]
    Overlap(u32),
    /// A string without its final NUL.
    #[error("string at offset {0} has no end")]
    Unterminated(u32),
    /// The same tag stands twice in the index.
    #[error("tag appears twice")]
    Duplicate,
}

/// Why bytes are not a package, or a package does not say what was asked for.
///
/// The file is not named here, because this crate knows no files: who opened it adds the path.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The system refused to read.
    #[error("could not read the {part}")]
    Read {
        /// Where.
        part: Part,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file ends too early.
    #[error("file ends inside the {part}: {expected} bytes are announced, {found} are there")]
    Truncated {
        /// Where.
        part: Part,
        /// Bytes that this piece needs.
        expected: u64,
        /// Bytes that were there.
        found: u64,
    },
    /// The first four bytes are not `ed ab ee db`.
    #[error("not an rpm package: the file does not begin with rpm's magic number")]
    NotRpm,
    /// A format that is neither version 3 nor 4 (the version 3 lead serves both).
    #[error("package format version {0} is not known")]
    Version(u8),
    /// A header that does not begin with `8e ad e8 01` and four zero bytes.
    #[error("the {part} does not begin with a header's magic number")]
    Magic {
        /// Which header.
        part: Part,
    },
    /// More than is possible: 2,048 entries, 268,435,455 bytes of data.
    #[error("the {part} announces {found} {what}, at most {limit} are possible")]
    Size {
        /// Which header.
        part: Part,
        /// `index entries` or `bytes of data`.
        what: &'static str,
        /// What it announces.
        found: u32,
        /// What is possible.
        limit: u32,
    },
    /// The entry that says which part of the header is immutable contradicts the rest.
    #[error("the {part} has a bad region: {reason}")]
    Region {
        /// Which header.
        part: Part,
        /// What is wrong.
        reason: &'static str,
    },
    /// An index entry that can not be true.
    #[error("the {part} has a bad entry {index} (tag {}): {fault}", tag::describe(*.tag))]
    Entry {
        /// Which header.
        part: Part,
        /// Position in the index, from 0.
        index: usize,
        /// Its tag.
        tag: u32,
        /// What is wrong.
        fault: EntryFault,
    },
    /// A tag that every package has is not there.
    #[error("tag {} is missing", tag::describe(*.tag))]
    Missing {
        /// The tag.
        tag: u32,
    },
    /// A tag holds another type than it should.
    #[error("tag {} holds {found}, expected {expected}", tag::describe(*.tag))]
    Type {
        /// The tag.
        tag: u32,
        /// What was asked for.
        expected: &'static str,
        /// What is there.
        found: Kind,
    },
    /// Arrays that describe the same list differ in length, or an index points past its array.
    #[error("tag {} has {found} items where {expected} are needed", tag::describe(*.tag))]
    Length {
        /// The tag.
        tag: u32,
        /// Items that the list has.
        expected: usize,
        /// Items that this tag has.
        found: usize,
    },
    /// A directory is named once and belongs to many files, so a small header could stand for paths without end.
    #[error(
        "the files' paths have {found} bytes in all, at most {limit} are possible in a header of this size"
    )]
    Paths {
        /// Bytes of all paths.
        found: u64,
        /// What is possible.
        limit: u64,
    },
    /// A string that must be UTF-8 to be used (a part of the name).
    #[error("tag {} is not UTF-8", tag::describe(*.tag))]
    Encoding {
        /// The tag.
        tag: u32,
    },
}
