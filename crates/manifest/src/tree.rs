//! A data file as a tree with positions, and the list of what is wrong with it.
//!
//! [`Table`] hands out typed values by key and remembers which keys it was asked for: what is left over at
//! [`Table::finish`] is unknown. Nothing here stops at a problem; a value that is wrong is reported and then missing.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    ops::Range,
};

use camino::{Utf8Path, Utf8PathBuf};
use toml::de::{DeTable, DeValue};

use crate::{Problem, suggest};

/// The text of one data file, and the problems found in it.
pub(crate) struct File {
    /// As messages show it.
    pub(crate) shown: Utf8PathBuf,
    text: String,
    problems: RefCell<Vec<Problem>>,
    broken: Cell<bool>,
    /// Lines with errors of syntax: what else seems wrong with them follows from those.
    broken_lines: RefCell<BTreeSet<usize>>,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Spot<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

pub(crate) type Text = Spot<String>;

impl File {
    /// Reads a file; one that can not be read is an empty one with a problem.
    pub(crate) fn read(path: &Utf8Path, root: &Utf8Path) -> Self {
        let (text, error) = match fs_err::read_to_string(path) {
            Ok(text) => (text, None),
            Err(error) => (String::new(), Some(error)),
        };
        let shown = path.strip_prefix(root).unwrap_or(path).to_owned();
        let file = Self {
            shown,
            text,
            problems: RefCell::default(),
            broken: Cell::new(false),
            broken_lines: RefCell::default(),
        };
        if let Some(error) = error {
            file.problem(&(0..0), format!("can not be read: {error}"), None);
            file.broken.set(true);
        }
        file
    }

    /// The root table, as much of it as can be read. After a syntax error nothing is called missing any more, as it
    /// may stand in what could not be read.
    pub(crate) fn parse(&self) -> DeTable<'_> {
        let (tree, errors) = DeTable::parse_recoverable(&self.text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            self.problem(&span, syntax_message(error.message()), None);
        }
        for error in &errors {
            self.broken.set(true);
            self.broken_lines.borrow_mut().insert(self.position(error.span().unwrap_or(0..0).start).0);
        }
        tree.into_inner()
    }

    pub(crate) fn root<'a>(&'a self, tree: &'a DeTable<'a>, what: &str) -> Table<'a> {
        Table::new(self, what.to_owned(), tree, 0..0)
    }

    pub(crate) fn problem(&self, span: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let (line, column) = self.position(span.start);
        if self.broken_lines.borrow().contains(&line) {
            return;
        }
        self.problems.borrow_mut().push(Problem {
            file: self.shown.clone(),
            line,
            column,
            message: message.into(),
            hint,
        });
    }

    /// Line and column, both from 1, of a byte.
    pub(crate) fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Whether some of it could not be read, so that nothing can be said about what is not in it.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// The parser's own words, in the form that all messages have.
fn syntax_message(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

/// One table of a file.
pub(crate) struct Table<'a> {
    file: &'a File,
    /// As messages name it, such as `[[source]]`.
    what: String,
    entries: &'a DeTable<'a>,
    /// Its header, or the key that it belongs to.
    pub(crate) span: Range<usize>,
    asked: RefCell<Vec<String>>,
}

impl<'a> Table<'a> {
    fn new(file: &'a File, what: String, entries: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { file, what, entries, span, asked: RefCell::default() }
    }

