//! Asks libsolv, with which dnf decides, what yum would do. The two agree on what the packages of a repository like this
//! one make them choose between; yum's habits (several kernels, obsoletes) are told to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use camino::Utf8Path;
use xen4centos_artifact::{Evr, INSTALL_ONLY};
use xen4centos_process::{Invocation, ProcessError, Tool};

use super::{
    HostRecord, Job, JobReport, SolverPackage,
    record::Known,
    refusal::refusals,
    selection::Selection,
    testcase::{Extent, Insist, testcase, testtags},
};
use crate::TrialError;

/// Far more than a whole distribution takes.
const LIMIT: Duration = Duration::from_secs(300);

/// Whose packages they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The repository that is looked at.
    Checked,
    /// What hosts have enabled beside it.
    Also,
}

/// The packages of a repository.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Whose they are.
    pub origin: Origin,
    /// All of them.
    pub packages: Vec<SolverPackage>,
}

/// A host and what is offered to it.
#[derive(Clone, Copy, Debug)]
pub struct HostRequest<'a> {
    /// The host.
    pub host: &'a HostRecord,
    /// What CentOS 6 itself has, as a record. It says what packages of which only the name is known give, and stands for
    /// the repository that hosts have them from, where no other offers a package of the name.
    pub base: &'a HostRecord,
    /// The repositories.
    pub offers: &'a [Offer],
    /// A directory for what the solver reads: absent or empty.
    pub scratch: &'a Utf8Path,
}

/// An installed package that is newer than the repository's: its updates never come.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Older {
    /// What is installed.
    pub installed: String,
    /// The newest that the repository has.
    pub offered: String,
}

/// What a host would get.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostReport {
    /// Its name.
    pub host: String,
    /// How many packages it has.
    pub packages: usize,
    /// What comes of each thing that it is asked.
    pub jobs: Vec<JobReport>,
    /// What of the repository it has newer already.
    pub older: Vec<Older>,
}

/// Tries every job of the host by itself.
///
/// # Errors
/// When the solver is missing or fails, or its files can not be written.
pub fn try_host(request: &HostRequest<'_>) -> Result<HostReport, TrialError> {
    let HostRequest { host, base, offers, scratch } = request;
    fs_err::create_dir_all(scratch).map_err(TrialError::file(*scratch))?;
    let installed = completed(host, base, offers);
    let is_offered = |package: &SolverPackage| {
        let all = offers.iter().flat_map(|offer| &offer.packages).chain(&installed);
        all.map(|other| &other.nevra.name).any(|name| *name == package.nevra.name)
    };
    let from_base: Vec<_> = base.packages().filter(|package| !is_offered(package)).collect();
    let offered: [(&str, Vec<&SolverPackage>); 3] = [
        ("repository", of(offers, Origin::Checked)),
        ("also", of(offers, Origin::Also)),
        ("base", from_base),
    ];
    write_packages(scratch, &installed, &offered, &host.jobs())?;
    let selection = Selection { installed: &installed, offered: &offered, system: SYSTEM };
    let names = offered.each_ref().map(|(name, _)| *name);
    let mut jobs = Vec::new();
    for job in host.jobs() {
        let lines = selection.lines(&job);
        let ask = |insist| {
            let path = scratch.join("host.test");
            let text = testcase("installed.repo", &names, &lines, insist);
            fs_err::write(&path, text).map_err(TrialError::file(path))?;
            solve(scratch)
        };
        let answer = ask(Insist::OnTheNewest)?;
        let refused = refusals(&answer);
        let mut report = JobReport { job: job.to_string(), refused, ..JobReport::default() };
        // Of what it can not do the solver goes on with one of its own ways out, which yum would not take.
        if report.refused.is_empty() {
            report.take_transaction(&answer);
        } else {
            let answer = ask(Insist::OnNothing)?;
            if refusals(&answer).is_empty() {
                report.take_transaction(&answer);
            }
        }
        report.ask_rpm(offers.iter().flat_map(|offer| &offer.packages));
        jobs.push(report);
    }
    let older = older(&installed, &of(offers, Origin::Checked));
    Ok(HostReport { host: host.name.clone(), packages: host.len(), jobs, older })
}

