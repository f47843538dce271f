use std::collections::BTreeSet;

use xen4centos_manifest::Fix;

/// What is known of the build that a package is from: an advisory alone says nothing of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Patches that were found in the tree that was built, by file name, as the project has them now.
    pub patches: BTreeSet<String>,
    /// Whether it was built from upstream's own release, and nothing in its place.
    pub is_of_upstream: bool,
    /// Parts of the source package that are in no package of this build, as `advisories/known/` calls them.
    pub left_out: BTreeSet<String>,
}

impl Evidence {
    /// Whether a build of this kind has a fix.
    pub fn shows(&self, fix: &Fix) -> bool {
        let has_patches = fix.patches.iter().all(|patch| self.patches.contains(patch));
        has_patches && (fix.released_in.is_none() || self.is_of_upstream)
    }

    /// Whether something of a component, such as `hypervisor, tools`, is in its packages.
    pub(crate) fn has(&self, component: &str) -> bool {
        component.split(", ").any(|part| !self.left_out.contains(part))
    }
}
