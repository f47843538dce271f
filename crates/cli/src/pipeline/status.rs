//! What is out of date, and why: the plan of this moment beside what was built last.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use xen4centos_artifact::UnsignedRpm;
use xen4centos_build::{BuildRequest, BuildResult, Inputs, Provenance};

use crate::{
    failure::{Failure, Kind},
    pipeline::{
        builds, channel,
        keys::ShippedKey,
        plan::{Opened, Planned},
        signing, withheld,
    },
    session::Session,
};

/// The newest result of a package in the work directory.
#[derive(Debug)]
pub(crate) struct LastBuild {
    pub(crate) directory: Utf8PathBuf,
    pub(crate) provenance: Provenance,
}

/// The build of `package` for this target that finished last.
pub(crate) fn last_build(session: &Session<'_>, package: &str) -> Option<LastBuild> {
    last_build_with(session, package, |_| true)
}

fn last_build_with(
    session: &Session<'_>,
    package: &str,
    wanted: impl Fn(&Inputs) -> bool,
) -> Option<LastBuild> {
    let entries = session.work("builds").join(package).read_dir_utf8().ok()?;
    let results = entries.filter_map(|entry| {
        let directory = entry.ok()?.into_path();
        // Other directories there have no provenance.
        let provenance = Provenance::read(&directory).ok()?;
        let inputs = &provenance.inputs;
        let fits = inputs.target == session.target.name && wanted(inputs);
        fits.then_some(LastBuild { directory, provenance })
    });
    results.max_by_key(|build| (build.provenance.run.finished, build.provenance.inputs.key.to_string()))
}

/// How far a package is, and why it is no further.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Standing {
    pub(crate) package: String,
    pub(crate) version: String,
    /// `unplanned`, `out-of-date`, `unsigned`, `unpublished` or `published`
    pub(crate) state: &'static str,
    /// Empty where there is nothing to do.
    pub(crate) reasons: Vec<String>,
    /// Options that are off, and who switched them.
    pub(crate) off: Vec<String>,
}

/// How far each package of the plan is.
fn standings(
    session: &Session<'_>,
    key: Option<&ShippedKey>,
    planned: &[Planned],
) -> Result<Vec<Standing>, Failure> {
    let built = builds::built_before(session, planned)?;
    let mut standings = Vec::with_capacity(planned.len());
    for planned in planned {
        let request = &planned.request;
        let (state, reasons) = match built.get(&request.package) {
            None => ("out-of-date", unbuilt_reasons(session, request)?),
            Some(result) => published(session, key, &result.rpms)?,
        };
        let off = request.options.iter().filter(|(_, choice)| !choice.value);
        standings.push(Standing {
            package: request.package.clone(),
            version: request.evr.to_string(),
            state,
            reasons,
            off: off.map(|(name, choice)| format!("{name} (by {})", choice.by)).collect(),
        });
    }
    Ok(standings)
}

fn unbuilt_reasons(session: &Session<'_>, request: &BuildRequest) -> Result<Vec<String>, Failure> {
    let Some(mut reasons) = reasons(session, request) else { return Ok(vec!["never built".to_owned()]) };
    if channel::has_version(session, &request.package, &request.evr)? {
        reasons.push(format!("{} is published already: raise the release in package.toml", request.evr));
    }
    Ok(reasons)
}

/// Refuses before anything is built what could not be published after it: another content under a published version.
/// What was built nowhere before, or differs in no more than the build root, may be the published one, made again; then
/// publishing compares.
pub(crate) fn demand_new_versions(
    session: &Session<'_>,
    planned: &[Planned],
    built: &BTreeMap<String, BuildResult>,
) -> Result<(), Failure> {
    for planned in planned.iter().filter(|planned| !built.contains_key(&planned.package.name)) {
        let request = &planned.request;
        let evr = request.evr.to_string();
        let Some(last) = last_build_with(session, &request.package, |inputs| inputs.evr == evr) else {
            continue;
        };
        let mut reasons = content_reasons(&last, request);
        if reasons.is_empty() && root_reasons(&last, request).is_empty() {
            reasons.extend(other_reason(&last, request));
        }
        if !reasons.is_empty() && channel::has_version(session, &request.package, &request.evr)? {
            let message = format!(
                "{}-{} is published in channel `{}`, and what it is made of has changed since: {}",
                request.package,
                request.evr,
                session.channel.name,
                reasons.join("; ")
            );
            let hint = format!(
                "raise `release` in {} and say why in its changelog: hosts that have this version would never get \
                 another one",
                planned.package.manifest()
            );
            let failure = Failure::new(Kind::Refused, message).hint(Some(hint));
            return Err(channel::begin_anew(session, failure));
        }
    }
    Ok(())
}

