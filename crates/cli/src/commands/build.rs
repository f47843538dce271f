//! Source and binary packages, unsigned.

use xen4centos_build::{BuildResult, Freshness};

use crate::{
    args::{BuildCommandArgs, Cli},
    failure::Outcome,
    pipeline::{
        builds,
        plan::{self, Opened},
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
    let Opened { session, planned, .. } = &plan::open(&cli.global, &args.plan, printer)?;
    if args.dry_run {
        let before = builds::built_before(session, planned)?;
        for planned in planned {
            let name = &planned.package.name;
            let state = match (before.contains_key(name), status::reasons(session, &planned.request)?) {
                (true, _) => "was built from these inputs".to_owned(),
                (false, None) => "would be built for the first time".to_owned(),
                (false, Some(reasons)) => format!("would be built: {}", reasons.join("; ")),
            };
            printer.data(format!("{name}-{}: {state}", planned.request.evr));
        }
        return Ok(());
    }
    let results = builds::build_all(session, planned)?;
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
