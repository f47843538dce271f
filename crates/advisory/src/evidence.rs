use std::collections::BTreeSet;

use xen4centos_manifest::Fix;

/// What is known of the build that a package is from: an advisory alone says nothing of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Patches that were found in the tree that was built, by file name, as the project has them now.
    pub patches: BTreeSet<String>,
    /// Whether it was built from upstream's own release, and nothing in its place.
    pub is_of_upstream: bool,
}

impl Evidence {
    /// Whether a build of this kind has a fix.
    pub fn shows(&self, fix: &Fix) -> bool {
        let has_patches = fix.patches.iter().all(|patch| self.patches.contains(patch));
        has_patches && (fix.released_in.is_none() || self.is_of_upstream)
    }
}
