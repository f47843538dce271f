use std::{
    fmt,
    io::{self, Read},
};

use xen4centos_artifact::header::RpmHeaders;
use xen4centos_inflate::{Inflated, inflate};

use crate::{
    Content, Entry, PayloadError,
    sizes::{Listed, listed},
};

/// Of every entry.
const MAGIC: usize = 6;

/// The rest of the head of an entry of the "new ASCII" format: thirteen numbers of eight hexadecimal digits.
const NUMBERS: usize = 13;
const DIGITS: usize = 8;

/// Bytes of a head, and of one of rpm's own format.
const HEAD: u64 = (MAGIC + NUMBERS * DIGITS) as u64;
const SHORT_HEAD: u64 = (MAGIC + DIGITS) as u64;

/// Heads and contents begin at a multiple of this.
const ALIGNMENT: u64 = 4;

/// No path is longer (`PATH_MAX` of Linux).
const LONGEST_NAME: u64 = 4096;

const TRAILER: &[u8] = b"TRAILER!!!";

/// What an archive may have beyond what its header tells of: padding at the end.
const SLACK: u64 = 64 * 1024;

/// The payload of a package while it is read.
pub struct Payload {
    reader: Box<dyn Read + Send>,
    /// Bytes of the archive that were read.
    offset: u64,
    /// Of the content of the entry that it is at.
    rest: u64,
    headers: RpmHeaders,
    /// The files of the headers, once an entry refers to them.
    files: Option<Vec<Listed>>,
    limit: u64,
    is_over: bool,
}

