use std::{collections::BTreeSet, fmt};

use super::metadata::{Metadata, Part};

/// One difference between our metadata and the reference's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The kind of the document, or the table.
    pub(crate) part: String,
    /// The package or entry; empty where it is the whole document.
    pub(crate) thing: String,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Only we have it.
    Ours(String),
    /// Only the reference has it.
    Theirs(String),
    /// The same, in another order.
    Order,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, thing, what } = self;
        match what {
            What::Ours(text) => write!(formatter, "{part} | {thing} | only ours: {text:?}"),
            What::Theirs(text) => write!(formatter, "{part} | {thing} | only theirs: {text:?}"),
            What::Order => write!(formatter, "{part} | {thing} | another order"),
        }
    }
}

/// All differences.
pub(crate) fn differences(ours: &Metadata, theirs: &Metadata) -> Vec<Difference> {
    let mut found = Vec::new();
    let names: BTreeSet<&String> = ours.parts.keys().chain(theirs.parts.keys()).collect();
    let empty = Part::default();
    for name in names {
        let [ours, theirs] = [ours, theirs].map(|metadata| metadata.parts.get(name).unwrap_or(&empty));
        let mut add = |thing: &str, what| {
            found.push(Difference { part: name.clone(), thing: thing.to_owned(), what });
        };
        things(ours, theirs, &mut add);
        for (thing, ours) in &ours.things {
            if let Some(theirs) = theirs.things.get(thing) {
                lines(thing, ours, theirs, &mut add);
            }
        }
    }
    found
}

/// What only one has, and whether what both have is in another order.
fn things(ours: &Part, theirs: &Part, add: &mut impl FnMut(&str, What)) {
    let only = |here: &Part, there: &Part| {
        let names = here.order.iter().filter(|name| !there.things.contains_key(*name));
        names.cloned().collect::<Vec<String>>()
    };
    for name in only(ours, theirs) {
        add("", What::Ours(name));
    }
    for name in only(theirs, ours) {
        add("", What::Theirs(name));
    }
    let common = |here: &Part, there: &Part| {
        let names = here.order.iter().filter(|name| there.things.contains_key(*name));
        names.cloned().collect::<Vec<String>>()
    };
    if common(ours, theirs) != common(theirs, ours) {
        add("", What::Order);
    }
}

/// What stands only in one of two lists, as often as it stands there; else whether the order is another one.
fn lines(thing: &str, ours: &[String], theirs: &[String], add: &mut impl FnMut(&str, What)) {
    if ours == theirs {
        return;
    }
    let [mut left, mut right] = [ours, theirs].map(|list| {
        let mut sorted: Vec<&String> = list.iter().collect();
        sorted.sort();
        sorted.into_iter().peekable()
    });
    let mut same = true;
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(left), Some(right)) => left.cmp(right),
        };
        same &= order.is_eq();
        if order.is_le() {
            let text = left.next().unwrap();
            if order.is_lt() {
                add(thing, What::Ours(text.clone()));
            }
        }
        if order.is_ge() {
            let text = right.next().unwrap();
            if order.is_gt() {
                add(thing, What::Theirs(text.clone()));
            }
        }
    }
    if same {
        add(thing, What::Order);
    }
}
