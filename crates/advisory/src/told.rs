//! What hosts were told before. An id means one update: where it says something else by now, its version goes up and it is
//! dated anew, and where it fixes other things altogether, it is another update.

use std::collections::{BTreeMap, BTreeSet};

use xen4centos_manifest::Project;

use crate::updateinfo::references;

/// The updates that were published, by id, each as hosts were told of it last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    updates: BTreeMap<String, Update>,
}

/// An update as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) version: u32,
    /// YYYY-MM-DD HH:MM:SS, UTC.
    pub(crate) updated: String,
    /// All of it.
    pub(crate) text: String,
    issues: BTreeSet<String>,
}

/// An id that was published for something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reused {
    /// The id.
    pub advisory: String,
    /// What it was for.
    pub before: Vec<String>,
}

impl Told {
    /// Reads a document of [`crate::updateinfo`], which takes the place of what was read before.
    pub fn read(&mut self, document: &str) {
        for part in document.split(START).skip(1) {
            let Some((body, _)) = part.split_once(END) else { continue };
            let text = format!("{START}{body}{END}");
            if let Some((id, update)) = read(text) {
                self.updates.insert(id, update);
            }
        }
    }

    pub(crate) fn of(&self, id: &str) -> Option<&Update> {
        self.updates.get(id)
    }

    /// The advisories of `project` whose ids were published for nothing of what they fix now.
    pub fn reused(&self, project: &Project) -> Vec<Reused> {
        let reused = project.advisories.values().filter_map(|advisory| {
            let before = &self.of(&advisory.id)?.issues;
            let references = references(project, advisory);
            let now: BTreeSet<String> = references
                .into_iter()
                .filter(|[kind, ..]| ISSUES.contains(&kind.as_str()))
                .map(|[_, id, _]| id)
                .collect();
            let is_other = !before.is_empty() && !now.is_empty() && before.is_disjoint(&now);
            is_other
                .then(|| Reused { advisory: advisory.id.clone(), before: before.iter().cloned().collect() })
        });
        reused.collect()
    }
}

const START: &str = "  <update ";
const END: &str = "  </update>\n";

/// The types of references that are issues.
const ISSUES: [&str; 2] = ["vendor", "cve"];

fn read(text: String) -> Option<(String, Update)> {
    let id = between(&text, "<id>", "</id>")?.to_owned();
    let version = between(&text, " version=\"", "\"")?.parse().ok()?;
    let updated = between(&text, "<updated date=\"", "\"")?.to_owned();
    let issues =
        text.lines().filter(|line| line.trim_start().starts_with("<reference ")).filter_map(|line| {
            let kind = between(line, " type=\"", "\"")?;
            between(line, " id=\"", "\"").filter(|_| ISSUES.contains(&kind)).map(str::to_owned)
        });
    let issues = issues.collect();
    Some((id, Update { version, updated, text, issues }))
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}
