//! What the `sqlite3` program makes of our files.

use std::{collections::HashSet, fmt::Write};

use camino::{Utf8Path, Utf8PathBuf};
use proptest::prelude::*;
use xen4centos_process::{Invocation, Stdin, Tool};

use super::{Database, Layout, TableId, Value};

const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)";
const CHILD: &str = "CREATE TABLE child (parent INTEGER, same TEXT)";
const TRIGGER: &str =
    "CREATE TRIGGER gone AFTER DELETE ON t BEGIN DELETE FROM child WHERE parent = old.id; END";

/// No spilling.
const AMPLE: usize = usize::MAX;

struct Scratch {
    _directory: tempfile::TempDir,
    path: Utf8PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(directory.path()).unwrap().to_owned();
        Self { _directory: directory, path }
    }

    fn database(&self) -> Utf8PathBuf {
        self.path.join("test.sqlite")
    }

    /// What the program says when it runs `sql` on the database named so.
    fn sqlite3(&self, name: &str, sql: &str) -> String {
        let input = Stdin::Bytes(sql.as_bytes().to_vec());
        let run =
            Invocation::new(Tool::Sqlite3, &self.path).args(["-batch", "-bail", name]).stdin(input).run();
        String::from_utf8(run.unwrap().stdout).unwrap()
    }

    fn query(&self, sql: &str) -> String {
        self.sqlite3("test.sqlite", sql)
    }
}

fn declare(database: &mut Database) -> (TableId, TableId) {
    let table = database.table("t", TABLE, Layout::Dense);
    let child = database.table("child", CHILD, Layout::Spaced(3));
    database.index(table, "on_a", "CREATE INDEX on_a ON t (a)", &[1]);
    database.index(table, "on_b", "CREATE INDEX on_b ON t (b)", &[2]);
    database.index(table, "on_both", "CREATE INDEX on_both ON t (b, a)", &[2, 1]);
    database.index(child, "on_parent", "CREATE INDEX on_parent ON child (parent)", &[0]);
    // Of one key, though rowids have gaps.
    database.index(child, "on_same", "CREATE INDEX on_same ON child (same)", &[1]);
    database.trigger(table, "gone", TRIGGER);
    (table, child)
}

