//! One pass over a package file: its headers are parsed and its digest is computed on the same buffers, and the
//! payload is never held. Two files can be read at a time: their digests take hardly longer than one.

use std::{
    io::{self, Read},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::header::{HeaderError, RpmHeaders, tag};

use crate::{Checksum, ChecksumKind, RepodataError, checksum::Hasher, header_digest, stamp::Stamp};

/// Reading costs least with this much: larger buffers fall out of the processor's cache between parsing and hashing.
const BUFFER: usize = 128 * 1024;

std::thread_local! {
    /// Buffers of the thread; headers of a package may still be in one.
    static BUFFERS: std::cell::RefCell<Vec<Arc<Vec<u8>>>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Buffers that a thread keeps: for each of two files one for headers, one for what follows them.
const KEPT: usize = 4;

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

/// A file that hashes what was read from it before it reads on.
struct HashingFile {
    file: fs_err::File,
    buffer: Arc<Vec<u8>>,
    /// Bytes of the buffer that were taken out, that the digest has, and that there are.
    taken: usize,
    hashed: usize,
    filled: usize,
    /// Bytes that were read.
    total: u64,
    hasher: Hasher,
}

impl HashingFile {
    fn new(file: fs_err::File, checksum: ChecksumKind) -> Self {
        let hasher = Hasher::new(checksum);
        Self { file, buffer: take_buffer(), taken: 0, hashed: 0, filled: 0, total: 0, hasher }
    }

    /// What the digest does not have yet.
    fn unhashed(&mut self) -> (&mut Hasher, &[u8]) {
        (&mut self.hasher, &self.buffer[self.hashed..self.filled])
    }

    fn hash(&mut self) {
        let (hasher, bytes) = self.unhashed();
        hasher.update(bytes);
        self.hashed = self.filled;
    }

    /// Reads the next buffer; `false` at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        self.hash();
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
                    (self.taken, self.hashed, self.filled) = (0, 0, length);
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
}

impl Read for HashingFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.filled && !self.fill()? {
            return Ok(0);
        }
        let length = out.len().min(self.filled - self.taken);
        out[..length].copy_from_slice(&self.buffer[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}

/// A package file whose headers are known, and whose digest is being computed.
pub(crate) struct Reading {
    path: Utf8PathBuf,
    file: HashingFile,
    headers: RpmHeaders,
    stamp: Stamp,
    /// How it ended.
    end: Option<io::Result<()>>,
}

impl Reading {
    pub(crate) fn begin(path: &Utf8Path, checksum: ChecksumKind) -> Result<Self, RepodataError> {
        let fail = |source| RepodataError::Unreadable { path: path.to_owned(), source };
        let file = fs_err::File::open(path).map_err(fail)?;
        let stamp = Stamp::of(&file.metadata().map_err(fail)?);
        let mut file = HashingFile::new(file, checksum);
        let headers = file.headers(stamp.size).map_err(|source| match source {
            // The disk's fault, or the network's, is none of the package.
            HeaderError::Read { source, .. } if source.kind() != io::ErrorKind::UnexpectedEof => fail(source),
            source => RepodataError::Package { path: path.to_owned(), source },
        })?;
        Ok(Self { path: path.to_owned(), file, headers, stamp, end: None })
    }

    /// Whether all is read, or no more can be.
    pub(crate) const fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// Bytes that were not read yet.
    pub(crate) const fn rest(&self) -> u64 {
        self.stamp.size.saturating_sub(self.file.total)
    }

    /// Hashes what was read, and reads on.
    pub(crate) fn advance(&mut self) {
        self.file.hash();
        // A file that grows meanwhile is noticed by its other stamp.
        let is_all = self.file.total >= self.stamp.size;
        self.end = match if is_all { Ok(false) } else { self.file.fill() } {
            Ok(true) => None,
            Ok(false) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        };
    }

    /// As [`advance`](Self::advance), of one of the two or of both, whose digests are computed side by side.
    pub(crate) fn advance_both(left: &mut Self, right: &mut Self) {
        let (one, mut one_bytes) = left.file.unhashed();
        let (other, mut other_bytes) = right.file.unhashed();
        Hasher::update_both((one, &mut one_bytes), (other, &mut other_bytes));
        let rests = [one_bytes.len(), other_bytes.len()];
        for (reading, rest) in [left, right].into_iter().zip(rests) {
            reading.file.hashed = reading.file.filled - rest;
            if rest < xen4centos_sha256::BLOCK {
                reading.advance();
            }
        }
    }

    /// All of the file, when it is over; until then it is read on, alone.
    pub(crate) fn finish(mut self) -> Result<Pass, RepodataError> {
        while !self.is_over() {
            self.advance();
        }
        let Self { path, file, headers, stamp, end } = self;
        let fail = |source| RepodataError::Unreadable { path: path.clone(), source };
        end.unwrap_or(Ok(())).map_err(fail)?;
        let HashingFile { file, buffer, total, hasher, .. } = file;
        give_buffer(buffer);
        if total != stamp.size || Stamp::of(&file.metadata().map_err(fail)?) != stamp {
            return Err(RepodataError::Changed { path });
        }
        check_length(&path, &headers, total)?;
        header_digest::check(&path, &headers)?;
        Ok(Pass { headers, checksum: hasher.finish(), stamp })
    }

    /// As [`finish`](Self::finish), without what comes of the payload: the digest is that of nothing.
    pub(crate) fn without_payload(self) -> Result<Pass, RepodataError> {
        let Self { path, file, headers, stamp, .. } = self;
        give_buffer(file.buffer);
        check_length(&path, &headers, stamp.size)?;
        header_digest::check(&path, &headers)?;
        Ok(Pass { headers, checksum: Hasher::new(ChecksumKind::default()).finish(), stamp })
    }
}

/// What one pass over a package file came to.
pub(crate) struct Pass {
    pub(crate) headers: RpmHeaders,
    pub(crate) checksum: Checksum,
    pub(crate) stamp: Stamp,
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

#[cfg(test)]
mod tests {
    use xen4centos_artifact::header::HeaderBuilder;

    use super::*;

    /// A package of so many bytes, whose signature header announces some, where it does.
    fn write(path: &Utf8Path, length: usize, announced: Option<u32>) -> Vec<u8> {
        let mut lead = vec![0; 96];
        lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
        lead[79] = 5;
        let signature = HeaderBuilder::new().u32s(tag::SIG_MD5, &[0]);
        let signature = announced
            .map_or(signature, |size| HeaderBuilder::new().u32s(tag::SIG_SIZE, &[size]))
            .build(tag::HEADER_SIGNATURES);
        let main = HeaderBuilder::new().string(tag::NAME, "a").build(tag::HEADER_IMMUTABLE);
        let mut bytes = [lead, signature].concat();
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend(main);
        assert!(bytes.len() < length);
        let mut byte = u8::try_from(length % 251).unwrap();
        bytes.resize_with(length, || {
            byte = byte.wrapping_mul(37).wrapping_add(1);
            byte
        });
        fs_err::write(path, &bytes).unwrap();
        bytes
    }

    fn begin(path: &Utf8Path) -> Reading {
        Reading::begin(path, ChecksumKind::Sha256).unwrap()
    }

    #[test]
    fn two_files_of_any_length_are_read_side_by_side() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let around =
            |size: usize| [size - 65, size - 64, size - 1, size, size + 1, size + 63, size + 64, size + 65];
        let lengths: Vec<usize> = [600].into_iter().chain(around(BUFFER)).chain(around(2 * BUFFER)).collect();
        let paths: Vec<_> = lengths.iter().map(|length| root.join(format!("{length}.rpm"))).collect();
        let digests: Vec<_> = (paths.iter().zip(&lengths))
            .map(|(path, length)| Hasher::of(ChecksumKind::Sha256, &write(path, *length, None)))
            .collect();
        for shift in [0, 1, 9] {
            for (left, length) in lengths.iter().enumerate() {
                let right = (left + shift) % paths.len();
                let (mut one, mut other) = (begin(&paths[left]), begin(&paths[right]));
                while !one.is_over() && !other.is_over() {
                    Reading::advance_both(&mut one, &mut other);
                }
                let found = [one, other].map(|reading| reading.finish().unwrap().checksum);
                assert_eq!(
                    found,
                    [left, right].map(|place| digests[place].clone()),
                    "{length}, {}",
                    lengths[right]
                );
            }
        }
    }

    #[test]
    fn a_package_that_is_written_to_meanwhile_is_told_of() {
        let temporary = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(temporary.path()).unwrap().join("a.rpm");
        for length in [600, 3 * BUFFER] {
            for changed in [length + 1, length - 1, BUFFER / 2 + 1, 10 * BUFFER] {
                write(&path, length, None);
                let mut reading = begin(&path);
                reading.advance();
                let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
                file.set_len(changed as u64).unwrap();
                let error = reading.finish().map(drop).unwrap_err();
                assert!(matches!(&error, RepodataError::Changed { path: of } if *of == path), "{error}");
                assert!(error.is_of_one_package() && error.hint().is_some());
            }
        }
        // Of the same length, but written to.
        write(&path, 600, None);
        let reading = begin(&path);
        let file = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
        file.file().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert!(matches!(reading.finish(), Err(RepodataError::Changed { .. })));
    }

    #[test]
    fn a_package_that_ends_early_is_told_of() {
        let temporary = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(temporary.path()).unwrap().join("a.rpm");
        let read = |announced| {
            write(&path, 2000, Some(announced));
            begin(&path).finish().map(|pass| pass.headers.header_range().start)
        };
        let start = read(1).unwrap();
        let whole = u32::try_from(2000 - start).unwrap();
        assert!(read(whole).is_ok());
        let Err(error) = read(whole + 1) else { panic!("it is whole") };
        assert!(
            matches!(&error, RepodataError::Truncated { path: of, expected: 2001, found: 2000 } if *of == path),
            "{error}"
        );
        assert!(error.is_of_one_package() && error.hint().is_some());
    }
}
