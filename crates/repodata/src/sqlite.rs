//! A bulk writer of SQLite 3 database files (<https://www.sqlite.org/fileformat2.html>).
//!
//! SQLite inserts row by row and finds the place of each anew. Here every row is known to come after the one before,
//! so trees grow from their leaves: a page is written once, when it is full, and its parent learns of it then. Index
//! entries are sorted, by way of temporary files if they are many, and become trees at the end. Nothing is read back,
//! and memory does not grow with the number of rows. The same calls give the same bytes.
//!
//! The file is one that SQLite 3.6 of CentOS 6 reads: schema format 4, rollback journal, UTF-8, no auto-vacuum.

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
