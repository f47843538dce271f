//! `advisories/known/*.toml`.

use std::collections::BTreeMap;

use xen4centos_toml_tree::{File, Table, Text};

use super::{all_checked, checked, refuse_repeated, value};
use crate::{Knowledge, KnownIssue, KnownState, NotAffected, issue_words, words};

/// The issues of a file as far as they could be read, with what is checked against packages.
pub(crate) struct ReadKnown<'a> {
    pub(crate) file: &'a File,
    pub(crate) ids: Vec<Text>,
    /// The packages that they name.
    pub(crate) packages: Vec<Text>,
    pub(crate) issues: Vec<KnownIssue>,
}

#[derive(Clone, Copy)]
enum State {
    Fixed,
    Affected,
    UnderInvestigation,
    NotAffected,
}

const STATES: [(&str, State); 4] = [
    ("fixed", State::Fixed),
    ("affected", State::Affected),
    ("under_investigation", State::UnderInvestigation),
    ("not_affected", State::NotAffected),
];

pub(crate) fn read(root: Table<'_>) -> ReadKnown<'_> {
    let file = root.file();
    let (mut ids, mut packages, mut issues) = (Vec::new(), Vec::new(), Vec::new());
    for table in root.required_tables("issue") {
        let (id, named, issue) = one(table);
        ids.extend(id);
        packages.extend(named);
        issues.extend(issue);
    }
    root.finish();
    ReadKnown { file, ids, packages, issues }
}

fn one(table: Table<'_>) -> (Option<Text>, Vec<Text>, Option<KnownIssue>) {
    let (line, _) = table.file().position(table.span.start);
    let file = table.file().shown.clone();
    let id = checked(&table, table.required("id"), issue_words::issue);
    let title = table.required("title").map(|text| text.value);
    let cves = all_checked(&table, table.texts("cves"), issue_words::cve);
    refuse_repeated(&table, &cves, "CVE");
    let statement = table.text("statement").map(|text| text.value);
    let named = table.named_tables("in");
    if table.has("statement") {
        table.refuse("in", "beside `statement`: what asks for no change is in no package", None);
    } else if named.is_empty() && !table.has("in") {
        table.missing("in", Some("`in.PACKAGE = { … }` for each package, or a `statement`"));
    }
    table.finish();
    let mut packages = BTreeMap::new();
    let mut names = Vec::new();
    for (name, table) in named {
        if let Some(knowledge) = knowledge(table) {
            packages.insert(name.value.clone(), knowledge);
        }
        names.push(name);
    }
    let issue = (|| {
        let cves = cves.into_iter().map(|cve| cve.value).collect();
        Some(KnownIssue { id: id.clone()?.value, title: title?, cves, statement, packages, file, line })
    })();
    (id, names, issue)
}

fn knowledge(table: Table<'_>) -> Option<Knowledge> {
    let component = table.required("component").map(|text| text.value);
    let state = table.word(table.required("state"), &STATES);
    let released_in = value(&table, table.text("released-in"), words::version);
    let reason = table.word(table.text("reason"), &NotAffected::WORDS);
    let commits = all_checked(&table, table.texts("commits"), issue_words::commit);
    refuse_repeated(&table, &commits, "commit");
    let note = table.text("note").map(|text| text.value);
    match state {
        Some(State::Fixed) if !table.has("released-in") => table.missing("released-in", None),
        Some(State::NotAffected) if !table.has("reason") => table.missing("reason", None),
        _ => {}
    }
    if !matches!(state, Some(State::Fixed) | None) {
        table.refuse("released-in", "is for what is `fixed`", None);
    }
    if !matches!(state, Some(State::NotAffected) | None) {
        table.refuse("reason", "is for what is `not_affected`", None);
    }
    table.finish();
    let state = match state? {
        State::Fixed => KnownState::Fixed { released_in: released_in? },
        State::Affected => KnownState::Affected,
        State::UnderInvestigation => KnownState::UnderInvestigation,
        State::NotAffected => KnownState::NotAffected(reason?),
    };
    let commits = commits.into_iter().map(|commit| commit.value).collect();
    Some(Knowledge { component: component?, state, commits, note })
}
