//! Signed packages → the published channel: staged, indexed, checked, signed, switched.

use std::num::NonZeroUsize;

use camino::Utf8PathBuf;
use xen4centos_artifact::{Evr, Nevra, Sha256Digest, SignedRpm};
use xen4centos_manifest::{Accepts, Channel as Place};
use xen4centos_publish::{
    Channel, Policy, PublishError, Published, RestoreRequest, Retention, StageRequest, Staging, State,
    Storage,
};
use xen4centos_repodata::{Additional, IndexSettings, Present, Reuse, index};

use crate::{
    commands::index::Narrator,
    failure::{Failure, Kind},
    pipeline::{
        advisories,
        checks::{self, Before},
        closed, embargo, history,
        keys::{ShippedKey, SigningKey},
        plan::sha256,
        withheld,
    },
    session::Session,
};

/// States that are kept for a way back.
const KEPT_STATES: NonZeroUsize = NonZeroUsize::new(10).expect("ten is not zero");

/// A week: how long documents of replaced metadata stay for clients that hold the old list.
const CARRY_SECONDS: u64 = 7 * 24 * 3600;

/// What a new state is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Hosts shall get it in the place of what they have.
    Update,
    /// An earlier state comes back: hosts keep what they have, by intent.
    Restoration,
}

/// The session's channel.
pub(crate) fn open(session: &Session<'_>) -> Result<Channel, Failure> {
    open_in(session, &session.channel)
}

/// Any channel of the target.
pub(crate) fn open_in(session: &Session<'_>, channel: &Place) -> Result<Channel, Failure> {
    let policy = Policy { states: KEPT_STATES, carry_seconds: CARRY_SECONDS };
    Ok(Storage::open(session.root_of(channel), policy).channel(channel.directory.as_str())?)
}

/// The state that readers see.
pub(crate) fn current(session: &Session<'_>) -> Result<Option<State>, Failure> {
    Ok(open(session)?.current()?)
}

/// A state that is kept.
pub(crate) fn state(session: &Session<'_>, number: u64) -> Result<State, Failure> {
    Ok(open(session)?.state(number)?)
}

/// Whether all of these are published already, under this key, with these groups and with the advisories that they answer.
pub(crate) fn is_current(
    session: &Session<'_>,
    key: &ShippedKey,
    packages: &[(Nevra, Sha256Digest)],
) -> Result<bool, Failure> {
    let comps = comps(session)?;
    let channel = open(session)?;
    let has_packages =
        channel.is_current(packages, key.public.fingerprint(), comps.map(|(_, digest)| digest))?;
    let Some(state) = channel.current()?.filter(|_| has_packages) else { return Ok(false) };
    let listed = advisories::of(session, &state.packages)?;
    Ok(state.updateinfo == listed.map(|text| sha256(text.as_bytes())))
}

/// Whether a build of this version of the package is published already.
pub(crate) fn has_version(session: &Session<'_>, package: &str, evr: &Evr) -> Result<bool, Failure> {
    let state = open(session)?.current()?;
    let found = state.is_some_and(|state| {
        state.packages.iter().any(|published| published.source == package && published.nevra.evr == *evr)
    });
    Ok(found)
}

/// Publishes what is not published yet; nothing that readers see changes before everything is checked.
pub(crate) fn publish(
    session: &Session<'_>,
    key: &SigningKey,
    packages: &[SignedRpm],
) -> Result<Published, Failure> {
    // Not even what is staged may tell of it: it lies where a server may look.
    withheld::demand_none(session, packages)?;
    closed::prepare_root(session)?;
    let channel = open(session)?;
    embargo::demand_quiet_packages(session, packages, channel.current()?.as_ref())?;
    let comps = comps(session)?;
    let staging = in_turn(session, &channel, || {
        channel.stage(&StageRequest {
            packages,
            withdraw: &[],
            retention: Retention::All,
            comps: comps.as_ref().map(|(_, digest)| *digest),
            now: session.now,
        })
    })
    .map_err(|failure| begin_anew(session, failure))?;
    finish(session, key, (&channel, Purpose::Update), staging)
}

/// Publishes the packages of an earlier state again, as a new state.
pub(crate) fn roll_back(session: &Session<'_>, key: &SigningKey, number: u64) -> Result<Published, Failure> {
    let channel = open(session)?;
    let comps = comps(session)?.map(|(_, digest)| digest);
    let request = RestoreRequest { number, comps, now: session.now };
    let staging = in_turn(session, &channel, || channel.restore(&request))?;
    finish(session, key, (&channel, Purpose::Restoration), staging)
}

