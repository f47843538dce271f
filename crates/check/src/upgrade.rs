//! Whether hosts that have what was published before get what is published now.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use xen4centos_artifact::{Evr, Nevra};

use crate::{
    Finding, PackageFacts, Provision, Rule, Severity,
    facts::source_name,
    shelf::{Shelf, Shelved},
};

pub(crate) const OLDER: Rule = Rule {
    code: "EL6-UPG-001",
    severity: Severity::Error,
    title: "package that is not newer than what was published",
    why: "nothing is said: yum update keeps what the host has",
    way_out: "raise the release above everything that was ever published, or the epoch",
};

pub(crate) const CHANGED: Rule = Rule {
    code: "EL6-UPG-002",
    severity: Severity::Error,
    title: "published package with other content",
    why: "[Errno -1] Package does not match intended download; hosts that have it never get the new one",
    way_out: "publish the very file again, or raise the release",
};

pub(crate) const DISAGREE: Rule = Rule {
    code: "EL6-UPG-003",
    severity: Severity::Error,
    title: "packages of one build with different versions",
    why: "Error: Package: … Requires: … = …; or a host ends up with parts of two builds",
    way_out: "give all packages of a spec the version and release of the spec",
};

pub(crate) const LEFT: Rule = Rule {
    code: "EL6-UPG-004",
    severity: Severity::Error,
    title: "package that leaves and that nothing obsoletes",
    why: "nothing is said: hosts keep it for ever, or Error: Package: … Requires: … = … when its build-mates are updated",
    way_out: "let a package that stays obsolete it (Obsoletes: NAME < VERSION), or keep it",
};

pub(crate) const BEHIND: Rule = Rule {
    code: "EL6-UPG-005",
    severity: Severity::Warning,
    title: "package that the newest build of its source no longer has",
    why: "nothing is said: hosts keep the old one beside the new rest, or the update is refused where it requires the rest",
    way_out: "build it again, or let a package of the new build obsolete it",
};

/// What a channel published until now.
#[derive(Clone, Debug)]
pub struct Published {
    /// How messages call it: a channel's name, a directory or a URL.
    pub place: String,
    /// Whose history it is.
    pub relation: Relation,
    /// All packages that were ever published, as far as that is known.
    pub packages: Vec<PublishedPackage>,
}

/// What a history has to do with the repository that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is what the repository will take the place of.
    Before,
    /// It is a channel that packages come from; its hosts have the repository, too.
    Origin,
}

/// A package as it was published.
#[derive(Clone, Debug)]
pub struct PublishedPackage {
    /// What yum knows it by.
    pub nevra: Nevra,
    /// Of the file.
    pub checksum: FileChecksum,
    /// Whether the last state of the channel still has it.
    pub is_there: bool,
}

/// A checksum as metadata states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChecksum {
    /// `sha256` and the like.
    pub kind: String,
    /// Hexadecimal.
    pub value: String,
}

/// A package of the repository that is checked, whether a host installs it or not.
pub(crate) struct Offered<'a> {
    pub(crate) subject: &'a str,
    pub(crate) nevra: Nevra,
    pub(crate) checksum: FileChecksum,
}