fn published(
    session: &Session<'_>,
    key: Option<&ShippedKey>,
    unsigned: &[UnsignedRpm],
) -> Result<(&'static str, Vec<String>), Failure> {
    let Some(key) = key else { return Ok(("unsigned", vec!["no signing key is known".to_owned()])) };
    Ok(match signing::signed_before(session, key, unsigned) {
        None => ("unsigned", vec![format!("not signed by {}", key.public.fingerprint())]),
        Some(signed) if channel::is_current(session, key, &signed)? => ("published", Vec::new()),
        Some(_) => ("unpublished", vec![format!("not in channel {}", session.channel.name)]),
    })
}

/// Prints how things stand, what has no plan included.
pub(crate) fn print(opened: &Opened<'_>, json: bool) -> Result<(), Failure> {
    let Opened { session, key, planned, refused, .. } = opened;
    let mut standings = standings(session, key.as_ref(), planned)?;
    for (package, failure) in refused {
        let evr = session.project.package(package)?.evr(&session.target.dist);
        standings.push(Standing {
            package: package.clone(),
            version: evr.to_string(),
            state: "unplanned",
            reasons: failure.to_string().lines().map(str::to_owned).collect(),
            off: Vec::new(),
        });
    }
    if !session.is_private() {
        let packages = session.packages(&[])?;
        for withheld in withheld::of_plan(session, &packages)? {
            let its = standings.iter_mut().filter(|standing| standing.package == withheld.package);
            its.for_each(|standing| standing.reasons.push(format!("withheld: {}", withheld.reason())));
        }
    }
    standings.sort_by(|left, right| left.package.cmp(&right.package));
    if json {
        session.printer.json(&standings);
        return Ok(());
    }
    for standing in &standings {
        session.printer.data(format!("{:<20} {:<24} {}", standing.package, standing.version, standing.state));
        for reason in &standing.reasons {
            session.printer.data(format!("{:<20}   {reason}", ""));
        }
        if !standing.off.is_empty() {
            session.printer.data(format!("{:<20}   without {}", "", standing.off.join(", ")));
        }
    }
    Ok(())
}

/// Why a request is not what was built last, a line each; `None` when nothing was ever built.
pub(crate) fn reasons(session: &Session<'_>, request: &BuildRequest) -> Option<Vec<String>> {
    let last = last_build(session, &request.package)?;
    let mut reasons = content_reasons(&last, request);
    reasons.extend(root_reasons(&last, request));
    if reasons.is_empty() {
        reasons.extend(other_reason(&last, request));
    }
    Some(reasons)
}

/// What would be in the package that was not in it before.
fn content_reasons(last: &LastBuild, request: &BuildRequest) -> Vec<String> {
    let inputs = &last.provenance.inputs;
    let mut reasons = Vec::new();
    if inputs.evr != request.evr.to_string() {
        reasons.push(format!("version {} (was {})", request.evr, inputs.evr));
    }
    for source in &request.sources {
        match inputs.sources.get(&source.file) {
            None => reasons.push(format!("source {} is new", source.file)),
            Some(old) if old.sha256 != source.sha256 => {
                reasons.push(format!("source {} changed", source.file));
            }
            Some(old) if old.origin != source.origin => {
                reasons.push(format!("source {} comes from elsewhere", source.file));
            }
            Some(_) => {}
        }
    }
    for file in inputs.sources.keys() {
        if !request.sources.iter().any(|source| source.file == *file) {
            reasons.push(format!("source {file} is gone"));
        }
    }
    for (name, choice) in &request.options {
        let old = inputs.options.get(name).map(|choice| choice.value);
        if old != Some(choice.value) {
            let state = if choice.value { "on" } else { "off" };
            reasons.push(format!("option {name} is {state}, by {}", choice.by));
        }
    }
    // A result that lost its spec is no whole one, and says nothing about the other.
    if fs_err::read_to_string(last.directory.join(&inputs.spec_file)).is_ok_and(|spec| spec != request.spec) {
        reasons.push("the rendered spec changed (`render --diff`)".to_owned());
    }
    reasons
}

/// Where it would be built otherwise than before; the same may come out.
fn root_reasons(last: &LastBuild, request: &BuildRequest) -> Vec<String> {
    let inputs = &last.provenance.inputs;
    let mut reasons = Vec::new();
    let changes = inputs.seen.changes(&request.seen_facts());
    reasons.extend(changes.iter().map(|change| format!("the build root changed: {change}")));
    if inputs.network != request.network {
        reasons.push("the network policy changed".to_owned());
    }
    reasons
}

/// What neither names.
fn other_reason(last: &LastBuild, request: &BuildRequest) -> Option<String> {
    let changed = last.provenance.inputs.key != request.input_key();
    changed.then(|| "the target's settings changed".to_owned())
}
