//! One build, from request to checked packages: the story of this crate.
//!
//! `<builds>/<package>/<key>/` is a result, whole or absent: it is made in `<builds>/<package>/.building/` and
//! renamed. A lock on `<builds>/<package>/lock`, which the kernel drops when its holder dies, says whether it is in use; what a
//! killed build left there is removed by the next.

use std::{fs::TryLockError, io::Write, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Nevra, Sha256Digest, Srpm, UnsignedRpm};
use xen4centos_process::{Invocation, ProcessError, StopFlag};

use crate::{
    BuildError, BuildRequest, Event, OutputFile, OutputKind, ProjectState, Provenance, Reporter, Run,
    excerpt::Excerpt, files, isolation::Isolation, phase::PhaseTracker, provenance::Inputs,
    rpmbuild::Workshop, verify,
};

/// How often a build that waits for another process looks again.
const WAIT: Duration = Duration::from_millis(100);

/// A disk without room for so many bytes counts as full: what is linked or packed is of this size.
const FULL: u64 = 32 * 1024 * 1024;

/// Where builds go, who hears of them, and what time it is.
#[derive(Clone, Copy)]
pub struct Conditions<'a> {
    /// The directory that holds all results; made when it is not there.
    pub builds: &'a Utf8Path,
    /// Files and directories that a build must not see, such as keys; absolute, and they need not exist. The
    /// provenance says where a machine could not hide them.
    pub hidden: &'a [Utf8PathBuf],
    /// Hears of progress.
    pub reporter: &'a dyn Reporter,
    /// Unix time in seconds, for the provenance only.
    pub clock: &'a (dyn Fn() -> u64 + Sync),
    /// The program that builds, and its version; for the provenance only.
    pub program: &'a str,
    /// The state of the project's data, where it is known; asked only when something is built, for the provenance only.
    pub project: &'a (dyn Fn() -> Option<ProjectState> + Sync),
    /// Raised to kill the build.
    pub stop: &'a StopFlag,
}

/// Whether a build was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It was run now.
    Built,
    /// The same inputs had been built before.
    Reused,
}

/// The packages of one build.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct BuildResult {
    /// The source package.
    pub srpm: Srpm,
    /// The binary packages, sorted by file name.
    pub rpms: Vec<UnsignedRpm>,
    /// What went in and came out.
    pub provenance: Provenance,
    /// The directory that holds them, `provenance.json` and the rendered spec.
    pub directory: Utf8PathBuf,
    /// The whole log of rpmbuild.
    pub log: Utf8PathBuf,
    /// Whether it was run now.
    pub freshness: Freshness,
}

/// Builds `request`, or takes the packages that the same inputs gave before.
///
/// # Errors
/// When the build fails, is stopped, gives other packages than asked for, or the machine does not allow what the
/// request asks. The log is kept as `<builds>/<package>/failed/<start of key>.log`.
pub fn build(request: &BuildRequest, conditions: &Conditions<'_>) -> Result<BuildResult, BuildError> {
    request.check_names()?;
    let place = Place::new(request, conditions.builds)?;
    let report = |event: Event<'_>| conditions.reporter.event(&request.package, event);
    if let Some(result) = place.existing() {
        place.sweep();
        report(Event::Reused);
        return Ok(result);
    }
    let _lock = place.lock(conditions)?;
    if let Some(result) = place.existing() {
        report(Event::Reused);
        return Ok(result);
    }
    let work = place.clear_work()?;
    let outcome = build_in(&work, request, conditions, &place).map_err(|error| place.explain(error, &work));
    if outcome.is_err() {
        report(Event::Failed);
        // The error in hand says more than that its log could not be moved.
        drop(place.keep_log(&work));
    }
    // What can not be removed now stops the next build, which says so.
    drop(files::remove_directory(&work));
    let result = outcome?;
    report(Event::Finished { packages: result.rpms.len() });
    Ok(result)
}

/// The packages that the same inputs gave before, when they are there: for plans and `status`.
///
/// # Errors
/// When rpm could not work in `builds`.
pub fn existing(request: &BuildRequest, builds: &Utf8Path) -> Result<Option<BuildResult>, BuildError> {
    Ok(Place::new(request, builds)?.existing())
}

