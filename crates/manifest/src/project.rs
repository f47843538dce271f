use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_toml_tree::Problems;

use crate::{Advisory, Client, EffectiveOption, KnownIssue, ManifestError, OptionSwitch, Package, Target};

/// All data of the tree, valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The directory that holds `specs/` and `repo-templates/`.
    pub root: Utf8PathBuf,
    /// By name.
    pub packages: BTreeMap<String, Package>,
    /// By name.
    pub targets: BTreeMap<String, Target>,
    /// By name.
    pub clients: BTreeMap<String, Client>,
    /// By id.
    pub advisories: BTreeMap<String, Advisory>,
    /// What is known of published faults, by number.
    pub known: Vec<KnownIssue>,
    /// What this machine says otherwise.
    pub local: LocalSettings,
}

/// `xen4centos.local.toml`: what one machine says otherwise. Ignored by git; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalSettings {
    /// `[source-tree]`: package name to an unpacked tree. Relative paths are relative to the project's root.
    pub source_trees: BTreeMap<String, Utf8PathBuf>,
    /// `[source-override]`: the name of a source or the file of a patch, with or without `PACKAGE/` before it, to a
    /// file.
    pub source_overrides: BTreeMap<String, Utf8PathBuf>,
    /// `[option.<package>]`: package, option, on.
    pub options: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Project {
    /// Reads the whole tree. `now` is the time in seconds since 1970: what is dated on a later day is wrong.
    ///
    /// # Errors
    /// Everything that is wrong with any of its files, in one run.
    pub fn load(root: &Utf8Path, now: u64) -> Result<Self, Problems> {
        crate::load::project(root, now)
    }

    /// The package of that name.
    ///
    /// # Errors
    /// [`ManifestError::UnknownPackage`]
    pub fn package(&self, name: &str) -> Result<&Package, ManifestError> {
        self.packages.get(name).ok_or_else(|| ManifestError::UnknownPackage {
            name: name.to_owned(),
            known: self.packages.keys().cloned().collect(),
        })
    }

    /// The target of that name.
    ///
    /// # Errors
    /// [`ManifestError::UnknownTarget`]
    pub fn target(&self, name: &str) -> Result<&Target, ManifestError> {
        self.targets.get(name).ok_or_else(|| ManifestError::UnknownTarget {
            name: name.to_owned(),
            known: self.targets.keys().cloned().collect(),
        })
    }

    /// The client that a target names.
    ///
    /// # Panics
    /// For a target that is not this project's: loading refuses one whose client there is not.
    pub fn client(&self, target: &Target) -> &Client {
        self.clients.get(&target.client).expect("loading refuses a target with an unknown client")
    }

    /// Which options of a package are on, by name, and who decided: the package's defaults, then the target, then
    /// `xen4centos.local.toml`, then the command line.
    ///
    /// # Errors
    /// [`ManifestError::UnknownOption`] for a switch that names none of this package.
    pub fn effective_options(
        &self,
        package: &Package,
        target: &Target,
        switches: &[OptionSwitch],
    ) -> Result<BTreeMap<String, EffectiveOption>, ManifestError> {
        crate::options::effective(package, target, &self.local, switches)
    }

    /// In which order packages are built: all of one wave can be built at once, after the waves before it. The order
    /// holds through packages that are not named. Names that are no packages are left out; ask [`Project::package`].
    pub fn build_order(&self, names: &[impl AsRef<str>]) -> Vec<Vec<String>> {
        crate::order::waves(self, names)
    }
}
