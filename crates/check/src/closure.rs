//! Whether everything that the packages of a repository require is there: in the repository, or in what a host
//! has anyway.

use std::collections::{HashMap, HashSet};

use crate::{
    BaseProvides, Finding, PackageFacts, Provision, Rule, Severity, file_index::path_hash, shelf::Shelf,
};

pub(crate) const UNMET: Rule = Rule {
    code: "EL6-DEP-001",
    severity: Severity::Error,
    title: "requirement that nothing meets",
    why: "Error: Package: … Requires: …",
    way_out: "publish what provides it in the same repository, name the base that has it, or drop the requirement",
};

/// Who provides what, by name. Of a list, nobody in particular does.
#[derive(Default)]
pub(crate) struct Providers<'a>(HashMap<&'a str, Vec<(Option<&'a PackageFacts>, &'a Provision)>>);

impl<'a> Providers<'a> {
    pub(crate) fn add(&mut self, package: &'a PackageFacts) {
        self.extend(Some(package), &package.provides);
    }

    pub(crate) fn extend(&mut self, package: Option<&'a PackageFacts>, provides: &'a [Provision]) {
        for provision in provides {
            self.0.entry(provision.name.as_str()).or_default().push((package, provision));
        }
    }

    /// All that meet what is wanted.
    pub(crate) fn of<'b>(
        &'b self,
        wanted: &'b Provision,
    ) -> impl Iterator<Item = (Option<&'a PackageFacts>, &'a Provision)> + use<'a, 'b> {
        let named = self.0.get(wanted.name.as_str()).into_iter().flatten().copied();
        named.filter(|(_, provision)| provision.overlaps(wanted))
    }
}

/// Where nothing is known of what hosts have: requirements of names that the packages give, and none of them as it is wanted.
/// What hosts have may meet them, so they are only told.
pub(crate) fn unmet_among_themselves(shelf: &Shelf) -> Vec<Finding> {
    let mut providers = Providers::default();
    shelf.packages().for_each(|package| providers.add(&package.facts));
    let mut findings = Vec::new();
    for package in shelf.packages() {
        for wanted in &package.facts.requires {
            if providers.0.contains_key(wanted.name.as_str()) && providers.of(wanted).next().is_none() {
                let message = format!("requires {wanted}, and the packages beside it give other versions");
                let finding = Finding::new(&UNMET, package.subject.as_str(), message);
                findings.push(Finding { severity: Severity::Warning, ..finding });
            }
        }
    }
    findings
}

/// The requirements that neither the packages nor `base` meet. Those of source packages are for building.
pub(crate) fn unmet(shelf: &Shelf, base: &BaseProvides) -> Vec<Finding> {
    let mut providers = Providers::default();
    shelf.packages().for_each(|package| providers.add(&package.facts));
    base.packages.iter().chain(&base.listed).for_each(|package| providers.add(package));
    providers.extend(None, &base.list);
    let paths: HashSet<u64> = shelf.files.paths();
    let has_path = |name: &str| {
        name.starts_with('/') && (paths.contains(&path_hash(name.as_bytes())) || base.has_file(name))
    };
    let mut findings = Vec::new();
    for package in shelf.packages() {
        let mut told = HashSet::new();
        for wanted in &package.facts.requires {
            let is_there = has_path(&wanted.name) || base.has_prefix_of(&wanted.name);
            if !is_there && providers.of(wanted).next().is_none() {
                let message = format!("requires {wanted}");
                if told.insert(message.clone()) {
                    findings.push(Finding::new(&UNMET, package.subject.as_str(), message));
                }
            }
        }
    }
    findings
}
