//! What an administrator means by a name: yum takes names, patterns, versions, architectures, what packages provide, and
//! paths.

use std::collections::{BTreeMap, BTreeSet};

use xen4centos_artifact::matches_glob;

use super::{Job, SolverPackage, testcase::identity};

/// Everything that a name may stand for.
pub(super) struct Selection<'a> {
    /// What the host has.
    pub(super) installed: &'a [SolverPackage],
    /// What is offered, by the names that repositories have in the solver's language.
    pub(super) offered: &'a [(&'a str, Vec<&'a SolverPackage>)],
    /// The name of what is installed in that language.
    pub(super) system: &'a str,
}

impl Selection<'_> {
    /// A job in the solver's language, without `job`.
    pub(super) fn lines(&self, job: &Job) -> Vec<String> {
        match job {
            Job::Update(names) if names.is_empty() => vec!["update all packages".to_owned()],
            Job::Update(names) => {
                let names: BTreeSet<&str> = names.iter().flat_map(|name| self.to_update(name)).collect();
                names.into_iter().map(|name| format!("update name {name}")).collect()
            }
            Job::Install(names) => names.iter().flat_map(|name| self.to_install(name)).collect(),
        }
    }

    /// The names of what is installed and meant.
    fn to_update<'n>(&'n self, name: &'n str) -> BTreeSet<&'n str> {
        let all = |is_meant: &dyn Fn(&SolverPackage) -> bool| -> BTreeSet<&str> {
            let meant = self.installed.iter().filter(|package| is_meant(package));
            meant.map(|package| package.nevra.name.as_str()).collect()
        };
        let found = all(&|package| package.is_called(name));
        let found = if found.is_empty() { all(&|package| package.gives_or_owns(name)) } else { found };
        if found.is_empty() { BTreeSet::from([name]) } else { found }
    }

    /// Of a plain name, and of what is provided, the solver finds the best itself.
    fn to_install(&self, name: &str) -> Vec<String> {
        let everything = || self.everything().map(|(_, package)| package);
        if everything().any(|package| package.nevra.name == name) {
            return vec![format!("install name {name}")];
        }
        let mut called: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (repository, package) in self.everything().filter(|(_, package)| package.is_called(name)) {
            called.entry(&package.nevra.name).or_default().push(identity(package, repository));
        }
        if !called.is_empty() {
            return called.values().map(|packages| format!("install oneof {}", packages.join(" "))).collect();
        }
        let by = if everything().any(|package| package.gives_or_owns(name)) { "provides" } else { "name" };
        vec![format!("install {by} {name}")]
    }

    fn everything(&self) -> impl Iterator<Item = (&str, &SolverPackage)> {
        let offered = self.offered.iter();
        let offered = offered.flat_map(|(name, packages)| packages.iter().map(|package| (*name, *package)));
        self.installed.iter().map(|package| (self.system, package)).chain(offered)
    }
}

impl SolverPackage {
    fn is_called(&self, pattern: &str) -> bool {
        self.forms().iter().any(|form| matches_glob(pattern, form))
    }

    fn gives_or_owns(&self, name: &str) -> bool {
        self.gives(name) || self.files.iter().any(|path| path == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_yum_takes_for_names() {
        let mut xen = SolverPackage::named("xen-4.2.5-38.x86_64".parse().unwrap());
        xen.provides = vec!["vmm = 4".to_owned()];
        xen.files = vec!["/usr/sbin/xl".to_owned()];
        let old = SolverPackage::named("xen-4.2.2-23.x86_64".parse().unwrap());
        let libs = SolverPackage::named("xen-libs-1:4.2.5-38.x86_64".parse().unwrap());
        let installed = [SolverPackage { provides: xen.provides.clone(), ..old.clone() }];
        let offered = [("r", vec![&xen, &old, &libs])];
        let selection = Selection { installed: &installed, offered: &offered, system: "@System" };
        let check = |job: &str, expect: &[&str]| {
            assert_eq!(selection.lines(&Job::parse(job).unwrap()), expect, "{job}");
        };
        let xens = "install oneof xen-4.2.2-23.x86_64@@System xen-4.2.5-38.x86_64@r xen-4.2.2-23.x86_64@r";
        check("install xen", &["install name xen"]);
        check("install xen.x86_64", &[xens]);
        check("install xen*", &[xens, "install oneof xen-libs-1:4.2.5-38.x86_64@r"]);
        check("install xen-4.2.5", &["install oneof xen-4.2.5-38.x86_64@r"]);
        check("install 1:xen-libs-4.2.5-38.x86_64", &["install oneof xen-libs-1:4.2.5-38.x86_64@r"]);
        check("install vmm", &["install provides vmm"]);
        check("install /usr/sbin/xl", &["install provides /usr/sbin/xl"]);
        check("install nobody", &["install name nobody"]);
        check("update", &["update all packages"]);
        check("update xen*", &["update name xen"]);
        check("update vmm", &["update name xen"]);
        check("update nobody", &["update name nobody"]);
    }
}
