use camino::Utf8Path;

use crate::RepodataError;

use super::{
    file::PageFile,
    index::{IndexTree, Top},
    key::{self, Records},
    page::{FILE_HEADER, Kind, Page, SIZE, two_bytes},
    record::{self, Value},
    sorter::Sorter,
    table::{Layout, TableTree},
};

/// Bytes of index entries that wait in memory to be sorted, of all indexes together.
const BUDGET: usize = 8 * 1024 * 1024;

/// The version of SQLite that the file says it was written by.
const VERSION: u32 = 3_007_017;

/// A table of a database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableId(usize);

/// A line of the schema.
struct Object {
    kind: &'static str,
    name: &'static str,
    table: &'static str,
    sql: &'static str,
    root: u32,
}

struct Table {
    tree: TableTree,
    /// Its place in the schema.
    object: usize,
    /// Places in the list of indexes.
    indexes: Vec<usize>,
}

struct Index {
    sorter: Sorter,
    object: usize,
    columns: &'static [usize],
}

/// A database file being written.
pub(crate) struct Database {
    file: PageFile,
    objects: Vec<Object>,
    tables: Vec<Table>,
    indexes: Vec<Index>,
    budget: usize,
    /// Bytes that wait in all sorters.
    waiting: usize,
    record: Vec<u8>,
}

impl Database {
    /// Files to sort with may come to stand beside it, under its name with more behind it.
    pub(crate) fn create(path: &Utf8Path) -> Result<Self, RepodataError> {
        Self::with_budget(path, BUDGET)
    }

    pub(super) fn with_budget(path: &Utf8Path, budget: usize) -> Result<Self, RepodataError> {
        Ok(Self {
            file: PageFile::create(path)?,
            objects: Vec::new(),
            tables: Vec::new(),
            indexes: Vec::new(),
            budget,
            waiting: 0,
            record: Vec::new(),
        })
    }

    /// `sql` is the CREATE statement as the schema keeps it. It must imply no index (UNIQUE, or a PRIMARY KEY that is
    /// not INTEGER).
    pub(crate) fn table(&mut self, name: &'static str, sql: &'static str, layout: Layout) -> TableId {
        let object = self.declare("table", name, name, sql);
        self.tables.push(Table { tree: TableTree::new(layout), object, indexes: Vec::new() });
        TableId(self.tables.len() - 1)
    }

    /// `columns` are the positions of the indexed columns, from 0. The table must have no rows yet.
    pub(crate) fn index(
        &mut self,
        table: TableId,
        name: &'static str,
        sql: &'static str,
        columns: &'static [usize],
    ) {
        let object = self.declare("index", name, self.name_of(table), sql);
        self.tables[table.0].indexes.push(self.indexes.len());
        self.indexes.push(Index { sorter: Sorter::default(), object, columns });
    }

    pub(crate) fn trigger(&mut self, table: TableId, name: &'static str, sql: &'static str) {
        self.declare("trigger", name, self.name_of(table), sql);
    }

