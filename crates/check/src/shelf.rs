use std::collections::{HashMap, HashSet};

use xen4centos_artifact::{
    INSTALL_ONLY,
    header::{HeaderError, RpmHeaders},
};

use crate::{PackageFacts, file_index::FileIndex, upgrade::updates};

/// A binary package of the repository.
#[derive(Debug)]
pub(crate) struct Shelved {
    /// Path below the repository's directory.
    pub(crate) subject: String,
    pub(crate) facts: PackageFacts,
}

/// All binary packages of a repository, by numbers.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    packages: Vec<Shelved>,
    pub(crate) files: FileIndex,
}

impl Shelf {
    /// Adds a package; source packages, which no host installs, are passed over.
    pub(crate) fn add(&mut self, subject: &str, headers: &RpmHeaders) -> Result<(), HeaderError> {
        if headers.is_source() {
            return Ok(());
        }
        let facts = PackageFacts::of(headers)?;
        self.files.add(self.packages.len(), headers)?;
        self.packages.push(Shelved { subject: subject.to_owned(), facts });
        Ok(())
    }

    pub(crate) fn packages(&self) -> impl Iterator<Item = &Shelved> {
        self.packages.iter()
    }

    pub(crate) fn package(&self, number: usize) -> &Shelved {
        &self.packages[number]
    }

    /// The numbers of the newest of each name and architecture, by which yum goes. What has no architecture is newer or
    /// older than what has one.
    pub(crate) fn newest(&self) -> HashSet<usize> {
        let evr = |number: usize| &self.packages[number].facts.nevra.evr;
        let mut names: HashMap<&str, HashMap<&str, usize>> = HashMap::new();
        for (number, package) in self.packages.iter().enumerate() {
            let nevra = &package.facts.nevra;
            let best = names.entry(&nevra.name).or_default().entry(&nevra.arch).or_insert(number);
            if evr(*best) < &nevra.evr {
                *best = number;
            }
        }
        // A package that becomes one of no architecture, or of one, takes its own place.
        let stands = |newest: &HashMap<&str, usize>, arch: &str, number: usize| {
            let others = newest.iter().filter(|(other, _)| **other != arch && updates(other, arch));
            others.into_iter().all(|(_, other)| evr(*other) <= evr(number))
        };
        let newest = names.values().flat_map(|newest| {
            let all = newest.iter().filter(|(arch, number)| stands(newest, arch, **number));
            all.map(|(_, number)| *number)
        });
        newest.collect()
    }

    /// Of each package, whether a host that takes what is newest may have it beside the others.
    pub(crate) fn together(&self, newest: &HashSet<usize>) -> Vec<bool> {
        let packages = self.packages.iter().enumerate();
        packages
            .map(|(number, package)| newest.contains(&number) || is_install_only(&package.facts))
            .collect()
    }
}

/// Whether one of the two is only ever there in the place of the other.
pub(crate) fn replaces(one: &Shelved, other: &Shelved) -> bool {
    let stays = is_install_only(&one.facts) && is_install_only(&other.facts);
    let (one, other) = (&one.facts.nevra, &other.facts.nevra);
    one.name == other.name && updates(&one.arch, &other.arch) && !stays
}

/// Whether yum keeps it beside other versions of itself.
fn is_install_only(package: &PackageFacts) -> bool {
    let named = |name: &str| INSTALL_ONLY.contains(&name);
    named(&package.nevra.name) || package.provides.iter().any(|given| named(&given.name))
}
