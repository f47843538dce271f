//! Which packages the next state has. Decided before anything is touched.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
};

use camino::Utf8Path;
use xen4centos_artifact::{Nevra, Sha256Digest, SignedRpm};

use crate::{ChangedPackage, PublishError, PublishedPackage, State};

/// What the next state is to have.
#[derive(Clone, Copy, Debug)]
pub struct StageRequest<'a> {
    /// Packages to add. Those that are already published are left as they are.
    pub packages: &'a [SignedRpm],
    /// Published packages that the next state shall not have.
    pub withdraw: &'a [Nevra],
    /// Which other published packages the next state keeps.
    pub retention: Retention,
    /// Of the groups file that the caller will index with.
    pub comps: Option<Sha256Digest>,
    /// Seconds since 1970.
    pub now: u64,
}

/// Which published packages stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// All of them.
    All,
    /// So many versions of each name and architecture, the newest by rpm's order. What the request names
    /// stays in any case.
    Newest(NonZeroUsize),
}

/// The packages of the next state.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    pub(crate) kept: Vec<PublishedPackage>,
    pub(crate) added: Vec<&'a SignedRpm>,
    /// Everything that was ever published and will not be there.
    pub(crate) withdrawn: Vec<PublishedPackage>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        channel: &Utf8Path,
        previous: Option<&State>,
        request: &StageRequest<'a>,
    ) -> Result<Self, PublishError> {
        let published = previous.map_or(&[][..], |state| &state.packages);
        let added = added(channel, previous, request.packages)?;
        let unknown = |nevra: &&Nevra| !published.iter().any(|package| package.nevra == **nevra);
        if let Some(package) = request.withdraw.iter().find(unknown) {
            let package = Box::new(package.clone());
            return Err(PublishError::Unknown { package, channel: channel.to_string() });
        }
        let outdated = outdated(published, request);
        let goes = |nevra: &Nevra| request.withdraw.contains(nevra) || outdated.contains(nevra);
        let (gone, kept): (Vec<_>, Vec<_>) =
            published.iter().cloned().partition(|package| goes(&package.nevra));
        let mut withdrawn = previous.map_or_else(Vec::new, |state| state.withdrawn.clone());
        withdrawn.extend(gone);
        withdrawn.retain(|package| !added.contains_key(&package.nevra));
        withdrawn.sort();
        let plan = Self { kept, added: added.into_values().collect(), withdrawn };
        plan.check_file_names(channel)?;
        Ok(plan)
    }

    /// File names carry no epoch.
    fn check_file_names(&self, channel: &Utf8Path) -> Result<(), PublishError> {
        let mut names = BTreeMap::new();
        let kept = self.kept.iter().map(|package| &package.nevra);
        for nevra in kept.chain(self.added.iter().map(|package| package.nevra())) {
            if let Some(first) = names.insert(nevra.file_name(), nevra) {
                return Err(PublishError::FileName {
                    first: Box::new(first.clone()),
                    second: Box::new(nevra.clone()),
                    channel: channel.to_string(),
                });
            }
        }
        Ok(())
    }
}

/// The packages that are not there yet. One whose name, version and architecture was ever published with other
/// content is refused: hosts that have it would never get the new one.
fn added<'a>(
    channel: &Utf8Path,
    previous: Option<&State>,
    packages: &'a [SignedRpm],
) -> Result<BTreeMap<Nevra, &'a SignedRpm>, PublishError> {
    let mut added: BTreeMap<Nevra, &SignedRpm> = BTreeMap::new();
    let mut changed = Vec::new();
    for package in packages {
        let nevra = package.nevra();
        let ever = previous.and_then(|state| state.ever_published(nevra)).map(|package| package.sha256);
        let known = ever.or_else(|| added.get(nevra).map(|package| package.sha256()));
        if let Some(published) = known.filter(|sha256| *sha256 != package.sha256()) {
            changed.push(ChangedPackage { nevra: nevra.clone(), published, offered: package.sha256() });
        }
        let is_there = previous.is_some_and(|state| state.packages.iter().any(|found| found.nevra == *nevra));
        if !is_there {
            added.insert(nevra.clone(), package);
        }
    }
    if !changed.is_empty() {
        changed.sort_by(|left, right| left.nevra.cmp(&right.nevra));
        return Err(PublishError::Changed { changed, channel: channel.to_string() });
    }
    Ok(added)
}

/// Published packages that are older than the newest so many of their name and architecture.
fn outdated(published: &[PublishedPackage], request: &StageRequest<'_>) -> BTreeSet<Nevra> {
    let Retention::Newest(keep) = request.retention else { return BTreeSet::new() };
    let wanted: BTreeSet<&Nevra> = request.packages.iter().map(SignedRpm::nevra).collect();
    let mut versions: BTreeMap<(&str, &str), BTreeSet<&Nevra>> = BTreeMap::new();
    for nevra in published.iter().map(|package| &package.nevra).chain(wanted.iter().copied()) {
        versions.entry((&nevra.name, &nevra.arch)).or_default().insert(nevra);
    }
    let old = versions.into_values().flat_map(|versions| versions.into_iter().rev().skip(keep.get()));
    old.filter(|nevra| !wanted.contains(nevra)).cloned().collect()
}
