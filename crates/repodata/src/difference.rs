//! What is different between two repositories.
//!
//! Of each package only a digest of what is said of it is held. What differs is read again, as much of it at a time as
//! has its limit, so that two large repositories need little memory however much they differ.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use sha2::{Digest as _, Sha256};
use xen4centos_artifact::{Evr, Nevra};

use crate::{
    Change, Checksum, Ignored, Package, RepodataError, Repository,
    additional::{base, is_of_packages},
    changes::{between, feed, field, list},
    parts::{Part, groups_of},
};

/// Bytes of what is said of packages that are compared at a time.
const AT_A_TIME: usize = 128 * 1024 * 1024;

/// What differs, each list sorted by name, architecture and version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Packages that only the second repository has.
    pub added: Vec<Nevra>,
    /// Packages that only the first one has.
    pub removed: Vec<Nevra>,
    /// Packages that the second one has something else in place of.
    pub replaced: Vec<Replaced>,
    /// What of the repositories themselves differs.
    pub repository: Vec<Change>,
}

impl Difference {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.replaced.is_empty()
            && self.repository.is_empty()
    }
}

/// A package in place of another of its name and architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// In the first repository.
    pub before: Nevra,
    /// In the second one.
    pub after: Nevra,
    /// How.
    pub replacement: Replacement,
    /// What differs, unless that was not asked for.
    pub changes: Vec<Change>,
}

/// How one package takes the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replacement {
    /// By a newer version.
    Upgrade,
    /// By an older version.
    Downgrade,
    /// By another file of the same version: clients that have one do not notice the other.
    Rebuilt,
    /// The same file is described otherwise.
    Described,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Which packages differ.
    Packages,
    /// What differs in each, too.
    Changes,
}

/// Compares two repositories.
///
/// # Errors
/// When one of them can not be read.
pub fn difference(
    before: &Repository,
    after: &Repository,
    ignored: &Ignored,
    telling: Telling,
) -> Result<Difference, RepodataError> {
    let mut packages: BTreeMap<(String, String), [Vec<Entry>; 2]> = BTreeMap::new();
    for (side, repository) in [before, after].into_iter().enumerate() {
        for package in repository.complete_packages()? {
            let package = package?;
            let entry = Entry::of(&package, ignored);
            let key = (package.nevra.name, package.nevra.arch);
            packages.entry(key).or_default()[side].push(entry);
        }
    }
    let (mut found, mut pairs) = (Difference::default(), Vec::new());
    for ((name, arch), [befores, afters]) in packages {
        let nevra = |entry: Entry| Nevra::new(name.clone(), entry.evr, arch.clone());
        let matched = Matched::of(befores, afters);
        found.removed.extend(matched.removed.into_iter().map(nevra));
        found.added.extend(matched.added.into_iter().map(nevra));
        for (before, after) in matched.pairs {
            found.replaced.push(Replaced {
                replacement: replacement(&before, &after),
                before: nevra(before.clone()),
                after: nevra(after.clone()),
                changes: Vec::new(),
            });
            pairs.push((before, after));
        }
    }
    if telling == Telling::Changes {
        add_changes([before, after], ignored, &pairs, &mut found.replaced)?;
    }
    found.repository = of_repositories(before, after, ignored)?;
    Ok(found)
}

/// What is held of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    evr: Evr,
    checksum: Checksum,
    href: String,
    digest: [u8; 32],
    /// Bytes of what is said of it.
    weight: usize,
}

impl Entry {
    fn of(package: &Package, ignored: &Ignored) -> Self {
        let (mut hasher, mut weight) = (Sha256::new(), 0);
        feed(package, ignored, |text| {
            hasher.update(text.as_bytes());
            weight += text.len();
        });
        let (checksum, href) = (package.checksum.clone(), package.href.clone());
        Self { evr: package.nevra.evr.clone(), checksum, href, digest: hasher.finalize().into(), weight }
    }

    fn order(&self, other: &Self) -> Ordering {
        self.evr.cmp(&other.evr).then_with(|| self.digest.cmp(&other.digest))
    }
}

fn replacement(before: &Entry, after: &Entry) -> Replacement {
    // Digests of two kinds tell nothing of whether the files are the same.
    let same_kind = before.checksum.kind == after.checksum.kind;
    match before.evr.cmp(&after.evr) {
        Ordering::Less => Replacement::Upgrade,
        Ordering::Greater => Replacement::Downgrade,
        Ordering::Equal if same_kind && before.checksum != after.checksum => Replacement::Rebuilt,
        Ordering::Equal => Replacement::Described,
    }
}

/// The packages of one name and architecture, set against each other.
#[derive(Default)]
struct Matched {
    removed: Vec<Entry>,
    added: Vec<Entry>,
    pairs: Vec<(Entry, Entry)>,
}

impl Matched {
    /// Those of equal versions first; of what is left the newest of both, which one may be taken for the other.
    fn of(mut befores: Vec<Entry>, mut afters: Vec<Entry>) -> Self {
        befores.sort_by(Entry::order);
        afters.sort_by(Entry::order);
        let (befores, afters) = without_equal(befores, afters);
        let mut matched = Self::default();
        let (mut left, mut right) = (befores.into_iter().peekable(), afters.into_iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(before), Some(after)) => before.evr.cmp(&after.evr),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            match order {
                Ordering::Less => matched.removed.extend(left.next()),
                Ordering::Greater => matched.added.extend(right.next()),
                Ordering::Equal => matched.pairs.extend(left.next().zip(right.next())),
            }
        }
        if let (Some(_), Some(_)) = (matched.removed.last(), matched.added.last()) {
            matched.pairs.extend(matched.removed.pop().zip(matched.added.pop()));
        }
        matched
    }
}

