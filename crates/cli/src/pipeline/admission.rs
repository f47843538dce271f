//! Whether a result that was built elsewhere, or by hand, may enter a channel: what `release` asks of its own builds.
//!
//! A provenance is a statement of the machine that built. What it says of sources is compared with this project, so a
//! result of other sources does not pass for one of these; that the packages were made of them, only a machine that
//! is trusted can say.

use camino::Utf8Path;
use xen4centos_artifact::Sha256Digest;
use xen4centos_build::{InputSource, Inputs, NetworkPolicy, SourceOrigin};
use xen4centos_manifest::{Accepts, Location, Package};

use crate::{
    failure::{Failure, Kind},
    pipeline::{keys::SigningKey, plan::sha256, proofs},
    session::Session,
};

/// Refuses the result in `directory` where the channel does not take what it is made of.
pub(crate) fn admit(
    session: &Session<'_>,
    key: &SigningKey,
    directory: &Utf8Path,
    inputs: &Inputs,
) -> Result<(), Failure> {
    let refuse = |what: String| Failure::new(Kind::Refused, format!("`{directory}` {what}"));
    if inputs.target != session.target.name {
        let target = &session.target.name;
        return Err(refuse(format!("was built for target `{}`, not `{target}`", inputs.target)));
    }
    let channel = &session.channel;
    for (file, source) in &inputs.sources {
        if channel.accepts < needed(source.origin) {
            return Err(refuse(format!(
                "was built with `{file}` from {:?}, and channel `{}` takes {} sources only",
                source.origin, channel.name, channel.accepts
            )));
        }
    }
    proofs::demand_beside(session, directory, inputs)?;
    if channel.accepts > Accepts::Pinned {
        return Ok(());
    }
    if inputs.network == NetworkPolicy::Allowed {
        return Err(refuse(format!(
            "was built with the network at hand, which channel `{}` refuses",
            channel.name
        )));
    }
    same_as_here(session, key, inputs).map_err(|what| {
        let hint =
            "publish from the commit that the result was built from, or build it here: xen4centos release";
        refuse(what).hint(Some(hint.to_owned()))
    })
}

fn needed(origin: SourceOrigin) -> Accepts {
    match origin {
        SourceOrigin::Pinned | SourceOrigin::InTree | SourceOrigin::Generated => Accepts::Pinned,
        SourceOrigin::Override | SourceOrigin::Tree => Accepts::Override,
        SourceOrigin::Miniature => Accepts::Miniature,
    }
}

/// Version and sources are those of this project, and the key that hosts are given is the one that signs.
fn same_as_here(session: &Session<'_>, key: &SigningKey, inputs: &Inputs) -> Result<(), String> {
    let Some(package) = session.project.packages.get(&inputs.package) else {
        return Err(format!("is of `{}`, which this project does not have", inputs.package));
    };
    let evr = package.evr(&session.target.dist).to_string();
    if inputs.evr != evr {
        return Err(format!("is version {}, and this project has {evr}", inputs.evr));
    }
    for (file, source) in &inputs.sources {
        let same = match source.origin {
            SourceOrigin::Generated if *file == session.target.key.file => {
                source.sha256 == sha256(key.shipped.armored.as_bytes())
            }
            SourceOrigin::Generated => true,
            _ => is_pinned(package, file, source),
        };
        if !same {
            return Err(format!("was built with another `{file}` than this project has"));
        }
    }
    match package.patches.iter().find(|patch| !inputs.sources.contains_key(&patch.file)) {
        Some(patch) => Err(format!("was built without `{}`, which this project has", patch.file)),
        None => Ok(()),
    }
}

/// Whether a build had this file as the project has it.
pub(crate) fn is_pinned(package: &Package, file: &str, source: &InputSource) -> bool {
    let sources = package.sources.iter().map(|source| (&source.file, &source.location));
    let patches = package.patches.iter().map(|patch| (&patch.file, &patch.location));
    let Some((_, location)) = sources.chain(patches).find(|(name, _)| *name == file) else { return false };
    match location {
        Location::InTree { path, .. } => digest_of(path) == Some(source.sha256),
        Location::Url(location) => location.sha256 == source.sha256,
        // The digest of an export is not pinned where the file does not say it; the commit is.
        Location::Git(location) => names_commit(source, &location.commit),
        Location::Commit(location) => names_commit(source, &location.commit),
    }
}

fn names_commit(source: &InputSource, commit: &str) -> bool {
    source.detail.split(' ').any(|word| word == commit)
}

fn digest_of(path: &Utf8Path) -> Option<Sha256Digest> {
    fs_err::read(path).ok().map(|bytes| sha256(&bytes))
}
