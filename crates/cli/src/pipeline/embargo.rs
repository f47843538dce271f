//! What must not be known yet, looked for in what is put out.

use std::collections::BTreeSet;

use camino::Utf8Path;
use xen4centos_artifact::{Sha256Digest, SignedRpm};
use xen4centos_embargo::{EmbargoError, Found, Secrets, masked, search, told_by};
use xen4centos_manifest::Location;
use xen4centos_publish::State;
use xen4centos_sources::Store;

use crate::{
    failure::{Failure, Kind},
    session::Session,
};

/// Leaks that a message names.
const TOLD: usize = 10;

/// All that must not be known now.
pub(crate) fn secrets(session: &Session<'_>) -> Result<Secrets, Failure> {
    let store = Store::new(session.work("store"));
    // What can not be read is not known, and said to be.
    let kept = |location: &Location| store.kept(location).ok().flatten();
    Ok(Secrets::of(&session.project, session.now, &kept)?)
}

/// Those of them that hosts can not read in what they have: its metadata has all headers and changelogs.
fn unpublished(session: &Session<'_>) -> Result<Secrets, Failure> {
    let secrets = secrets(session)?;
    let public = session.public_channel();
    let metadata = session.root_of(public).join(&public.directory).join("repodata");
    if secrets.is_empty() || !metadata.is_dir() {
        return Ok(secrets);
    }
    let known = told_by(&secrets, &metadata)?;
    Ok(secrets.without(&known))
}

/// Says what can not be looked for.
pub(crate) fn tell_unknown(session: &Session<'_>, secrets: &Secrets) {
    let count = secrets.unknown_patches();
    if count > 0 {
        session.printer.warning(format!(
            "lines of {count} patches are not looked for: they are not in the work directory (xen4centos fetch)"
        ));
    }
}

/// Refuses to publish packages that tell of what must not be known yet, before they lie where a server may look. What the
/// channel has already is public.
pub(crate) fn demand_quiet_packages(
    session: &Session<'_>,
    packages: &[SignedRpm],
    before: Option<&State>,
) -> Result<(), Failure> {
    if session.is_private() {
        return Ok(());
    }
    let secrets = unpublished(session)?;
    if secrets.is_empty() {
        return Ok(());
    }
    tell_unknown(session, &secrets);
    let published: BTreeSet<Sha256Digest> =
        before.into_iter().flat_map(|state| &state.packages).map(|package| package.sha256).collect();
    let mut all = Found::default();
    for package in packages.iter().filter(|package| !published.contains(&package.sha256())) {
        let _activity = session.printer.activity("Searching", package.nevra());
        all.extend(search(&secrets, package.path(), &|_| false)?);
    }
    demand_clean(&secrets, &all)?;
    session.printer.step("Searched", format!("{} files: nothing tells of what is not public", all.files));
    Ok(())
}

/// The same of the metadata of a tree, whose packages were searched.
pub(crate) fn demand_quiet_metadata(session: &Session<'_>, staged: &Utf8Path) -> Result<(), Failure> {
    if session.is_private() {
        return Ok(());
    }
    let secrets = unpublished(session)?;
    if secrets.is_empty() {
        return Ok(());
    }
    demand_clean(&secrets, &search(&secrets, staged, &|path| path.extension() == Some("rpm"))?)
}

fn demand_clean(secrets: &Secrets, found: &Found) -> Result<(), Failure> {
    if found.is_clean() {
        return Ok(());
    }
    let hint = if found.leaks.is_empty() {
        "nothing was published; what can not be looked into is left out, or put in as it is decompressed"
    } else {
        "nothing was published; `advisory leaks` searches more places; what is public already, and still an advisory \
         of a later time, needs another `public`"
    };
    Err(refusal("what would be published tells", secrets, found)?.hint(Some(hint.to_owned())))
}

/// `ADV-PUBLIC-002`: places and kinds, and not the words, which would stand in one more log, nor names that tell.
pub(crate) fn refusal(what: &str, secrets: &Secrets, found: &Found) -> Result<Failure, Failure> {
    let Found { leaks, unread, .. } = found;
    let places = leaks.iter().map(|leak| leak.place.as_str());
    let masked = masked(secrets, places.chain(unread.iter().map(|one| one.place.as_str())))?.into_iter();
    let kinds = leaks.iter().map(|leak| format!(": {}", leak.kind));
    let ends = kinds.chain(unread.iter().map(|one| format!(": not known, {}", one.reason)));
    let lines: Vec<String> = masked.zip(ends).map(|(place, end)| place + &end).collect();
    let more = match lines.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let told = lines[..lines.len().min(TOLD)].join("\n  ");
    let what = if leaks.is_empty() { format!("{what}, or may tell,") } else { what.to_owned() };
    let text = format!("ADV-PUBLIC-002: {what} of what is not public yet:\n  {told}{more}");
    Ok(Failure::new(Kind::Refused, text))
}

impl From<EmbargoError> for Failure {
    fn from(error: EmbargoError) -> Self {
        let kind = if matches!(error, EmbargoError::Read { .. }) { Kind::World } else { Kind::Data };
        Self::of(kind, &error)
    }
}