/// How the solver calls what is installed.
const SYSTEM: &str = "@System";

/// Writes `installed.repo` and one of each repository, with those of the files that anything asks for.
fn write_packages(
    scratch: &Utf8Path,
    installed: &[SolverPackage],
    offered: &[(&str, Vec<&SolverPackage>)],
    jobs: &[Job],
) -> Result<(), TrialError> {
    let all = || offered.iter().flat_map(|(_, packages)| packages.iter().copied());
    let paths = installed.iter().chain(all()).flat_map(SolverPackage::paths_asked_for);
    let paths: BTreeSet<&str> = paths.chain(jobs.iter().flat_map(Job::paths)).collect();
    let mut newest: BTreeMap<&str, &Evr> = BTreeMap::new();
    for SolverPackage { nevra, .. } in all() {
        let known = newest.entry(&nevra.name).or_insert(&nevra.evr);
        *known = (*known).max(&nevra.evr);
    }
    let write = |name: &str, text: String| {
        let path = scratch.join(format!("{name}.repo"));
        fs_err::write(&path, text).map_err(TrialError::file(path))
    };
    write("installed", testtags(installed, &Extent { paths: &paths, newest: None }))?;
    let extent = Extent { paths: &paths, newest: Some(&newest) };
    offered.iter().try_for_each(|(name, packages)| write(name, testtags(packages.iter().copied(), &extent)))
}

fn of(offers: &[Offer], origin: Origin) -> Vec<&SolverPackage> {
    let offers = offers.iter().filter(|offer| offer.origin == origin);
    offers.flat_map(|offer| &offer.packages).collect()
}

fn solve(scratch: &Utf8Path) -> Result<String, TrialError> {
    let invocation = Invocation::new(Tool::Testsolv, scratch).args(["-r", "host.test"]).time_limit(LIMIT);
    match invocation.run() {
        Ok(output) => Ok(output.text()),
        Err(source @ ProcessError::NotInstalled { .. }) => Err(TrialError::NoSolver(source)),
        Err(source) => Err(TrialError::Solver(source)),
    }
}

/// The installed packages. Where only the name is known, what the base's package of that name gives is given, and the
/// epoch is the base's, else that of the newest package of the name that is offered.
fn completed(host: &HostRecord, base: &HostRecord, offers: &[Offer]) -> Vec<SolverPackage> {
    let complete = |installed: &super::record::Installed| {
        let mut package = installed.package.clone();
        if installed.known == Known::Record {
            return package;
        }
        let in_base = base.packages().find(|other| other.is_another_of(&package));
        if let Some(known) = in_base {
            package.provides.clone_from(&known.provides);
            package.files.clone_from(&known.files);
        }
        let offered = offers.iter().flat_map(|offer| &offer.packages);
        let newest =
            offered.filter(|other| other.is_another_of(&package)).map(|other| &other.nevra.evr).max();
        if let Some(evr) = in_base.map(|known| &known.nevra.evr).or(newest) {
            package.nevra.evr.epoch = evr.epoch;
        }
        package
    };
    host.packages.iter().map(complete).collect()
}

/// Of packages that are installed in several versions the newest counts.
fn older(installed: &[SolverPackage], offered: &[&SolverPackage]) -> Vec<Older> {
    let mut found = Vec::new();
    for package in installed {
        let newest = offered.iter().filter(|other| other.is_another_of(package));
        let Some(newest) = newest.max_by(|left, right| left.nevra.evr.cmp(&right.nevra.evr)) else {
            continue;
        };
        let is_newest = installed
            .iter()
            .filter(|other| {
                INSTALL_ONLY.iter().any(|name| package.gives(name)) && other.is_another_of(package)
            })
            .all(|other| other.nevra.evr <= package.nevra.evr);
        if is_newest && newest.nevra.evr < package.nevra.evr {
            found.push(Older { installed: package.nevra.to_string(), offered: newest.nevra.to_string() });
        }
    }
    found
}
