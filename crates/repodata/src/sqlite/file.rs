//! The file: pages one after the other, and chains of pages for what is too long for one.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::RepodataError;

use super::page::SIZE;

/// The page that holds byte 2^30, which SQLite locks and never uses.
const LOCK_PAGE: u32 = (1 << 30) / 4096 + 1;

/// The most pages that every SQLite reads (`SQLITE_MAX_PAGE_COUNT` for long).
const MOST_PAGES: u32 = 1_073_741_823;

/// The most bytes of a row (`SQLITE_MAX_LENGTH`).
const LONGEST: usize = 1_000_000_000;

/// What an overflow page holds besides the number of the next one.
const OVERFLOW: usize = SIZE - 4;

/// The most of a payload that stays in a leaf of a table.
pub(super) const TABLE_LOCAL: usize = SIZE - 35;

/// The most of a payload that stays in a page of an index: four of them always fit.
pub(super) const INDEX_LOCAL: usize = (SIZE - 12) * 64 / 255 - 23;

/// The least that stays of a longer one.
const LEAST_LOCAL: usize = (SIZE - 12) * 32 / 255 - 23;

pub(super) struct PageFile {
    path: Utf8PathBuf,
    out: BufWriter<fs_err::File>,
    /// Number of the next page; they count from 1.
    next: u32,
}

impl PageFile {
    /// The first page is written last: its content depends on all others.
    pub(super) fn create(path: &Utf8Path) -> Result<Self, RepodataError> {
        let file = fs_err::File::create(path).map_err(RepodataError::files("write", path))?;
        let mut file =
            Self { path: path.to_owned(), out: BufWriter::with_capacity(64 * SIZE, file), next: 1 };
        file.append(&[0; SIZE])?;
        Ok(file)
    }

    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    fn fail(&self, error: io::Error) -> RepodataError {
        RepodataError::files("write", &self.path)(error)
    }

    pub(super) fn too_large(&self, what: &'static str) -> RepodataError {
        self.fail(io::Error::new(io::ErrorKind::FileTooLarge, what))
    }

    /// Writes the next page and tells its number.
    pub(super) fn append(&mut self, page: &[u8; SIZE]) -> Result<u32, RepodataError> {
        let number = self.next;
        if number > MOST_PAGES {
            return Err(self.too_large("more pages than a database can have"));
        }
        self.out.write_all(page).map_err(|error| self.fail(error))?;
        self.next += 1;
        if self.next == LOCK_PAGE {
            self.out.write_all(&[0; SIZE]).map_err(|error| self.fail(error))?;
            self.next += 1;
        }
        Ok(number)
    }

    /// Appends to `cell` what stays of `payload` in a page that takes `most` of it, writes the rest behind, and the
    /// rest's place to `cell`.
    pub(super) fn put_payload(
        &mut self,
        payload: &[u8],
        most: usize,
        cell: &mut Vec<u8>,
    ) -> Result<(), RepodataError> {
        if payload.len() <= most {
            cell.extend_from_slice(payload);
            return Ok(());
        }
        if payload.len() > LONGEST {
            return Err(self.too_large("a row is longer than SQLite takes"));
        }
        // As much as leaves only full pages behind, if that is not too much.
        let full = LEAST_LOCAL + (payload.len() - LEAST_LOCAL) % OVERFLOW;
        let (local, rest) = payload.split_at(if full <= most { full } else { LEAST_LOCAL });
        cell.extend_from_slice(local);
        cell.extend_from_slice(&self.next.to_be_bytes());
        self.append_chain(rest)
    }

    fn append_chain(&mut self, rest: &[u8]) -> Result<(), RepodataError> {
        let mut page = [0; SIZE];
        let mut chunks = rest.chunks(OVERFLOW).peekable();
        while let Some(chunk) = chunks.next() {
            let next = match chunks.peek() {
                None => 0,
                Some(_) if self.next + 1 == LOCK_PAGE => LOCK_PAGE + 1,
                Some(_) => self.next + 1,
            };
            page[..4].copy_from_slice(&next.to_be_bytes());
            page[4..4 + chunk.len()].copy_from_slice(chunk);
            page[4 + chunk.len()..].fill(0);
            self.append(&page)?;
        }
        Ok(())
    }

    /// Pages of the file.
    pub(super) const fn pages(&self) -> u32 {
        self.next - 1
    }

    /// Writes the first page, and tells the bytes of the file.
    pub(super) fn finish(mut self, first: &[u8; SIZE]) -> Result<u64, RepodataError> {
        let pages = self.pages();
        let result = self.out.seek(SeekFrom::Start(0)).and_then(|_| self.out.write_all(first));
        result.and_then(|()| self.out.flush()).map_err(|error| self.fail(error))?;
        Ok(u64::from(pages) * SIZE as u64)
    }
}
