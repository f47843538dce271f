//! The main job: the flow of the README, a line each.

use std::{collections::BTreeMap, time::Instant};

use xen4centos_advisory::Embargoed;
use xen4centos_artifact::{Nevra, Sha256Digest};
use xen4centos_build::{BuildResult, Freshness};

use crate::{
    args::{Cli, ReleaseArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        advisories, builds, channel, checks,
        keys::SigningKey,
        plan::{self, Opened, Planned, Purpose},
        signing, status,
    },
    printer::Printer,
    session::Session,
};

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    target: String,
    channel: String,
    changed: bool,
    repository: String,
    key: String,
    state: Option<u64>,
    revision: Option<u64>,
    packages: Vec<PackageRow>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct PackageRow {
    nevra: String,
    sha256: Sha256Digest,
}

pub(crate) fn run(cli: &Cli, args: &ReleaseArgs, printer: &Printer) -> Outcome {
    let start = Instant::now();
    let purpose = match (args.dry_run, args.due) {
        (true, _) => Purpose::Look,
        (_, true) => Purpose::Due,
        _ => Purpose::Release,
    };
    let opened = &plan::open(&cli.global, &args.plan, purpose, printer)?;
    let Opened { session, planned, .. } = opened;
    announce(session, planned);
    if args.dry_run {
        return status::print(opened, args.json);
    }
    let key = &SigningKey::open(session, &args.plan.key)?;
    checks::own_files(session)?;
    let before = builds::built_before(session, planned)?;
    status::demand_new_versions(session, planned, &before)?;
    if args.due {
        demand_built(planned, &before)?;
    }
    if before.len() < planned.len() {
        // A wrong passphrase must not show after hours of building.
        drop(key.signer(session)?);
    }
    let built = builds::build_all(session, planned, &args.plan.key)?;
    let fresh = built.iter().any(|result| result.freshness == Freshness::Built);
    let signed = signing::sign_all(session, key, built)?;
    let wanted: Vec<(Nevra, Sha256Digest)> =
        signed.iter().map(|package| (package.nevra().clone(), package.sha256())).collect();
    let rows = wanted.iter().map(|(nevra, sha256)| PackageRow { nevra: nevra.to_string(), sha256: *sha256 });
    let mut report = Report {
        target: session.target.name.clone(),
        channel: session.channel.name.clone(),
        changed: false,
        repository: session.publish_root.join(&session.channel.directory).to_string(),
        key: key.shipped.public.fingerprint().to_string(),
        state: None,
        revision: None,
        packages: rows.collect(),
    };
    if channel::is_current(session, &key.shipped, &wanted)? {
        let what = if fresh {
            "what was built again is published already".to_owned()
        } else {
            format!("nothing to do ({} ms)", start.elapsed().as_millis())
        };
        printer.step("Unchanged", what);
        if let Some(state) = channel::current(session)? {
            report.state = Some(state.number);
            report.revision = Some(state.revision);
        }
        finish(args, printer, &report);
        return Ok(());
    }
    if let Some(embargoed) = advisories::embargo(session, &signed).filter(|_| args.due) {
        let Embargoed { package, public, .. } = embargoed;
        printer.step("Not due", format!("{package} answers what is not public before {public}"));
        finish(args, printer, &report);
        return Ok(());
    }
    checks::packages(session, signed.iter().map(xen4centos_artifact::SignedRpm::path))?;
    let published = channel::publish(session, key, &signed)?;
    report.changed = true;
    report.state = Some(published.state.number);
    report.revision = Some(published.state.revision);
    finish(args, printer, &report);
    Ok(())
}

/// What is published at its time was looked at before: nothing is built in that moment.
fn demand_built(planned: &[Planned], before: &BTreeMap<String, BuildResult>) -> Outcome {
    let missing: Vec<&str> = planned
        .iter()
        .map(|planned| planned.package.name.as_str())
        .filter(|name| !before.contains_key(*name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("not built yet: {}; `--due` builds nothing", missing.join(", "));
    let hint = "build and sign before, with the same command without `--due`, which publishes nothing early"
        .to_owned();
    Err(Failure::new(Kind::Refused, message).hint(Some(hint)))
}

/// Options that are off are no surprise later.
fn announce(session: &Session<'_>, planned: &[Planned]) {
    for planned in planned {
        let off: Vec<String> = planned
            .request
            .options
            .iter()
            .filter(|(_, choice)| !choice.value)
            .map(|(name, choice)| format!("{name} (by {})", choice.by))
            .collect();
        if !off.is_empty() {
            let name = &planned.package.name;
            session.printer.step("Planned", format!("{name} without {}", off.join(", ")));
        }
    }
}

fn finish(args: &ReleaseArgs, printer: &Printer, report: &Report) {
    if args.json {
        printer.json(report);
    } else if report.changed {
        for package in &report.packages {
            printer.data(format!("  {}", package.nevra));
        }
        printer.data(&report.repository);
    }
}
