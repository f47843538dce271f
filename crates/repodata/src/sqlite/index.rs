//! The tree of an index. Every entry stands in it once: those between two pages are in their parent.
//!
//! What is above the leaves is written when all leaves are: it tells their numbers, which change when anything before does.

use crate::RepodataError;

use super::{
    cut,
    file::{INDEX_LOCAL, PageFile},
    page::{Kind, Page},
    varint,
};

/// The leaves while they fill.
pub(super) struct IndexTree {
    leaves: Level,
    cell: Vec<u8>,
}

/// What is above pages that are written.
pub(super) struct Top {
    /// The page and the entry behind it, of all but the last.
    dividers: Vec<Cell>,
    last: u32,
}

/// Pages of one depth.
struct Level {
    /// The one that is open.
    page: Page,
    /// A cell that did not go into the page. It goes between this page and the next when that has a cell of its own.
    waiting: Option<Cell>,
    dividers: Vec<Cell>,
}

struct Cell {
    /// The page of lesser entries; 0 in a leaf.
    child: u32,
    bytes: Vec<u8>,
}

impl IndexTree {
    pub(super) fn new() -> Self {
        Self { leaves: Level::new(Kind::IndexLeaf), cell: Vec::new() }
    }

    /// Adds the next entry: its columns and the rowid, as a record.
    pub(super) fn insert(
        &mut self,
        record: &[u8],
        rowid: i64,
        file: &mut PageFile,
    ) -> Result<(), RepodataError> {
        self.cell.clear();
        varint::put(record.len() as u64, &mut self.cell);
        file.put_payload(record, INDEX_LOCAL, &mut self.cell)?;
        let ends = cut::is_before(rowid, self.cell.len(), &self.leaves.page);
        self.leaves.add(0, &self.cell, ends, file)
    }

    pub(super) fn finish_leaves(self, file: &mut PageFile) -> Result<Top, RepodataError> {
        self.leaves.finish(0, file)
    }
}

impl Top {
    /// Writes all of it, and tells the root.
    pub(super) fn finish(self, file: &mut PageFile) -> Result<u32, RepodataError> {
        let Self { mut dividers, mut last } = self;
        while !dividers.is_empty() {
            let mut level = Level::new(Kind::IndexInterior);
            for Cell { child, bytes } in &dividers {
                level.add(*child, bytes, false, file)?;
            }
            Self { dividers, last } = level.finish(last, file)?;
        }
        Ok(last)
    }
}

impl Level {
    fn new(kind: Kind) -> Self {
        Self { page: Page::new(kind), waiting: None, dividers: Vec::new() }
    }

    /// Adds the next cell, with which the page may have to end.
    fn add(&mut self, child: u32, cell: &[u8], ends: bool, file: &mut PageFile) -> Result<(), RepodataError> {
        let number = child.to_be_bytes();
        let head = self.head(&number);
        if let Some(divider) = self.waiting.take() {
            self.close(divider, file)?;
        } else if ends || !self.page.fits(head.len() + cell.len()) {
            self.waiting = Some(Cell { child, bytes: cell.to_vec() });
            return Ok(());
        }
        self.page.push(head, cell);
        Ok(())
    }

    /// What stands before a cell.
    fn head<'a>(&self, child: &'a [u8; 4]) -> &'a [u8] {
        if self.page.kind() == Kind::IndexLeaf { &[] } else { child }
    }

    /// Writes the page; the divider goes behind it.
    fn close(&mut self, divider: Cell, file: &mut PageFile) -> Result<(), RepodataError> {
        self.page.set_right(divider.child);
        let child = file.append(self.page.complete())?;
        self.page.clear();
        self.dividers.push(Cell { child, bytes: divider.bytes });
        Ok(())
    }

    /// Writes all that is open; `right` is the last child.
    fn finish(mut self, right: u32, file: &mut PageFile) -> Result<Top, RepodataError> {
        if let Some(waiting) = self.waiting.take() {
            // The last page begins with the cell that waits. Its left neighbour gives up its own last cell, which goes
            // between the two.
            let popped = self.page.pop().to_vec();
            let (child, divider) = popped.split_at(self.head(&[0; 4]).len());
            let child = child.iter().fold(0, |page, &byte| page << 8 | u32::from(byte));
            self.close(Cell { child, bytes: divider.to_vec() }, file)?;
            self.page.push(self.head(&waiting.child.to_be_bytes()), &waiting.bytes);
        }
        self.page.set_right(right);
        let last = file.append(self.page.complete())?;
        Ok(Top { dividers: self.dividers, last })
    }
}
