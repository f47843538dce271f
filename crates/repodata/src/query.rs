//! Which packages of a repository are meant, as `dnf repoquery` decides it.
//!
//! Documents are read as they come, and only what may be an answer is held. What can be told from primary.xml alone is;
//! filelists.xml is read where a path is asked for or the answer wants it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    num::NonZeroUsize,
};

use xen4centos_artifact::{Evr, matches_glob};

use crate::{
    Capability, Constraint, Dependencies, Dependency, Package, RepodataError, Repository, Specification,
    capability::{operands, overlap},
};

/// One of the lists of dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DependencyKind {
    /// What it gives.
    Provides,
    /// What it needs.
    Requires,
    /// What it can not be beside.
    Conflicts,
    /// What it takes the place of.
    Obsoletes,
    /// What it would like a little.
    Suggests,
    /// What would like it a little.
    Enhances,
    /// What it would like.
    Recommends,
    /// What would like it.
    Supplements,
}

impl Dependencies {
    /// The list of a kind.
    pub const fn of(&self, kind: DependencyKind) -> &Vec<Dependency> {
        match kind {
            DependencyKind::Provides => &self.provides,
            DependencyKind::Requires => &self.requires,
            DependencyKind::Conflicts => &self.conflicts,
            DependencyKind::Obsoletes => &self.obsoletes,
            DependencyKind::Suggests => &self.suggests,
            DependencyKind::Enhances => &self.enhances,
            DependencyKind::Recommends => &self.recommends,
            DependencyKind::Supplements => &self.supplements,
        }
    }
}

/// What is asked for. All that is given must hold; of several values of one kind one must.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The packages by name, or by a path that they own; all where there is none.
    pub packages: Vec<Specification>,
    /// Paths that they own, or globs of them.
    pub files: Vec<String>,
    /// What stands in their lists. What nothing provides by name is taken as a path.
    pub what: Vec<(DependencyKind, Vec<String>)>,
    /// Whether dependencies on what the named *packages* provide count, too.
    pub through: Through,
    /// Their architectures; any where there is none.
    pub architectures: Vec<String>,
    /// Whether old versions count.
    pub versions: Versions,
    /// What of the packages is wanted besides what primary.xml has.
    pub detail: Detail,
}

/// How what is named after `what` is understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Through {
    /// As a dependency, and as a package, whatever of it others depend on.
    #[default]
    Packages,
    /// As a dependency, word for word.
    Nothing,
}

/// Which versions count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// All.
    #[default]
    All,
    /// So many of the newest of each name and architecture.
    Latest(NonZeroUsize),
}

/// What of the packages is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What primary.xml has.
    #[default]
    Primary,
    /// All files.
    Files,
    /// The changelogs.
    Changelogs,
}

impl Query {
    /// The packages, sorted by name, version and architecture.
    ///
    /// # Errors
    /// When something that is asked for can not be understood, or the repository can not be read.
    pub fn run(&self, repository: &Repository) -> Result<Vec<Package>, RepodataError> {
        let mut found = self.pass(repository, false)?;
        if found.is_empty() && self.what.iter().any(|(kind, _)| *kind == DependencyKind::Provides) {
            found = self.pass(repository, true)?;
        }
        if !self.architectures.is_empty() {
            found.retain(|package| self.architectures.contains(&package.nevra.arch));
        }
        if let Versions::Latest(limit) = self.versions {
            found = latest(found, limit);
        }
        found.sort_by(|left, right| (&left.nevra, &left.href).cmp(&(&right.nevra, &right.href)));
        self.add_details(repository, &mut found)?;
        Ok(found)
    }

    /// One reading of primary.xml. `as_paths`: what should be provided are paths.
    fn pass(&self, repository: &Repository, as_paths: bool) -> Result<Vec<Package>, RepodataError> {
        let mut owners = Vec::new();
        if !self.files.is_empty() {
            owners.push(owners_of(repository, &self.files)?);
        }
        let mut filters = Vec::new();
        for (kind, texts) in &self.what {
            if as_paths && *kind == DependencyKind::Provides {
                owners.push(owners_of(repository, texts)?);
            } else {
                filters.push(Filter::new(repository, *kind, texts, self.through)?);
            }
        }
        let mut named = Named::new(&self.packages).with_owners(repository)?;
        for package in repository.packages()? {
            let package = package?;
            let is_owner = |owners: &HashSet<String>| owners.contains(&package.checksum.value);
            let is_meant = owners.iter().all(is_owner);
            named.take(package, |package| is_meant && filters.iter().all(|filter| filter.matches(package)));
        }
        Ok(named.finish())
    }

