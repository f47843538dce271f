//! One run of rpmbuild in a private set of directories.

use std::time::{Duration, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, StopFlag, Tool};

use crate::{BuildError, BuildRequest, files, macros};

/// The directories that rpmbuild works in, below one root, and how it is told so.
pub(crate) struct Workshop {
    root: Utf8PathBuf,
    /// The root as rpmbuild sees it.
    seen: Utf8PathBuf,
    rcfile: String,
    macros: String,
    checks_build_requires: bool,
}

impl Workshop {
    /// Makes the directories in `root`, which exists and is empty, and puts spec, sources and macros there. `stage`
    /// is the name under which rpmbuild sees the root, in a mount namespace of its own.
    pub(crate) fn set_up(
        root: &Utf8Path,
        request: &BuildRequest,
        stage: Option<&str>,
    ) -> Result<Self, BuildError> {
        for directory in ["SOURCES", "SPECS", "BUILD", "BUILDROOT", "RPMS", "SRPMS"] {
            files::create_directory(&root.join(directory))?;
        }
        let time = UNIX_EPOCH + Duration::from_secs(request.source_date_epoch);
        for source in &request.sources {
            let copy = root.join("SOURCES").join(&source.file);
            let (found, _) = files::copy(&source.path, &copy)?;
            if found != source.sha256 {
                let (path, expected) = (source.path.clone(), source.sha256);
                return Err(BuildError::SourceChanged { path, expected, found });
            }
            settle(&copy, time)?;
        }
        let spec = root.join("SPECS").join(&request.spec_file);
        files::write(&spec, request.spec.as_bytes())?;
        settle(&spec, time)?;
        let mut workshop = Self::with_macros(root, request, stage)?;
        workshop.checks_build_requires = workshop.is_made_of_rpms();
        Ok(workshop)
    }

    /// Only what a parser of specs needs: the macros, and a home.
    pub(crate) fn with_macros(
        root: &Utf8Path,
        request: &BuildRequest,
        stage: Option<&str>,
    ) -> Result<Self, BuildError> {
        let file = root.join("macros");
        let seen = stage.map_or_else(|| root.to_owned(), Utf8PathBuf::from);
        let lasting = macros::lasting(request);
        let passing = macros::passing(&seen, request.jobs.max(1));
        files::write(&file, macros::file_text(lasting.iter().chain(&passing))?.as_bytes())?;
        files::create_directory(&root.join("home"))?;
        files::create_directory(&root.join("tmp"))?;
        Ok(Self {
            root: root.to_owned(),
            seen,
            rcfile: macros::rc_list(),
            macros: macros::search_list(&file),
            checks_build_requires: false,
        })
    }

    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    pub(crate) fn log(&self) -> Utf8PathBuf {
        self.root.join("build.log")
    }

    /// Where the compiler sees the build tree.
    pub(crate) fn build_tree(&self) -> Utf8PathBuf {
        self.seen.join("BUILD")
    }

    /// Whether the spec's `BuildRequires` are compared with the machine's rpm database.
    pub(crate) fn checks_build_requires(&self) -> bool {
        self.checks_build_requires
    }

    /// A program of rpm under our macros. `--rcfile` and `--macros` come first: rpm 4.8 reads its configuration
    /// when it meets the first option that needs it.
    pub(crate) fn rpm(&self, tool: Tool, request: &BuildRequest) -> Invocation {
        Invocation::new(tool, &self.root)
            .env("HOME", self.seen.join("home"))
            .env("TMPDIR", self.seen.join("tmp"))
            .env("SOURCE_DATE_EPOCH", request.source_date_epoch.to_string())
            .env("RPM_BUILD_NCPUS", request.jobs.max(1).to_string())
            .arg(format!("--rcfile={}", self.rcfile))
            .arg(format!("--macros={}", self.macros))
    }

    fn rpmbuild(&self, request: &BuildRequest, stop: &StopFlag) -> Invocation {
        self.rpm(Tool::Rpmbuild, request).time_limit(request.time_limit).stopped_by(stop)
    }

    /// Writes the source package. It needs nothing that `BuildRequires` names.
    pub(crate) fn source_package(&self, request: &BuildRequest, stop: &StopFlag) -> Invocation {
        let spec = self.seen.join("SPECS").join(&request.spec_file);
        self.with_private_database(self.rpmbuild(request, stop)).args(["-bs", "--nodeps"]).arg(spec)
    }

    /// Prepares the tree that the binary packages would be built from, and stops there.
    pub(crate) fn prepared_tree(&self, request: &BuildRequest, stop: &StopFlag) -> Invocation {
        let spec = self.seen.join("SPECS").join(&request.spec_file);
        self.rpmbuild_under_requirements(request, stop).arg("-bp").arg(spec)
    }

    /// Builds the binary packages out of the source package and nothing else: its sources are unpacked anew, so
    /// what it lacks is missing here too.
    pub(crate) fn binary_packages(
        &self,
        request: &BuildRequest,
        srpm: &Utf8Path,
        stop: &StopFlag,
    ) -> Result<Invocation, BuildError> {
        for directory in ["SOURCES", "SPECS"] {
            let path = self.root.join(directory);
            files::remove_directory(&path)?;
            files::create_directory(&path)?;
        }
        let srpm = self.seen.join("SRPMS").join(srpm.file_name().unwrap_or_default());
        Ok(self.rpmbuild_under_requirements(request, stop).arg("--rebuild").arg(srpm))
    }

    /// Holds the machine to `BuildRequires` where it can be.
    fn rpmbuild_under_requirements(&self, request: &BuildRequest, stop: &StopFlag) -> Invocation {
        let rpmbuild = self.rpmbuild(request, stop);
        if self.checks_build_requires {
            rpmbuild
        } else {
            self.with_private_database(rpmbuild).arg("--nodeps")
        }
    }

    fn with_private_database(&self, invocation: Invocation) -> Invocation {
        invocation.arg(format!("--define=_dbpath {}", self.seen.join("rpmdb")))
    }

    /// Where the C library is not an rpm package, no `BuildRequires` can be met, and the package's own list of
    /// needs stands for them. Only asked, never changed.
    fn is_made_of_rpms(&self) -> bool {
        Invocation::new(Tool::Rpm, self.root.join("home")).args(["-q", "--quiet", "glibc"]).run().is_ok()
    }
}

/// Mode and time of the files in a source package come from the files themselves.
fn settle(path: &Utf8Path, time: std::time::SystemTime) -> Result<(), BuildError> {
    use std::os::unix::fs::PermissionsExt;
    let file = fs_err::OpenOptions::new().write(true).open(path).map_err(BuildError::file("open", path))?;
    file.file().set_modified(time).map_err(BuildError::file("set the time of", path))?;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o644))
        .map_err(BuildError::file("set the mode of", path))
}
