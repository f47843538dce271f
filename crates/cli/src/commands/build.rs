//! Source and binary packages, unsigned.

use xen4centos_build::{BuildResult, Freshness};

use crate::{
    args::{BuildCommandArgs, Cli},
    failure::Outcome,
    pipeline::{
        builds,
        plan::{self, Opened, Purpose},
        status,
    },
    printer::Printer,
};

#[derive(serde::Serialize)]
#[serde(rename_all = "kebab-case")]
struct Built<'a> {
    package: &'a str,
    fresh: bool,
    directory: &'a str,
    source_package: String,
    packages: Vec<String>,
}

pub(crate) fn run(cli: &Cli, args: &BuildCommandArgs, printer: &Printer) -> Outcome {
    let purpose = if args.dry_run { Purpose::Look } else { Purpose::Build };
    let opened = &plan::open(&cli.global, &args.plan, purpose, printer)?;
    let Opened { session, planned, .. } = opened;
    if args.dry_run {
        return status::print(opened, args.json);
    }
    let results = builds::build_all(session, planned, &args.plan.key)?;
    let rows: Vec<Built<'_>> = results.iter().map(row).collect();
    if args.json {
        printer.json(&rows);
        return Ok(());
    }
    for row in &rows {
        let state = if row.fresh { "built" } else { "unchanged" };
        printer.data(format!("{} ({state}): {}", row.package, row.directory));
        for package in row.packages.iter().chain([&row.source_package]) {
            printer.data(format!("  {package}"));
        }
    }
    Ok(())
}

fn row(result: &BuildResult) -> Built<'_> {
    Built {
        package: &result.provenance.inputs.package,
        fresh: result.freshness == Freshness::Built,
        directory: result.directory.as_str(),
        source_package: result.srpm.nevra.file_name(),
        packages: result.rpms.iter().map(|rpm| rpm.nevra.file_name()).collect(),
    }
}
