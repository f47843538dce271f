//! Sorted entries in temporary files, and their way back into one sequence.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, binary_heap::PeekMut},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::RepodataError;

/// Of each file while it is read or written.
const BUFFER: usize = 32 * 1024;

/// Rows that follow one another and have the same key.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    pub(super) key: &'a [u8],
    /// The first of them.
    pub(super) rowid: i64,
    pub(super) count: u32,
}

/// Of a key or of keys.
#[expect(clippy::cast_possible_truncation, reason = "rows are at most a billion bytes, and few keys wait")]
pub(super) const fn length(keys: &[u8]) -> u32 {
    keys.len() as u32
}

/// A file of groups in order; goes when it is dropped.
pub(super) struct Run {
    path: Utf8PathBuf,
    /// How often what it holds was merged.
    pub(super) level: u32,
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(fs_err::remove_file(&self.path));
    }
}

pub(super) struct RunWriter {
    run: Run,
    out: BufWriter<fs_err::File>,
}

impl RunWriter {
    pub(super) fn create(path: &Utf8Path, level: u32) -> Result<Self, RepodataError> {
        let file = fs_err::File::create(path).map_err(RepodataError::files("write", path))?;
        Ok(Self { run: Run { path: path.to_owned(), level }, out: BufWriter::with_capacity(BUFFER, file) })
    }

    pub(super) fn push(&mut self, group: Group<'_>) -> Result<(), RepodataError> {
        let Group { key, rowid, count } = group;
        let mut head = [0; 16];
        head[..4].copy_from_slice(&length(key).to_ne_bytes());
        head[4..8].copy_from_slice(&count.to_ne_bytes());
        head[8..].copy_from_slice(&rowid.to_ne_bytes());
        let result = self.out.write_all(&head).and_then(|()| self.out.write_all(key));
        result.map_err(RepodataError::files("write", &self.run.path))
    }

    pub(super) fn finish(mut self) -> Result<Run, RepodataError> {
        self.out.flush().map_err(RepodataError::files("write", &self.run.path))?;
        Ok(self.run)
    }
}

/// The next group of a run.
struct Head {
    key: Vec<u8>,
    rowid: i64,
    count: u32,
    /// Which run: of equal keys, those of earlier runs have lower rowids.
    order: usize,
    path: Utf8PathBuf,
    input: BufReader<fs_err::File>,
}

impl Head {
    fn open(run: &Run, order: usize) -> Result<Self, RepodataError> {
        let file = fs_err::File::open(&run.path).map_err(RepodataError::files("read", &run.path))?;
        let input = BufReader::with_capacity(BUFFER, file);
        Ok(Self { key: Vec::new(), rowid: 0, count: 0, order, path: run.path.clone(), input })
    }

    /// Reads the next group, if there is one.
    fn advance(&mut self) -> Result<bool, RepodataError> {
        self.read().map_err(|error| RepodataError::files("read", &self.path)(error))
    }

    fn read(&mut self) -> io::Result<bool> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let (mut length, mut count, mut rowid) = ([0; 4], [0; 4], [0; 8]);
        self.input.read_exact(&mut length)?;
        self.input.read_exact(&mut count)?;
        self.input.read_exact(&mut rowid)?;
        self.key.resize(u32::from_ne_bytes(length) as usize, 0);
        self.input.read_exact(&mut self.key)?;
        (self.count, self.rowid) = (u32::from_ne_bytes(count), i64::from_ne_bytes(rowid));
        Ok(true)
    }

    fn group(&self) -> Group<'_> {
        Group { key: &self.key, rowid: self.rowid, count: self.count }
    }
}

/// The least comes first out of a heap.
impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key).then(other.order.cmp(&self.order))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}

/// All groups of the runs in order; later runs hold later rows.
pub(super) fn merge(
    runs: &[Run],
    mut each: impl FnMut(Group<'_>) -> Result<(), RepodataError>,
) -> Result<(), RepodataError> {
    let mut heads = BinaryHeap::with_capacity(runs.len());
    for (order, run) in runs.iter().enumerate() {
        let mut head = Head::open(run, order)?;
        if head.advance()? {
            heads.push(head);
        }
    }
    while let Some(mut head) = heads.peek_mut() {
        each(head.group())?;
        if !head.advance()? {
            PeekMut::pop(head);
        }
    }
    Ok(())
}
