//! What was heard of an index, for its last words.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_repodata::Relisted;

use crate::printer::Printer;

/// What becomes of a package in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Replaced,
    Removed,
}

impl Change {
    pub(crate) const fn verb(self) -> &'static str {
        match self {
            Self::Added => "add",
            Self::Replaced => "replace",
            Self::Removed => "remove",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
        }
    }
}

/// What was told and is said again at the end.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) revision: String,
    /// How many packages are listed.
    pub(crate) packages: usize,
    /// Whether no metadata was written.
    pub(crate) unchanged: bool,
    /// The signature of the list that was replaced.
    pub(crate) dropped_signature: Option<Utf8PathBuf>,
    /// Packages that were left out, and why.
    pub(crate) left_out: Vec<LeftOut>,
    /// Paths that are no packages, though they look like some.
    pub(crate) passed_over: Vec<String>,
    /// Packages that were not known before, relative to the directory.
    pub(crate) read: BTreeSet<String>,
    /// Those of them that took the place of another package.
    pub(crate) exchanged: BTreeSet<String>,
    /// What became of the list, where that is known.
    pub(crate) listed: Option<Relisted>,
}

/// A package that is not listed, as JSON has it.
#[derive(Debug, serde::Serialize)]
pub(crate) struct LeftOut {
    pub(crate) package: Option<Utf8PathBuf>,
    pub(crate) reason: String,
}

impl Told {
    /// What came of it, in one line.
    pub(crate) fn say(&self, root: &Utf8Path, updates: bool, printer: &Printer) {
        for (change, path) in self.changes().unwrap_or_default() {
            printer.detail(format!("{} {path}", change.done()));
        }
        if self.packages == 0 {
            printer.warning(format!("no package is listed: `{root}` has none that is"));
        }
        let verb = if self.unchanged { "Unchanged" } else { "Indexed" };
        printer.step(verb, format!("{root}: {}", self.summary(updates)));
    }

    pub(crate) fn summary(&self, updates: bool) -> String {
        let packages = count(self.packages);
        let left_out = match self.left_out.len() {
            0 => String::new(),
            count => format!(", {count} left out"),
        };
        let changes = match &self.listed {
            _ if !updates || self.unchanged => String::new(),
            None => format!(" ({} read)", self.read.len()),
            Some(listed) => {
                let replaced = self.exchanged.len();
                let Relisted { added, removed } = listed;
                format!(" ({} new, {replaced} replaced, {} gone)", added.len(), removed.len())
            }
        };
        format!("{packages}{changes}{left_out}")
    }

    /// Paths under which another package was listed before.
    pub(crate) fn replaced(&self) -> Option<&BTreeSet<String>> {
        self.listed.as_ref().map(|_| &self.exchanged)
    }

    /// Each package that is not as it was listed before, and what becomes of it.
    pub(crate) fn changes(&self) -> Option<Vec<(Change, &String)>> {
        let Relisted { added, removed } = self.listed.as_ref()?;
        let added = added.iter().map(|path| (Change::Added, path));
        let replaced = self.replaced()?.iter().map(|path| (Change::Replaced, path));
        let removed = removed.iter().map(|path| (Change::Removed, path));
        Some(added.chain(replaced).chain(removed).collect())
    }
}

pub(crate) fn count(packages: usize) -> String {
    if packages == 1 { "1 package".into() } else { format!("{packages} packages") }
}
