use std::io;

/// Why a payload can not be read on. Offsets are of the uncompressed archive, in bytes.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It can not be read or decompressed.
    #[error("the payload can not be read at byte {offset} of its content")]
    Read {
        /// Where.
        offset: u64,
        /// What the system or the decompression said.
        source: io::Error,
    },
    /// It ends before its last entry.
    #[error("the payload ends at byte {offset} of its content, in the middle")]
    Truncated {
        /// Where.
        offset: u64,
    },
    /// No archive that rpm reads.
    #[error("no entry of a cpio archive at byte {offset} of the payload's content")]
    Entry {
        /// Where.
        offset: u64,
    },
    /// A name longer than any path.
    #[error("a name of {length} bytes at byte {offset} of the payload's content")]
    Name {
        /// Where.
        offset: u64,
        /// Its bytes.
        length: u64,
    },
    /// It goes on where the header says that it ends.
    #[error("the payload has more than the {limit} bytes that its header tells of")]
    Longer {
        /// Bytes that are allowed.
        limit: u64,
    },
    /// A file by number that the header does not have.
    #[error("the payload has a file number {number}, the header has {count} files")]
    Number {
        /// From 0.
        number: u32,
        /// How many there are.
        count: usize,
    },
    /// A compression that is not known here.
    #[error("the payload is compressed in a way that is not supported ({0})")]
    Unsupported(&'static str),
    /// The header itself is no good.
    #[error(transparent)]
    Header(#[from] xen4centos_artifact::header::HeaderError),
}

impl PayloadError {
    /// Why a [`Content`](crate::Content) could not be read on, which tells where as all else does.
    pub fn of_content(error: io::Error) -> Self {
        error.downcast().unwrap_or_else(|source| Self::Read { offset: 0, source })
    }
}
