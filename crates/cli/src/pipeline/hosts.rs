//! What recorded hosts would get: joins repositories of any origin with the trial crate and the rules about hosts.

use std::collections::{BTreeSet, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_check::{Checked, HostTrouble, lacking_features};
use xen4centos_manifest::Client;
use xen4centos_repodata::{Dependency, FileKind, Package, PackageFile, RepodataError, Repository};
use xen4centos_trial::{HostRecord, HostReport, HostRequest, Job, Offer, Origin, SolverPackage, try_host};

use crate::{
    failure::{Failure, Kind},
    scratch::Scratch,
    session::Session,
};

/// The records of a directory, by their files' names.
pub(crate) fn records(directory: &Utf8Path) -> Result<Vec<(Utf8PathBuf, HostRecord)>, Failure> {
    let mut paths = Vec::new();
    let unreadable = |error: std::io::Error| Failure::of(Kind::Data, &error);
    for entry in fs_err::read_dir(directory).map_err(unreadable)? {
        let path = Utf8PathBuf::from_path_buf(entry?.path());
        paths.extend(path.ok().filter(|path| path.extension() == Some("txt") && path.is_file()));
    }
    if paths.is_empty() {
        let hint = "record one with `rpm -qa > NAME.txt`; repo-templates/hosts/ has examples".to_owned();
        return Err(Failure::new(Kind::Data, format!("`{directory}` has no records of hosts, `*.txt`"))
            .hint(Some(hint)));
    }
    paths.sort();
    paths.into_iter().map(|path| Ok((path.clone(), record(&path)?))).collect()
}

/// What packages of CentOS 6 give.
pub(crate) fn base(session: &Session<'_>) -> Result<HostRecord, Failure> {
    record(&session.project.root.join("repo-templates/stand-in/base.txt"))
}

fn record(path: &Utf8Path) -> Result<HostRecord, Failure> {
    let bytes = fs_err::read(path).map_err(|error| Failure::of(Kind::Data, &error))?;
    // Paths of files are of any encoding.
    Ok(HostRecord::parse(path, &String::from_utf8_lossy(&bytes))?)
}

/// Tries all hosts with the repositories, of which the first `checked` are those that are looked at.
pub(crate) fn try_all(
    session: &Session<'_>,
    records: &[(Utf8PathBuf, HostRecord)],
    (checked, also): (&[Repository], &[Repository]),
) -> Result<Vec<HostReport>, Failure> {
    let base = base(session)?;
    let mut offers = Vec::new();
    for (origin, repositories) in [(Origin::Checked, checked), (Origin::Also, also)] {
        for repository in repositories {
            offers.push(Offer { origin, packages: packages(session, repository)? });
        }
    }
    let everything = offers.iter().flat_map(|offer| &offer.packages);
    let installed = records.iter().flat_map(|(_, record)| record.packages());
    let paths = everything.chain(installed).flat_map(SolverPackage::paths_asked_for).map(str::to_owned);
    let jobs: Vec<Job> = records.iter().flat_map(|(_, record)| record.jobs()).collect();
    let paths: BTreeSet<String> = paths.chain(jobs.iter().flat_map(Job::paths).map(str::to_owned)).collect();
    for (offer, repository) in offers.iter_mut().zip(checked.iter().chain(also)) {
        complete_files(offer, repository, &paths)?;
    }
    let scratch = Scratch::new("hosts")?;
    let reports = records.iter().enumerate().map(|(number, (_, host))| {
        let scratch = scratch.path.join(number.to_string());
        Ok(try_host(&HostRequest { host, base: &base, offers: &offers, scratch: &scratch })?)
    });
    reports.collect()
}

/// The packages of a repository with the files that its primary metadata lists.
fn packages(session: &Session<'_>, repository: &Repository) -> Result<Vec<SolverPackage>, Failure> {
    let client = session.project.client(&session.target);
    let texts = |list: Vec<Dependency>| list.iter().map(ToString::to_string).collect();
    let mut packages = Vec::new();
    for package in repository.packages()? {
        let package = package?;
        if package.nevra.arch == "src" {
            continue;
        }
        // What lies elsewhere is not opened.
        let path = repository.path_of(&package.href).ok();
        packages.push(SolverPackage {
            refused_by_rpm: refused_by_rpm(client, path.as_deref(), &package)?,
            provides: texts(package.dependencies.provides),
            requires: texts(package.dependencies.requires),
            conflicts: texts(package.dependencies.conflicts),
            obsoletes: texts(package.dependencies.obsoletes),
            files: package.files.into_iter().map(|file| file.path).collect(),
            nevra: package.nevra,
        });
    }
    Ok(packages)
}

/// Metadata say nothing of features of rpm, so packages that lie here are looked into.
fn refused_by_rpm(
    client: &Client,
    path: Option<&Utf8Path>,
    package: &Package,
) -> Result<Vec<String>, Failure> {
    let nevra = &package.nevra;
    let features = match path.filter(|path| path.is_file()) {
        Some(path) => lacking_features(path, client)?,
        None => Vec::new(),
    };
    let lists = [&package.dependencies.requires, &package.dependencies.conflicts];
    let rich = lists.into_iter().flatten().map(ToString::to_string).filter(|text| text.starts_with('('));
    let features = features.into_iter().map(|feature| format!("{feature} is needed by {nevra}"));
    Ok(features.chain(rich.map(|text| format!("Invalid version flag in `{text}` of {nevra}"))).collect())
}

/// Looks into the whole lists of files where a path is asked for that primary metadata do not have, as yum does.
fn complete_files(
    offer: &mut Offer,
    repository: &Repository,
    paths: &BTreeSet<String>,
) -> Result<(), RepodataError> {
    let is_in_primary = |path: &String| PackageFile { path: path.clone(), kind: FileKind::File }.is_primary();
    let open: BTreeSet<&String> = paths.iter().filter(|path| !is_in_primary(path)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut found: HashMap<_, Vec<String>> = HashMap::new();
    for listed in repository.file_lists()? {
        let listed = listed?;
        let files = listed.files.into_iter().map(|file| file.path).filter(|path| open.contains(path));
        found.entry(listed.nevra).or_default().extend(files);
    }
    for package in &mut offer.packages {
        package.files.extend(found.remove(&package.nevra).unwrap_or_default());
    }
    Ok(())
}

/// What the rules say of the reports.
pub(crate) fn findings(records: &[(Utf8PathBuf, HostRecord)], reports: &[HostReport]) -> Vec<Checked> {
    let of_host = |((path, _), report): (&(Utf8PathBuf, HostRecord), &HostReport)| {
        let subject = path.file_name().unwrap_or_default();
        let mut findings = Vec::new();
        for job in &report.jobs {
            findings.extend(
                job.refused
                    .iter()
                    .map(|refusal| HostTrouble::Refused.on(subject, format!("{}: {refusal}", job.job))),
            );
            findings.extend(job.remove.iter().map(|removal| {
                let by = removal.obsoleted_by.as_deref();
                let by = by.map_or_else(String::new, |by| format!(", which {by} obsoletes"));
                HostTrouble::Taken.on(subject, format!("{}: removes {}{by}", job.job, removal.package))
            }));
        }
        findings.extend(report.older.iter().map(|older| {
            let message = format!("has {}, the repository has {}", older.installed, older.offered);
            HostTrouble::Newer.on(subject, message)
        }));
        Checked { path: path.clone(), findings }
    };
    records.iter().zip(reports).map(of_host).collect()
}