/// A channel of test doubles has no hosts: who works on the specs begins it anew.
pub(crate) fn begin_anew(session: &Session<'_>, failure: Failure) -> Failure {
    if failure.kind != Kind::Refused || session.channel.accepts != Accepts::Miniature {
        return failure;
    }
    let (channel, root) = (&session.channel.name, &session.publish_root);
    failure.hint(Some(format!(
        "raise the release in package.toml; or begin channel `{channel}`, which no host uses, anew: rm -r {root}"
    )))
}

/// Stages once no other run publishes into the channel; what was built and signed for it is not thrown away.
fn in_turn(
    session: &Session<'_>,
    channel: &Channel,
    stage: impl Fn() -> Result<Staging, PublishError>,
) -> Result<Staging, Failure> {
    loop {
        match stage() {
            Err(PublishError::Busy { .. }) => {
                let name = &session.channel.name;
                session
                    .printer
                    .step("Waiting", format!("for another run that publishes into channel {name}"));
                channel.wait_until_free()?;
            }
            result => return Ok(result?),
        }
    }
}

fn finish(
    session: &Session<'_>,
    key: &SigningKey,
    (channel, purpose): (&Channel, Purpose),
    mut staging: Staging,
) -> Result<Published, Failure> {
    let updateinfo = advisories::document(session, staging.packages())?;
    advisories::tell_unproven(session, staging.packages())?;
    staging.lists_advisories(updateinfo.as_ref().map(|(_, digest)| *digest));
    let state_before = channel.current()?;
    let before = Before {
        revision: state_before.as_ref().map(|state| state.revision),
        histories: match purpose {
            Purpose::Update => history::all(session, state_before.as_ref())?,
            Purpose::Restoration => Vec::new(),
        },
        comes_back: purpose == Purpose::Restoration,
    };
    let activity = session.printer.activity("Indexing", format!("{} packages", staging.packages().len()));
    let settings = IndexSettings {
        comps: comps(session)?.map(|(path, _)| path),
        carried: staging.carried().to_vec(),
        // The project says what a channel lists; nothing is inherited from what was published before.
        additional: Additional {
            added: updateinfo.into_iter().map(|(path, _)| ("updateinfo".to_owned(), path)).collect(),
            present: Present::Drop,
            ..Additional::default()
        },
        reuse: Reuse { cache: Some(repodata_cache(session)), ..Reuse::default() },
        ..IndexSettings::for_el6(staging.revision())
    };
    let staged = staging.root();
    let tree = index(&staged, &settings, &Narrator::new(session.printer))?;
    drop(activity);
    session.printer.step("Indexed", format!("{} packages", staging.packages().len()));
    // Before anything else can be refused: it lies where a server may look.
    if let Err(refusal) = embargo::demand_quiet_metadata(session, &staged) {
        forget_what_was_read(session);
        if let Err(error) = staging.discard() {
            let why = Failure::from(error);
            session.printer.mishap(format!("`{staged}` is to be removed, so that no server shows it: {why}"));
        }
        return Err(refusal);
    }
    let activity = session.printer.activity("Checking", "the repository as a client sees it");
    checks::repository(session, &key.shipped, &staged, &before)
        .inspect_err(|_| forget_what_was_read(session))?;
    let signed = key.signer(session)?.sign_repository(tree)?;
    checks::signature(session, &key.shipped, signed.root())?;
    staging.add_file(&session.target.key.file, key.shipped.armored.as_bytes())?;
    drop(activity);
    let published = staging.publish(signed)?;
    key.shipped.remember(session)?;
    session.printer.step(
        "Published",
        format!(
            "{} packages as state {} of {}",
            published.state.packages.len(),
            published.state.number,
            published.path
        ),
    );
    Ok(published)
}

/// What was staged and refused is gone, and the next try may put other packages there: of the same size, with the time of the
/// same second, and in the same place of the disk.
fn forget_what_was_read(session: &Session<'_>) {
    let cache = repodata_cache(session);
    for file in [format!("{cache}.data").into(), cache] {
        fs_err::remove_file(file).unwrap_or_default();
    }
}

/// What was read of packages, which tells of all of them.
fn repodata_cache(session: &Session<'_>) -> Utf8PathBuf {
    if session.is_private() {
        session.publish_root.join(".repodata-cache")
    } else {
        session.work("repodata-cache")
    }
}

/// The groups file of the target, and its digest.
fn comps(session: &Session<'_>) -> Result<Option<(Utf8PathBuf, Sha256Digest)>, Failure> {
    let Some(file) = &session.target.repository.comps else { return Ok(None) };
    let path = session.project.root.join("repo-templates").join(file);
    let bytes = fs_err::read(&path)?;
    Ok(Some((path, sha256(&bytes))))
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        let kind = match &error {
            PublishError::Changed { .. } => Kind::Refused,
            PublishError::Files { .. } | PublishError::Busy { .. } | PublishError::Listen { .. } => {
                Kind::World
            }
            _ => Kind::Data,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
