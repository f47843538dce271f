//! Just enough of a reader of SQLite 3 databases (<https://www.sqlite.org/fileformat2.html>) for those of repositories:
//! the rows of a table, in the order of their keys. Nothing of a file is believed: what points out of it, or back to what
//! was read, is an error.

mod record;

use std::{fs::File, os::unix::fs::FileExt as _};

pub(super) use record::{Row, Value};

/// At the beginning of every database.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Bytes before the first page's tree.
const HEADER: usize = 100;

/// The table of all tables begins on the first page.
const SCHEMA: u32 = 1;

/// A database that is read.
pub(super) struct Sqlite {
    file: File,
    page_size: usize,
    /// Bytes of a page that hold anything.
    usable: usize,
    pages: u32,
}

/// A table, and what its columns are called.
#[derive(Debug)]
pub(super) struct Table {
    root: u32,
    columns: Vec<String>,
}

impl Table {
    /// The place of a column in rows.
    pub(super) fn column(&self, name: &str) -> Result<usize, String> {
        self.columns
            .iter()
            .position(|column| column.eq_ignore_ascii_case(name))
            .ok_or_else(|| format!("has a table without `{name}`"))
    }
}

impl Sqlite {
    pub(super) fn open(file: File) -> Result<Self, String> {
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, 0)
            .map_err(|_| "is no SQLite database: it is too short".to_owned())?;
        if !header.starts_with(MAGIC) {
            return Err("is no SQLite database".to_owned());
        }
        let page_size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            size if size >= 512 && size.is_power_of_two() => usize::from(size),
            size => return Err(format!("has pages of {size} bytes, which SQLite never has")),
        };
        if header[59] > 1 {
            return Err("has texts that are not UTF-8".to_owned());
        }
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let pages = u32::try_from(length / page_size as u64).map_err(|_| "is too long".to_owned())?;
        let usable = page_size - usize::from(header[20]);
        if usable < 480 {
            return Err("leaves nothing of its pages".to_owned());
        }
        Ok(Self { file, page_size, usable, pages })
    }

    /// A table by its name.
    pub(super) fn table(&self, name: &str) -> Result<Table, String> {
        let mut found = None;
        self.read(SCHEMA, |_, row| {
            let is_it = row.text(0) == "table" && row.text(1) == name;
            if let (true, Value::Integer(root)) = (is_it, row.value(3)) {
                let root = u32::try_from(*root).map_err(|_| format!("has no page for `{name}`"))?;
                found = Some(Table { root, columns: columns(row.text(4)) });
            }
            Ok(())
        })?;
        found.ok_or_else(|| format!("has no table `{name}`"))
    }

    /// All rows, each with its key.
    pub(super) fn rows(
        &self,
        table: &Table,
        each: impl FnMut(i64, &Row) -> Result<(), String>,
    ) -> Result<(), String> {
        self.read(table.root, each)
    }

    fn read(&self, root: u32, mut each: impl FnMut(i64, &Row) -> Result<(), String>) -> Result<(), String> {
        let mut seen = Seen::new(self.pages);
        let mut open = vec![root];
        while let Some(number) = open.pop() {
            seen.visit(number)?;
            let page = self.page(number)?;
            let start = if number == SCHEMA { HEADER } else { 0 };
            let kind = page[start];
            let head = if kind == INTERIOR { 12 } else { 8 };
            let cells = usize::from(short(&page, start + 3)?);
            let cell = |index: usize| Ok::<_, String>(usize::from(short(&page, start + head + 2 * index)?));
            match kind {
                INTERIOR => {
                    // What comes first is taken first.
                    open.push(long(&page, start + 8)?);
                    for index in (0..cells).rev() {
                        open.push(long(&page, cell(index)?)?);
                    }
                }
                LEAF => {
                    for index in 0..cells {
                        let (key, bytes) = self.leaf_cell(&page, cell(index)?, &mut seen)?;
                        each(key, &Row::parse(&bytes)?)?;
                    }
                }
                _ => return Err(format!("is damaged: page {number} is of no table")),
            }
        }
        Ok(())
    }

    /// Key and content of a row.
    fn leaf_cell(&self, page: &[u8], at: usize, seen: &mut Seen) -> Result<(i64, Vec<u8>), String> {
        let damaged = || "is damaged: a row lies outside of its page".to_owned();
        let (length, after) = varint(page, at).ok_or_else(damaged)?;
        let (key, start) = varint(page, after).ok_or_else(damaged)?;
        let length = usize::try_from(length).map_err(|_| damaged())?;
        if length as u64 > u64::from(self.pages) * self.page_size as u64 {
            return Err("is damaged: a row is longer than the file".to_owned());
        }
        let local = self.local(length);
        let mut bytes = page.get(start..start + local).ok_or_else(damaged)?.to_vec();
        let mut next = if local < length { long(page, start + local)? } else { 0 };
        while bytes.len() < length {
            seen.visit(next)?;
            let more = self.page(next)?;
            let count = (length - bytes.len()).min(self.usable - 4);
            bytes.extend_from_slice(&more[4..4 + count]);
            next = long(&more, 0)?;
        }
        Ok((key, bytes))
    }

    /// Bytes of a row that lie on its own page.
    const fn local(&self, length: usize) -> usize {
        let most = self.usable - 35;
        if length <= most {
            return length;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (self.usable - 4);
        if fitting <= most { fitting } else { least }
    }

    fn page(&self, number: u32) -> Result<Vec<u8>, String> {
        let mut page = vec![0; self.page_size];
        let at = u64::from(number.saturating_sub(1)) * self.page_size as u64;
        self.file.read_exact_at(&mut page, at).map_err(|error| format!("page {number}: {error}"))?;
        Ok(page)
    }
}

