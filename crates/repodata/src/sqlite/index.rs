//! The tree of an index. Every entry stands in it once: those between two pages are in their parent.

use crate::RepodataError;

use super::{
    file::{INDEX_LOCAL, PageFile},
    page::{Kind, Page},
    varint,
};

#[derive(Default)]
pub(super) struct IndexTree {
    /// From the leaves upwards; one page of each is open.
    levels: Vec<Level>,
    cell: Vec<u8>,
}

struct Level {
    page: Page,
    /// A cell that did not fit into the page. It goes between this page and the next when that has a cell of its own.
    waiting: Option<Cell>,
}

#[derive(Default)]
struct Cell {
    /// The page of lesser entries; 0 in a leaf.
    child: u32,
    bytes: Vec<u8>,
}

impl Level {
    fn new(depth: usize) -> Self {
        let kind = if depth == 0 { Kind::IndexLeaf } else { Kind::IndexInterior };
        Self { page: Page::new(kind), waiting: None }
    }
}

/// What stands before a cell.
fn head(depth: usize, child: &[u8; 4]) -> &[u8] {
    if depth == 0 { &[] } else { child }
}

impl IndexTree {
    /// Adds the next entry: its columns and the rowid, as a record.
    pub(super) fn insert(&mut self, record: &[u8], file: &mut PageFile) -> Result<(), RepodataError> {
        let mut cell = std::mem::take(&mut self.cell);
        cell.clear();
        varint::put(record.len() as u64, &mut cell);
        file.put_payload(record, INDEX_LOCAL, &mut cell)?;
        self.add(0, 0, &cell, file)?;
        self.cell = cell;
        Ok(())
    }

    fn add(
        &mut self,
        depth: usize,
        child: u32,
        cell: &[u8],
        file: &mut PageFile,
    ) -> Result<(), RepodataError> {
        if depth == self.levels.len() {
            self.levels.push(Level::new(depth));
        }
        let level = &mut self.levels[depth];
        let bytes = child.to_be_bytes();
        let head = head(depth, &bytes);
        if let Some(divider) = level.waiting.take() {
            level.page.set_right(divider.child);
            let number = file.append(level.page.complete())?;
            level.page.clear();
            level.page.push(head, cell);
            return self.add(depth + 1, number, &divider.bytes, file);
        }
        if level.page.fits(head.len() + cell.len()) {
            level.page.push(head, cell);
        } else {
            level.waiting = Some(Cell { child, bytes: cell.to_vec() });
        }
        Ok(())
    }

    /// Writes all that is open, and tells the root.
    pub(super) fn finish(mut self, file: &mut PageFile) -> Result<u32, RepodataError> {
        if self.levels.is_empty() {
            self.levels.push(Level::new(0));
        }
        let (mut depth, mut right) = (0, 0);
        loop {
            if let Some(waiting) = self.levels[depth].waiting.take() {
                self.split(depth, &waiting, file)?;
            }
            let page = &mut self.levels[depth].page;
            page.set_right(right);
            right = file.append(page.complete())?;
            depth += 1;
            if depth == self.levels.len() {
                return Ok(right);
            }
        }
    }

    /// Begins the last page of a level with the cell that waits. Its left neighbour gives up its own last cell, which
    /// goes between the two.
    fn split(&mut self, depth: usize, waiting: &Cell, file: &mut PageFile) -> Result<(), RepodataError> {
        let page = &mut self.levels[depth].page;
        let popped = page.pop().to_vec();
        let (child, divider) = popped.split_at(head(depth, &[0; 4]).len());
        page.set_right(child.iter().fold(0, |page, &byte| page << 8 | u32::from(byte)));
        let number = file.append(page.complete())?;
        page.clear();
        page.push(head(depth, &waiting.child.to_be_bytes()), &waiting.bytes);
        self.add(depth + 1, number, divider, file)
    }
}