/// Reads a result from wherever it was carried to, and compares every byte of its packages with the provenance: for
/// the machine that signs.
///
/// # Errors
/// When the directory holds no whole result, or a package is another than the provenance says.
pub fn load(directory: &Utf8Path) -> Result<BuildResult, BuildError> {
    let provenance = Provenance::read(directory)?;
    for output in &provenance.outputs {
        let path = directory.join(&output.file);
        let (found, _) = files::sha256_of(&path)?;
        if found != output.sha256 {
            return Err(BuildError::Damaged { path, expected: output.sha256, found });
        }
        let said = verify::read(&path)?.nevra.to_string();
        if said != output.nevra {
            return Err(BuildError::Incomplete { directory: directory.to_owned() });
        }
    }
    result(directory, provenance).ok_or_else(|| BuildError::Incomplete { directory: directory.to_owned() })
}

/// `None` where a name in the provenance is no name of a package or would leave the directory, or where there is no
/// source package.
fn result(directory: &Utf8Path, provenance: Provenance) -> Option<BuildResult> {
    let mut srpm = None;
    let mut rpms = Vec::new();
    for output in &provenance.outputs {
        let path = directory.join(&output.file);
        let nevra: Nevra = output.nevra.parse().ok()?;
        let sha256 = output.sha256;
        if output.file.contains('/') {
            return None;
        }
        match output.kind {
            OutputKind::Source => srpm = Some(Srpm { path, nevra, sha256 }),
            OutputKind::Binary => {
                rpms.push(UnsignedRpm { path, nevra, sha256, package: provenance.inputs.package.clone() });
            }
        }
    }
    let directory = directory.to_owned();
    let log = directory.join("build.log");
    Some(BuildResult { srpm: srpm?, rpms, provenance, directory, log, freshness: Freshness::Reused })
}

/// Refuses what rpm would take for a list, a macro or two words.
pub(crate) fn check_path(path: &Utf8Path) -> Result<(), BuildError> {
    let usable = |character: char| character.is_ascii_alphanumeric() || "/._+-".contains(character);
    if path.is_absolute() && path.as_str().chars().all(usable) {
        Ok(())
    } else {
        Err(BuildError::UnusablePath { path: path.to_owned() })
    }
}

fn build_in(
    work: &Utf8Path,
    request: &BuildRequest,
    conditions: &Conditions<'_>,
    place: &Place,
) -> Result<BuildResult, BuildError> {
    let started = (conditions.clock)();
    let isolation = Isolation::find(&request.package, request.network, work, conditions.hidden)?;
    let workshop = Workshop::set_up(work, request, isolation.stage())?;
    let log = workshop.log();
    conditions.reporter.event(&request.package, Event::Started { log: &log });
    let mut follower = Follower::new(request, conditions, &log, place.failed_log());

    follower.run("source package", &isolation.wrap(workshop.source_package(request, conditions.stop)))?;
    let srpm = only_source_package(&workshop)?;
    let rebuild = workshop.binary_packages(request, &srpm, conditions.stop)?;
    follower.run("start", &isolation.wrap(rebuild))?;

    let outputs = collect(&workshop, &srpm, request, place)?;
    let build_requires = if workshop.checks_build_requires() { "checked" } else { "not checked" };
    let run = Run {
        program: conditions.program.to_owned(),
        project: (conditions.project)(),
        started,
        finished: (conditions.clock)(),
        jobs: request.jobs,
        isolation: isolation.describe(),
        build_requires: build_requires.to_owned(),
        directory: workshop.build_tree().into_string(),
    };
    let provenance = Provenance::new(Inputs::of(request, place.key), outputs, run);
    place.adopt(&workshop, request, &provenance)?;
    let mut result = result(&place.directory(), provenance)
        .ok_or_else(|| BuildError::Incomplete { directory: place.directory() })?;
    result.freshness = Freshness::Built;
    Ok(result)
}

/// Runs rpmbuild's parts one after the other into one log.
pub(crate) struct Follower<'a> {
    tracker: PhaseTracker<'a>,
    excerpt: Excerpt,
    package: &'a str,
    log: &'a Utf8Path,
    failed_log: Utf8PathBuf,
}