    pub(crate) fn file(&self) -> &'a File {
        self.file
    }

    /// A problem with the table as a whole.
    pub(crate) fn problem(&self, message: impl Into<String>, hint: Option<&str>) {
        self.file.problem(&self.span, message, hint.map(str::to_owned));
    }

    /// A problem with one value.
    pub(crate) fn problem_at<T>(&self, spot: &Spot<T>, message: impl Into<String>, hint: Option<&str>) {
        self.file.problem(&spot.span, message, hint.map(str::to_owned));
    }

    /// A problem with a key that must not be there; silent if it is not.
    pub(crate) fn refuse(&self, key: &str, reason: &str, hint: Option<&str>) {
        if let Some((key, _)) = self.entries.get_key_value(key) {
            self.asked.borrow_mut().push(key.get_ref().to_string());
            let message = format!("`{}` {reason}", key.get_ref());
            self.file.problem(&key.span(), message, hint.map(str::to_owned));
        }
    }

    fn get(&self, key: &str) -> Option<Spot<&'a DeValue<'a>>> {
        self.asked.borrow_mut().push(key.to_owned());
        self.entries.get(key).map(|value| Spot { value: value.get_ref(), span: value.span() })
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.asked.borrow_mut().push(key.to_owned());
        self.entries.contains_key(key)
    }

    /// Reports that a key is not there.
    pub(crate) fn missing(&self, key: &str, hint: Option<&str>) {
        if !self.file.broken.get() {
            self.problem(format!("{} has no `{key}`", self.what), hint);
        }
    }

    fn wrong_type<T>(&self, key: &str, value: &Spot<&DeValue<'_>>, expected: &str) -> Option<T> {
        let message = format!("`{key}` must be {expected}, this is {}", describe(value.value));
        self.file.problem(&value.span, message, None);
        None
    }

    /// A string of one line.
    pub(crate) fn text(&self, key: &str) -> Option<Text> {
        let value = self.get(key)?;
        match value.value {
            DeValue::String(text) => self.one_line(key, Spot { value: text.to_string(), span: value.span }),
            _ => self.wrong_type(key, &value, "a string"),
        }
    }

    fn one_line(&self, key: &str, text: Text) -> Option<Text> {
        if text.value.trim().is_empty() {
            self.problem_at(&text, format!("`{key}` is empty"), None);
        } else if text.value.chars().any(char::is_control) {
            self.problem_at(&text, format!("`{key}` must be one line without control characters"), None);
        } else {
            return Some(text);
        }
        None
    }

    /// As [`Self::text`], and the key must be there.
    pub(crate) fn required(&self, key: &str) -> Option<Text> {
        if !self.has(key) {
            self.missing(key, None);
        }
        self.text(key)
    }

    /// A date: a TOML one or a string, for the caller to judge.
    pub(crate) fn date_text(&self, key: &str) -> Option<Text> {
        match self.get(key) {
            None => {
                self.missing(key, None);
                None
            }
            Some(Spot { value: DeValue::Datetime(date), span }) => {
                Some(Spot { value: date.to_string(), span })
            }
            Some(_) => self.text(key),
        }
    }

    pub(crate) fn boolean(&self, key: &str) -> Option<Spot<bool>> {
        let value = self.get(key)?;
        match value.value {
            DeValue::Boolean(on) => Some(Spot { value: *on, span: value.span }),
            _ => self.wrong_type(key, &value, "true or false"),
        }
    }

    /// A whole number within a range.
    pub(crate) fn number<N>(&self, key: &str, range: std::ops::RangeInclusive<N>) -> Option<Spot<N>>
    where
        N: TryFrom<u64> + PartialOrd + std::fmt::Display,
    {
        let value = self.get(key)?;
        self.to_number(key, &value, &range).map(|number| Spot { value: number, span: value.span })
    }

    fn to_number<N>(
        &self,
        key: &str,
        value: &Spot<&DeValue<'_>>,
        range: &std::ops::RangeInclusive<N>,
    ) -> Option<N>
    where
        N: TryFrom<u64> + PartialOrd + std::fmt::Display,
    {
        let DeValue::Integer(integer) = value.value else {
            return self.wrong_type(key, value, "a whole number");
        };
        let number =
            u64::from_str_radix(integer.as_str(), integer.radix()).ok().and_then(|n| N::try_from(n).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let end = range.end().to_string();
            let unlimited = [u64::MAX.to_string(), u32::MAX.to_string()].contains(&end);
            let limit = if unlimited { String::new() } else { format!(" and at most {end}") };
            let message = format!("`{key}` must be at least {}{limit}", range.start());
            self.file.problem(&value.span, message, None);
        }
        number
    }

    /// A list of strings, each of one line.
    pub(crate) fn texts(&self, key: &str) -> Vec<Text> {
        self.list(key, "a list of strings", |value| match value.value {
            DeValue::String(text) => self.one_line(key, Spot { value: text.to_string(), span: value.span }),
            _ => self.wrong_type(key, &value, "a list of strings"),
        })
    }

    /// A list of whole numbers.
    pub(crate) fn numbers(&self, key: &str) -> Vec<Spot<u32>> {
        self.list(key, "a list of whole numbers", |value| {
            let number = self.to_number(key, &value, &(0..=u32::MAX))?;
            Some(Spot { value: number, span: value.span })
        })
    }

    fn list<T>(
        &self,
        key: &str,
        expected: &str,
        item: impl Fn(Spot<&'a DeValue<'a>>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.value {
            DeValue::Array(items) => items
                .iter()
                .filter_map(|value| item(Spot { value: value.get_ref(), span: value.span() }))
                .collect(),
            _ => self.wrong_type::<Vec<T>>(key, &value, expected).unwrap_or_default(),
        }
    }

    /// A table of its own, `[key]`.
    pub(crate) fn table(&self, key: &str) -> Option<Table<'a>> {
        let value = self.get(key)?;
        match value.value {
            DeValue::Table(entries) => Some(Table::new(self.file, self.below(key), entries, value.span)),
            _ => self.wrong_type(key, &value, "a table"),
        }
    }

    /// As [`Self::table`], and it must be there.
    pub(crate) fn required_table(&self, key: &str) -> Option<Table<'a>> {
        if !self.has(key) {
            self.missing(key, None);
        }
        self.table(key)
    }

    /// All tables `[[key]]`, in order.
    pub(crate) fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let expected = format!("a list of tables, written [[{key}]]");
        self.list(key, &expected, |value| match value.value {
            DeValue::Table(entries) => Some(Table::new(self.file, format!("[[{key}]]"), entries, value.span)),
            _ => self.wrong_type(key, &value, &expected),
        })
    }

    /// All tables `[key.NAME]`, by name.
    pub(crate) fn named_tables(&self, key: &str) -> Vec<(Text, Table<'a>)> {
        let Some(outer) = self.table(key) else { return Vec::new() };
        outer
            .keys()
            .into_iter()
            .filter_map(|name| outer.table(&name.value).map(|table| (name, table)))
            .collect()
    }

    /// All keys, as they stand in the file.
    pub(crate) fn keys(&self) -> Vec<Text> {
        let mut keys: Vec<Text> = self
            .entries
            .keys()
            .map(|key| Spot { value: key.get_ref().to_string(), span: key.span() })
            .collect();
        keys.sort_by_key(|key| key.span.start);
        keys
    }

    fn below(&self, key: &str) -> String {
        let outer = self.what.trim_matches(['[', ']']);
        if self.what.starts_with('[') { format!("[{outer}.{key}]") } else { format!("[{key}]") }
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        let asked: BTreeSet<&String> = asked.iter().collect();
        let asked: Vec<&String> = asked.into_iter().collect();
        for key in self.keys() {
            if !asked.contains(&&key.value) {
                let message = format!("unknown key `{}` in {}", key.value, self.what);
                self.file.problem(&key.span, message, suggest::hint(&key.value, &asked));
            }
        }
    }
}

fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => "a string".to_owned(),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