pub(crate) fn check(
    offered: &[Offered<'_>],
    (shelf, newest): (&Shelf, &HashSet<usize>),
    histories: &[Published],
) -> Vec<Finding> {
    let obsoletes = Obsoletes::of(shelf, newest);
    let mut findings = builds((shelf, newest), &obsoletes);
    let before = histories.iter().filter(|history| history.relation == Relation::Before);
    let stay: HashSet<&Nevra> =
        before.flat_map(|history| &history.packages).map(|package| &package.nevra).collect();
    for history in histories {
        let published = by_name(history);
        // Origins say what is to come: of packages that the channel has had they say nothing.
        let is_origin = history.relation == Relation::Origin;
        for package in offered.iter().filter(|package| !is_origin || !stay.contains(&package.nevra)) {
            let known = published.get(package.nevra.name.as_str()).map_or(&[][..], Vec::as_slice);
            findings.extend(against(package, known, history));
        }
        if history.relation == Relation::Before {
            findings.extend(left(offered, &obsoletes, history));
        }
    }
    findings
}

fn by_name(history: &Published) -> HashMap<&str, Vec<&PublishedPackage>> {
    let mut names: HashMap<&str, Vec<&PublishedPackage>> = HashMap::new();
    // What an origin took back is on no host of it any more, or is meant to be taken from them.
    let is_meant = |package: &&PublishedPackage| history.relation == Relation::Before || package.is_there;
    for package in history.packages.iter().filter(is_meant) {
        names.entry(&package.nevra.name).or_default().push(package);
    }
    names
}

/// A package that was published may stand beside newer ones. One that was not must be newer than all of its name.
fn against(package: &Offered<'_>, known: &[&PublishedPackage], history: &Published) -> Option<Finding> {
    let place = &history.place;
    if let Some(same) = known.iter().find(|known| known.nevra == package.nevra) {
        // Checksums of two kinds say nothing about one another.
        let comparable = same.checksum.kind == package.checksum.kind;
        let changed = comparable && same.checksum.value != package.checksum.value;
        let message = || format!("{} is other content than {place} published", package.nevra);
        return changed.then(|| Finding::new(&CHANGED, package.subject, message()));
    }
    let comparable = known.iter().filter(|known| updates(&package.nevra.arch, &known.nevra.arch));
    let newest = comparable.map(|known| &known.nevra).max_by(|left, right| left.evr.cmp(&right.evr))?;
    let message = || format!("{} is not newer than {newest}, which {place} published", package.nevra.evr);
    (newest.evr >= package.nevra.evr).then(|| Finding::new(&OLDER, package.subject, message()))
}

/// Whether yum lets a package of one architecture take the place of one of the other.
pub(crate) fn updates(one: &str, other: &str) -> bool {
    let is_source = |arch| arch == "src" || arch == "nosrc";
    one == other || !is_source(one) && !is_source(other) && (one == "noarch" || other == "noarch")
}

/// Names that the channel has and the repository has not.
fn left(offered: &[Offered<'_>], obsoletes: &Obsoletes<'_>, history: &Published) -> Vec<Finding> {
    let binary = offered.iter().filter(|package| package.nevra.arch != "src");
    let staying: HashSet<&str> = binary.map(|package| package.nevra.name.as_str()).collect();
    let mut leaving: BTreeMap<&str, &Nevra> = BTreeMap::new();
    let there = history.packages.iter().filter(|package| package.is_there && package.nevra.arch != "src");
    for nevra in there.map(|package| &package.nevra) {
        let newest = leaving.entry(&nevra.name).or_insert(nevra);
        if newest.evr < nevra.evr {
            *newest = nevra;
        }
    }
    leaving.retain(|name, nevra| !staying.contains(name) && !obsoletes.has(nevra));
    let finding = |nevra: &Nevra| {
        Finding::new(
            &LEFT,
            nevra.name.as_str(),
            format!("{nevra} is in {}, and here is no package of the name", history.place),
        )
    };
    leaving.into_values().map(finding).collect()
}

/// What the newest packages obsolete, by its name: the package that does, and in which versions.
struct Obsoletes<'a>(HashMap<&'a str, Vec<(&'a PackageFacts, &'a Provision)>>);

impl<'a> Obsoletes<'a> {
    fn of(shelf: &'a Shelf, newest: &HashSet<usize>) -> Self {
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for package in newest.iter().map(|number| &shelf.package(*number).facts) {
            for entry in &package.obsoletes {
                names.entry(entry.name.as_str()).or_default().push((package, entry));
            }
        }
        Self(names)
    }

    fn has(&self, nevra: &Nevra) -> bool {
        let itself = Provision::exactly(nevra.name.as_str(), nevra.evr.to_string());
        let mut entries = self.0.get(nevra.name.as_str()).into_iter().flatten();
        entries.any(|(package, entry)| package.nevra.name != nevra.name && entry.overlaps(&itself))
    }
}

/// What packages of one build must have in common.
fn builds((shelf, newest): (&Shelf, &HashSet<usize>), obsoletes: &Obsoletes<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut versions: BTreeMap<&str, BTreeMap<Evr, &str>> = BTreeMap::new();
    for package in shelf.packages().filter(|package| !package.facts.source.is_empty()) {
        let build = versions.entry(&package.facts.source).or_default();
        build.entry(package.facts.nevra.evr.clone()).or_insert(&package.subject);
    }
    for (source, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let texts: Vec<String> = versions.keys().map(ToString::to_string).collect();
        let subject = versions.values().next_back().copied().unwrap_or_default();
        findings.push(Finding::new(
            &DISAGREE,
            subject,
            format!("{source} made versions {}", texts.join(", ")),
        ));
    }
    findings.extend(behind((shelf, newest), &versions, obsoletes));
    findings
}

/// The newest packages of a name that are of an older build than the newest of their source.
fn behind(
    (shelf, newest): (&Shelf, &HashSet<usize>),
    versions: &BTreeMap<&str, BTreeMap<Evr, &str>>,
    obsoletes: &Obsoletes<'_>,
) -> Vec<Finding> {
    let mut newest_builds: HashMap<&str, (&Evr, &str)> = HashMap::new();
    for (source, versions) in versions {
        let Some(evr) = versions.keys().next_back() else { continue };
        let newest = newest_builds.entry(source_name(source)).or_insert((evr, source));
        if newest.0 < evr {
            *newest = (evr, source);
        }
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let evr = |number: usize| &shelf.package(number).facts.nevra.evr;
    let numbers: BTreeSet<usize> = newest.iter().copied().collect();
    for number in numbers {
        let newest = names.entry(&shelf.package(number).facts.nevra.name).or_insert(number);
        if evr(*newest) < evr(number) {
            *newest = number;
        }
    }
    let finding = |number: usize| {
        let package = shelf.package(number);
        let (newest, source) = newest_builds.get(source_name(&package.facts.source))?;
        let evr = &package.facts.nevra.evr;
        let behind = package.facts.source != *source && evr < *newest;
        if !behind || obsoletes.has(&package.facts.nevra) {
            return None;
        }
        let message = format!("is {evr}, and {source} has no package of the name");
        Some(match tied(shelf, package, &names) {
            None => Finding::new(&BEHIND, package.subject.as_str(), message),
            Some(wanted) => {
                let message =
                    format!("{message}; it requires {wanted}, which hosts that have it can not update");
                Finding::new(&LEFT, package.subject.as_str(), message)
            }
        })
    };
    names.values().copied().filter_map(finding).collect()
}

/// The requirement by which a package holds an old package of its own build: one that the newest of that name does not
/// meet, nor anything else that is newest.
fn tied<'a>(shelf: &Shelf, package: &'a Shelved, newest_of: &BTreeMap<&str, usize>) -> Option<&'a Provision> {
    let meets = |number: usize, wanted: &Provision| {
        let provides = &shelf.package(number).facts.provides;
        provides.iter().any(|provided| provided.name == wanted.name && provided.overlaps(wanted))
    };
    package.facts.requires.iter().find(|wanted| {
        let mate = newest_of.get(wanted.name.as_str()).filter(|mate| {
            source_name(&shelf.package(**mate).facts.source) == source_name(&package.facts.source)
        });
        mate.is_some_and(|mate| !meets(*mate, wanted))
            && !newest_of.values().any(|number| meets(*number, wanted))
    })
}
