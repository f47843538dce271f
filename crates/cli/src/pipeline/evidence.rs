//! What is known of the builds of signed packages: which patches were found in their trees, and whether their sources are
//! upstream's. Advisories are told to hosts of these packages only, whatever their texts say.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use xen4centos_advisory::Evidence;
use xen4centos_artifact::Sha256Digest;
use xen4centos_build::{Inputs, Provenance, SourceOrigin};
use xen4centos_manifest::{Package, Role};

use crate::{
    failure::Failure,
    pipeline::{proofs, signing},
    session::Session,
};

/// By the digest of the signed file.
pub(crate) type Evidences = BTreeMap<Sha256Digest, Evidence>;

/// What this work directory knows of these packages, each of a source package; nothing is known of what was signed elsewhere.
pub(crate) fn of<'p>(
    session: &Session<'_>,
    packages: impl IntoIterator<Item = (&'p str, Sha256Digest)>,
) -> Result<Evidences, Failure> {
    let is_advised = |name: &str| {
        let advisories = session.project.advisories.values();
        advisories.flat_map(|advisory| &advisory.packages).any(|advised| advised.name == name)
    };
    let mut wanted = packages.into_iter().filter(|(name, _)| is_advised(name)).peekable();
    if wanted.peek().is_none() {
        return Ok(Evidences::new());
    }
    let records = signing::records(session)?;
    let known = wanted.filter_map(|(_, sha256)| Some((sha256, of_record(session, records.get(&sha256)?)?)));
    Ok(known.collect())
}

/// A record that can not be read, or is of another package, shows nothing.
fn of_record(session: &Session<'_>, directory: &Utf8Path) -> Option<Evidence> {
    let unsigned: Sha256Digest = directory.file_name()?.parse().ok()?;
    let Provenance { inputs, outputs, .. } = Provenance::read(directory).ok()?;
    outputs.iter().any(|output| output.sha256 == unsigned).then(|| of_build(session, directory, &inputs))
}

/// What the records in `directory`, and this work directory, show of the build of these inputs.
pub(crate) fn of_build(session: &Session<'_>, directory: &Utf8Path, inputs: &Inputs) -> Evidence {
    let Some(package) = session.project.packages.get(&inputs.package) else { return Evidence::default() };
    Evidence {
        patches: proofs::shown(session, package, directory, inputs),
        is_of_upstream: is_of_upstream(package, inputs),
        left_out: left_out(package, inputs),
    }
}

fn left_out(package: &Package, inputs: &Inputs) -> BTreeSet<String> {
    let is_off = |name: &String| inputs.options.get(name).is_some_and(|choice| !choice.value);
    let off = package.options.values().filter(|option| is_off(&option.name));
    off.flat_map(|option| option.components.iter().cloned()).collect()
}

/// Whether all of upstream's part of a build is of its release.
fn is_of_upstream(package: &Package, inputs: &Inputs) -> bool {
    let is_ours = |file: &String| {
        let is_extra =
            package.sources.iter().any(|source| source.file == *file && source.role == Role::Extra);
        is_extra || package.patches.iter().any(|patch| patch.file == *file)
    };
    let is_upstreams =
        |origin| matches!(origin, SourceOrigin::Pinned | SourceOrigin::InTree | SourceOrigin::Generated);
    inputs.sources.iter().all(|(file, source)| is_ours(file) || is_upstreams(source.origin))
}
