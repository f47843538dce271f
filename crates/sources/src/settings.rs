use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use camino::Utf8PathBuf;
use xen4centos_http::HttpSettings;
use xen4centos_manifest::{Package, Upstreams};

/// Everything that decides where sources come from, besides the manifest.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// Whether the network may be used, and how.
    pub network: Network,
    /// Directories that are looked through before any mirror; a file lies in one as `<file>`,
    /// `<package>/<file>` or `<digest>`. Missing files are asked for in the first.
    pub lookaside: Vec<Utf8PathBuf>,
    /// Base URLs that have the files by name; tried before a source's own mirrors.
    pub mirrors: Vec<String>,
    /// Files in place of sources; of several for one source the last counts.
    pub overrides: Vec<SourceOverride>,
    /// Trees in place of upstream releases; of several for one package the last counts.
    pub trees: Vec<SourceTree>,
    /// What an upstream release is, for packages without a tree of their own above.
    pub upstreams: Upstreams,
    /// By package, its options that are on: a source of an option that is off is not fetched. Packages that are
    /// not named here get all their sources.
    pub options_on: BTreeMap<String, BTreeSet<String>>,
    /// The time stamp of every entry in a tarball that is made from a tree, in seconds since 1970 UTC.
    pub source_date_epoch: u64,
    /// The present, in seconds since 1970 UTC: signatures have dates.
    pub now: u64,
}

impl FetchSettings {
    /// The settings for some of the packages that were asked for: without what replaces sources of the others.
    #[must_use]
    pub fn narrowed_to(&self, packages: &[&Package]) -> Self {
        let mut narrowed = self.clone();
        narrowed.overrides.retain(|one| packages.iter().any(|package| one.fits(package)));
        narrowed.trees.retain(|tree| packages.iter().any(|package| tree.package == package.name));
        narrowed
    }
}

/// Whether the network may be used.
#[derive(Clone, Debug)]
pub enum Network {
    /// What is neither in the store nor in a lookaside directory is missing.
    Offline,
    /// Mirrors and upstream are asked.
    Online(NetworkSettings),
}

/// How the network is used.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// How servers are asked. The total time is for one file from one place, all attempts together, and for one git
    /// repository.
    pub http: HttpSettings,
    /// When a place that failed is asked again.
    pub retries: RetrySchedule,
    /// Bytes of a file whose size is not pinned.
    pub most_bytes: u64,
}

impl NetworkSettings {
    /// The usual schedule, and 2 GiB.
    pub fn usual(http: HttpSettings) -> Self {
        Self { http, retries: RetrySchedule::usual(), most_bytes: 2 << 30 }
    }
}

/// When a place that failed for a reason that may pass (a broken connection, 5xx, 408, 429) is asked again. The
/// schedule is fixed, so that a run can be repeated; it starts anew whenever an attempt brought the file further.
#[derive(Clone, Debug)]
pub struct RetrySchedule {
    /// The pauses; as many further attempts as there are entries.
    pub delays: Vec<Duration>,
}

impl RetrySchedule {
    /// After 1, 2, 4 and 8 s.
    pub fn usual() -> Self {
        Self { delays: [1, 2, 4, 8].map(Duration::from_secs).to_vec() }
    }
}

/// What a replacement that would be used nowhere does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Somebody asked for it in this run: it stops the run, which would else be believed to have tried it.
    ForThisRun,
    /// It stands in a file, for all runs: those that it does not fit pass it over.
    ForAllRuns,
}

/// A file in place of the source of that name (`--source-override name=path`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOverride {
    /// `name`, or `package/name` where several packages have the name. A patch's name is its file name.
    pub name: String,
    /// The file.
    pub path: Utf8PathBuf,
    /// By whom.
    pub given: Given,
}

impl SourceOverride {
    /// Whether the package has the source or patch that is meant.
    pub fn fits(&self, package: &Package) -> bool {
        package.sources.iter().any(|source| self.means(&package.name, &source.name))
            || package.patches.iter().any(|patch| self.means(&package.name, &patch.file))
    }

    pub(crate) fn means(&self, package: &str, name: &str) -> bool {
        self.name == name
            || self.name.strip_prefix(package).and_then(|rest| rest.strip_prefix('/')) == Some(name)
    }
}

/// An unpacked tree in place of a package's upstream release (`--source-tree package=dir`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTree {
    /// The package.
    pub package: String,
    /// The tree: its contents become those of the release's top directory.
    pub dir: Utf8PathBuf,
    /// By whom.
    pub given: Given,
}
