//! One pass over a package file: its headers are parsed and its digest is computed on the same buffers, and the
//! payload is never held.

use std::{
    fs::Metadata,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    sync::Arc,
};

use camino::Utf8Path;
use xen4centos_artifact::header::{HeaderError, RpmHeaders, tag};

use crate::{
    CHANGELOG_LIMIT, Checksum, ChecksumKind, Event, Package, RepodataError,
    checksum::Hasher,
    convert::Converter,
    files::{FileName, FileTable},
};

/// Reading costs least with this much: larger buffers fall out of the processor's cache between hashing and
/// parsing.
const BUFFER: usize = 128 * 1024;

/// What identifies the content of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// Seconds and nanoseconds since 1970.
    pub(crate) modified: (i64, i64),
    pub(crate) inode: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Of a file of which only the second of its modification is known.
    pub(crate) fn of_seconds(size: u64, seconds: u64) -> Self {
        Self { size, modified: (i64::try_from(seconds).unwrap_or(i64::MAX), 0), inode: 0 }
    }

    /// Whether the other file is of this size and second.
    pub(crate) fn is_of_second(&self, other: &Self) -> bool {
        self.size == other.size && self.seconds() == other.seconds()
    }

    /// The modification time as metadata has it.
    pub(crate) fn seconds(&self) -> u64 {
        u64::try_from(self.modified.0).unwrap_or(0)
    }
}

std::thread_local! {
    /// Buffers of the thread; headers of a package may still be in one.
    static BUFFERS: std::cell::RefCell<Vec<Arc<Vec<u8>>>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Buffers that a thread keeps: one for headers, one for what follows them.
const KEPT: usize = 2;

/// A buffer that nobody uses.
fn take_buffer() -> Arc<Vec<u8>> {
    let free = BUFFERS.with_borrow_mut(|buffers| {
        let free = buffers.iter().position(|buffer| Arc::strong_count(buffer) == 1)?;
        Some(buffers.swap_remove(free))
    });
    free.unwrap_or_else(|| Arc::new(vec![0; BUFFER]))
}

/// Keeps a buffer for the next package.
fn give_buffer(buffer: Arc<Vec<u8>>) {
    BUFFERS.with_borrow_mut(|buffers| {
        if buffers.len() < KEPT {
            buffers.push(buffer);
        }
    });
}

/// A file that hashes what is read from it.
struct HashingFile {
    file: fs_err::File,
    buffer: Arc<Vec<u8>>,
    position: usize,
    filled: usize,
    total: u64,
    hasher: Hasher,
}

impl HashingFile {
    fn new(file: fs_err::File, checksum: ChecksumKind) -> Self {
        let hasher = Hasher::new(checksum);
        Self { file, buffer: take_buffer(), position: 0, filled: 0, total: 0, hasher }
    }

    /// Reads and hashes the next buffer; `false` at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        if Arc::strong_count(&self.buffer) > 1 {
            // Headers are in it.
            give_buffer(std::mem::replace(&mut self.buffer, take_buffer()));
        }
        let Some(buffer) = Arc::get_mut(&mut self.buffer) else {
            return Err(io::Error::other("a buffer of one thread is in use by another"));
        };
        loop {
            match self.file.read(buffer) {
                Ok(length) => {
                    self.hasher.update(&buffer[..length]);
                    (self.position, self.filled) = (0, length);
                    self.total += length as u64;
                    return Ok(length > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The headers of a package of `length` bytes, which nothing was read of before.
    fn headers(&mut self, length: u64) -> Result<RpmHeaders, HeaderError> {
        // An error in reading comes again, in its place.
        if self.fill().is_ok()
            && self.filled as u64 <= length
            && let Some(headers) = RpmHeaders::in_buffer(&self.buffer, self.filled)?
        {
            return Ok(headers);
        }
        RpmHeaders::read_sized(self, length)
    }

    /// Reads all that is left of a file of `length` bytes.
    fn finish(mut self, length: u64) -> io::Result<(u64, Checksum, fs_err::File)> {
        // A file that grows meanwhile is noticed by its other stamp.
        while self.total < length && self.fill()? {}
        give_buffer(self.buffer);
        Ok((self.total, self.hasher.finish(), self.file))
    }
}

impl Read for HashingFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position == self.filled && !self.fill()? {
            return Ok(0);
        }
        let length = out.len().min(self.filled - self.position);
        out[..length].copy_from_slice(&self.buffer[self.position..self.position + length]);
        self.position += length;
        Ok(length)
    }
}

/// Reads one package. `path` is where it lies now, `href` where the repository has it, relative to its root.
///
/// # Errors
/// When the file can not be read, is no whole package, changes meanwhile, names things with characters that
/// XML forbids, or says more than any real package does.
pub fn read_package(path: &Utf8Path, href: &str) -> Result<Package, RepodataError> {
    let rules = Rules { checksum: ChecksumKind::Sha256, changelog_limit: CHANGELOG_LIMIT };
    let (mut package, files, _) = read(path, rules, &mut |_| ())?;
    package.files = files.iter().map(FileName::to_file).collect();
    href.clone_into(&mut package.href);
    Ok(package)
}

/// What of a package's description depends on the settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) checksum: ChecksumKind,
    pub(crate) changelog_limit: usize,
}

/// Reads one package, which gets no href.
pub(crate) fn read(
    path: &Utf8Path,
    rules: Rules,
    report: &mut dyn FnMut(Event),
) -> Result<(Package, FileTable, Stamp), RepodataError> {
    let Pass { headers, checksum, stamp } = Pass::over(path, rules.checksum)?;
    let mut converter = Converter { path, headers: &headers, report, changelog_limit: rules.changelog_limit };
    converter.demand_moderate()?;
    let files = converter.files()?;
    Ok((converter.package(checksum, &stamp, &files)?, files, stamp))
}

/// What one pass over a package file came to.
struct Pass {
    headers: RpmHeaders,
    checksum: Checksum,
    stamp: Stamp,
}

impl Pass {
    fn over(path: &Utf8Path, checksum: ChecksumKind) -> Result<Self, RepodataError> {
        let fail = |source| RepodataError::files("read", path)(source);
        let file = fs_err::File::open(path).map_err(fail)?;
        let stamp = Stamp::of(&file.metadata().map_err(fail)?);
        let mut hashing = HashingFile::new(file, checksum);
        let headers = hashing
            .headers(stamp.size)
            .map_err(|source| RepodataError::Package { path: path.to_owned(), source })?;
        let (total, checksum, file) = hashing.finish(stamp.size).map_err(fail)?;
        if total != stamp.size || Stamp::of(&file.metadata().map_err(fail)?) != stamp {
            return Err(RepodataError::Changed { path: path.to_owned() });
        }
        check_length(path, &headers, total)?;
        Ok(Self { headers, checksum, stamp })
    }
}

/// A package cut in its payload parses well; only the size in its signature header tells.
fn check_length(path: &Utf8Path, headers: &RpmHeaders, found: u64) -> Result<(), RepodataError> {
    let fail = |source: HeaderError| RepodataError::Package { path: path.to_owned(), source };
    let signature = headers.signature();
    let size = match signature.number(tag::SIG_LONG_SIZE).map_err(fail)? {
        None => signature.number(tag::SIG_SIZE).map_err(fail)?,
        long => long,
    };
    let Some(size) = size else { return Ok(()) };
    let expected = headers.header_range().start.saturating_add(size);
    if found < expected {
        return Err(RepodataError::Truncated { path: path.to_owned(), expected, found });
    }
    Ok(())
}
