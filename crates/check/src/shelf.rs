use std::collections::{HashMap, HashSet};

use xen4centos_artifact::header::{HeaderError, RpmHeaders};

use crate::{PackageFacts, file_index::FileIndex};

/// What yum keeps several versions of beside one another (`installonlypkgs` of yum 3.2.29, as far as they are packages).
const INSTALL_ONLY: [&str; 2] = ["kernel", "kernel-devel"];

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

    /// The numbers of the newest of each name and architecture, by which yum goes.
    pub(crate) fn newest(&self) -> HashSet<usize> {
        let mut newest: HashMap<(&str, &str), usize> = HashMap::new();
        for (number, package) in self.packages.iter().enumerate() {
            let nevra = &package.facts.nevra;
            let best = newest.entry((&nevra.name, &nevra.arch)).or_insert(number);
            if self.packages[*best].facts.nevra.evr < nevra.evr {
                *best = number;
            }
        }
        newest.into_values().collect()
    }

    /// Of each package, whether a host that takes what is newest may have it beside the others.
    pub(crate) fn together(&self) -> Vec<bool> {
        let newest = self.newest();
        let stays = |package: &Shelved| INSTALL_ONLY.contains(&package.facts.nevra.name.as_str());
        let packages = self.packages.iter().enumerate();
        packages.map(|(number, package)| newest.contains(&number) || stays(package)).collect()
    }
}
