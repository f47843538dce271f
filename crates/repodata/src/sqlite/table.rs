//! The tree of a table: rows in leaves, and above them pages of children, each with the last rowid below it.
//!
//! What is above the leaves is written when all leaves are: it tells their numbers, which change when anything before does.

use crate::RepodataError;

use super::{
    cut,
    file::{PageFile, TABLE_LOCAL},
    page::{Kind, Page},
    varint,
};

/// The most leaves of a table that are written at once; half as many are if the last one ends early. Leaves of one table
/// compress better together.
const BUNDLE: usize = 16;

/// The same for a table whose leaves stand together.
const LARGE_BUNDLE: usize = 64;

/// Where rows that belong together begin, if they can not begin where they should: at a multiple of this.
const STEP: i64 = 4;

/// How a table is laid out, so that little of it changes when little of what is in it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Rowids count up.
    Dense,
    /// Rowids count up, and many leaves stand together. For a small table in which much changes: among leaves of others
    /// it would change everything around it.
    Together,
    /// Rows that belong to row `n` of another table begin at `n` times this if they can, so that one more of them does
    /// not move all that follow.
    Spaced(i64),
}

impl Layout {
    /// The most leaves that are written at once.
    const fn bundle(self) -> usize {
        match self {
            Self::Dense | Self::Spaced(_) => BUNDLE,
            Self::Together => LARGE_BUNDLE,
        }
    }
}

pub(super) struct TableTree {
    layout: Layout,
    leaf: Page,
    /// The last row, and what it belongs to.
    rowid: i64,
    owner: i64,
    /// Leaves that are complete and not written, and the last rowid of each.
    full: Vec<u8>,
    ends: Vec<i64>,
    leaves: Vec<Child>,
    cell: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Child {
    page: u32,
    rowid: i64,
}

impl TableTree {
    pub(super) fn new(layout: Layout) -> Self {
        let leaf = Page::new(Kind::TableLeaf);
        let (full, ends, leaves, cell) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { layout, leaf, rowid: 0, owner: 0, full, ends, leaves, cell }
    }

    /// Adds the next row, which may belong to a row of another table, and tells its rowid.
    pub(super) fn insert(
        &mut self,
        record: &[u8],
        owner: i64,
        file: &mut PageFile,
    ) -> Result<i64, RepodataError> {
        let rowid =
            self.next_rowid(owner).ok_or_else(|| file.too_large("more rows than there are rowids"))?;
        self.cell.clear();
        varint::put(record.len() as u64, &mut self.cell);
        varint::put(rowid.cast_unsigned(), &mut self.cell);
        // What fits is copied once, into the page.
        let local = if record.len() <= TABLE_LOCAL { record } else { &[] };
        if local.is_empty() {
            file.put_payload(record, TABLE_LOCAL, &mut self.cell)?;
        }
        let length = self.cell.len() + local.len();
        let is_cut = cut::is_before(rowid, length, &self.leaf);
        if is_cut || !self.leaf.fits(length) {
            self.close_leaf();
            let bundle = self.layout.bundle();
            if self.ends.len() >= if is_cut { bundle / 2 } else { bundle } {
                self.write_full(file)?;
            }
        }
        self.leaf.push(&self.cell, local);
        (self.rowid, self.owner) = (rowid, owner);
        Ok(rowid)
    }

    fn next_rowid(&self, owner: i64) -> Option<i64> {
        let next = self.rowid.checked_add(1)?;
        match self.layout {
            Layout::Spaced(rows) if owner != self.owner => {
                let step = next.checked_add(STEP - 1)? / STEP * STEP;
                Some(step.max(owner.checked_mul(rows)?))
            }
            _ => Some(next),
        }
    }

    fn close_leaf(&mut self) {
        self.full.extend_from_slice(self.leaf.complete());
        self.ends.push(self.rowid);
        self.leaf.clear();
    }

    fn write_full(&mut self, file: &mut PageFile) -> Result<(), RepodataError> {
        for (page, rowid) in self.full.as_chunks().0.iter().zip(self.ends.drain(..)) {
            self.leaves.push(Child { page: file.append(page)?, rowid });
        }
        self.full.clear();
        Ok(())
    }

    /// Writes all leaves, unless there is one only, which will be the root.
    pub(super) fn finish_leaves(&mut self, file: &mut PageFile) -> Result<(), RepodataError> {
        if !self.ends.is_empty() || !self.leaves.is_empty() {
            self.close_leaf();
        }
        self.write_full(file)
    }

    /// Writes all that is above the leaves, but the root.
    pub(super) fn finish(self, file: &mut PageFile) -> Result<Page, RepodataError> {
        if self.leaves.is_empty() {
            return Ok(self.leaf);
        }
        let mut children = self.leaves;
        loop {
            let (mut page, mut parents) = level(&children, file)?;
            if parents.is_empty() {
                return Ok(page);
            }
            let page = file.append(page.complete())?;
            parents.push(Child { page, rowid: self.rowid });
            children = parents;
        }
    }
}

/// Writes the pages above two or more children but for the last one, which is open.
fn level(children: &[Child], file: &mut PageFile) -> Result<(Page, Vec<Child>), RepodataError> {
    let (mut page, mut parents, mut cell) = (Page::new(Kind::TableInterior), Vec::new(), Vec::new());
    let Some((last, children)) = children.split_last() else { return Ok((page, parents)) };
    for child in children {
        cell.clear();
        varint::put(child.rowid.cast_unsigned(), &mut cell);
        if !page.fits(4 + cell.len()) {
            // The page ends one child earlier, so that the next one has two: no page is without a cell.
            let right = child_of(page.pop());
            page.set_right(right.page);
            parents.push(Child { page: file.append(page.complete())?, rowid: right.rowid });
            page.clear();
        }
        page.push(&child.page.to_be_bytes(), &cell);
    }
    page.set_right(last.page);
    Ok((page, parents))
}

/// Reads a cell that `level` made.
fn child_of(cell: &[u8]) -> Child {
    let (page, rowid) = cell.split_at(4);
    let page = page.iter().fold(0, |page, &byte| page << 8 | u32::from(byte));
    Child { page, rowid: varint::read(rowid).cast_signed() }
}
