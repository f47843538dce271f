//! Sorts the entries of one index.
//!
//! They are held until the database has no more room for them, then written to a file in order, and such runs are
//! merged in the end. Rows that follow one another and have the same key are one entry, and entries that come in order
//! are not sorted: an index on a number of the package costs next to nothing.

use std::cmp::Ordering;

use camino::{Utf8Path, Utf8PathBuf};

use crate::RepodataError;

use super::run::{Group, Run, RunWriter, length, merge};

/// So many runs of a level become one of the next, so that few files are read at a time.
const FAN: usize = 16;

/// Bytes of a key that are compared at once.
const PIECE: usize = 8;

/// From here on keys are compared as a whole: every piece costs a level of recursion.
const DEEP: usize = 32 * PIECE;

/// What the arena holds behind a key: the first rowid and the number of rows.
const TAIL: usize = 12;

#[derive(Clone, Copy)]
struct Entry {
    /// The piece of the key by which entries are being sorted.
    piece: u64,
    /// Where the key begins in the arena; entries of equal keys keep this order.
    offset: u32,
    length: u32,
}

/// Entries in memory.
#[derive(Default)]
struct Buffer {
    entries: Vec<Entry>,
    arena: Vec<u8>,
    disordered: bool,
}

impl Buffer {
    fn key(&self, entry: Entry) -> &[u8] {
        key(&self.arena, entry)
    }

    /// `put` appends the key to what it is given.
    fn push(&mut self, rowid: i64, put: impl Fn(&mut Vec<u8>)) {
        let start = self.arena.len();
        put(&mut self.arena);
        let (before, key) = self.arena.split_at(start);
        let order = self.entries.last().map_or(Ordering::Less, |&last| self::key(before, last).cmp(key));
        let entry = Entry { piece: 0, offset: length(before), length: length(key) };
        if order.is_eq() {
            self.arena.truncate(start);
            if self.count_one_more(rowid) {
                return;
            }
            put(&mut self.arena);
        }
        self.disordered |= order.is_gt();
        self.entries.push(entry);
        self.arena.extend_from_slice(&rowid.to_ne_bytes());
        self.arena.extend_from_slice(&1_u32.to_ne_bytes());
    }

    /// Counts a row to the last entry if it follows its rows, unless there are too many.
    fn count_one_more(&mut self, rowid: i64) -> bool {
        let Some((before, bytes)) = self.arena.split_last_chunk_mut() else { return false };
        let first = before.last_chunk().map_or(0, |bytes| i64::from_ne_bytes(*bytes));
        let count = u32::from_ne_bytes(*bytes);
        if rowid.wrapping_sub(first) != i64::from(count) || count == u32::MAX {
            return false;
        }
        *bytes = (count + 1).to_ne_bytes();
        true
    }

    fn len(&self) -> usize {
        self.arena.len() + self.entries.len() * size_of::<Entry>()
    }

    fn sort(&mut self) {
        if self.disordered {
            sort(&mut self.entries, &self.arena, 0);
        }
    }

    fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.entries.iter().map(|&entry| {
            let tail = &self.arena[entry.offset as usize + entry.length as usize..];
            let rowid = tail.first_chunk().map_or(0, |bytes| i64::from_ne_bytes(*bytes));
            let count = tail[TAIL - 4..].first_chunk().map_or(0, |bytes| u32::from_ne_bytes(*bytes));
            Group { key: self.key(entry), rowid, count }
        })
    }
}

fn key(arena: &[u8], entry: Entry) -> &[u8] {
    &arena[entry.offset as usize..][..entry.length as usize]
}

/// Sorts entries whose keys are equal up to `depth`.
fn sort(entries: &mut [Entry], arena: &[u8], depth: usize) {
    if depth == DEEP {
        let rest = |entry: &Entry| key(arena, *entry).get(depth..).unwrap_or_default();
        entries
            .sort_unstable_by(|left, right| rest(left).cmp(rest(right)).then(left.offset.cmp(&right.offset)));
        return;
    }
    for entry in &mut *entries {
        let rest = &arena[entry.offset as usize + depth..];
        let piece = rest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        // What stands behind the key is no part of it.
        let left = (entry.length as usize).saturating_sub(depth);
        entry.piece = if left >= PIECE { piece } else { piece & !(u64::MAX >> (8 * left)) };
    }
    entries.sort_unstable_by_key(|entry| (entry.piece, entry.offset));
    for equal in entries.chunk_by_mut(|left, right| left.piece == right.piece) {
        // If one key ends here, all of them do.
        if equal.len() > 1 && equal[0].length as usize > depth + PIECE {
            sort(equal, arena, depth + PIECE);
        }
    }
}

#[derive(Default)]
pub(super) struct Sorter {
    buffer: Buffer,
    runs: Vec<Run>,
    /// Of the next run.
    serial: u32,
}

impl Sorter {
    /// Adds the key of the next row, which `put` appends to what it is given.
    pub(super) fn push(&mut self, rowid: i64, put: impl Fn(&mut Vec<u8>)) {
        self.buffer.push(rowid, put);
    }

    /// Bytes that wait in memory; it may hold twice as many.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Moves what is in memory to a file whose name begins with `path`.
    pub(super) fn spill(&mut self, path: &Utf8Path) -> Result<(), RepodataError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.sort();
        let mut writer = RunWriter::create(&self.next_path(path), 0)?;
        buffer.groups().try_for_each(|group| writer.push(group))?;
        drop(buffer);
        self.runs.push(writer.finish()?);
        self.merge_levels(path)
    }

    fn next_path(&mut self, path: &Utf8Path) -> Utf8PathBuf {
        self.serial += 1;
        Utf8PathBuf::from(format!("{path}.{}", self.serial))
    }

    /// Runs that are merged stand side by side: their rows do.
    fn merge_levels(&mut self, path: &Utf8Path) -> Result<(), RepodataError> {
        while let Some(first) = self.runs.len().checked_sub(FAN) {
            let level = self.runs[first].level;
            if self.runs[first..].iter().any(|run| run.level != level) {
                break;
            }
            let mut writer = RunWriter::create(&self.next_path(path), level + 1)?;
            merge(&self.runs[first..], |group| writer.push(group))?;
            self.runs.truncate(first);
            self.runs.push(writer.finish()?);
        }
        Ok(())
    }

    /// Hands over all entries in order.
    pub(super) fn finish(
        mut self,
        path: &Utf8Path,
        each: impl FnMut(Group<'_>) -> Result<(), RepodataError>,
    ) -> Result<(), RepodataError> {
        if self.runs.is_empty() {
            self.buffer.sort();
            return self.buffer.groups().try_for_each(each);
        }
        self.spill(path)?;
        merge(&self.runs, each)
    }
}
