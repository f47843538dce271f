//! A bulk writer of SQLite 3 database files (<https://www.sqlite.org/fileformat2.html>).
//!
//! SQLite inserts row by row and finds the place of each anew. Here every row is known to come after the one before,
//! so trees grow from their leaves: a leaf is written once, when it is full, and what is above the leaves in the end.
//! Index entries are sorted, by way of temporary files if they are many, and become trees then. Nothing is read back, and
//! of a page that is written only its number and last key are kept. The same calls give the same bytes, and rows that are a
//! little different give pages that are mostly the same: see [`Layout`] and `cut`.
//!
//! The file is one that SQLite 3.6 of CentOS 6 reads: schema format 4, rollback journal, UTF-8, no auto-vacuum.

mod cut;
mod database;
mod file;
mod index;
mod key;
mod page;
mod record;
mod run;
mod sorter;
mod table;
#[cfg(test)]
mod tests;
mod varint;

pub(crate) use database::{Database, TableId};
pub(crate) use record::Value;
pub(crate) use table::Layout;
