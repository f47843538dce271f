//! What recorded hosts would get of repositories.

use camino::Utf8Path;
use serde_json::json;
use xen4centos_check::{Finding, WaiverScope, Waivers};
use xen4centos_repodata::{IndexSettings, Repository, Silent, index};
use xen4centos_trial::{HostReport, JobReport};

use crate::{
    args::{CheckArgs, ReportFormat},
    commands::repo,
    failure::{Failure, Kind, Outcome},
    pipeline::{
        checks::{self, count},
        hosts,
    },
    printer::Printer,
    scratch::Scratch,
    session::Session,
    settings,
};

pub(super) fn run(session: &Session<'_>, args: &CheckArgs, directory: &Utf8Path) -> Outcome {
    let printer = session.printer;
    let here = settings::current_directory()?;
    let records = hosts::records(&here.join(directory))?;
    let (mut waivers, expired) = Waivers::holding(&session.target.waivers, session.now);
    let published = session.publish_root.join(&session.channel.directory);
    let places: Vec<&str> = match args.paths.as_slice() {
        [] => vec![published.as_str()],
        paths => paths.iter().map(|path| path.as_str()).collect(),
    };
    let scratch = Scratch::new("hosts-index")?;
    let open = |place: &str| open(place, &scratch.path, printer);
    let checked = places.into_iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let also = args.also.iter().map(|place| open(place)).collect::<Result<Vec<_>, _>>()?;
    let reports = hosts::try_all(session, &records, (&checked, &also))?;
    let mut found = hosts::findings(&records, &reports);
    for one in &mut found {
        waivers.apply(&mut one.findings);
    }
    checks::tell_unused(session, &waivers, WaiverScope::Hosts);
    let findings: Vec<&Finding> = found.iter().flat_map(|one| &one.findings).collect();
    match if args.json { ReportFormat::Json } else { args.format } {
        ReportFormat::Json => printer.json(&json!({ "hosts": reports, "findings": findings })),
        ReportFormat::Text => {
            for report in &reports {
                print(report, printer);
            }
            if !findings.is_empty() {
                super::report(session, args, &found);
            }
        }
        ReportFormat::Sarif | ReportFormat::Junit => super::report(session, args, &found),
    }
    if let Some(expired) = expired {
        return Err(expired.into());
    }
    let refused = findings.iter().filter(|finding| finding.fails()).count();
    if refused == 0 {
        let waived =
            if findings.iter().any(|finding| finding.waived.is_some()) { " more than is waived" } else { "" };
        printer.step("Tried", format!("{}: none refuses{waived}", count(reports.len(), "host")));
        return Ok(());
    }
    let hint = checks::explain_hint(findings);
    Err(Failure::new(Kind::Refused, format!("hosts would refuse this: {}", count(refused, "error")))
        .hint(hint))
}

/// A repository; a directory of packages that is none is indexed aside.
fn open(place: &str, scratch: &Utf8Path, printer: &Printer) -> Result<Repository, Failure> {
    let directory = settings::current_directory()?.join(place);
    let is_repository = place.contains("://") || directory.join("repodata").exists();
    if is_repository || !directory.is_dir() {
        return repo::open(place, printer);
    }
    let number = scratch.read_dir_utf8()?.count();
    let output = scratch.join(number.to_string());
    fs_err::create_dir(&output)?;
    let base = IndexSettings::for_el6(settings::now());
    let _activity = printer.activity("Indexing", place);
    let _tree = index(&directory, &IndexSettings { output: Some(output.clone()), ..base }, &Silent)?;
    repo::open(output.as_str(), printer)
}

fn print(report: &HostReport, printer: &Printer) {
    printer.data(format!("{} ({} packages)", report.host, report.packages));
    for job in &report.jobs {
        printer.data(format!("  {}", job.job));
        for line in lines(job) {
            printer.data(format!("    {line}"));
        }
    }
}

fn lines(job: &JobReport) -> Vec<String> {
    let mut lines: Vec<String> = job.refused.iter().map(|refusal| format!("refused  {refusal}")).collect();
    let left = !(job.install.is_empty() && job.update.is_empty() && job.remove.is_empty());
    match (job.refused.is_empty(), left) {
        (true, false) => lines.push("nothing to do".to_owned()),
        (false, true) => lines.push("with --skip-broken:".to_owned()),
        _ => {}
    }
    lines.extend(job.install.iter().map(|one| format!("install  {} ({})", one.package, one.from)));
    lines.extend(
        job.update.iter().map(|one| format!("update   {} by {} ({})", one.installed, one.package, one.from)),
    );
    lines.extend(job.remove.iter().map(|one| match &one.obsoleted_by {
        Some(by) => format!("obsolete {} by {by}", one.package),
        None => format!("remove   {}", one.package),
    }));
    lines
}
