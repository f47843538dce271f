//! Packages of a repository that a host can not have beside one another, though it must.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

use camino::Utf8Path;
use xen4centos_artifact::{Nevra, header::RpmHeaders};

use crate::{
    BaseProvides, CheckError, Finding, PackageFacts, Provision, Rule, Severity,
    closure::Providers,
    file_index::path_hash,
    package,
    shelf::{Shelf, Shelved, replaces},
};

pub(crate) const CONFLICT: Rule = Rule {
    code: "EL6-DEP-002",
    severity: Severity::Error,
    title: "packages that belong together and exclude one another",
    why: "Error: … conflicts with …; or the obsoleted package vanishes in the same transaction",
    way_out: "limit Conflicts and Obsoletes to versions before this one, or provide what the obsoleted package gives",
};

pub(crate) const BASE_CONFLICT: Rule = Rule {
    code: "EL6-DEP-005",
    severity: Severity::Warning,
    title: "package that excludes one of the system",
    why: "Error: … conflicts with …, on every host that has the other one",
    way_out: "limit Conflicts to the versions that are meant; where hosts never need the other one, waive this",
};

pub(crate) const FILES: Rule = Rule {
    code: "EL6-DEP-003",
    severity: Severity::Error,
    title: "file conflict",
    why: "Transaction Check Error: file … from install of … conflicts with file from package …",
    way_out: "let one package own the file, or state the conflict",
};

pub(crate) const FIRMWARE: Rule = Rule {
    code: "EL6-DEP-004",
    severity: Severity::Error,
    title: "kernel-firmware older than its kernel",
    why: "nothing is said: drivers do not find their firmware, and the host comes up without network",
    way_out: "build kernel-firmware with the kernel, and require it in that version",
};

/// How one package excludes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Conflicts,
    Obsoletes,
}

/// One package excludes the other.
struct Exclusion<'a> {
    package: &'a PackageFacts,
    how: How,
    entry: &'a Provision,
    other: &'a PackageFacts,
}

/// The newest packages, by which yum goes, of the repository and of what else is there.
struct Scene<'a> {
    own: Vec<&'a Shelved>,
    beside: Vec<&'a PackageFacts>,
    base: &'a BaseProvides,
    providers: Providers<'a>,
}

pub(crate) fn check(shelf: &Shelf, newest: &HashSet<usize>, base: &BaseProvides) -> Vec<Finding> {
    let mut own: Vec<&Shelved> = newest.iter().map(|number| shelf.package(*number)).collect();
    own.sort_by(|left, right| left.subject.cmp(&right.subject));
    let mut providers = Providers::default();
    let facts = own.iter().map(|package| &package.facts);
    facts.chain(&base.packages).chain(&base.listed).for_each(|package| providers.add(package));
    providers.extend(None, &base.list);
    let scene = Scene { own, beside: newest_of(base.packages.iter().chain(&base.listed)), base, providers };
    let mut findings = scene.conflicts();
    findings.extend(scene.firmware());
    findings
}

/// The newest of each name and architecture.
fn newest_of<'a>(packages: impl Iterator<Item = &'a PackageFacts>) -> Vec<&'a PackageFacts> {
    let mut newest: BTreeMap<(&str, &str), &'a PackageFacts> = BTreeMap::new();
    for package in packages {
        let best = newest.entry((&package.nevra.name, &package.nevra.arch)).or_insert(package);
        if best.nevra.evr < package.nevra.evr {
            *best = package;
        }
    }
    newest.into_values().collect()
}

