//! The content of one document, with all that repomd.xml says of it verified on both sides of the compression.

use std::{
    io::{self, Read},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use camino::{Utf8Path, Utf8PathBuf};

use xen4centos_inflate::{Inflated, inflate};

use crate::{Checksum, ChecksumKind, Record, RepodataError, checksum::Hasher};

/// Bytes of a document of which repomd.xml does not say how large it is. Those of whole distributions have one or two
/// hundred megabytes.
const LIMIT: u64 = 4 * 1024 * 1024 * 1024;

/// Reading in pieces of this size keeps what is hashed and inflated in the processor's cache.
pub(crate) const BLOCK: usize = 64 * 1024;

/// Counts and hashes what passes, up to a limit: what comes could be without end.
struct Meter {
    hasher: Option<Hasher>,
    total: u64,
    limit: u64,
}

impl Meter {
    fn new(path: &Utf8Path, checksum: Option<&Checksum>, size: Option<u64>) -> Result<Self, RepodataError> {
        let unsupported = |kind: &str| RepodataError::Unsupported {
            path: path.to_owned(),
            what: format!("checksum `{kind}`"),
        };
        let kind = checksum
            .map(|checksum| checksum.kind.parse::<ChecksumKind>().map_err(|_| unsupported(&checksum.kind)));
        Ok(Self { hasher: kind.transpose()?.map(Hasher::new), total: 0, limit: size.unwrap_or(LIMIT) })
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.total += bytes.len() as u64;
        if self.total > self.limit {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "more bytes than repomd.xml announces"));
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        Ok(())
    }

    /// How many bytes passed, and the digits of their digest.
    fn read_off(&self) -> (u64, Option<String>) {
        (self.total, self.hasher.clone().map(|hasher| hasher.finish().value))
    }
}

/// The file as it lies there, and what was read of it. Both are shared: a decoder that reads it does not give it back.
struct Source {
    inner: Box<dyn Read + Send>,
    meter: Meter,
    /// Whether it could not be read: what is behind that is not asked for.
    failed: bool,
}

#[derive(Clone)]
struct Closed(Arc<Mutex<Source>>);

impl Closed {
    fn new(inner: Box<dyn Read + Send>, meter: Meter) -> Self {
        Self(Arc::new(Mutex::new(Source { inner, meter, failed: false })))
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Closed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Source { inner, meter, failed } = &mut *self.source();
        let read = inner.read(out).and_then(|length| meter.take(&out[..length]).map(|()| length));
        *failed |= read.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        read
    }
}

/// The content of a document as it comes.
pub(crate) struct Content {
    path: Utf8PathBuf,
    record: Record,
    reader: Box<dyn Read + Send>,
    closed: Closed,
    open: Meter,
}

impl Content {
    /// `path` is what errors call it.
    pub(crate) fn new(
        path: &Utf8Path,
        record: &Record,
        bytes: Box<dyn Read + Send>,
    ) -> Result<Self, RepodataError> {
        let closed = Closed::new(bytes, Meter::new(path, Some(&record.checksum), record.size)?);
        let mut open = Meter::new(path, record.open_checksum.as_ref(), record.open_size)?;
        let reader = match inflate(closed.clone()).map_err(RepodataError::files("read", path))? {
            Inflated::Plain(reader) => {
                // The limit of the file is that of its content, and one digest need not be made twice.
                if record.open_checksum.as_ref() == Some(&record.checksum) {
                    open.hasher = None;
                }
                reader
            }
            Inflated::Compressed(reader) => reader,
            Inflated::Unsupported(what) => {
                let what = format!("compression `{what}`");
                return Err(RepodataError::Unsupported { path: path.to_owned(), what });
            }
        };
        Ok(Self { path: path.to_owned(), record: record.clone(), reader, closed, open })
    }

    /// The file as it is, whatever it is: for documents of which nothing but that is told, or that are not read.
    pub(crate) fn as_it_lies(
        path: &Utf8Path,
        record: &Record,
        bytes: Box<dyn Read + Send>,
    ) -> Result<Self, RepodataError> {
        let record = Record { open_checksum: None, open_size: None, ..record.clone() };
        let closed = Closed::new(bytes, Meter::new(path, Some(&record.checksum), record.size)?);
        let reader = Box::new(closed.clone());
        let open = Meter::new(path, None, None)?;
        Ok(Self { path: path.to_owned(), record, reader, closed, open })
    }

    /// What errors call it.
    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Reads what is left and verifies all.
    pub(crate) fn finish(&mut self) -> Result<(), RepodataError> {
        let mut block = vec![0; BLOCK];
        while self.next(&mut block)? > 0 {}
        self.verify()
    }

    /// The next bytes; none at the end.
    pub(crate) fn next(&mut self, block: &mut [u8]) -> Result<usize, RepodataError> {
        loop {
            match self.reader.read(block).and_then(|length| self.open.take(&block[..length]).map(|()| length))
            {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.damage(error)),
                Ok(length) => return Ok(length),
            }
        }
    }

    /// Of content that can not be decompressed: where the file is not the one that repomd.xml lists, that is why.
    fn damage(&self, error: io::Error) -> RepodataError {
        let mut closed = self.closed.clone();
        let is_read = !self.closed.source().failed && io::copy(&mut closed, &mut io::sink()).is_ok();
        let mismatch = if is_read { self.verify_closed().err() } else { None };
        mismatch.unwrap_or_else(|| RepodataError::files("read", &self.path)(error))
    }

    /// Compares with repomd.xml, after everything was read.
    pub(crate) fn verify(&mut self) -> Result<(), RepodataError> {
        self.verify_closed()?;
        let Record { open_size, open_checksum, .. } = &self.record;
        self.verify_side(["open size", "open checksum"], &self.open, (*open_size, open_checksum.as_ref()))
    }

    /// The file as it lies there.
    fn verify_closed(&self) -> Result<(), RepodataError> {
        let Record { size, checksum, .. } = &self.record;
        self.verify_side(["size", "checksum"], &self.closed.source().meter, (*size, Some(checksum)))
    }

    fn verify_side(
        &self,
        [size_name, checksum_name]: [&'static str; 2],
        meter: &Meter,
        (size, checksum): (Option<u64>, Option<&Checksum>),
    ) -> Result<(), RepodataError> {
        let (total, digits) = meter.read_off();
        if let Some(size) = size.filter(|size| *size != total) {
            return Err(self.mismatch(size_name, size.to_string(), total.to_string()));
        }
        if let (Some(checksum), Some(found)) = (checksum, digits)
            && !found.eq_ignore_ascii_case(&checksum.value)
        {
            return Err(self.mismatch(checksum_name, checksum.value.clone(), found));
        }
        Ok(())
    }

    fn mismatch(&self, what: &'static str, expected: String, found: String) -> RepodataError {
        RepodataError::Mismatch { path: self.path.clone(), what, expected, found }
    }
}
