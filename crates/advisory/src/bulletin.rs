//! What an announcement tells: the same data for mails, pages and programs.

use std::collections::BTreeSet;

use serde::Serialize;
use xen4centos_artifact::{Evr, Nevra};
use xen4centos_manifest::{Advisory, Project, Target};

use crate::{
    Shipped, Told,
    updateinfo::{answered, references, shown_severity},
};

/// An advisory and the published packages that answer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bulletin {
    /// In the project's scheme.
    pub id: String,
    /// One line.
    pub title: String,
    /// `security`, `bugfix` or `enhancement`.
    pub kind: String,
    /// `Important` and so on; empty for updates that close no hole.
    pub severity: String,
    /// YYYY-MM-DD HH:MM:SS UTC
    pub public: String,
    /// The same, as RFC 3339 has it.
    pub published: String,
    /// 1, or more where hosts were told something else before.
    pub version: u32,
    /// When this version came, as RFC 3339 has it.
    pub revised: String,
    /// Whether a host has to boot.
    pub reboot: bool,
    /// Paragraphs.
    pub description: Vec<String>,
    /// What it answers.
    pub issues: Vec<Issue>,
    /// URLs of it and about it.
    pub references: Vec<Reference>,
    /// Who found or mended it.
    pub credits: Vec<String>,
    /// The packages of each architecture, sorted.
    pub architectures: Vec<Architecture>,
    /// Of each source package, what its changelog says of the release.
    pub changes: Vec<Changes>,
    /// What the repository is called.
    pub repository: String,
    /// Where it is, with a final slash; none where its channel does not say.
    pub base_url: Option<String>,
}

/// A fault that is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Such as `XSA-108`.
    pub id: String,
    /// What it is.
    pub title: String,
    /// CVE ids.
    pub cves: Vec<String>,
}

/// A URL, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// The id of an issue, or the URL.
    pub id: String,
    /// Where it is.
    pub href: String,
}

/// Packages of one architecture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Architecture {
    /// `x86_64`, `noarch`
    pub name: String,
    /// Sorted by their files' names.
    pub packages: Vec<Announced>,
}

/// A package file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Announced {
    /// `name-version-release.arch.rpm`
    pub file: String,
    /// Of the signed file, in hexadecimal.
    pub sha256: String,
}

/// The entry of a changelog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The source package.
    pub package: String,
    /// `version-release` without the dist tag.
    pub version: String,
    /// One line each.
    pub entries: Vec<String>,
}

impl Bulletin {
    /// What there is to tell of an advisory, of which hosts were `told`; `None` where no package answers it.
    pub fn of(
        project: &Project,
        (target, base_url): (&Target, Option<&str>),
        advisory: &Advisory,
        (packages, told): (&[Shipped<'_>], &Told),
    ) -> Option<Self> {
        let (advisory, answering) = answered(project, target, advisory, packages)?;
        let known = |id: &String| project.known.iter().find(|issue| issue.id == *id);
        let issues = advisory.fixes.iter().map(|id| {
            let (title, cves) =
                known(id).map(|issue| (issue.title.clone(), issue.cves.clone())).unwrap_or_default();
            Issue { id: id.clone(), title, cves }
        });
        let others =
            advisory.cves.iter().map(|cve| Issue { id: cve.clone(), title: String::new(), cves: Vec::new() });
        let references = references(project, &advisory);
        let published = advisory.public.to_string();
        let (version, revised) = told.of(&advisory.id).map_or_else(
            || (1, published.clone()),
            |update| (update.version, format!("{}Z", update.updated.replacen(' ', "T", 1))),
        );
        Some(Self {
            id: advisory.id.clone(),
            title: advisory.title.clone(),
            kind: advisory.kind.to_string(),
            severity: advisory.severity.map_or("", shown_severity).to_owned(),
            public: advisory.public.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            published,
            version,
            revised,
            reboot: advisory.reboot,
            description: advisory.description.clone(),
            issues: issues.chain(others).collect(),
            references: references.into_iter().map(|[_, id, href]| Reference { id, href }).collect(),
            credits: advisory.credits.clone(),
            architectures: architectures(&answering),
            changes: changes(project, target, &answering),
            repository: target.repository.title.clone(),
            base_url: base_url.map(|url| format!("{}/", url.trim_end_matches('/'))),
        })
    }
}

fn architectures(packages: &[Shipped<'_>]) -> Vec<Architecture> {
    let mut found: Vec<Architecture> = Vec::new();
    for Shipped { nevra, sha256, .. } in packages {
        let Nevra { arch, .. } = nevra;
        let announced = Announced { file: nevra.file_name(), sha256: sha256.to_string() };
        match found.iter_mut().find(|known| known.name == *arch) {
            Some(known) => known.packages.push(announced),
            None => found.push(Architecture { name: arch.clone(), packages: vec![announced] }),
        }
    }
    for arch in &mut found {
        arch.packages.sort_by(|left, right| left.file.cmp(&right.file));
    }
    found.sort_by(|left, right| left.name.cmp(&right.name));
    found
}

/// Of the releases that are told of, which may be newer than those that an advisory names.
fn changes(project: &Project, target: &Target, packages: &[Shipped<'_>]) -> Vec<Changes> {
    let releases: BTreeSet<(&str, &Evr)> =
        packages.iter().map(|package| (package.source, &package.nevra.evr)).collect();
    let of = |(name, evr): (&str, &Evr)| {
        let package = project.packages.get(name)?;
        let dist = if package.dist_tag { target.dist.as_str() } else { "" };
        let version = format!("{}-{}", evr.version, evr.release.strip_suffix(dist)?);
        let is_it = |made: Evr| made.version_release() == version;
        let entry = package.changelog.iter().find(|entry| entry.version.parse().is_ok_and(is_it))?;
        Some(Changes { package: name.to_owned(), version, entries: entry.entries.clone() })
    };
    releases.into_iter().filter_map(of).collect()
}