impl<'a> Scene<'a> {
    fn everything(&self) -> impl Iterator<Item = &'a PackageFacts> {
        self.own.iter().map(|own| &own.facts).chain(self.beside.iter().copied())
    }

    fn conflicts(&self) -> Vec<Finding> {
        let exclusions = self.exclusions();
        if exclusions.is_empty() {
            return Vec::new();
        }
        let needing = self.needing(&exclusions);
        let stranded = self.stranded(&exclusions);
        let subjects: HashMap<*const PackageFacts, &str> =
            self.own.iter().map(|own| (&raw const own.facts, own.subject.as_str())).collect();
        let mut findings = Vec::new();
        for (Exclusion { package, how, entry, other }, needing) in exclusions.iter().zip(needing) {
            // A conflict without a version is meant: one stands for the other.
            let meant = *how == How::Conflicts && !entry.is_versioned();
            let mates = !meant && !package.source.is_empty() && package.source == other.source;
            let stranded = stranded.get(&other.nevra).filter(|_| *how == How::Obsoletes);
            let reason = match (needing, stranded) {
                _ if mates => format!("both are of {}", package.source),
                (Some(needing), _) => format!("{} needs both", needing.facts.nevra),
                (None, Some(left)) => format!("{} needs what goes with it", left.nevra),
                (None, None) => {
                    findings.extend(self.excludes_the_system((package, *how, entry, other), &subjects));
                    continue;
                }
            };
            let subject = subjects.get(&std::ptr::from_ref(*package)).map(|subject| (*subject).to_owned());
            findings.push(Finding::new(
                &CONFLICT,
                subject.unwrap_or_else(|| package.nevra.to_string()),
                format!("{how} {entry}, which {} is: {reason}", shown(other)),
            ));
        }
        findings
    }

    /// A conflict of the repository's with what hosts have from elsewhere. With a version it is meant for old ones, so the
    /// newest should not be among them.
    fn excludes_the_system(
        &self,
        (package, how, entry, other): (&PackageFacts, How, &Provision, &PackageFacts),
        subjects: &HashMap<*const PackageFacts, &str>,
    ) -> Option<Finding> {
        let subject = subjects.get(&std::ptr::from_ref(package))?;
        let is_of_the_system = !subjects.contains_key(&std::ptr::from_ref(other));
        let is_replaced = self.own.iter().any(|own| own.facts.nevra.name == other.nevra.name);
        (how == How::Conflicts && entry.is_versioned() && is_of_the_system && !is_replaced).then(|| {
            let message = format!("{how} {entry}, which {} of the base is", shown(other));
            Finding::new(&BASE_CONFLICT, *subject, message)
        })
    }

    /// All pairs that exclude one another, one of them of the repository.
    fn exclusions(&self) -> Vec<Exclusion<'a>> {
        let own: HashSet<*const PackageFacts> = self.own.iter().map(|own| &raw const own.facts).collect();
        let is_own = |facts: &PackageFacts| own.contains(&std::ptr::from_ref(facts));
        let mut by_name: HashMap<&str, Vec<&'a PackageFacts>> = HashMap::new();
        self.everything().for_each(|facts| by_name.entry(&facts.nevra.name).or_default().push(facts));
        let mut found = Vec::new();
        for package in self.everything() {
            for entry in &package.conflicts {
                let hit: BTreeSet<_> =
                    self.providers.of(entry).filter_map(|(other, _)| other).map(|it| &it.nevra).collect();
                let others = hit.iter().filter_map(|nevra| by_name.get(nevra.name.as_str())).flatten();
                let others = others.filter(|other| hit.contains(&other.nevra));
                let how = How::Conflicts;
                found.extend(others.map(|other| Exclusion { package, how, entry, other }));
            }
            for entry in &package.obsoletes {
                let others = by_name.get(entry.name.as_str()).into_iter().flatten();
                let others = others.filter(|other| entry.overlaps(&other.itself()));
                let how = How::Obsoletes;
                found.extend(others.map(|other| Exclusion { package, how, entry, other }));
            }
        }
        found.retain(|Exclusion { package, other, .. }| {
            package.nevra.name != other.nevra.name && (is_own(package) || is_own(other))
        });
        found
    }

    /// For each pair a package that can be installed only with both. What a package needs is worked out once.
    fn needing(&self, exclusions: &[Exclusion<'a>]) -> Vec<Option<&'a Shelved>> {
        let mut found = vec![None; exclusions.len()];
        for own in &self.own {
            let needed = self.needed(&own.facts);
            for (Exclusion { package, other, .. }, found) in exclusions.iter().zip(&mut found) {
                if found.is_none() && needed.contains(&package.nevra) && needed.contains(&other.nevra) {
                    *found = Some(*own);
                }
            }
        }
        found
    }

    /// The package, and whatever is the only one to meet a requirement of it or of those.
    fn needed(&self, package: &'a PackageFacts) -> HashSet<&'a Nevra> {
        let mut needed = HashSet::from([&package.nevra]);
        let mut left = vec![package];
        while let Some(package) = left.pop() {
            for wanted in &package.requires {
                let mut found = self.providers.of(wanted).map(|(package, _)| package);
                let Some(Some(first)) = found.next() else { continue };
                let only = found.all(|other| other.is_some_and(|other| other.nevra == first.nevra));
                if only && !self.base.has_prefix_of(&wanted.name) && needed.insert(&first.nevra) {
                    left.push(first);
                }
            }
        }
        needed
    }

    /// The packages that meet what is wanted; `None` where a list names it, too.
    fn meeting(&self, wanted: &Provision) -> Option<Vec<&'a PackageFacts>> {
        let found: Option<Vec<_>> = self.providers.of(wanted).map(|(package, _)| package).collect();
        found.filter(|_| !self.base.has_prefix_of(&wanted.name))
    }

    /// By each package that is obsoleted: one that stays and needs what only packages give that are obsoleted. yum
    /// takes the place of a package wherever it is installed, without being asked for what comes.
    fn stranded(&self, exclusions: &[Exclusion<'a>]) -> HashMap<&'a Nevra, &'a PackageFacts> {
        let entries = exclusions.iter().filter(|exclusion| exclusion.how == How::Obsoletes);
        let mut entries: Vec<&Provision> = entries.map(|exclusion| exclusion.entry).collect();
        let mut stranded = HashMap::new();
        if entries.is_empty() {
            return stranded;
        }
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        let is_gone = |package: &PackageFacts| {
            let name = &package.nevra.name;
            let start = entries.partition_point(|entry| entry.name < *name);
            let mut named = entries[start..].iter().take_while(|entry| entry.name == *name);
            named.any(|entry| entry.overlaps(&package.itself()))
        };
        for package in self.everything().filter(|package| !is_gone(package)) {
            for wanted in &package.requires {
                let Some(meeting) = self.meeting(wanted) else { continue };
                if meeting.iter().all(|other| is_gone(other)) {
                    stranded.extend(meeting.iter().map(|other| (&other.nevra, package)));
                }
            }
        }
        stranded
    }

    /// A kernel that asks for no firmware leaves hosts what they have.
    fn firmware(&self) -> Vec<Finding> {
        const NAME: &str = "kernel-firmware";
        let packages = self.everything().filter(|facts| facts.nevra.name == NAME);
        let Some(newest) = packages.map(|facts| &facts.nevra.evr).max() else { return Vec::new() };
        let asks = |facts: &PackageFacts| facts.requires.iter().any(|wanted| wanted.name == NAME);
        let kernels = self.own.iter().filter(|own| own.facts.nevra.name == "kernel" && asks(&own.facts));
        let behind = kernels.filter(|kernel| *newest < kernel.facts.nevra.evr);
        let finding = |kernel: &&Shelved| {
            let message = format!("is {}, and the newest {NAME} is {newest}", kernel.facts.nevra.evr);
            Finding::new(&FIRMWARE, kernel.subject.as_str(), message)
        };
        behind.map(finding).collect()
    }
}

/// A package of a list has no architecture.
fn shown(package: &PackageFacts) -> String {
    if package.nevra.arch.is_empty() { package.itself().to_string() } else { package.nevra.to_string() }
}

/// File conflicts. The headers of packages that have one are read a second time, from below `root`.
pub(crate) fn check_files(
    shelf: &mut Shelf,
    newest: &HashSet<usize>,
    root: &Utf8Path,
) -> Result<Vec<Finding>, CheckError> {
    let together = shelf.together(newest);
    let clashes = shelf.files.clashes(&together);
    let mut findings = Vec::new();
    let mut read: Option<(usize, RpmHeaders)> = None;
    for ((number, other), hashes) in clashes {
        let (one, other) = (shelf.package(number), shelf.package(other));
        if exclude(&one.facts, &other.facts) || replaces(one, other) {
            continue;
        }
        // Clashes come sorted by their first package.
        if read.as_ref().is_none_or(|(of, _)| *of != number) {
            read = package::read_headers(&root.join(&one.subject))?.ok().map(|headers| (number, headers));
        }
        let Some(Ok(files)) = read.as_ref().map(|(_, headers)| headers.main().files()) else { continue };
        let paths = files.filter(|file| hashes.contains(&path_hash(&file.path_bytes())));
        let first = paths.map(|file| file.path_lossy()).min().unwrap_or_default();
        let more = match hashes.len() {
            0 | 1 => String::new(),
            count => format!(", and {} more", count - 1),
        };
        let message = format!("has another {first} than {}{more}", other.facts.nevra);
        findings.push(Finding::new(&FILES, one.subject.as_str(), message));
    }
    Ok(findings)
}

/// Whether no host can have both.
fn exclude(one: &PackageFacts, other: &PackageFacts) -> bool {
    let by = |package: &PackageFacts, other: &PackageFacts| {
        let given = || other.provides.iter();
        let conflict = |entry: &Provision| given().any(|it| it.name == entry.name && it.overlaps(entry));
        let name = package.nevra.name != other.nevra.name;
        name && (package.conflicts.iter().any(conflict) || package.obsoleting(&other.itself()).is_some())
    };
    by(one, other) || by(other, one)
}

impl fmt::Display for How {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Conflicts => "conflicts with",
            Self::Obsoletes => "obsoletes",
        })
    }
}
