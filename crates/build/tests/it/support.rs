use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, OnceLock},
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use xen4centos_artifact::Evr;
use xen4centos_build::{
    BuildError, BuildRequest, BuildResult, BuildTarget, Conditions, Event, HostRoot, NetworkPolicy,
    ProbeSettings, ProjectState, Reporter, WorkTree, build,
};
use xen4centos_process::{Invocation, StopFlag, Tool};

/// 2014-09-01, as good as any.
pub(crate) const EPOCH: u64 = 1_409_529_600;

/// A directory with a build directory in it.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::Builder::new().prefix("xen4centos-build-").tempdir().unwrap())
    }

    /// In a place that builds have no empty directory for, where there is one that can be written.
    pub(crate) fn in_sight() -> Self {
        let places = [env!("CARGO_TARGET_TMPDIR"), "/var/lib", "/opt"];
        let mut in_sight = places.into_iter().filter(|place| !is_private(Utf8Path::new(place)));
        let make = |place| tempfile::Builder::new().prefix("xen4centos-build-").tempdir_in(place).ok();
        in_sight.find_map(make).map_or_else(Self::new, Self)
    }

    /// Whether a build that is told of nothing to hide could see what is in it.
    pub(crate) fn is_in_sight(&self) -> bool {
        !is_private(self.path())
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }

    pub(crate) fn builds(&self) -> Utf8PathBuf {
        self.path().join("builds")
    }

    pub(crate) fn build(&self, request: &BuildRequest) -> Result<BuildResult, BuildError> {
        self.build_heard_by(request, &xen4centos_build::Silent)
    }

    pub(crate) fn build_heard_by(
        &self,
        request: &BuildRequest,
        reporter: &dyn Reporter,
    ) -> Result<BuildResult, BuildError> {
        self.build_without(&[], request, reporter)
    }

    /// With paths that the build is not to see.
    pub(crate) fn build_without(
        &self,
        hidden: &[Utf8PathBuf],
        request: &BuildRequest,
        reporter: &dyn Reporter,
    ) -> Result<BuildResult, BuildError> {
        let (builds, stop) = (self.builds(), StopFlag::default());
        let clock = || 1_700_000_000;
        let project = || Some(ProjectState { commit: "4711".into(), work_tree: WorkTree::Changed });
        let conditions = Conditions {
            builds: &builds,
            hidden,
            reporter,
            clock: &clock,
            program: "tests 1.0",
            project: &project,
            stop: &stop,
        };
        build(request, &conditions)
    }
}

fn is_private(path: &Utf8Path) -> bool {
    ["/dev/shm", "/run", "/tmp", "/var/run", "/var/tmp"].iter().any(|place| path.starts_with(place))
}

/// Keeps everything but log lines.
#[derive(Default)]
pub(crate) struct Listener(pub(crate) Mutex<Vec<String>>);

impl Reporter for Listener {
    fn event(&self, package: &str, event: Event<'_>) {
        let text = match event {
            Event::Line(_) | Event::Started { .. } => return,
            Event::Wrote(file) => format!("wrote {file}"),
            Event::Phase(phase) => phase.to_owned(),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(format!("{package}: {text}"));
    }
}

/// This machine, looked at once.
fn root() -> &'static HostRoot {
    static ROOT: OnceLock<HostRoot> = OnceLock::new();
    ROOT.get_or_init(|| {
        let settings = ProbeSettings { requirements: &[], cache: None, network: NetworkPolicy::Isolated };
        HostRoot::probe(&settings).unwrap()
    })
}

/// What the target `xen4centos-6` asks, with its own idea of where libraries go.
pub(crate) fn target() -> BuildTarget {
    let macros =
        [("_libdir", "/usr/lib64"), ("_initrddir", "/etc/rc.d/init.d"), ("_sharedstatedir", "/var/lib")];
    let rpmlib = [
        "CompressedFileNames",
        "FileDigests",
        "PayloadFilesHavePrefix",
        "PayloadIsXz",
        "VersionedDependencies",
    ];
    BuildTarget {
        name: "xen4centos-6".into(),
        dist: ".el6.centos.alt".into(),
        arch: "x86_64".into(),
        vendor: "CentOS".into(),
        packager: "Somebody <nobody@example.org>".into(),
        distribution: "Xen4CentOS 6".into(),
        payload: "w6.xzdio".into(),
        file_digest: 8,
        macros: macros.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        rpmlib: rpmlib.map(str::to_owned).into_iter().collect::<BTreeSet<_>>(),
    }
}

/// A package without sources whose sections are given: everything that stands after the description.
pub(crate) fn request(sections: &str) -> BuildRequest {
    let spec = format!(
        "Name: small\nVersion: 1.0\nRelease: 1%{{?dist}}\nSummary: A small package\nLicense: MIT\nGroup: System\n\
         BuildArch: noarch\n\n%description\nSmall.\n\n{sections}\n"
    );
    let root = root();
    BuildRequest {
        package: "small".into(),
        evr: Evr::new(0, "1.0", "1.el6.centos.alt"),
        spec,
        spec_file: "small.spec".into(),
        sources: Vec::new(),
        target: target(),
        options: BTreeMap::new(),
        advisories: BTreeMap::new(),
        facts: root.facts().clone(),
        details: root.details().clone(),
        source_date_epoch: EPOCH,
        jobs: 2,
        time_limit: Duration::from_secs(120),
        network: NetworkPolicy::Isolated,
    }
}

/// One file, made by `%build` out of these shell lines.
pub(crate) fn request_building(shell: &str) -> BuildRequest {
    request(&format!(
        "%prep\n%setup -q -c -T\n\n%build\n{shell}\necho built > result\n\n%install\ninstall -D -m 0644 result \
         %{{buildroot}}/usr/share/small/result\n\n%files\n%defattr(-,root,root,-)\n/usr/share/small/result\n"
    ))
}

/// `rpm -qp`, with a format, one package.
pub(crate) fn query(path: &Utf8Path, arguments: &[&str]) -> String {
    let home = Scratch::new();
    let output = Invocation::new(Tool::Rpm, home.path()).arg("-qp").args(arguments).arg(path).run().unwrap();
    output.text()
}

/// Paths of all files below a directory, relative to it, sorted.
pub(crate) fn tree(directory: &Utf8Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in next.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                pending.push(path);
            } else {
                paths.push(path.strip_prefix(directory).unwrap().to_string());
            }
        }
    }
    paths.sort();
    paths
}
