//! The issues that an import answers: known ones, and those that nobody has written down yet.

use xen4centos_advisory::{PatchTree, Series, XsaText};
use xen4centos_manifest::{KnownIssue, KnownState, Package};

use super::{upstream::Place, wrong};
use crate::{args::AdvisoryImportArgs, failure::Failure, session::Session};

/// An issue that was named.
#[derive(Clone, Debug)]
pub(super) struct Issue<'s> {
    /// `XSA-108`, or a CVE.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) cves: Vec<String>,
    /// What is written down of it.
    pub(super) known: Option<&'s KnownIssue>,
    /// What upstream says of it, where that was read.
    pub(super) text: Option<XsaText>,
}

impl<'s> Issue<'s> {
    /// All that were named, each once.
    pub(super) fn all(
        session: &'s Session<'_>,
        args: &AdvisoryImportArgs,
        place: Option<&Place>,
    ) -> Result<Vec<Self>, Failure> {
        let mut issues: Vec<Self> = Vec::new();
        for name in &args.issues {
            let issue = Self::named(session, args, place, name)?;
            if issues.iter().all(|other| other.id != issue.id) {
                issues.push(issue);
            }
        }
        Ok(issues)
    }

    fn named(
        session: &'s Session<'_>,
        args: &AdvisoryImportArgs,
        place: Option<&Place>,
        name: &str,
    ) -> Result<Self, Failure> {
        let known = known(session, name)?;
        let id = known.map_or_else(|| name.to_ascii_uppercase(), |known| known.id.clone());
        let number = id.strip_prefix("XSA-").and_then(|number| number.parse().ok());
        let text = match (place, number) {
            (Some(place), Some(number)) => Some(place.text(session, args, number)?),
            _ => None,
        };
        let own_title = args.announcement.title.as_ref().map(|title| without_package(session, title));
        let title = match (known, &text) {
            (Some(known), _) => Some(known.title.clone()),
            (None, Some(text)) => Some(text.title.clone()),
            (None, None) => own_title.filter(|_| is_issue(&id)),
        };
        let Some(title) = title else {
            let hint = "take it from upstream's text (--from DIR or URL), or say what it is about (--title)";
            return Err(wrong(format!("nothing is known of `{name}`"), hint));
        };
        let mut cves = known.map_or_else(Vec::new, |known| known.cves.clone());
        let new = text.iter().flat_map(|text| &text.cves).filter(|cve| !cves.contains(cve));
        let new: Vec<String> = new.cloned().collect();
        if let Some(known) = known.filter(|_| !new.is_empty()) {
            let (file, line) = (&known.file, known.line);
            session.printer.warning(format!("{file}:{line}: upstream says {} of {id}, too", new.join(", ")));
        }
        cves.extend(new);
        Ok(Self { id, title, cves, known, text })
    }

    /// `XSA-108: what it is (CVE-…)`
    pub(super) fn line(&self) -> String {
        let cves = if self.cves.is_empty() { String::new() } else { format!(" ({})", self.cves.join(", ")) };
        format!("{}: {}{cves}", self.id, self.title)
    }

    /// Whether it is known, or said by upstream, to be about a package.
    pub(super) fn is_about(&self, package: &Package) -> bool {
        match (self.known, &self.text) {
            (Some(known), _) => known.packages.contains_key(&package.name),
            (None, Some(text)) => Series::of(&package.version)
                .is_some_and(|series| !text.patches_for(tree_of(package), series).is_empty()),
            (None, None) => false,
        }
    }

    /// Whether a package is known never to have had it.
    pub(super) fn is_known_unaffected(&self, package: &Package) -> bool {
        self.state(package).is_some_and(|state| matches!(state, KnownState::NotAffected(_)))
    }

    /// Whether a package is known to have it.
    pub(super) fn is_known_affected(&self, package: &Package) -> bool {
        self.state(package) == Some(&KnownState::Affected)
    }

    /// What is written down of it and a package.
    pub(super) fn state(&self, package: &Package) -> Option<&'s KnownState> {
        self.known?.packages.get(&package.name).map(|knowledge| &knowledge.state)
    }

    /// Its number, as names of patches have it.
    pub(super) fn number(&self) -> &str {
        self.id.rsplit('-').next().unwrap_or(&self.id)
    }

    /// The first year in which it can have been public: that of its oldest CVE, or of the first advisory.
    pub(super) fn first_year(&self) -> i16 {
        let year = |cve: &String| cve.split('-').nth(1)?.parse().ok();
        let years = self.cves.iter().chain([&self.id]).filter(|id| id.starts_with("CVE-")).filter_map(year);
        years.min().unwrap_or(2011)
    }
}

/// The tree that patches of a package are made for.
pub(super) fn tree_of(package: &Package) -> PatchTree {
    match &package.upstream {
        Some(upstream) if upstream.name == "linux" => PatchTree::Linux,
        _ => PatchTree::Xen,
    }
}

/// By its id, or by a CVE that one issue has.
fn known<'s>(session: &'s Session<'_>, name: &str) -> Result<Option<&'s KnownIssue>, Failure> {
    let all = &session.project.known;
    if let Some(issue) = all.iter().find(|issue| issue.id.eq_ignore_ascii_case(name)) {
        return Ok(Some(issue));
    }
    let has = |issue: &&KnownIssue| issue.cves.iter().any(|cve| cve.eq_ignore_ascii_case(name));
    let having: Vec<&KnownIssue> = all.iter().filter(has).collect();
    match having[..] {
        [] => Ok(None),
        [issue] => {
            session.printer.step("Known", format!("{} as {}", name.to_ascii_uppercase(), issue.id));
            Ok(Some(issue))
        }
        _ => {
            let ids: Vec<&str> = having.iter().map(|issue| issue.id.as_str()).collect();
            Err(wrong(format!("`{name}` is of several issues: {}", ids.join(", ")), "name the one"))
        }
    }
}

/// `XSA-1` or `CVE-2031-1000`; what is not quite one is refused where it is read again.
fn is_issue(id: &str) -> bool {
    ["XSA-", "CVE-"].iter().any(|scheme| id.starts_with(scheme))
}

/// Advisories say of which package they are; what is known of an issue does so elsewhere.
fn without_package(session: &Session<'_>, title: &str) -> String {
    let own = title.split_once(": ").filter(|(package, _)| session.project.packages.contains_key(*package));
    own.map_or(title, |(_, own)| own).to_owned()
}
