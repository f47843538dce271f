//! Where leaves end before they are full.
//!
//! A row that is longer than it was pushes those behind it into other pages, and nothing would stop that before the end of
//! the table. So some rows begin a page wherever they come: which ones depends on their rowids and lengths alone, and behind
//! the next one or two of them all pages are as they were. That costs some three percent of room.

use super::page::{Page, SIZE};

/// Bytes of rows, on average, between two that would begin a page.
const DISTANCE: u64 = 4 * SIZE as u64;

/// Whether the row is to begin another page than `page`, to which a cell of this length would be added. Pages are never
/// less than half full for it, so no choice of names can make a database more than twice as large.
pub(super) fn is_before(rowid: i64, length: usize, page: &Page) -> bool {
    page.is_half_full() && u64::from(mixed(rowid)) * DISTANCE < (length as u64) << 32
}

/// A number that looks like a random one.
const fn mixed(rowid: i64) -> u32 {
    let number = rowid.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let [.., a, b, c, d] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
