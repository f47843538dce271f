use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use camino::Utf8PathBuf;
use xen4centos_artifact::{BuildRootFacts, Evr, Sha256Digest};

use crate::{BuildError, NetworkPolicy, RootDetails, SeenFacts, files, macros};

/// Part of every key: raised when a change of this crate makes other packages out of the same inputs.
const KEY_SCHEMA: u32 = 2;

/// Everything that goes into one build.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// Name of the source package.
    pub package: String,
    /// What the source package must call itself, dist tag included.
    pub evr: Evr,
    /// The rendered spec.
    pub spec: String,
    /// Its file name in the source package, such as `xen.spec`.
    pub spec_file: String,
    /// The files that the spec's `Source` and `Patch` lines name.
    pub sources: Vec<BuildSource>,
    /// Who the packages are for.
    pub target: BuildTarget,
    /// The package's options as they were settled; they are in the spec already and stand here to be explained.
    pub options: BTreeMap<String, OptionChoice>,
    /// The security advisories that patches answer, by the patch's file name; for people, no part of the key.
    pub advisories: BTreeMap<String, String>,
    /// The build root; only what the package can see of it is part of the key.
    pub facts: BuildRootFacts,
    /// More of the build root.
    pub details: RootDetails,
    /// Unix time, in seconds, that stands for "now" in the packages: that of the newest changelog entry.
    pub source_date_epoch: u64,
    /// Parallel jobs of `make`; no part of the key.
    pub jobs: usize,
    /// After this the build is killed; no part of the key.
    pub time_limit: Duration,
    /// Whether the build may see the network.
    pub network: NetworkPolicy,
}

/// A verified file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildSource {
    /// Its name in the source package.
    pub file: String,
    /// Where it lies; no part of the key.
    pub path: Utf8PathBuf,
    /// What its bytes must hash to; compared again when it is copied.
    pub sha256: Sha256Digest,
    /// How it came to be trusted.
    pub origin: SourceOrigin,
    /// More about the origin: a URL, a path. For people; no part of the key.
    pub detail: String,
}

/// How a source came to be trusted. Part of the key, although the bytes decide what is built, because a channel
/// may refuse what does not come from upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceOrigin {
    /// Upstream's file, pinned by digest or commit.
    Pinned,
    /// A file of this project's own tree.
    InTree,
    /// Made by this program out of the project's data.
    Generated,
    /// A file that a maintainer put in its place.
    Override,
    /// A tarball of a maintainer's unpacked tree.
    Tree,
    /// One of the project's test doubles.
    Miniature,
}

/// What a target asks of every package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildTarget {
    /// Such as `xen4centos-6`.
    pub name: String,
    /// Such as `.el6.centos.alt`.
    pub dist: String,
    /// Such as `x86_64`.
    pub arch: String,
    /// RPM tag 1011.
    pub vendor: String,
    /// RPM tag 1015.
    pub packager: String,
    /// RPM tag 1010.
    pub distribution: String,
    /// rpm's name for the compression of payloads, such as `w6.xzdio`.
    pub payload: String,
    /// Digest of files, as numbered by RFC 4880, 9.4: 8 is SHA-256.
    pub file_digest: u32,
    /// More macros, such as `_libdir`.
    pub macros: BTreeMap<String, String>,
    /// The `rpmlib()` names that the client knows; empty: it knows all.
    pub rpmlib: BTreeSet<String>,
}

/// An option of a package and who decided it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OptionChoice {
    /// On or off.
    pub value: bool,
    /// `default`, `target xen4centos-6`, `command line`, …
    pub by: String,
}

#[derive(serde::Serialize)]
struct KeyedInputs<'a> {
    schema: u32,
    package: &'a str,
    evr: String,
    spec_file: &'a str,
    spec: Sha256Digest,
    sources: BTreeMap<&'a str, (Sha256Digest, SourceOrigin)>,
    target: &'a str,
    arch: &'a str,
    rpmlib: &'a BTreeSet<String>,
    macros: BTreeMap<String, String>,
    options: BTreeMap<&'a str, bool>,
    facts: SeenFacts,
    source_date_epoch: u64,
    network: NetworkPolicy,
}

impl BuildRequest {
    /// What the package can see of its build root.
    pub fn seen_facts(&self) -> SeenFacts {
        SeenFacts::of(self)
    }

    /// The SHA-256 of all inputs that can change the packages: not of paths, times, the number of jobs, who
    /// switched an option, or what else the build root has.
    pub fn input_key(&self) -> Sha256Digest {
        let inputs = KeyedInputs {
            schema: KEY_SCHEMA,
            package: &self.package,
            evr: self.evr.to_string(),
            spec_file: &self.spec_file,
            spec: files::sha256(self.spec.as_bytes()),
            sources: self
                .sources
                .iter()
                .map(|source| (source.file.as_str(), (source.sha256, source.origin)))
                .collect(),
            target: &self.target.name,
            arch: &self.target.arch,
            rpmlib: &self.target.rpmlib,
            macros: macros::lasting(self),
            options: self.options.iter().map(|(name, choice)| (name.as_str(), choice.value)).collect(),
            facts: self.seen_facts(),
            source_date_epoch: self.source_date_epoch,
            network: self.network,
        };
        files::sha256(&files::json(&inputs))
    }

    /// Refuses names that would leave the directories they are meant for.
    pub(crate) fn check_names(&self) -> Result<(), BuildError> {
        let names = [&self.package, &self.spec_file]
            .into_iter()
            .chain(self.sources.iter().map(|source| &source.file));
        for name in names {
            let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\n']);
            if !plain {
                return Err(BuildError::FileName { name: name.clone() });
            }
        }
        Ok(())
    }
}