/// Two sorted lists without what both have.
fn without_equal(left: Vec<Entry>, right: Vec<Entry>) -> (Vec<Entry>, Vec<Entry>) {
    let (mut only_left, mut only_right) = (Vec::new(), Vec::new());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(first), Some(second)) => first.order(second),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return (only_left, only_right),
        };
        match next {
            Ordering::Less => only_left.extend(left.next()),
            Ordering::Greater => only_right.extend(right.next()),
            Ordering::Equal => drop((left.next(), right.next())),
        }
    }
}

/// Reads both repositories again for what differs, as often as it takes.
fn add_changes(
    repositories: [&Repository; 2],
    ignored: &Ignored,
    pairs: &[(Entry, Entry)],
    replaced: &mut [Replaced],
) -> Result<(), RepodataError> {
    let mut start = 0;
    while start < pairs.len() {
        let (mut end, mut weight) = (start, 0);
        while end < pairs.len() && (end == start || weight + pairs[end].0.weight <= AT_A_TIME) {
            weight += pairs[end].0.weight;
            end += 1;
        }
        let wanted = |side: fn(&(Entry, Entry)) -> &Entry| {
            let named = pairs[start..end].iter().map(side).enumerate();
            let mut wanted: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
            for (index, entry) in named {
                wanted.entry((&entry.checksum.value, &entry.href)).or_default().push(index);
            }
            wanted
        };
        let (befores, afters) = (wanted(|pair| &pair.0), wanted(|pair| &pair.1));
        let mut held: HashMap<usize, Package> = HashMap::new();
        for package in repositories[0].complete_packages()? {
            let package = package?;
            for index in befores.get(&key(&package)).into_iter().flatten() {
                held.insert(*index, package.clone());
            }
        }
        for package in repositories[1].complete_packages()? {
            let package = package?;
            for index in afters.get(&key(&package)).into_iter().flatten() {
                if let Some(before) = held.remove(index) {
                    replaced[start + index].changes = between(&before, &package, ignored);
                }
            }
        }
        start = end;
    }
    Ok(())
}

fn key(package: &Package) -> (&str, &str) {
    (&package.checksum.value, &package.href)
}

/// Whether the content of a document is told package by package, or group by group.
fn is_told_otherwise(kind: &str) -> bool {
    is_of_packages(kind) || base(kind) == "group"
}

fn of_repositories(
    before: &Repository,
    after: &Repository,
    ignored: &Ignored,
) -> Result<Vec<Change>, RepodataError> {
    let mut changes = Vec::new();
    let (left, right) = (before.repomd(), after.repomd());
    if !ignored.has("documents") {
        let kinds = |repository: &Repository| -> BTreeSet<String> {
            repository.repomd().records.iter().map(|record| record.kind.clone()).collect()
        };
        changes.extend(list("documents", &kinds(before), &kinds(after)));
        for record in left.records.iter().filter(|record| !is_told_otherwise(&record.kind)) {
            let Some(other) = right.record(&record.kind) else { continue };
            let digest =
                |record: &crate::Record| record.open_checksum.clone().unwrap_or(record.checksum.clone());
            let (before, after) = (digest(record), digest(other));
            if before.kind == after.kind {
                changes.extend(field(&format!("document `{}`", record.kind), before.value, after.value));
            }
        }
        changes.extend(of_groups(&groups_of(before)?, &groups_of(after)?));
    }
    if !ignored.has("tags") {
        changes.extend(list("tags", &tags(before), &tags(after)));
    }
    if !ignored.has("revision") {
        changes.extend(field("revision", left.revision.clone(), right.revision.clone()));
    }
    Ok(changes)
}

fn tags(repository: &Repository) -> BTreeSet<String> {
    let tags = &repository.repomd().tags;
    let content = tags.content.iter().map(|tag| format!("content {tag}"));
    let repo = tags.repo.iter().map(|tag| format!("repo {tag}"));
    let distro = tags.distro.iter().map(|(cpe, name)| {
        let cpe = cpe.as_ref().map(|cpe| format!(" ({cpe})")).unwrap_or_default();
        format!("distro {name}{cpe}")
    });
    content.chain(repo).chain(distro).collect()
}

/// Groups, categories and so on that only one has, then line by line what differs in each.
fn of_groups(before: &[Part], after: &[Part]) -> Vec<Change> {
    let names = |parts: &[Part]| -> BTreeSet<String> { parts.iter().map(Part::name).collect() };
    let lines = |part: &Part| -> BTreeSet<String> {
        part.text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let mut changes: Vec<Change> = list("groups", &names(before), &names(after)).into_iter().collect();
    for part in before {
        if let Some(other) = after.iter().find(|other| other.name() == part.name()) {
            changes.extend(list(&part.name(), &lines(part), &lines(other)));
        }
    }
    changes
}