    fn name_of(&self, table: TableId) -> &'static str {
        self.objects[self.tables[table.0].object].name
    }

    fn declare(
        &mut self,
        kind: &'static str,
        name: &'static str,
        table: &'static str,
        sql: &'static str,
    ) -> usize {
        self.objects.push(Object { kind, name, table, sql, root: 0 });
        self.objects.len() - 1
    }

    /// Adds the next row and tells its rowid: 1, 2, 3 and so on. An INTEGER PRIMARY KEY is the rowid, its column is
    /// given as NULL.
    pub(crate) fn insert(&mut self, table: TableId, values: &[Value<'_>]) -> Result<i64, RepodataError> {
        self.insert_of(table, 0, values)
    }

    /// Adds the next row, which belongs to the row of another table that has this rowid. Later rows belong to the same or
    /// to later ones.
    pub(crate) fn insert_of(
        &mut self,
        table: TableId,
        owner: i64,
        values: &[Value<'_>],
    ) -> Result<i64, RepodataError> {
        record::encode(values, &mut self.record);
        let table = &mut self.tables[table.0];
        let rowid = table.tree.insert(&self.record, owner, &mut self.file)?;
        for &index in &table.indexes {
            let Index { sorter, columns, .. } = &mut self.indexes[index];
            let before = sorter.len();
            sorter.push(rowid, |key| {
                for &column in *columns {
                    // SQLite, too, takes a column that a row lacks for NULL.
                    key::put(values.get(column).copied().unwrap_or(Value::Null), key);
                }
            });
            self.waiting += sorter.len() - before;
        }
        if self.waiting > self.budget {
            self.spill()?;
        }
        Ok(rowid)
    }

    /// Makes room where most waits.
    fn spill(&mut self) -> Result<(), RepodataError> {
        let most = self.indexes.iter_mut().enumerate().max_by_key(|(_, index)| index.sorter.len());
        if let Some((number, index)) = most {
            self.waiting -= index.sorter.len();
            index.sorter.spill(&run_path(self.file.path(), number))?;
        }
        Ok(())
    }

    /// Completes the file, and tells its bytes. It is not synced.
    pub(crate) fn finish(mut self) -> Result<u64, RepodataError> {
        for Table { tree, .. } in &mut self.tables {
            tree.finish_leaves(&mut self.file)?;
        }
        let mut indexes = Vec::with_capacity(self.indexes.len());
        for (number, Index { sorter, object, .. }) in self.indexes.into_iter().enumerate() {
            let path = run_path(self.file.path(), number);
            indexes.push((index_leaves(sorter, &path, &mut self.file)?, object));
        }
        for Table { tree, object, .. } in self.tables {
            let mut root = tree.finish(&mut self.file)?;
            self.objects[object].root = self.file.append(root.complete())?;
        }
        for (top, object) in indexes {
            self.objects[object].root = top.finish(&mut self.file)?;
        }
        let mut first = schema(&self.objects, &mut self.file)?;
        let header = header(self.file.pages());
        let page = first.complete();
        page[..FILE_HEADER].copy_from_slice(&header);
        self.file.finish(page)
    }
}

/// Where an index may put files to sort with.
fn run_path(path: &Utf8Path, number: usize) -> camino::Utf8PathBuf {
    format!("{path}.index{number}").into()
}

fn index_leaves(sorter: Sorter, path: &Utf8Path, file: &mut PageFile) -> Result<Top, RepodataError> {
    let (mut records, mut tree) = (Records::default(), IndexTree::new());
    sorter.finish(path, |group| {
        records.set_key(group.key);
        (group.rowid..)
            .take(group.count as usize)
            .try_for_each(|rowid| tree.insert(records.record(rowid), rowid, file))
    })?;
    tree.finish_leaves(file)
}

/// Writes the table of all objects and returns its root, the first page.
fn schema(objects: &[Object], file: &mut PageFile) -> Result<Page, RepodataError> {
    let (mut tree, mut record) = (TableTree::new(Layout::Dense), Vec::new());
    for object in objects {
        let [kind, name, table, sql] = [object.kind, object.name, object.table, object.sql].map(Value::Text);
        record::encode(&[kind, name, table, Value::Integer(object.root.into()), sql], &mut record);
        tree.insert(&record, 0, file)?;
    }
    tree.finish_leaves(file)?;
    match tree.finish(file)?.into_first() {
        Ok(first) => Ok(first),
        // Only the first page may have no cell but a child.
        Err(mut root) => {
            let mut first = Page::first(Kind::TableInterior);
            first.set_right(file.append(root.complete())?);
            Ok(first)
        }
    }
}

/// The header of the file, as after the one transaction that made it.
fn header(pages: u32) -> [u8; FILE_HEADER] {
    let mut header = [0; FILE_HEADER];
    header[..16].copy_from_slice(b"SQLite format 3\0");
    header[16..18].copy_from_slice(&two_bytes(SIZE));
    // Read and written with a rollback journal; no bytes of a page are reserved; then fractions that are fixed.
    header[18..24].copy_from_slice(&[1, 1, 0, 64, 32, 32]);
    let mut put = |at: usize, value: u32| header[at..at + 4].copy_from_slice(&value.to_be_bytes());
    // The number of pages counts only if the two change counters agree.
    put(24, 1);
    put(28, pages);
    // The schema was changed once.
    put(40, 1);
    // Schema format, with descending indexes and types for 0 and 1.
    put(44, 4);
    // UTF-8.
    put(56, 1);
    put(92, 1);
    put(96, VERSION);
    header
}