    fn add_details(&self, repository: &Repository, found: &mut [Package]) -> Result<(), RepodataError> {
        if self.detail == Detail::Primary || found.is_empty() {
            return Ok(());
        }
        let mut wanted: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, package) in found.iter().enumerate() {
            wanted.entry(package.checksum.value.clone()).or_default().push(index);
        }
        if self.detail == Detail::Files {
            for listed in repository.file_lists()? {
                let listed = listed?;
                for index in wanted.get(&listed.pkgid).into_iter().flatten() {
                    found[*index].files.clone_from(&listed.files);
                }
            }
        } else {
            for listed in repository.changelogs()? {
                let listed = listed?;
                for index in wanted.get(&listed.pkgid).into_iter().flatten() {
                    found[*index].changelog.clone_from(&listed.changelog);
                }
            }
        }
        Ok(())
    }
}

/// The newest package of each name and architecture; of equal ones the first.
fn latest(packages: Vec<Package>, limit: NonZeroUsize) -> Vec<Package> {
    let mut versions: BTreeMap<(String, String), BTreeSet<Evr>> = BTreeMap::new();
    let key = |package: &Package| (package.nevra.name.clone(), package.nevra.arch.clone());
    for package in &packages {
        versions.entry(key(package)).or_default().insert(package.nevra.evr.clone());
    }
    let oldest =
        |versions: &BTreeSet<Evr>| versions.iter().nth_back(limit.get().min(versions.len()) - 1).cloned();
    let oldest: BTreeMap<_, _> = versions.into_iter().map(|(key, all)| (key, oldest(&all))).collect();
    packages
        .into_iter()
        .filter(|package| oldest[&key(package)].as_ref() <= Some(&package.nevra.evr))
        .collect()
}

/// The rank of what owns a path.
const PATH: usize = usize::MAX - 1;

/// Packages by name: of the meanings of a name, the best that some package has.
struct Named<'a> {
    specifications: &'a [Specification],
    /// Of each that is a path, the checksums of packages that own it.
    owners: Vec<HashSet<String>>,
    best: Vec<usize>,
    found: Vec<(Vec<Option<usize>>, Package)>,
}

impl<'a> Named<'a> {
    fn new(specifications: &'a [Specification]) -> Self {
        let count = specifications.len();
        let owners = vec![HashSet::new(); count];
        Self { specifications, owners, best: vec![usize::MAX; count], found: Vec::new() }
    }

    /// Where some are paths, their owners are meant, too.
    fn with_owners(mut self, repository: &Repository) -> Result<Self, RepodataError> {
        if self.specifications.iter().any(|specification| specification.path().is_some()) {
            for listed in repository.file_lists()? {
                let listed = listed?;
                for (specification, owners) in self.specifications.iter().zip(&mut self.owners) {
                    let Some(path) = specification.path() else { continue };
                    if listed.files.iter().any(|file| matches_glob(path, &file.path)) {
                        owners.insert(listed.pkgid.clone());
                    }
                }
            }
        }
        Ok(self)
    }

    /// How good a name for the package a specification is. A path is the last that it can be.
    fn rank(&self, index: usize, package: &Package) -> Option<usize> {
        let specification = &self.specifications[index];
        let owns = || self.owners[index].contains(&package.checksum.value).then_some(PATH);
        specification.rank(&package.nevra).or_else(owns)
    }

    /// Takes a package that could be meant; what a name means does not depend on the other conditions.
    fn take(&mut self, package: Package, is_meant: impl FnOnce(&Package) -> bool) {
        let ranks: Vec<Option<usize>> =
            (0..self.specifications.len()).map(|index| self.rank(index, &package)).collect();
        for (best, rank) in self.best.iter_mut().zip(&ranks) {
            *best = rank.map_or(*best, |rank| rank.min(*best));
        }
        let is_named = ranks.is_empty() || ranks.iter().any(Option::is_some);
        if is_named && is_meant(&package) {
            self.found.push((ranks, package));
        }
    }