/// Every row has two children.
fn write(path: &Utf8Path, rows: &[[Value<'_>; 2]], budget: usize) -> u64 {
    let mut database = Database::with_budget(path, budget).unwrap();
    let (table, child) = declare(&mut database);
    for (expected, &[a, b]) in (1..).zip(rows) {
        let rowid = database.insert(table, &[Value::Null, a, b]).unwrap();
        assert_eq!(rowid, expected);
        database.insert_of(child, rowid, &[Value::Integer(rowid), Value::Text("same")]).unwrap();
        database.insert_of(child, rowid, &[Value::Integer(rowid), Value::Text("same")]).unwrap();
    }
    database.finish().unwrap()
}

fn quote(value: Value<'_>) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(value) => value.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
    }
}

fn listed<'a>(rows: impl IntoIterator<Item = (usize, &'a [Value<'a>; 2])>) -> String {
    let mut out = String::new();
    for (number, [a, b]) in rows {
        writeln!(out, "{}|{}|{}", number + 1, quote(*a), quote(*b)).unwrap();
    }
    out
}

/// Writes the rows, reads them in every way, changes them. Returns the bytes of the file and of the one that SQLite
/// makes of the same.
fn check(rows: &[[Value<'_>; 2]], budget: usize) -> (u64, u64) {
    let scratch = Scratch::new();
    let bytes = write(&scratch.database(), rows, budget);
    assert_eq!(fs_err::metadata(scratch.database()).unwrap().len(), bytes);
    assert_eq!(fs_err::read_dir(&scratch.path).unwrap().count(), 1, "nothing else is left");
    let written = fs_err::read(scratch.database()).unwrap();
    write(&scratch.database(), rows, budget);
    assert!(written == fs_err::read(scratch.database()).unwrap(), "the same bytes again");

    assert_eq!(scratch.query("PRAGMA integrity_check;"), "ok\n");
    let select = "SELECT id, quote(a), quote(b) FROM t";
    assert_eq!(scratch.query(&format!("{select} NOT INDEXED ORDER BY id;")), listed(rows.iter().enumerate()));
    let mut sorted: Vec<_> = rows.iter().enumerate().collect();
    sorted.sort_by_key(|(number, [a, _])| (*a, *number));
    assert_eq!(
        scratch.query(&format!("{select} INDEXED BY on_a ORDER BY a, id;")),
        listed(sorted.iter().copied())
    );
    sorted.sort_by_key(|(number, [a, b])| (*b, *a, *number));
    assert_eq!(
        scratch.query(&format!("{select} INDEXED BY on_both ORDER BY b, a, id;")),
        listed(sorted.iter().copied())
    );
    check_lookups(&scratch, rows);

    let half = "DELETE FROM t WHERE id % 2; PRAGMA integrity_check; SELECT count(*) FROM child;";
    fs_err::copy(scratch.database(), scratch.path.join("copy")).unwrap();
    assert_eq!(scratch.sqlite3("copy", half), format!("ok\n{}\n", rows.len() / 2 * 2));
    assert_eq!(scratch.sqlite3("copy", "REINDEX; PRAGMA integrity_check;"), "ok\n");
    let dump = scratch.query(".dump\n");
    scratch.sqlite3("theirs", &format!("{dump}\nVACUUM;"));
    assert_eq!(scratch.sqlite3("theirs", ".dump\n"), dump);
    (bytes, fs_err::metadata(scratch.path.join("theirs")).unwrap().len())
}

/// Some rows are found by way of the indexes.
fn check_lookups(scratch: &Scratch, rows: &[[Value<'_>; 2]]) {
    let plan = scratch.query("EXPLAIN QUERY PLAN SELECT id FROM t WHERE a = 'x';");
    assert!(plan.contains("USING COVERING INDEX on_a"), "{plan}");
    for number in [0, 1, 2].map(|third| rows.len().saturating_sub(1) * third / 2) {
        let Some([a, b]) = rows.get(number) else { return };
        for (column, value) in [("a", *a), ("b", *b)] {
            let same = |row: &[Value<'_>; 2]| if column == "a" { row[0] == value } else { row[1] == value };
            let same = rows.iter().enumerate().filter(|(_, row)| same(row));
            let expected: String = same.map(|(number, _)| (number + 1).to_string() + "\n").collect();
            let value = quote(value);
            let sql = format!(
                "SELECT id FROM t INDEXED BY on_{column} WHERE {column} IS {value} ORDER BY {column}, id;"
            );
            assert_eq!(scratch.query(&sql), expected);
        }
    }
}

/// So many rows with short texts in no order, and numbers in order.
fn short(rows: usize) -> Vec<String> {
    (0..rows).map(|row| format!("/usr/share/{:05}", row * 7919 % 10007)).collect()
}

fn check_short(rows: usize, budget: usize) -> (u64, u64) {
    let texts = short(rows);
    let number = |row: usize| Value::Integer(i64::try_from(row).unwrap() / 10 - 100);
    let rows: Vec<_> = texts.iter().enumerate().map(|(row, text)| [Value::Text(text), number(row)]).collect();
    check(&rows, budget)
}

#[test]
fn few_rows() {
    for rows in 0..4 {
        check_short(rows, AMPLE);
    }
}

/// Around the numbers of rows with which pages are full, of tables, of indexes, and of what is above them.
#[test]
fn pages_that_are_just_full() {
    for rows in (110..230).step_by(3).chain([400, 1000]) {
        check_short(rows, AMPLE);
    }
}

/// The same for all levels above: four keys fill a page of an index, one row one of a table.
#[test]
fn levels_that_are_just_full() {
    for (numbers, length) in [(0..140, 2048), (500..530, 4000)] {
        for rows in numbers {
            let scratch = Scratch::new();
            let texts: Vec<_> = short(rows).iter().map(|text| text.repeat(length / text.len())).collect();
            let values: Vec<_> = texts.iter().map(|text| [Value::Text(text), Value::Null]).collect();
            write(&scratch.database(), &values, AMPLE);
            let found = scratch.query("PRAGMA integrity_check; SELECT count(a) FROM t;");
            assert_eq!(found, format!("ok\n{rows}\n"));
        }
    }
}

#[test]
fn many_rows_take_no_more_room_than_sqlite_takes() {
    let (ours, theirs) = check_short(50_000, AMPLE);
    assert!(ours * 100 <= theirs * 105, "{ours} {theirs}");
}

#[test]
fn what_does_not_fit_in_memory_is_merged() {
    // Two levels of runs.
    check_short(20_000, 4096);
    check_short(3000, 0);
}

/// Four keys a page: trees are deep.
#[test]
fn long_keys() {
    for (rows, length) in [(0..24, 2048), (60..90, 1000), (300..302, 1500), (2000..2001, 990)] {
        for rows in rows {
            let texts: Vec<_> = short(rows).iter().map(|text| text.repeat(length / text.len())).collect();
            let rows: Vec<_> = texts.iter().map(|text| [Value::Text(text), Value::Null]).collect();
            check(&rows, if rows.len() > 80 { 100_000 } else { AMPLE });
        }
    }
}

/// Every length at which something changes: what stays in a page, pages of a chain, sizes of numbers.
#[test]
fn rows_of_every_length() {
    let around = [0, 50, 120, 485, 1000, 2040, 4055, 4092, 5080, 8150, 9170, 16380, 65530];
    let lengths = around.into_iter().flat_map(|start| start..start + 12).chain([200_000, 199_999]);
    let texts: Vec<_> = lengths.map(|length| "ž".repeat(length / 2) + &"x".repeat(length % 2)).collect();
    let rows: Vec<_> = texts.iter().map(|text| [Value::Text(text), Value::Text("same")]).collect();
    check(&rows, AMPLE);
    let rows: Vec<_> = texts.iter().map(|text| [Value::Integer(1), Value::Text(text)]).collect();
    check(&rows, 1 << 20);
}

#[test]
fn one_key_many_times() {
    for budget in [AMPLE, 100] {
        check(&vec![[Value::Text("same"), Value::Null]; 5000], budget);
    }
    let rows: Vec<_> = (0..5000).map(|row| [Value::Integer(row % 2), Value::Integer(row % 3)]).collect();
    check(&rows, 5000);
}

#[test]
fn numbers_and_texts_of_every_kind() {
    let mut rows = vec![[Value::Null, Value::Text("")], [Value::Text("é"), Value::Text("e")]];
    for bits in 0..64 {
        for add in [-1, 0, 1] {
            let value = (1_i64 << bits).wrapping_add(add);
            rows.push([Value::Integer(value), Value::Integer(value.wrapping_neg())]);
        }
    }
    rows.extend(
        ["\u{1}", "\u{1}\u{2}", "\u{1}\u{1}", "\u{2}", "'", "日本", "\u{10ffff}"]
            .map(|text| [Value::Text(text), Value::Null]),
    );
    check(&rows, AMPLE);
}

/// A schema that needs more than the first page.
#[test]
fn long_schema() {
    for length in (3500..4000).step_by(20).chain([8000, 200_000]) {
        let scratch = Scratch::new();
        let sql = format!("CREATE TABLE filler (a /* {} */)", "x".repeat(length));
        let mut database = Database::create(&scratch.database()).unwrap();
        let table = database.table("filler", Box::leak(sql.clone().into_boxed_str()), Layout::Together);
        for _ in 0..3 {
            database.insert(table, &[Value::Text("row")]).unwrap();
        }
        declare(&mut database);
        database.finish().unwrap();
        assert_eq!(scratch.query("PRAGMA integrity_check; SELECT count(*) FROM filler;"), "ok\n3\n");
        let names = "filler\nt\nchild\non_a\non_b\non_both\non_parent\non_same\ngone\n";
        assert_eq!(scratch.query("SELECT name FROM sqlite_master;"), names);
        let kept = scratch.query("SELECT sql FROM sqlite_master WHERE name = 'filler';");
        assert_eq!(kept.trim_end(), sql);
        assert_eq!(scratch.query("CREATE TABLE more (a); PRAGMA integrity_check;"), "ok\n");
    }
}

/// Rows of groups, one of which may have so many rows more, and how many pages are not among those of `before`.
fn grouped(path: &Utf8Path, more: usize, before: &HashSet<[u8; 4096]>) -> (HashSet<[u8; 4096]>, usize) {
    let mut database = Database::with_budget(path, 100_000).unwrap();
    let groups = database.table("groups", "CREATE TABLE groups (id INTEGER PRIMARY KEY)", Layout::Together);
    let rows = database.table("rows", "CREATE TABLE rows (owner INTEGER, text TEXT)", Layout::Spaced(12));
    database.index(rows, "owners", "CREATE INDEX owners ON rows (owner)", &[0]);
    database.index(rows, "texts", "CREATE INDEX texts ON rows (text)", &[1]);
    for number in 0..20_000 {
        let owner = database.insert(groups, &[Value::Null]).unwrap();
        // Some have more than there is room for.
        let count = if number % 100 == 0 { 60 } else { number % 13 };
        for row in 0..count + more * usize::from(number == 4001) {
            let text = format!("{row} of {}", number * 7919 % 10007).repeat(1 + number % 5);
            database.insert_of(rows, owner, &[Value::Integer(owner), Value::Text(&text)]).unwrap();
        }
    }
    database.finish().unwrap();
    let bytes = fs_err::read(path).unwrap();
    let pages: HashSet<_> = bytes.as_chunks().0.iter().copied().collect();
    let new = pages.difference(before).count();
    (pages, new)
}

/// So that blocks of the compressed file can be taken from the one before.
#[test]
fn some_rows_more_change_few_pages() {
    let scratch = Scratch::new();
    let (before, all) = grouped(&scratch.database(), 0, &HashSet::new());
    assert!(all > 2500, "{all}");
    assert_eq!(grouped(&scratch.database(), 0, &before).1, 0);
    // Rows that are many move those of some groups behind them, whose entries are here and there in the indexes.
    for (more, most) in [(1, 120), (2, 120), (8, 120), (100, 400)] {
        let (_, new) = grouped(&scratch.database(), more, &before);
        assert!(new < most, "{more} rows: {new} of {all}");
        assert_eq!(scratch.query("PRAGMA integrity_check;"), "ok\n");
    }
}

/// A value of a property test.
#[derive(Clone, Debug)]
pub(super) enum Owned {
    Null,
    Integer(i64),
    Text(String),
}

impl Owned {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(value) => Value::Integer(*value),
            Self::Text(text) => Value::Text(text),
        }
    }
}

fn owned() -> impl Strategy<Value = Owned> {
    let text = prop_oneof![
        "[^\u{0}\r\n]{0,20}",
        "[ab]{0,12}",
        ("[abc]", 0_usize..6000).prop_map(|(text, times)| text.repeat(times)),
    ];
    let number = prop_oneof![any::<i64>(), -300..300_i64];
    prop_oneof![
        1 => Just(Owned::Null),
        3 => number.prop_map(Owned::Integer),
        6 => text.prop_map(Owned::Text),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn random_rows(rows in proptest::collection::vec([owned(), owned()], 0..300), budget in 0_usize..100_000) {
        let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(Owned::value)).collect();
        check(&rows, budget);
    }
}
