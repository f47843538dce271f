//! The tree of a table: rows in leaves, and above them pages of children, each with the last rowid below it.

use crate::RepodataError;

use super::{
    file::{PageFile, TABLE_LOCAL},
    page::{Kind, Page},
    varint,
};

pub(super) struct TableTree {
    leaf: Page,
    /// The last row.
    rowid: i64,
    /// From the leaves' parents upwards; one page of each is open.
    levels: Vec<Level>,
    cell: Vec<u8>,
}

struct Level {
    page: Page,
    /// A child that is no cell yet: it becomes the rightmost one if no other follows.
    last: Child,
}

#[derive(Clone, Copy)]
struct Child {
    page: u32,
    rowid: i64,
}

impl TableTree {
    pub(super) fn new() -> Self {
        Self { leaf: Page::new(Kind::TableLeaf), rowid: 0, levels: Vec::new(), cell: Vec::new() }
    }

    /// Adds the next row, and tells its rowid.
    pub(super) fn insert(&mut self, record: &[u8], file: &mut PageFile) -> Result<i64, RepodataError> {
        let rowid =
            self.rowid.checked_add(1).ok_or_else(|| file.too_large("more rows than there are rowids"))?;
        self.cell.clear();
        varint::put(record.len() as u64, &mut self.cell);
        varint::put(rowid.cast_unsigned(), &mut self.cell);
        // What fits is copied once, into the page.
        let local = if record.len() <= TABLE_LOCAL { record } else { &[] };
        if local.is_empty() {
            file.put_payload(record, TABLE_LOCAL, &mut self.cell)?;
        }
        if !self.leaf.fits(self.cell.len() + local.len()) {
            self.close_leaf(file)?;
        }
        self.leaf.push(&self.cell, local);
        self.rowid = rowid;
        Ok(rowid)
    }

    fn close_leaf(&mut self, file: &mut PageFile) -> Result<(), RepodataError> {
        let page = file.append(self.leaf.complete())?;
        self.leaf.clear();
        self.add(0, Child { page, rowid: self.rowid }, file)
    }

    /// Adds a page below `depth`.
    fn add(&mut self, depth: usize, child: Child, file: &mut PageFile) -> Result<(), RepodataError> {
        let Some(level) = self.levels.get_mut(depth) else {
            self.levels.push(Level { page: Page::new(Kind::TableInterior), last: child });
            return Ok(());
        };
        let last = std::mem::replace(&mut level.last, child);
        let mut rowid = Vec::with_capacity(9);
        varint::put(last.rowid.cast_unsigned(), &mut rowid);
        if level.page.fits(4 + rowid.len()) {
            level.page.push(&last.page.to_be_bytes(), &rowid);
            return Ok(());
        }
        // The page ends one child earlier, so that the next one begins with two: no page is without a cell.
        let right = child_of(level.page.pop());
        level.page.set_right(right.page);
        let page = file.append(level.page.complete())?;
        level.page.clear();
        level.page.push(&last.page.to_be_bytes(), &rowid);
        self.add(depth + 1, Child { page, rowid: right.rowid }, file)
    }

    /// Writes all but the root.
    pub(super) fn finish(mut self, file: &mut PageFile) -> Result<Page, RepodataError> {
        if self.levels.is_empty() {
            return Ok(self.leaf);
        }
        self.close_leaf(file)?;
        let mut depth = 0;
        loop {
            let top = depth + 1 == self.levels.len();
            let Level { page, last } = &mut self.levels[depth];
            page.set_right(last.page);
            if top {
                return Ok(self.levels.swap_remove(depth).page);
            }
            let child = Child { page: file.append(page.complete())?, rowid: last.rowid };
            depth += 1;
            self.add(depth, child, file)?;
        }
    }
}

/// Reads a cell that `add` made.
fn child_of(cell: &[u8]) -> Child {
    let (page, rowid) = cell.split_at(4);
    let page = page.iter().fold(0, |page, &byte| page << 8 | u32::from(byte));
    Child { page, rowid: varint::read(rowid).cast_signed() }
}
