//! Advisories of a channel: which its packages answer, and which nobody may hear of yet.

use std::borrow::Cow;

use camino::Utf8PathBuf;
use xen4centos_advisory::{Shipped, updateinfo};
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::{Accepts, Project, Standing};
use xen4centos_publish::PublishedPackage;

use crate::{
    failure::Failure,
    pipeline::{files::write_whole, plan::sha256},
    session::Session,
};

/// The advisories that these packages answer and that are public, as clients read them; none where there are none.
pub(crate) fn of(session: &Session<'_>, packages: &[PublishedPackage]) -> Option<String> {
    // In a private channel all of it is tried.
    let now = if session.is_private() { u64::MAX } else { session.now };
    updateinfo(&answerable(session), &session.target, &shipped(packages), now)
}

/// The project with the advisories that its packages can answer: over miniatures, packages are without the patches that are
/// for upstream's own trees, and nothing is announced of them.
pub(crate) fn answerable<'s>(session: &'s Session<'_>) -> Cow<'s, Project> {
    if !session.is_miniature() || session.channel.accepts != Accepts::Miniature {
        return Cow::Borrowed(&session.project);
    }
    let is_there = |package: &str, file: &String| {
        let patches = session.project.packages.get(package).map(|package| &package.patches);
        patches.into_iter().flatten().any(|patch| patch.file == *file && patch.miniature)
    };
    let mut project = session.project.clone();
    project.advisories.retain(|_, advisory| {
        advisory.packages.iter().all(|advised| match &advised.standing {
            Standing::Fixed(fix) => fix.patches.iter().all(|file| is_there(&advised.name, file)),
            Standing::NotAffected(_) => true,
        })
    });
    Cow::Owned(project)
}

/// As [`of`], in a file of the work directory, with its digest.
pub(crate) fn document(
    session: &Session<'_>,
    packages: &[PublishedPackage],
) -> Result<Option<(Utf8PathBuf, Sha256Digest)>, Failure> {
    let Some(text) = of(session, packages) else { return Ok(None) };
    let directory = session.work("generated");
    fs_err::create_dir_all(&directory)?;
    let path = directory.join("updateinfo.xml");
    write_whole(&path, text.as_bytes())?;
    Ok(Some((path, sha256(text.as_bytes()))))
}

pub(crate) fn shipped(packages: &[PublishedPackage]) -> Vec<Shipped<'_>> {
    packages.iter().map(shipped_one).collect()
}

fn shipped_one(package: &PublishedPackage) -> Shipped<'_> {
    let PublishedPackage { nevra, sha256, source, .. } = package;
    Shipped { nevra, sha256: *sha256, source }
}
