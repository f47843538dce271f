use std::{cell::RefCell, collections::BTreeSet, ops::Range};

use toml::de::{DeTable, DeValue};

use crate::{File, Spot, Text, suggest};

/// One table of a file: it hands out typed values by key.
#[derive(Debug)]
pub struct Table<'a> {
    file: &'a File,
    /// As messages name it, such as `[[source]]`.
    what: String,
    entries: &'a DeTable<'a>,
    /// Its header, or the key that it belongs to.
    pub span: Range<usize>,
    asked: RefCell<Vec<String>>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(file: &'a File, what: String, entries: &'a DeTable<'a>, span: Range<usize>) -> Self {
        Self { file, what, entries, span, asked: RefCell::default() }
    }

    /// The file that it stands in.
    pub fn file(&self) -> &'a File {
        self.file
    }

    /// A problem with the table as a whole.
    pub fn problem(&self, message: impl Into<String>, hint: Option<&str>) {
        self.file.problem(&self.span, message, hint.map(str::to_owned));
    }

    /// A problem with one value.
    pub fn problem_at<T>(&self, spot: &Spot<T>, message: impl Into<String>, hint: Option<&str>) {
        self.file.problem(&spot.span, message, hint.map(str::to_owned));
    }

    /// A problem with a key that must not be there; silent if it is not.
    pub fn refuse(&self, key: &str, reason: &str, hint: Option<&str>) {
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

    /// Whether it has a key, of whatever type.
    pub fn has(&self, key: &str) -> bool {
        self.asked.borrow_mut().push(key.to_owned());
        self.entries.contains_key(key)
    }

    /// Reports that a key is not there.
    pub fn missing(&self, key: &str, hint: Option<&str>) {
        self.lacks(&format!("`{key}`"), hint);
    }

    fn lacks(&self, what: &str, hint: Option<&str>) {
        // It may stand in what could not be read.
        if !self.file.is_broken() {
            self.problem(format!("{} has no {what}", self.what), hint);
        }
    }

    fn wrong_type<T>(&self, key: &str, value: &Spot<&DeValue<'_>>, expected: &str) -> Option<T> {
        let message = format!("`{key}` must be {expected}, this is {}", describe(value.value));
        self.file.problem(&value.span, message, None);
        None
    }

    /// A string of one line.
    pub fn text(&self, key: &str) -> Option<Text> {
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
    pub fn required(&self, key: &str) -> Option<Text> {
        if !self.has(key) {
            self.missing(key, None);
        }
        self.text(key)
    }

    /// A date: a TOML one or a string, for the caller to judge.
    pub fn date_text(&self, key: &str) -> Option<Text> {
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

    /// `true` or `false`.
    pub fn boolean(&self, key: &str) -> Option<Spot<bool>> {
        let value = self.get(key)?;
        match value.value {
            DeValue::Boolean(on) => Some(Spot { value: *on, span: value.span }),
            _ => self.wrong_type(key, &value, "true or false"),
        }
    }

    /// A whole number within a range.
    pub fn number<N>(&self, key: &str, range: std::ops::RangeInclusive<N>) -> Option<Spot<N>>
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
    pub fn texts(&self, key: &str) -> Vec<Text> {
        self.list(key, "a list of strings", |value| match value.value {
            DeValue::String(text) => self.one_line(key, Spot { value: text.to_string(), span: value.span }),
            _ => self.wrong_type(key, &value, "a list of strings"),
        })
    }

    /// As [`Self::texts`], where one alone need be no list.
    pub fn text_or_texts(&self, key: &str) -> Vec<Text> {
        match self.get(key) {
            Some(Spot { value: DeValue::String(_), .. }) => self.text(key).into_iter().collect(),
            Some(Spot { value: DeValue::Array(_), .. }) => self.required_texts(key),
            Some(value) => {
                self.wrong_type::<Text>(key, &value, "a string or a list of strings");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// As [`Self::texts`], and there must be one.
    pub fn required_texts(&self, key: &str) -> Vec<Text> {
        match self.get(key) {
            None => self.missing(key, None),
            Some(Spot { value: DeValue::Array(items), span }) if items.is_empty() => {
                self.file.problem(&span, format!("`{key}` is empty"), None);
            }
            Some(_) => {}
        }
        self.texts(key)
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, text: Option<Text>, words: &[(&str, T)]) -> Option<T> {
        let text = text?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let hint = suggest::hint(&text.value, &known);
            self.problem_at(&text, format!("`{}` is not known here", text.value), hint.as_deref());
        }
        found
    }

    /// A list of whole numbers.
    pub fn numbers(&self, key: &str) -> Vec<Spot<u32>> {
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
    pub fn table(&self, key: &str) -> Option<Table<'a>> {
        let value = self.get(key)?;
        match value.value {
            DeValue::Table(entries) => Some(Table::new(self.file, self.below(key), entries, value.span)),
            _ => self.wrong_type(key, &value, "a table"),
        }
    }

    /// As [`Self::table`], and it must be there.
    pub fn required_table(&self, key: &str) -> Option<Table<'a>> {
        if !self.has(key) {
            self.missing(key, None);
        }
        self.table(key)
    }

    /// All tables `[[key]]`, in order.
    pub fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let expected = format!("a list of tables, written [[{key}]]");
        self.list(key, &expected, |value| match value.value {
            DeValue::Table(entries) => Some(Table::new(self.file, format!("[[{key}]]"), entries, value.span)),
            _ => self.wrong_type(key, &value, &expected),
        })
    }

    /// As [`Self::tables`], and there must be one.
    pub fn required_tables(&self, key: &str) -> Vec<Table<'a>> {
        if !self.has(key) {
            self.lacks(&format!("[[{key}]]"), None);
        }
        self.tables(key)
    }

    /// All tables `[key.NAME]`, by name.
    pub fn named_tables(&self, key: &str) -> Vec<(Text, Table<'a>)> {
        let Some(outer) = self.table(key) else { return Vec::new() };
        outer
            .keys()
            .into_iter()
            .filter_map(|name| outer.table(&name.value).map(|table| (name, table)))
            .collect()
    }

    /// All keys, as they stand in the file.
    pub fn keys(&self) -> Vec<Text> {
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
    pub fn finish(self) {
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
