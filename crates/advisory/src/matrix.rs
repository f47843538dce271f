//! The story of this crate: every known fault against every package that it is about.

use std::collections::BTreeSet;

use xen4centos_artifact::{Evr, compare_versions};
use xen4centos_manifest::{
    Advisory, Fix, Knowledge, KnownIssue, KnownState, Package, Project, Standing, Target,
};

use crate::{Opening, Row, Verdict};

/// One row for each known issue and package of `target` that it is about, by issue; then the CVEs that only advisories
/// name.
pub fn matrix(project: &Project, target: &Target) -> Vec<Row> {
    let packages: Vec<&Package> =
        target.packages.iter().filter_map(|name| project.packages.get(name)).collect();
    let of_issue = |issue: &KnownIssue| match &issue.statement {
        Some(statement) => vec![statement_row(issue, statement)],
        None => packages
            .iter()
            .filter_map(|package| {
                let knowledge = issue.packages.get(&package.name)?;
                Some(Judge { project, target, package }.row(issue, knowledge))
            })
            .collect(),
    };
    let mut rows: Vec<Row> = project.known.iter().flat_map(of_issue).collect();
    let known: BTreeSet<String> =
        project.known.iter().flat_map(|issue| issue.cves.iter().chain([&issue.id])).cloned().collect();
    for package in packages {
        rows.extend(Judge { project, target, package }.only_announced(&known));
    }
    rows
}

fn statement_row(issue: &KnownIssue, statement: &str) -> Row {
    Row {
        issue: issue.id.clone(),
        title: issue.title.clone(),
        cves: issue.cves.clone(),
        package: None,
        component: None,
        verdict: Verdict::Statement(statement.to_owned()),
        commits: Vec::new(),
        note: None,
    }
}

/// Judges one package.
#[derive(Clone, Copy)]
struct Judge<'a> {
    project: &'a Project,
    target: &'a Target,
    package: &'a Package,
}

impl Judge<'_> {
    fn row(&self, issue: &KnownIssue, knowledge: &Knowledge) -> Row {
        Row {
            issue: issue.id.clone(),
            title: issue.title.clone(),
            cves: issue.cves.clone(),
            package: Some(self.package.name.clone()),
            component: Some(knowledge.component.clone()),
            verdict: self.verdict(&issue.id, &knowledge.state),
            commits: knowledge.commits.clone(),
            note: knowledge.note.clone(),
        }
    }

    /// What was announced comes before what is known of upstream's code: it came later.
    fn verdict(&self, issue: &str, known: &KnownState) -> Verdict {
        let says = |advisory: &&Advisory| advisory.fixes.iter().any(|fix| fix == issue);
        if let Some(verdict) = self.announced(says) {
            return verdict;
        }
        let opening = match known {
            KnownState::NotAffected(reason) => return Verdict::NotAffected(*reason),
            KnownState::Fixed { released_in } => match self.first_with(released_in) {
                Some(evr) => {
                    let release = self.shown(&evr);
                    return Verdict::Fixed { release, advisory: None, upstream: Some(released_in.clone()) };
                }
                None => Opening::Later { released_in: released_in.clone() },
            },
            KnownState::Affected => Opening::Affected,
            KnownState::UnderInvestigation => Opening::UnderInvestigation,
        };
        let patch = self.package.patches.iter().find(|patch| patch.advisories.iter().any(|id| id == issue));
        Verdict::Open(match patch {
            Some(patch) => Opening::Unannounced { patch: patch.file.clone() },
            None => opening,
        })
    }

    /// What the advisories that answer something say of the package. Where several have a fix each, it is whole with the
    /// newest of them.
    fn announced(&self, says: impl Fn(&&Advisory) -> bool) -> Option<Verdict> {
        let mut newest: Option<(&Advisory, &Fix)> = None;
        let mut not_affected = None;
        for advisory in self.project.advisories.values().filter(says) {
            let own = advisory.packages.iter().filter(|advised| advised.name == self.package.name);
            for advised in own {
                match &advised.standing {
                    Standing::NotAffected(reason) => not_affected = Some(Verdict::NotAffected(*reason)),
                    Standing::Fixed(fix) => {
                        if newest.is_none_or(|(_, earlier)| evr(earlier) < evr(fix)) {
                            newest = Some((advisory, fix));
                        }
                    }
                }
            }
        }
        let fixed = newest.map(|(advisory, fix)| Verdict::Fixed {
            release: self.shown(&evr(fix)),
            advisory: Some(advisory.id.clone()),
            upstream: fix.released_in.clone(),
        });
        fixed.or(not_affected)
    }

    /// The oldest release of the package that is of this release of upstream's or a later one, if the present one is.
    fn first_with(&self, released_in: &str) -> Option<Evr> {
        let has = |version: &str| compare_versions(version, released_in).is_ge();
        if !has(&self.package.version) {
            return None;
        }
        let made = self.package.changelog.iter().filter_map(|entry| entry.version.parse::<Evr>().ok());
        let first = made.take_while(|evr| has(&evr.version)).last();
        first.or_else(|| Some(Evr::new(0, &self.package.version, &self.package.release)))
    }

    /// Rows for CVEs that no known issue has.
    fn only_announced(&self, known: &BTreeSet<String>) -> Vec<Row> {
        let named: BTreeSet<&String> =
            self.project.advisories.values().flat_map(|advisory| &advisory.cves).collect();
        let row = |cve: &String| {
            let says = |advisory: &&Advisory| advisory.cves.contains(cve);
            let verdict = self.announced(says)?;
            let title = self.project.advisories.values().find(says).map(|advisory| advisory.title.clone());
            Some(Row {
                issue: cve.clone(),
                title: title.unwrap_or_default(),
                cves: Vec::new(),
                package: Some(self.package.name.clone()),
                component: None,
                verdict,
                commits: Vec::new(),
                note: None,
            })
        };
        named.into_iter().filter(|cve| !known.contains(*cve)).filter_map(row).collect()
    }

    /// With the package's name, its epoch, and the target's dist tag where it takes one.
    fn shown(&self, evr: &Evr) -> String {
        let Package { name, epoch, dist_tag, .. } = self.package;
        let dist = if *dist_tag { self.target.dist.as_str() } else { "" };
        format!("{name}-{}", Evr::new(*epoch, &evr.version, format!("{}{dist}", evr.release)))
    }
}

fn evr(fix: &Fix) -> Evr {
    Evr::new(0, &fix.version, &fix.release)
}
