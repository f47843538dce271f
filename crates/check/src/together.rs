//! Packages of a repository that a host can not have beside one another, though it must.

use std::collections::{BTreeSet, HashMap, HashSet};

use camino::Utf8Path;
use xen4centos_artifact::{Evr, header::RpmHeaders};

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
    way_out: "limit Conflicts and Obsoletes to versions before this one",
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

/// One package excludes the other, how, and whether only in some versions.
type Pair<'a> = (&'a PackageFacts, &'a PackageFacts, String, bool);

/// The newest packages of the repository, and what else is there.
struct Scene<'a> {
    own: Vec<&'a Shelved>,
    base: &'a [PackageFacts],
    providers: Providers<'a>,
}

pub(crate) fn check(shelf: &Shelf, base: &BaseProvides) -> Vec<Finding> {
    let newest = shelf.newest();
    let mut own: Vec<&Shelved> = newest.iter().map(|number| shelf.package(*number)).collect();
    own.sort_by(|left, right| left.subject.cmp(&right.subject));
    let mut providers = Providers::default();
    let facts = own.iter().map(|package| &package.facts);
    facts.chain(&base.packages).for_each(|package| providers.add(package));
    providers.extend(None, &base.list);
    let scene = Scene { own, base: &base.packages, providers };
    let mut findings = scene.conflicts();
    findings.extend(scene.firmware(&base.list));
    findings
}

impl<'a> Scene<'a> {
    fn conflicts(&self) -> Vec<Finding> {
        let pairs = self.exclusions();
        if pairs.is_empty() {
            return Vec::new();
        }
        let needing = self.needing(&pairs);
        let subjects: HashMap<*const PackageFacts, &str> =
            self.own.iter().map(|own| (&raw const own.facts, own.subject.as_str())).collect();
        let mut findings = Vec::new();
        for ((package, other, entry, versioned), needing) in pairs.iter().zip(needing) {
            // Without a version one is meant to stand for the other.
            let mates = *versioned && !package.source.is_empty() && package.source == other.source;
            let reason = if mates {
                format!("both are of {}", package.source)
            } else if let Some(needing) = needing {
                format!("{} needs both", needing.facts.nevra)
            } else {
                continue;
            };
            let subject = subjects.get(&std::ptr::from_ref(*package)).map(|subject| (*subject).to_owned());
            findings.push(Finding::new(
                &CONFLICT,
                subject.unwrap_or_else(|| package.nevra.to_string()),
                format!("{entry}, which {} is: {reason}", other.nevra),
            ));
        }
        findings
    }

    /// All pairs that exclude one another, one of them of the repository.
    fn exclusions(&self) -> Vec<Pair<'a>> {
        let everything = || self.own.iter().map(|own| &own.facts).chain(self.base);
        let own: HashSet<*const PackageFacts> = self.own.iter().map(|own| &raw const own.facts).collect();
        let is_own = |facts: &PackageFacts| own.contains(&std::ptr::from_ref(facts));
        let mut by_name: HashMap<&str, Vec<&'a PackageFacts>> = HashMap::new();
        everything().for_each(|facts| by_name.entry(&facts.nevra.name).or_default().push(facts));
        let mut pairs = Vec::new();
        for package in everything() {
            for entry in &package.conflicts {
                let hit: BTreeSet<_> =
                    self.providers.of(entry).filter_map(|(other, _)| other).map(|it| &it.nevra).collect();
                let others = hit.iter().filter_map(|nevra| by_name.get(nevra.name.as_str())).flatten();
                let others = others.filter(|other| hit.contains(&other.nevra));
                pairs.extend(
                    others.map(|other| {
                        (package, *other, format!("conflicts with {entry}"), entry.is_versioned())
                    }),
                );
            }
            for entry in &package.obsoletes {
                let others = by_name.get(entry.name.as_str()).into_iter().flatten();
                let others = others.filter(|other| entry.overlaps(&other.itself()));
                pairs.extend(others.map(|other| (package, *other, format!("obsoletes {entry}"), true)));
            }
        }
        pairs.retain(|(package, other, ..)| {
            package.nevra.name != other.nevra.name && (is_own(package) || is_own(other))
        });
        pairs
    }

    /// For each pair a package that can be installed only with both. What a package needs is worked out once.
    fn needing(&self, pairs: &[Pair<'a>]) -> Vec<Option<&'a Shelved>> {
        let mut found = vec![None; pairs.len()];
        for own in &self.own {
            let needed = self.needed(&own.facts);
            for ((one, other, ..), found) in pairs.iter().zip(&mut found) {
                if found.is_none() && needed.contains(&one.nevra) && needed.contains(&other.nevra) {
                    *found = Some(*own);
                }
            }
        }
        found
    }

    /// The package, and whatever is the only one to meet a requirement of it or of those.
    fn needed(&self, package: &'a PackageFacts) -> HashSet<&'a xen4centos_artifact::Nevra> {
        let mut needed = HashSet::from([&package.nevra]);
        let mut left = vec![package];
        while let Some(package) = left.pop() {
            for wanted in &package.requires {
                let mut found = self.providers.of(wanted).map(|(package, _)| package);
                let Some(Some(first)) = found.next() else { continue };
                let only = found.all(|other| other.is_some_and(|other| other.nevra == first.nevra));
                if only && needed.insert(&first.nevra) {
                    left.push(first);
                }
            }
        }
        needed
    }

    /// A kernel that asks for no firmware leaves hosts what they have.
    fn firmware(&self, list: &[Provision]) -> Vec<Finding> {
        const NAME: &str = "kernel-firmware";
        let packages = self.own.iter().map(|own| &own.facts).chain(self.base);
        let packages = packages.filter(|facts| facts.nevra.name == NAME).map(|facts| facts.nevra.evr.clone());
        let listed = list.iter().filter(|it| it.name == NAME).filter_map(|it| it.evr.parse::<Evr>().ok());
        let Some(newest) = packages.chain(listed).max() else { return Vec::new() };
        let asks = |facts: &PackageFacts| facts.requires.iter().any(|wanted| wanted.name == NAME);
        let kernels = self.own.iter().filter(|own| own.facts.nevra.name == "kernel" && asks(&own.facts));
        let behind = kernels.filter(|kernel| newest < kernel.facts.nevra.evr);
        let finding = |kernel: &&Shelved| {
            let message = format!("is {}, and the newest {NAME} is {newest}", kernel.facts.nevra.evr);
            Finding::new(&FIRMWARE, kernel.subject.as_str(), message)
        };
        behind.map(finding).collect()
    }
}

/// File conflicts. The headers of packages that have one are read a second time, from below `root`.
pub(crate) fn check_files(shelf: &mut Shelf, root: &Utf8Path) -> Result<Vec<Finding>, CheckError> {
    let together = shelf.together();
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