    fn finish(self) -> Vec<Package> {
        let best = self.best;
        let is_best = |ranks: &[Option<usize>]| {
            ranks.is_empty() || ranks.iter().zip(&best).any(|(rank, best)| *rank == Some(*best))
        };
        self.found.into_iter().filter(|(ranks, _)| is_best(ranks)).map(|(_, package)| package).collect()
    }
}

/// The checksums of the packages that own one of the paths.
fn owners_of(repository: &Repository, paths: &[String]) -> Result<HashSet<String>, RepodataError> {
    let mut owners = HashSet::new();
    for listed in repository.file_lists()? {
        let listed = listed?;
        let is_asked = |path: &str| paths.iter().any(|asked| matches_glob(asked, path));
        if listed.files.iter().any(|file| is_asked(&file.path)) {
            owners.insert(listed.pkgid);
        }
    }
    Ok(owners)
}

/// One condition on a list of dependencies.
struct Filter {
    kind: DependencyKind,
    asked: Vec<Capability>,
    /// What the packages that are named so give.
    given: Given,
}

/// What packages give, each by the number of the one that does: what a package gives itself is nobody's dependency.
#[derive(Default)]
struct Given {
    packages: HashMap<String, usize>,
    provides: HashMap<String, Vec<(usize, Option<Constraint>)>>,
    files: HashMap<String, Vec<usize>>,
}

impl Filter {
    fn new(
        repository: &Repository,
        kind: DependencyKind,
        texts: &[String],
        through: Through,
    ) -> Result<Self, RepodataError> {
        let asked = texts.iter().map(|text| Capability::parse(text)).collect::<Result<_, _>>()?;
        let direct = matches!(kind, DependencyKind::Provides | DependencyKind::Obsoletes);
        let given = if direct || through == Through::Nothing {
            Given::default()
        } else {
            Given::by_packages(repository, texts)?
        };
        Ok(Self { kind, asked, given })
    }

    fn matches(&self, package: &Package) -> bool {
        // What a source package has in that list can not be installed from it.
        if self.kind == DependencyKind::Provides && matches!(package.nevra.arch.as_str(), "src" | "nosrc") {
            return false;
        }
        let own = self.given.packages.get(&package.checksum.value).copied();
        let is_asked = |dependency: &Dependency| {
            self.asked.iter().any(|asked| asked.matches(dependency)) || self.given.meets(dependency, own)
        };
        package.dependencies.of(self.kind).iter().any(is_asked)
    }
}

impl Given {
    /// All that the packages of these names provide.
    fn by_packages(repository: &Repository, names: &[String]) -> Result<Self, RepodataError> {
        let specifications: Vec<Specification> =
            names.iter().map(|name| Specification::of_dependencies(name)).collect();
        let mut named = Named::new(&specifications);
        for package in repository.packages()? {
            named.take(package?, |_| true);
        }
        let mut given = Self::default();
        for package in named.finish() {
            let number = given.packages.len();
            given.packages.insert(package.checksum.value, number);
            for provided in package.dependencies.provides {
                given.provides.entry(provided.name.into()).or_default().push((number, provided.constraint));
            }
        }
        if !given.packages.is_empty() {
            for listed in repository.file_lists()? {
                let listed = listed?;
                let Some(number) = given.packages.get(&listed.pkgid).copied() else { continue };
                for file in listed.files {
                    given.files.entry(file.path).or_default().push(number);
                }
            }
        }
        Ok(given)
    }

    /// Whether a package other than the one that depends, `own`, gives it.
    fn meets(&self, dependency: &Dependency, own: Option<usize>) -> bool {
        self.gives(&dependency.name, dependency.constraint.as_ref(), own)
            || operands(&dependency.name)
                .iter()
                .any(|(name, constraint)| self.gives(name, constraint.as_ref(), own))
    }

    fn gives(&self, name: &str, wanted: Option<&Constraint>, own: Option<usize>) -> bool {
        let is_met = |(number, given): &(usize, Option<Constraint>)| {
            // A name without a version is none of those that are wanted, as dnf has it.
            Some(*number) != own
                && given.as_ref().map_or(wanted.is_none(), |given| overlap(Some(given), wanted))
        };
        self.provides.get(name).is_some_and(|given| given.iter().any(is_met))
            || self.files.get(name).is_some_and(|owners| owners.iter().any(|number| Some(*number) != own))
    }
}
