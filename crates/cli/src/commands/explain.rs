//! Where a published package comes from, step by step.

use std::fmt::Display;

use xen4centos_build::{InputSource, SourceOrigin, WorkTree};

use crate::{
    args::{Cli, ExplainArgs},
    failure::{Failure, Kind, Outcome},
    pipeline::lineage::{self, Build, Lineage},
    printer::Printer,
    session::Session,
    settings,
};

pub(crate) fn run(cli: &Cli, args: &ExplainArgs, printer: &Printer) -> Outcome {
    let session = Session::open(&cli.global, &args.target, printer)?;
    let found = lineage::trace(&session, &args.package)?;
    if args.json {
        printer.json(&found);
    } else {
        for lineage in &found {
            print(&session, lineage);
        }
    }
    let broken: usize = found.iter().map(|lineage| lineage.broken.len()).sum();
    if broken == 0 {
        return Ok(());
    }
    let message = match broken {
        1 => "a step of the way back does not hold".to_owned(),
        _ => format!("{broken} steps of the way back do not hold"),
    };
    let hint = "what a build left is in the work directory of the machine that ran it; name that with --work";
    Err(Failure::new(Kind::Refused, message).hint(Some(hint.to_owned())))
}

fn print(session: &Session<'_>, lineage: &Lineage) {
    let line = |label: &str, text: &dyn Display| session.printer.data(format!("  {label:<13} {text}"));
    session.printer.data(&lineage.package);
    line("file", &lineage.file);
    line("", &format!("sha256 {}, {} bytes", lineage.sha256, lineage.size));
    let states = lineage.publications.iter().map(|one| format!("state {} ({})", one.state, time(one.time)));
    let states: Vec<String> = states.collect();
    line("published", &format!("in channel {}: {}", session.channel.name, states.join(", ")));
    if let Some(signature) = &lineage.signature {
        let signed = time(signature.time.into());
        line("signed", &format!("by {} ({})", signature.key, signature.user_id));
        line("", &format!("dated {signed}: the day of the package or of the key, whenever it is signed"));
    }
    if let Some(build) = &lineage.build {
        print_build(&line, build);
    }
    for broken in &lineage.broken {
        line("BROKEN", broken);
    }
}

fn print_build(line: &dyn Fn(&str, &dyn Display), build: &Build) {
    let run = &build.run;
    line("built", &format!("{} to {}, by {}", time(run.started), time(run.finished), run.program));
    line("", &format!("inputs {}, before it was signed {}", build.key, build.unsigned_sha256));
    if let Some(directory) = &build.directory {
        line("", directory);
    }
    if let Some(log) = &build.log {
        line("log", log);
    }
    if let Some(project) = &run.project {
        let state = match project.work_tree {
            WorkTree::Clean => "",
            WorkTree::Changed => ", and files that are in no commit",
        };
        line("project", &format!("commit {}{state}", project.commit));
    }
    let root = &build.root;
    line(
        "build root",
        &format!(
            "{}, {}: gcc {}, binutils {}, make {}, rpm {}",
            root.kind,
            root.user_space,
            root.gcc_version,
            root.binutils_version,
            root.make_version,
            root.rpm_version
        ),
    );
    line("", &format!("network: {:?}; held by: {}", build.network, run.isolation));
    for (name, choice) in &build.options {
        let state = if choice.value { "on" } else { "off" };
        line("option", &format!("{name} {state} (by {})", choice.by));
    }
    line("spec", &format!("{}, sha256 {}", build.spec, build.spec_sha256));
    if let Some(package) = &build.source_package {
        line("", &format!("with its sources in {package}"));
    }
    for (file, source) in &build.sources {
        let label = if source.advisory.is_some() { "patch" } else { "source" };
        line(label, &format!("{file}{}", about(source)));
    }
    let advisories: std::collections::BTreeSet<&str> = build
        .sources
        .iter()
        .filter(|(file, _)| build.proven.iter().flatten().any(|proven| proven == *file))
        .filter_map(|(_, source)| source.advisory.as_ref())
        .flat_map(|ids| ids.split(", "))
        .collect();
    if !advisories.is_empty() {
        let names: Vec<&str> = advisories.into_iter().collect();
        line("advisories", &names.join(", "));
    }
    if !build.announced_by.is_empty() {
        line("announced", &format!("by {}", build.announced_by.join(", ")));
    }
    if let Some(proven) = &build.proven {
        line("proven", &format!("in the tree that was built: {}", proven.join(", ")));
    }
}

fn about(source: &InputSource) -> String {
    let advisory = source.advisory.as_ref().map_or_else(String::new, |advisory| format!(" for {advisory}"));
    let origin = match source.origin {
        SourceOrigin::Pinned => format!("pinned: {}", source.detail),
        SourceOrigin::InTree => "of the project".to_owned(),
        SourceOrigin::Generated => "made of the project's data".to_owned(),
        SourceOrigin::Override => format!("given in its place: {}", source.detail),
        SourceOrigin::Tree => format!("a tree given in its place: {}", source.detail),
        SourceOrigin::Miniature => "a test double".to_owned(),
    };
    format!("{advisory}, {origin}, sha256 {}", source.sha256)
}

fn time(seconds: u64) -> String {
    settings::shown_time(seconds)
}
