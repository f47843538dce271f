//! The main job: the flow of the README, a line each.

use std::time::Instant;

use xen4centos_artifact::{Nevra, Sha256Digest};
use xen4centos_build::{BuildResult, Freshness};

use crate::{
    args::{Cli, ReleaseArgs},
    failure::Outcome,
    pipeline::{
        builds, channel, checks,
        keys::SigningKey,
        plan::{self, Opened, Planned},
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
    let Opened { session, key, planned, .. } = &plan::open(&cli.global, &args.plan, printer)?;
    announce(session, planned);
    if args.dry_run {
        return dry_run(session, key, planned, args.json);
    }
    let built = builds::build_all(session, planned)?;
    let fresh = built.iter().any(|result| result.freshness == Freshness::Built);
    let signed = signing::sign_all(session, key, unsigned(built))?;
    let wanted: Vec<(Nevra, Sha256Digest)> =
        signed.iter().map(|package| (package.nevra().clone(), package.sha256())).collect();
    let rows = wanted.iter().map(|(nevra, sha256)| PackageRow { nevra: nevra.to_string(), sha256: *sha256 });
    let mut report = Report {
        target: session.target.name.clone(),
        channel: session.channel.name.clone(),
        changed: false,
        repository: session.publish_root.join(&session.channel.directory).to_string(),
        key: key.public.fingerprint().to_string(),
        state: None,
        revision: None,
        packages: rows.collect(),
    };
    if !fresh && channel::is_current(session, key, &wanted)? {
        printer.step("Unchanged", format!("nothing to do ({} ms)", start.elapsed().as_millis()));
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

fn dry_run(session: &Session<'_>, key: &SigningKey, planned: &[Planned], json: bool) -> Outcome {
    if json {
        session.printer.json(&status::standings(session, key, planned)?);
        return Ok(());
    }
    for line in status::lines(session, key, planned)? {
        session.printer.data(line);
    }
    Ok(())
}

/// Binary packages only: the repository is for hosts, and source packages stay with their provenance.
fn unsigned(built: Vec<BuildResult>) -> Vec<xen4centos_artifact::UnsignedRpm> {
    built.into_iter().flat_map(|result| result.rpms).collect()
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