impl fmt::Debug for Payload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Payload").field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl Payload {
    /// `reader` is at the [offset of the payload](RpmHeaders::payload_offset). Which compression it has is told by its first
    /// bytes, not by the header.
    ///
    /// # Errors
    /// When it can not be read, or the header has no list of files.
    pub fn open(reader: impl Read + Send + 'static, headers: &RpmHeaders) -> Result<Self, PayloadError> {
        let inflated = inflate(reader).map_err(|source| PayloadError::Read { offset: 0, source })?;
        let reader = match inflated {
            Inflated::Plain(reader) | Inflated::Compressed(reader) => reader,
            Inflated::Unsupported(name) => return Err(PayloadError::Unsupported(name)),
        };
        let reader = Box::new(io::BufReader::with_capacity(64 * 1024, reader));
        let limit = headers.computed_archive_size()?.saturating_add(SLACK);
        // The bytes of headers are shared.
        let headers = headers.clone();
        Ok(Self { reader, offset: 0, rest: 0, headers, files: None, limit, is_over: false })
    }

    /// Goes to the next file; `None` behind the last one. What is left of the content of the one before is passed over.
    ///
    /// # Errors
    /// When the archive is damaged, or goes on where the header says that it ends.
    pub fn next_entry(&mut self) -> Result<Option<(Entry, Content<'_>)>, PayloadError> {
        self.skip(self.rest)?;
        self.rest = 0;
        if self.is_over {
            return Ok(None);
        }
        self.align()?;
        let offset = self.offset;
        let mut magic = [0; MAGIC];
        self.take(&mut magic)?;
        let entry = match &magic {
            b"070701" | b"070702" => self.named(offset)?,
            b"07070X" => Some(self.numbered(offset)?),
            _ => return Err(PayloadError::Entry { offset }),
        };
        let Some(entry) = entry else {
            self.is_over = true;
            self.read_to_end()?;
            return Ok(None);
        };
        self.rest = entry.size;
        Ok(Some((entry, Content(self))))
    }

    /// An entry with a name; `None` is the last one, which stands for no file.
    fn named(&mut self, offset: u64) -> Result<Option<Entry>, PayloadError> {
        let mut numbers = [0_u64; NUMBERS];
        for number in &mut numbers {
            *number = self.number(offset)?;
        }
        let [_, mode, _, _, _, _, size, _, _, _, _, length, _] = numbers;
        if length > LONGEST_NAME {
            return Err(PayloadError::Name { offset, length });
        }
        let mut name = vec![0; usize::try_from(length).unwrap_or(0)];
        self.take(&mut name)?;
        self.align_from(offset, HEAD + length)?;
        if name.pop() != Some(0) {
            return Err(PayloadError::Entry { offset });
        }
        if name == TRAILER {
            return Ok(None);
        }
        let mode = u32::try_from(mode).ok();
        // Binary packages have paths after a dot, source packages bare names.
        let path = if name.starts_with(b"./") { name.split_off(1) } else { name };
        Ok(Some(Entry { path, mode, size }))
    }

    /// An entry of rpm's own format.
    fn numbered(&mut self, offset: u64) -> Result<Entry, PayloadError> {
        let number = u32::try_from(self.number(offset)?).unwrap_or(u32::MAX);
        self.align_from(offset, SHORT_HEAD)?;
        let files = match self.files.take() {
            Some(files) => files,
            None => listed(&self.headers)?,
        };
        let files = self.files.insert(files);
        let count = files.len();
        let listed = files.get(number as usize).ok_or(PayloadError::Number { number, count })?;
        Ok(Entry { path: listed.path.clone(), mode: None, size: listed.size })
    }

    fn number(&mut self, offset: u64) -> Result<u64, PayloadError> {
        let mut digits = [0; DIGITS];
        self.take(&mut digits)?;
        let text = std::str::from_utf8(&digits).ok().filter(|text| !text.starts_with('+'));
        text.and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or(PayloadError::Entry { offset })
    }

    fn take(&mut self, out: &mut [u8]) -> Result<(), PayloadError> {
        self.demand(out.len() as u64)?;
        let read = self.reader.read_exact(out);
        read.map_err(|source| self.failure(source))?;
        self.offset += out.len() as u64;
        Ok(())
    }

    fn demand(&self, length: u64) -> Result<(), PayloadError> {
        if self.offset.saturating_add(length) > self.limit {
            return Err(PayloadError::Longer { limit: self.limit });
        }
        Ok(())
    }

    fn failure(&self, source: io::Error) -> PayloadError {
        if source.kind() == io::ErrorKind::UnexpectedEof {
            PayloadError::Truncated { offset: self.offset }
        } else {
            PayloadError::Read { offset: self.offset, source }
        }
    }

    fn skip(&mut self, length: u64) -> Result<(), PayloadError> {
        self.demand(length)?;
        let copied = io::copy(&mut (&mut self.reader).take(length), &mut io::sink());
        let copied = copied.map_err(|source| self.failure(source))?;
        self.offset += copied;
        if copied < length { Err(PayloadError::Truncated { offset: self.offset }) } else { Ok(()) }
    }

    /// Reads what stands behind the last entry: only at its end a compression tells whether all was right.
    fn read_to_end(&mut self) -> Result<(), PayloadError> {
        let mut rest = [0; 4096];
        loop {
            match self.reader.read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    self.demand(length as u64)?;
                    self.offset += length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failure(error)),
            }
        }
    }

    /// After a content, whose start is aligned.
    fn align(&mut self) -> Result<(), PayloadError> {
        self.skip(self.offset.next_multiple_of(ALIGNMENT) - self.offset)
    }

    /// After a head of `length` bytes, which began at `offset`.
    fn align_from(&mut self, offset: u64, length: u64) -> Result<(), PayloadError> {
        let end = offset + length.next_multiple_of(ALIGNMENT);
        self.skip(end.saturating_sub(self.offset))
    }

    pub(crate) fn read_content(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.rest).unwrap_or(usize::MAX).min(out.len());
        if most == 0 {
            return Ok(0);
        }
        self.demand(most as u64).map_err(io::Error::other)?;
        let read = self.reader.read(&mut out[..most]).and_then(|read| match read {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        });
        let read = read.map_err(|source| io::Error::new(source.kind(), self.failure(source)))?;
        self.offset += read as u64;
        self.rest -= read as u64;
        Ok(read)
    }
}