impl<'a> Follower<'a> {
    pub(crate) fn new(
        request: &'a BuildRequest,
        conditions: &Conditions<'a>,
        log: &'a Utf8Path,
        failed_log: Utf8PathBuf,
    ) -> Self {
        let tracker = PhaseTracker::new(&request.package, conditions.reporter);
        Self { tracker, excerpt: Excerpt::default(), package: &request.package, log, failed_log }
    }

    pub(crate) fn run(&mut self, phase: &str, invocation: &Invocation) -> Result<(), BuildError> {
        self.tracker.enter(phase);
        self.note(&invocation.command_line())?;
        let Self { tracker, excerpt, .. } = self;
        let ended = invocation.run_logged(self.log, |line| {
            tracker.line(line);
            excerpt.line(line);
        });
        let (package, phase) = (self.package.to_owned(), self.tracker.phase().to_owned());
        let log = self.failed_log.clone();
        ended.map_err(|error| match error {
            // The lines that matter are known better here than to a tail of the log.
            ProcessError::Failed { ending, .. } if ending.starts_with("exited") => {
                BuildError::Failed { package, phase, excerpt: self.excerpt.text(), log }
            }
            source => BuildError::BrokenOff { package, phase, log, source: Box::new(source) },
        })
    }

    /// The command stands in the log above what it said.
    fn note(&self, command: &str) -> Result<(), BuildError> {
        let failed = || BuildError::file("write", self.log);
        let mut file =
            fs_err::OpenOptions::new().create(true).append(true).open(self.log).map_err(failed())?;
        writeln!(file, "$ {command}").map_err(failed())
    }
}

fn only_source_package(workshop: &Workshop) -> Result<Utf8PathBuf, BuildError> {
    let directory = workshop.root().join("SRPMS");
    let found = files::with_extension(&directory, "rpm")?;
    found.into_iter().next().ok_or_else(|| {
        let source = std::io::Error::new(std::io::ErrorKind::NotFound, "rpmbuild wrote no source package");
        BuildError::File { act: "find a package in", path: directory, source }
    })
}

/// Reads, compares and describes all packages.
fn collect(
    workshop: &Workshop,
    srpm: &Utf8Path,
    request: &BuildRequest,
    place: &Place,
) -> Result<Vec<OutputFile>, BuildError> {
    let mut paths = files::with_extension(&workshop.root().join("RPMS"), "rpm")?;
    paths.push(srpm.to_owned());
    let mut outputs = Vec::new();
    let mut complaints = Vec::new();
    for path in &paths {
        let file = path.file_name().unwrap_or_default();
        let said = verify::read(path)?;
        complaints.extend(verify::compare(request, file, &said));
        let (sha256, size) = files::sha256_of(path)?;
        let kind = if said.nevra.arch == "src" { OutputKind::Source } else { OutputKind::Binary };
        outputs.push(OutputFile { file: file.to_owned(), size, sha256, nevra: said.nevra.to_string(), kind });
    }
    if complaints.is_empty() {
        Ok(outputs)
    } else {
        Err(BuildError::Wrong { package: request.package.clone(), complaints, log: place.failed_log() })
    }
}

/// The directories of one package and one key.
pub(crate) struct Place {
    package: String,
    key: Sha256Digest,
    of_package: Utf8PathBuf,
}

impl Place {
    pub(crate) fn new(request: &BuildRequest, builds: &Utf8Path) -> Result<Self, BuildError> {
        let of_package = builds.join(&request.package);
        check_path(&of_package)?;
        Ok(Self { package: request.package.clone(), key: request.input_key(), of_package })
    }

    fn directory(&self) -> Utf8PathBuf {
        self.of_package.join(self.key.to_string())
    }

    pub(crate) fn failed_log(&self) -> Utf8PathBuf {
        self.of_package.join("failed").join(format!("{}.log", &self.key.to_string()[..16]))
    }

