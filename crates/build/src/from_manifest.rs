//! The project's data in this crate's terms.

use std::collections::BTreeMap;

use xen4centos_manifest as manifest;

use crate::{BuildTarget, Needed, Requirement};

impl BuildTarget {
    /// What `target`, whose packages `client` must be able to take, asks of every package.
    pub fn new(target: &manifest::Target, client: &manifest::Client) -> Self {
        Self {
            name: target.name.clone(),
            dist: target.dist.clone(),
            arch: target.arch.clone(),
            vendor: target.vendor.clone(),
            packager: target.packager.clone(),
            distribution: target.distribution.clone(),
            payload: target.rpm.payload.clone(),
            file_digest: target.rpm.file_digest,
            macros: target.rpm.macros.clone(),
            rpmlib: client.rpmlib_names.iter().cloned().collect(),
        }
    }
}

impl From<&manifest::Need> for Requirement {
    fn from(need: &manifest::Need) -> Self {
        let what = match &need.requirement {
            manifest::Requirement::Command(name) => Needed::Command(name.clone()),
            manifest::Requirement::Header(name) => Needed::Header(name.clone()),
        };
        Self { what, apt: need.apt.clone(), yum: need.yum.clone() }
    }
}

/// The advisories that the patches of `package` answer, by the patch's file name; several with a comma between them.
pub fn advisories_of(package: &manifest::Package) -> BTreeMap<String, String> {
    let patches = package.patches.iter().filter(|patch| !patch.advisories.is_empty());
    patches.map(|patch| (patch.file.clone(), patch.advisories.join(", "))).collect()
}

/// What `package` needs here with its options as they are in `options`; an option that is not there is off.
pub fn requirements_of(package: &manifest::Package, options: &BTreeMap<String, bool>) -> Vec<Requirement> {
    let wanted = |need: &&manifest::Need| match &need.option {
        Some(option) => options.get(option) == Some(&true),
        None => true,
    };
    package.needs.iter().filter(wanted).map(Requirement::from).collect()
}
