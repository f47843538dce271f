//! Advisories of a channel: which its packages answer, and which nobody may hear of yet.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use xen4centos_advisory::{Reused, Shipped, Told, Unproven, left_out, unproven, updateinfo};
use xen4centos_artifact::Sha256Digest;
use xen4centos_publish::PublishedPackage;
use xen4centos_repodata::Repository;

use crate::{
    failure::{Failure, Kind},
    pipeline::{
        channel,
        evidence::{self, Evidences},
        files::write_whole,
        plan::sha256,
    },
    session::Session,
};

/// The advisories that these packages were shown to answer and that are public, as clients read them; none where there are
/// none.
pub(crate) fn of(session: &Session<'_>, packages: &[PublishedPackage]) -> Result<Option<String>, Failure> {
    let known = evidence(session, packages)?;
    let packages = shipped(packages, &known);
    Ok(updateinfo(&session.project, &session.target, &packages, (&told(session)?, now(session))))
}

/// When it is: in a private channel all that will be told is tried.
const fn now(session: &Session<'_>) -> u64 {
    if session.is_private() { u64::MAX } else { session.now }
}

/// What the states of the channel that are kept told hosts. A list that can not be read told nothing.
pub(crate) fn told(session: &Session<'_>) -> Result<Told, Failure> {
    let mut told = Told::default();
    let channel = channel::open(session)?;
    for state in channel.history()?.iter().filter(|state| state.updateinfo.is_some()) {
        let list = Repository::open(&channel.tree(state.number))
            .and_then(|repository| repository.document_bytes("updateinfo"));
        if let Some(text) = list.ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok()) {
            told.read(&text);
        }
    }
    Ok(told)
}

/// Refuses an id under which hosts know something else.
pub(crate) fn demand_new_ids(session: &Session<'_>) -> Result<(), Failure> {
    let reused = told(session)?.reused(&session.project);
    let Some(Reused { advisory, before }) = reused.first() else { return Ok(()) };
    let path = &session.project.advisories[advisory].path;
    let message = format!(
        "ADV-ID-001: {advisory} was published in channel `{}` for {}, and fixes nothing of that now ({})",
        session.channel.name,
        before.join(", "),
        path.strip_prefix(&session.project.root).unwrap_or(path)
    );
    let hint = "give the new update an id of its own, and leave the published one as it was";
    Err(Failure::new(Kind::Refused, message).hint(Some(hint.to_owned())))
}

/// What is known of the builds of published packages.
pub(crate) fn evidence(session: &Session<'_>, packages: &[PublishedPackage]) -> Result<Evidences, Failure> {
    evidence::of(session, packages.iter().map(|package| (package.source.as_str(), package.sha256)))
}

/// Says which advisories these packages do not answer, though their versions are those that should.
pub(crate) fn tell_unproven(session: &Session<'_>, packages: &[PublishedPackage]) -> Result<(), Failure> {
    let known = evidence(session, packages)?;
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let shipped = shipped(packages, &known);
    for Unproven { advisory, package, evr } in
        unproven(&session.project, &session.target, &shipped, now(session))
    {
        told.entry(format!("{package}-{evr}")).or_default().push(advisory);
    }
    for (package, advisories) in told {
        let what = format!("{}: nothing shows that {package} was built with its fix", advisories.join(", "));
        session.printer.step("Not listed", what);
    }
    for (advisory, issues) in left_out(&session.project, &session.target, &shipped, now(session)) {
        let what = format!("of {advisory}: {}, in parts that are in none of its packages", issues.join(", "));
        session.printer.step("Not listed", what);
    }
    Ok(())
}

/// As [`of`], in a file of the work directory, with its digest.
pub(crate) fn document(
    session: &Session<'_>,
    packages: &[PublishedPackage],
) -> Result<Option<(Utf8PathBuf, Sha256Digest)>, Failure> {
    let Some(text) = of(session, packages)? else { return Ok(None) };
    let directory = session.work("generated");
    fs_err::create_dir_all(&directory)?;
    let path = directory.join("updateinfo.xml");
    write_whole(&path, text.as_bytes())?;
    Ok(Some((path, sha256(text.as_bytes()))))
}

/// Published packages, each with what is known of its build.
pub(crate) fn shipped<'p>(packages: &'p [PublishedPackage], known: &'p Evidences) -> Vec<Shipped<'p>> {
    let shipped = packages.iter().map(|PublishedPackage { nevra, sha256, source, .. }| Shipped {
        evidence: known.get(sha256),
        nevra,
        sha256: *sha256,
        source,
    });
    shipped.collect()
}
