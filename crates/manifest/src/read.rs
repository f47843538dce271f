//! From the tree of one file to a typed value. Each reader reports everything that is wrong with its file and returns
//! what other files need to know of it, even where the value itself could not be made.

pub(crate) mod advisory;
pub(crate) mod changelog;
pub(crate) mod client;
pub(crate) mod known;
pub(crate) mod local;
pub(crate) mod package;
pub(crate) mod source;
pub(crate) mod target;
pub(crate) mod waiver;

use std::{collections::BTreeMap, str::FromStr};

use xen4centos_toml_tree::{Spot, Table, Text};

use crate::words::Complaint;

/// Reports what a rule says against a value; a value that it says nothing against is returned.
fn checked(table: &Table<'_>, text: Option<Text>, rule: fn(&str) -> Option<Complaint>) -> Option<Text> {
    let text = text?;
    match rule(&text.value) {
        None => Some(text),
        Some((message, hint)) => {
            table.problem_at(&text, message, hint);
            None
        }
    }
}

/// The value itself, without its place.
fn value(table: &Table<'_>, text: Option<Text>, rule: fn(&str) -> Option<Complaint>) -> Option<String> {
    checked(table, text, rule).map(|text| text.value)
}

/// As [`checked`], for every text of a list.
fn all_checked(table: &Table<'_>, texts: Vec<Text>, rule: fn(&str) -> Option<Complaint>) -> Vec<Text> {
    texts.into_iter().filter_map(|text| checked(table, Some(text), rule)).collect()
}

/// A value that parses itself, such as a digest.
fn parsed<T>(table: &Table<'_>, text: Option<Text>) -> Option<T>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let text = text?;
    text.value.parse().map_err(|error: T::Err| table.problem_at(&text, error.to_string(), None)).ok()
}

/// The file's own statement of its name, which must be the one that it is found by.
fn own_name(table: &Table<'_>, expected: &str, place: &str) -> Option<String> {
    let text = checked(table, table.required("name"), crate::words::name)?;
    if text.value != expected {
        let message = format!("name `{}` differs from that of its {place}, `{expected}`", text.value);
        table.problem_at(&text, message, None);
        return None;
    }
    Some(text.value)
}

/// Reports every value that was there before; `key` is what is compared.
fn refuse_repeated<'t>(table: &Table<'_>, texts: impl IntoIterator<Item = &'t Text>, what: &str) {
    let mut first: BTreeMap<&str, &Text> = BTreeMap::new();
    for text in texts {
        if let Some(earlier) = first.get(text.value.as_str()) {
            let (line, _) = table.file().position(earlier.span.start);
            table.problem_at(text, format!("{what} `{}` is there already, in line {line}", text.value), None);
        } else {
            first.insert(&text.value, text);
        }
    }
}

/// One `[option.PACKAGE]` of a target or of the local file.
pub(crate) struct Switches {
    pub(crate) package: Text,
    /// Option and whether it is on.
    pub(crate) options: Vec<Spot<(String, bool)>>,
}

fn switches(table: &Table<'_>) -> Vec<Switches> {
    let read = |(package, entries): (Text, Table<'_>)| {
        let on = |name: Text| {
            let on = entries.boolean(&name.value)?;
            Some(Spot { value: (name.value, on.value), span: name.span })
        };
        Switches { package, options: entries.keys().into_iter().filter_map(on).collect() }
    };
    table.named_tables("option").into_iter().map(read).collect()
}

/// The switches without their places.
fn plain_switches(switches: &[Switches]) -> BTreeMap<String, BTreeMap<String, bool>> {
    let plain = |switches: &Switches| {
        let options = switches.options.iter().map(|option| option.value.clone());
        (switches.package.value.clone(), options.collect())
    };
    switches.iter().map(plain).collect()
}
