//! The main job: the flow of the README, a line each.

use std::time::Instant;

use xen4centos_artifact::{Nevra, Sha256Digest};
use xen4centos_build::Freshness;
use xen4centos_manifest::Package;

use crate::{
    args::{Cli, ReleaseArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::{
        builds, channel, checks,
        keys::SigningKey,
        plan::{self, Opened, Planned, Purpose},
        signing, status,
        withheld::{self, Withheld},
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
    /// What `--due` leaves for later.
    not_due: Vec<String>,
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
    let packages: Vec<Package> = planned.iter().map(|planned| planned.package.clone()).collect();
    withheld::warn_of_overlaps(session, &packages)?;
    if args.dry_run {
        return status::print(opened, args.json);
    }
    let held =
        if args.due && !session.is_private() { withheld::of_plan(session, &packages)? } else { Vec::new() };
    let is_held = |planned: &&Planned| held.iter().any(|one| one.package == planned.package.name);
    let (later, now): (Vec<Planned>, Vec<Planned>) = planned.iter().cloned().partition(|one| is_held(&one));
    publish((opened, args, start), &now, &held)?;
    withheld::tell(session, &held)?;
    demand_built(session, &later)
}

/// What of the plan is to go out now.
fn publish(
    (opened, args, start): (&Opened<'_>, &ReleaseArgs, Instant),
    planned: &[Planned],
    held: &[Withheld],
) -> Outcome {
    let session = &opened.session;
    let printer = session.printer;
    let key = &SigningKey::open(session, &args.plan.key)?;
    checks::own_files(session)?;
    let before = builds::built_before(session, planned)?;
    status::demand_new_versions(session, planned, &before)?;
    if args.due {
        demand_built(session, planned)?;
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
        not_due: held.iter().map(|one| format!("{}-{}", one.package, one.evr)).collect(),
    };
    let is_for_later = planned.is_empty() && !held.is_empty();
    if is_for_later || channel::is_current(session, &key.shipped, &wanted)? {
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
    checks::packages(session, signed.iter().map(xen4centos_artifact::SignedRpm::path))?;
    let published = channel::publish(session, key, &signed)?;
    report.changed = true;
    report.state = Some(published.state.number);
    report.revision = Some(published.state.revision);
    finish(args, printer, &report);
    Ok(())
}

/// What is published at its time was looked at before: nothing is built in that moment.
fn demand_built(session: &Session<'_>, planned: &[Planned]) -> Outcome {
    let before = builds::built_before(session, planned)?;
    let names = planned.iter().map(|planned| planned.package.name.as_str());
    let missing: Vec<&str> = names.filter(|name| !before.contains_key(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("not built yet: {}; `--due` builds nothing", missing.join(", "));
    let way = withheld::private_channel(session);
    let hint = format!("build and sign before, in private: the same command without `--due`, with {way}");
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
