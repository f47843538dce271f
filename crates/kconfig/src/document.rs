//! A TOML file that is a list of tables, read so that everything wrong in it is found in one go: serde stops at the
//! first problem.

use std::{collections::BTreeSet, ops::Range};

use camino::Utf8Path;
use toml::de::{DeTable, DeValue};

use crate::{Problem, suggest::suggest};

/// The text of one file and what is wrong with it.
pub(crate) struct Document<'a> {
    file: &'a Utf8Path,
    text: &'a str,
    /// What each of its tables is called.
    key: &'static str,
    problems: Vec<Problem>,
    /// Lines with errors of syntax: what else seems wrong with them follows from those.
    broken_lines: BTreeSet<usize>,
}

/// One `[[key]]`.
pub(crate) struct Entry<'a> {
    values: DeTable<'a>,
    span: Range<usize>,
    asked: Vec<&'static str>,
}

/// A value and where it stands.
pub(crate) struct Spot<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

impl<'a> Document<'a> {
    /// All tables `[[key]]` that can be read, in order; nothing else may stand at the top of the file.
    pub(crate) fn read(text: &'a str, file: &'a Utf8Path, key: &'static str) -> (Self, Vec<Entry<'a>>) {
        let broken_lines = BTreeSet::new();
        let mut document = Self { file, text, key, problems: Vec::new(), broken_lines };
        let (tree, errors) = DeTable::parse_recoverable(text);
        let spans: Vec<_> = errors.iter().map(|error| error.span().unwrap_or(0..0)).collect();
        for (error, span) in errors.iter().zip(&spans) {
            document.problem(span, sentence(error.message()), None);
        }
        document.broken_lines = spans.iter().map(|span| document.line(span)).collect();
        let mut root = Entry { values: tree.into_inner(), span: 0..0, asked: Vec::new() };
        let entries = document.entries(&mut root);
        document.finish_table(&root, "the file");
        (document, entries)
    }

    fn entries(&mut self, root: &mut Entry<'a>) -> Vec<Entry<'a>> {
        let key = self.key;
        let expected = format!("a list of tables, written [[{key}]]");
        let Some(found) = root.take(key) else {
            if !self.is_broken() {
                self.problem(&(0..0), format!("the file has no [[{key}]]"), None);
            }
            return Vec::new();
        };
        let DeValue::Array(items) = found.value else {
            return self.wrong_type(key, &found, &expected).unwrap_or_default();
        };
        let mut entries = Vec::new();
        for item in items {
            let span = item.span();
            match item.into_inner() {
                DeValue::Table(values) => entries.push(Entry { values, span, asked: Vec::new() }),
                value => drop(self.wrong_type::<()>(key, &Spot { value, span }, &expected)),
            }
        }
        entries
    }

    /// A string that must be there and say something.
    pub(crate) fn required(&mut self, entry: &mut Entry<'a>, key: &'static str) -> Option<Spot<String>> {
        if !entry.values.contains_key(key) {
            self.missing(entry, key);
        }
        let text = self.optional(entry, key)?;
        if text.value.trim().is_empty() {
            self.problem(&text.span, format!("`{key}` is empty"), None);
            return None;
        }
        Some(text)
    }

    /// A string that may be there.
    pub(crate) fn optional(&mut self, entry: &mut Entry<'a>, key: &'static str) -> Option<Spot<String>> {
        let found = entry.take(key)?;
        match found.value {
            DeValue::String(text) => Some(Spot { value: text.into_owned(), span: found.span }),
            _ => self.wrong_type(key, &found, "a string"),
        }
    }

    /// A list of strings that must be there.
    pub(crate) fn texts(&mut self, entry: &mut Entry<'a>, key: &'static str) -> Option<Spot<Vec<String>>> {
        let Some(found) = entry.take(key) else {
            self.missing(entry, key);
            return None;
        };
        let DeValue::Array(items) = found.value else {
            return self.wrong_type(key, &found, "a list of strings");
        };
        let mut texts = Vec::new();
        for item in items {
            let span = item.span();
            match item.into_inner() {
                DeValue::String(text) => texts.push(text.into_owned()),
                value => return self.wrong_type(key, &Spot { value, span }, "a list of strings"),
            }
        }
        Some(Spot { value: texts, span: found.span })
    }

    /// Reports every key of a table that nobody asked for.
    pub(crate) fn finish(&mut self, entry: &Entry<'a>) {
        let what = self.what();
        self.finish_table(entry, &what);
    }

    fn finish_table(&mut self, entry: &Entry<'a>, what: &str) {
        for key in entry.values.keys() {
            let name = key.get_ref();
            let near = suggest(name, entry.asked.iter().copied());
            let hint = near.first().map(|near| format!("did you mean `{near}`?"));
            self.problem(&key.span(), format!("unknown key `{name}` in {what}"), hint);
        }
    }

    fn missing(&mut self, entry: &Entry<'a>, key: &str) {
        // It may stand in what could not be read.
        if !self.is_broken() {
            let message = format!("{} has no `{key}`", self.what());
            self.problem(&entry.span, message, None);
        }
    }

    fn what(&self) -> String {
        format!("[[{}]]", self.key)
    }

    fn wrong_type<T>(&mut self, key: &str, found: &Spot<DeValue<'_>>, expected: &str) -> Option<T> {
        let found_kind = describe(&found.value);
        self.problem(&found.span, format!("`{key}` must be {expected}, this is {found_kind}"), None);
        None
    }

    pub(crate) fn problem(&mut self, span: &Range<usize>, message: impl Into<String>, hint: Option<String>) {
        let line = self.line(span);
        if !self.broken_lines.contains(&line) {
            self.problems.push(Problem { hint, ..Problem::new(self.file, line, message) });
        }
    }

    /// The line, from 1, that a value begins in.
    pub(crate) fn line(&self, span: &Range<usize>) -> usize {
        self.text.get(..span.start).unwrap_or(self.text).matches('\n').count() + 1
    }

    /// Whether some of it could not be read, so that nothing can be said about what is not in it.
    pub(crate) fn is_broken(&self) -> bool {
        !self.broken_lines.is_empty()
    }

    /// By line.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort();
        self.problems
    }
}

impl<'a> Entry<'a> {
    fn take(&mut self, key: &'static str) -> Option<Spot<DeValue<'a>>> {
        self.asked.push(key);
        let value = self.values.remove(key)?;
        let span = value.span();
        Some(Spot { value: value.into_inner(), span })
    }
}

/// The parser's own words, in the form that all messages have.
fn sentence(message: &str) -> String {
    let mut characters = message.trim_end_matches('.').chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
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
