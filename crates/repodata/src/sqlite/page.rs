//! One page of a tree while it fills: cells from its end downwards, pointers to them from its header upwards.

/// Bytes of every page.
pub(super) const SIZE: usize = 4096;

/// Of the header of the file, which stands at the start of the first page.
pub(super) const FILE_HEADER: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    IndexInterior = 2,
    TableInterior = 5,
    IndexLeaf = 10,
    TableLeaf = 13,
}

impl Kind {
    const fn header(self) -> usize {
        match self {
            Self::IndexInterior | Self::TableInterior => 12,
            Self::IndexLeaf | Self::TableLeaf => 8,
        }
    }
}

/// A position in a page, or a number of cells.
#[expect(clippy::cast_possible_truncation, reason = "both are at most the size of a page")]
pub(super) const fn two_bytes(number: usize) -> [u8; 2] {
    (number as u16).to_be_bytes()
}

pub(super) struct Page {
    bytes: Box<[u8; SIZE]>,
    kind: Kind,
    /// Where its header begins.
    start: usize,
    cells: usize,
    /// Where the last cell begins; they touch.
    content: usize,
    right: u32,
}

impl Page {
    pub(super) fn new(kind: Kind) -> Self {
        Self { bytes: Box::new([0; SIZE]), kind, start: 0, cells: 0, content: SIZE, right: 0 }
    }

    /// The first page of a file.
    pub(super) fn first(kind: Kind) -> Self {
        Self { start: FILE_HEADER, ..Self::new(kind) }
    }

    /// This page as the first one of a file, if it fits there.
    pub(super) fn into_first(self) -> Result<Self, Self> {
        let mut first = Self::first(self.kind);
        if self.content < self.pointers() + FILE_HEADER {
            return Err(self);
        }
        first.cells = self.cells;
        first.content = self.content;
        first.right = self.right;
        first.bytes[self.content..].copy_from_slice(&self.bytes[self.content..]);
        let from = self.kind.header()..self.pointers();
        let to = from.start + FILE_HEADER..from.end + FILE_HEADER;
        first.bytes[to].copy_from_slice(&self.bytes[from]);
        Ok(first)
    }

    /// Where the pointers end.
    const fn pointers(&self) -> usize {
        self.start + self.kind.header() + 2 * self.cells
    }

    /// Whether another cell of that length has room.
    pub(super) const fn fits(&self, length: usize) -> bool {
        self.pointers() + 2 + length <= self.content
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether cells take half of the page; of an index, these are three or more.
    pub(super) const fn is_half_full(&self) -> bool {
        self.content <= SIZE / 2
    }

    /// Adds a cell that fits, of two parts.
    pub(super) fn push(&mut self, head: &[u8], tail: &[u8]) {
        let end = self.content;
        let middle = end - tail.len();
        self.content = middle - head.len();
        self.bytes[self.content..middle].copy_from_slice(head);
        self.bytes[middle..end].copy_from_slice(tail);
        let pointer = self.pointers();
        self.bytes[pointer..pointer + 2].copy_from_slice(&two_bytes(self.content));
        self.cells += 1;
    }

    /// Takes the last cell away. Its page must have one.
    pub(super) fn pop(&mut self) -> &[u8] {
        self.cells -= 1;
        let start = self.content;
        self.content = if self.cells == 0 {
            SIZE
        } else {
            let pointer = self.pointers() - 2;
            usize::from(u16::from_be_bytes([self.bytes[pointer], self.bytes[pointer + 1]]))
        };
        &self.bytes[start..self.content]
    }

    /// The child behind the last cell's.
    pub(super) const fn set_right(&mut self, child: u32) {
        self.right = child;
    }

    /// The page as it is written.
    pub(super) fn complete(&mut self) -> &mut [u8; SIZE] {
        let (start, pointers) = (self.start, self.pointers());
        self.bytes[pointers..self.content].fill(0);
        let header = &mut self.bytes[start..];
        header[0] = self.kind as u8;
        // No free blocks.
        header[1..3].fill(0);
        header[3..5].copy_from_slice(&two_bytes(self.cells));
        header[5..7].copy_from_slice(&two_bytes(self.content));
        header[7] = 0;
        if self.kind.header() == 12 {
            header[8..12].copy_from_slice(&self.right.to_be_bytes());
        }
        &mut self.bytes
    }

    /// An empty page again.
    pub(super) const fn clear(&mut self) {
        self.cells = 0;
        self.content = SIZE;
        self.right = 0;
    }
}