/// Kinds of pages.
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

/// Pages that were read: each belongs to one tree, once.
struct Seen(Vec<bool>);

impl Seen {
    fn new(pages: u32) -> Self {
        Self(vec![false; pages as usize])
    }

    fn visit(&mut self, page: u32) -> Result<(), String> {
        let index = (page as usize).checked_sub(1);
        match index.and_then(|index| self.0.get_mut(index)) {
            Some(seen) if !*seen => {
                *seen = true;
                Ok(())
            }
            Some(_) => Err(format!("is damaged: page {page} belongs to more than one place")),
            None => Err(format!("is damaged: there is no page {page}")),
        }
    }
}

fn short(bytes: &[u8], at: usize) -> Result<u16, String> {
    let bytes = bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u16::from_be_bytes).ok_or_else(|| "is damaged: a page ends early".to_owned())
}

fn long(bytes: &[u8], at: usize) -> Result<u32, String> {
    let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_be_bytes).ok_or_else(|| "is damaged: a page ends early".to_owned())
}

/// A number of up to nine bytes, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let mut number = 0_u64;
    for index in 0..9 {
        let byte = *bytes.get(at + index)?;
        if index == 8 {
            return Some((((number << 8) | u64::from(byte)).cast_signed(), at + 9));
        }
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((number.cast_signed(), at + index + 1));
        }
    }
    None
}

/// The names of columns in a statement that makes a table: the first word of each part in its brackets.
fn columns(statement: &str) -> Vec<String> {
    let inside = statement.split_once('(').map_or("", |(_, rest)| rest);
    let (mut depth, mut parts) = (0_usize, vec![String::new()]);
    for character in inside.chars() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    let name = |part: &String| {
        part.split_whitespace().next().unwrap_or_default().trim_matches(['"', '`', '[', ']']).to_owned()
    };
    parts.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use xen4centos_process::{Invocation, Tool};

    use super::*;

    /// As SQLite itself writes it.
    fn made(directory: &Utf8Path, statements: &str) -> Vec<u8> {
        Invocation::new(Tool::Sqlite3, directory).args(["made.sqlite", statements]).run().unwrap();
        fs_err::read(directory.join("made.sqlite")).unwrap()
    }

    fn opened(bytes: &[u8]) -> Result<Sqlite, String> {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        Sqlite::open(file)
    }

    fn all(bytes: &[u8]) -> Result<Vec<(i64, String, i64)>, String> {
        let database = opened(bytes)?;
        let table = database.table("things")?;
        let (text, number) = (table.column("text")?, table.column("Number")?);
        let mut rows = Vec::new();
        database.rows(&table, |key, row| {
            rows.push((key, row.text(text).to_owned(), row.integer(number).unwrap_or(-1)));
            Ok(())
        })?;
        Ok(rows)
    }

    const MANY: &str = "PRAGMA page_size=512; CREATE TABLE other (a, b); CREATE TABLE things (id INTEGER PRIMARY KEY, \
        text TEXT, half REAL DEFAULT (1.5), number INTEGER); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700) \
        INSERT INTO things SELECT i, substr(replace(hex(zeroblob(2000)), '0', 'ä'), 1, (i * 37) % 1900), i / 2.0, i * i * i * 1000003 FROM n;";

    #[test]
    fn rows_of_every_length_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let rows = all(&made(Utf8Path::from_path(directory.path()).unwrap(), MANY)).unwrap();
        assert_eq!(rows.len(), 700);
        for (expected, (key, text, number)) in (1_i64..).zip(rows) {
            assert_eq!((key, number), (expected, expected.pow(3) * 1_000_003));
            assert_eq!(text, "ä".repeat(usize::try_from(expected * 37 % 1900).unwrap()));
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let bytes = made(Utf8Path::from_path(directory.path()).unwrap(), "CREATE TABLE a (b);");
        assert_eq!(all(&bytes).unwrap_err(), "has no table `things`");
        assert!(all(b"SQLite").unwrap_err().contains("too short"));
        assert!(all(&[b'x'; 600]).unwrap_err().contains("no SQLite database"));
    }

    /// Each byte of the pages' heads and pointers changed, and the file cut: it ends, with or without rows.
    #[test]
    fn damaged_files_end() {
        let directory = tempfile::tempdir().unwrap();
        let bytes = made(Utf8Path::from_path(directory.path()).unwrap(), MANY);
        for page in (0..bytes.len()).step_by(512).take(8) {
            for at in page..(page + 32).min(bytes.len()) {
                for value in [0, 5, 0xff] {
                    let mut bad = bytes.clone();
                    bad[at] = value;
                    drop(all(&bad));
                }
            }
        }
        for length in (0..bytes.len()).step_by(5003) {
            drop(all(&bytes[..length]));
        }
    }
}