    /// Cheap on purpose, as it decides every run in which nothing is to be done: the provenance, which was
    /// written last, the spec, and the files' sizes. Whoever signs reads the bytes and compares the digests. Whatever a
    /// lost disk or a hand left of a result, it is built anew.
    fn existing(&self) -> Option<BuildResult> {
        let directory = self.directory();
        let provenance = Provenance::read(&directory).ok()?;
        let spec = fs_err::read(directory.join(&provenance.inputs.spec_file)).ok()?;
        let whole = provenance.inputs.key == self.key
            && provenance.inputs.spec_sha256 == files::sha256(&spec)
            && directory.join("build.log").is_file()
            && provenance.outputs.iter().all(|output| {
                fs_err::metadata(directory.join(&output.file)).is_ok_and(|file| file.len() == output.size)
            });
        if whole { result(&directory, provenance) } else { None }
    }

    /// Waits until no other process builds this package.
    pub(crate) fn lock(&self, conditions: &Conditions<'_>) -> Result<fs_err::File, BuildError> {
        files::create_directory(&self.of_package)?;
        let path = self.of_package.join("lock");
        let file = fs_err::File::create(&path).map_err(BuildError::file("create", &path))?;
        let mut told = false;
        loop {
            match file.file().try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(BuildError::file("lock", &path)(error)),
                Err(TryLockError::WouldBlock) if conditions.stop.is_raised() => {
                    let source = std::io::Error::new(std::io::ErrorKind::Interrupted, "told to stop");
                    return Err(BuildError::file("wait for", &path)(source));
                }
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        conditions.reporter.event(&self.package, Event::Waiting);
                        told = true;
                    }
                    std::thread::sleep(WAIT);
                }
            }
        }
    }

    /// Removes what is left of a run that was killed after its result was whole; a run that builds holds the lock.
    fn sweep(&self) {
        let work = self.of_package.join(".building");
        if !work.exists() {
            return;
        }
        if let Ok(file) = fs_err::File::create(self.of_package.join("lock"))
            && file.file().try_lock().is_ok()
        {
            // What can not be removed now stops the next build, which says so.
            drop(files::remove_directory(&work));
        }
    }

    /// An empty directory to build in. Only the holder of the lock comes here, so whatever is in it is dead.
    pub(crate) fn clear_work(&self) -> Result<Utf8PathBuf, BuildError> {
        let work = self.of_package.join(".building");
        files::remove_directory(&work)?;
        files::create_directory(&work)?;
        Ok(work)
    }

    /// Moves what was built into its final place, in one step.
    fn adopt(
        &self,
        workshop: &Workshop,
        request: &BuildRequest,
        provenance: &Provenance,
    ) -> Result<(), BuildError> {
        let result = workshop.root().join("result");
        files::create_directory(&result)?;
        let rename = |from: &Utf8Path, to: &Utf8Path| {
            fs_err::rename(from, to).map_err(BuildError::file("rename", from))
        };
        for output in &provenance.outputs {
            let directory = if output.kind == OutputKind::Source { "SRPMS" } else { "RPMS" };
            let path = workshop.root().join(directory).join(&output.file);
            files::sync(&path)?;
            rename(&path, &result.join(&output.file))?;
        }
        files::sync(&workshop.log())?;
        rename(&workshop.log(), &result.join("build.log"))?;
        let spec = result.join(&request.spec_file);
        files::write(&spec, request.spec.as_bytes())?;
        files::sync(&spec)?;
        provenance.write(&result)?;
        files::sync(&result)?;
        let directory = self.directory();
        // Something that is there now was found damaged by `existing`.
        files::remove_directory(&directory)?;
        rename(&result, &directory)?;
        files::sync(&self.of_package)
    }

    /// What a full disk did is no fault of the package. What the build wrote is still there; what it could not write whole,
    /// its programs may have removed.
    pub(crate) fn explain(&self, error: BuildError, work: &Utf8Path) -> BuildError {
        match error {
            BuildError::Failed { package, phase, excerpt, log } if !files::has_room(work, FULL) => {
                let directory = self.of_package.clone();
                BuildError::NoSpace { package, phase, excerpt, log, directory }
            }
            error => error,
        }
    }

    /// A build that failed before its log began has none to keep.
    pub(crate) fn keep_log(&self, work: &Utf8Path) -> Result<(), BuildError> {
        let (log, kept) = (work.join("build.log"), self.failed_log());
        if !log.exists() {
            return Ok(());
        }
        files::create_directory(&self.of_package.join("failed"))?;
        fs_err::rename(&log, &kept).map_err(BuildError::file("rename", &log))
    }
}
