//! What a `repo-templates/targets/<name>.toml` says, once it is known to be right.

use std::{collections::BTreeMap, fmt};

use camino::Utf8PathBuf;
use xen4centos_artifact::Fingerprint;

use crate::{ManifestError, Waiver};

/// Who the client is, and what is built and published for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file's stem.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// Appended to releases, such as `.el6.centos.alt`.
    pub dist: String,
    /// RPM architecture, such as `x86_64`.
    pub arch: String,
    /// Names the [`crate::Client`] that must be able to take the packages.
    pub client: String,
    /// RPM tag 1011.
    pub vendor: String,
    /// RPM tag 1015.
    pub packager: String,
    /// RPM tag 1010.
    pub distribution: String,
    /// Where packages with an `[upstream]` get it from.
    pub upstreams: Upstreams,
    /// What the repository holds, by package name, in the order of the file.
    pub packages: Vec<String>,
    /// How rpm writes packages.
    pub rpm: RpmSettings,
    /// Where code is compiled.
    pub build_root: BuildRootSettings,
    /// Options switched on purpose: package, option, on.
    pub options: BTreeMap<String, BTreeMap<String, bool>>,
    /// What the repository is called.
    pub repository: RepositorySettings,
    /// The signing key.
    pub key: KeySettings,
    /// By name; never empty, and exactly one is the default.
    pub channels: BTreeMap<String, Channel>,
    /// What `check` finds and may be so, in the order of the file.
    pub waivers: Vec<Waiver>,
    /// The file.
    pub path: Utf8PathBuf,
}

/// Where upstream's releases come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstreams {
    /// Upstream's own pinned files.
    Release,
    /// The test doubles that the project carries.
    Miniature,
}

/// How rpm writes packages for this target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpmSettings {
    /// `%_binary_payload`, such as `w6.xzdio`. Source packages hold compressed files and are always gzip.
    pub payload: String,
    /// `%_binary_filedigest_algorithm` and `%_source_filedigest_algorithm` (RFC 4880, 9.4).
    pub file_digest: u32,
    /// Every path macro that the client's rpm gives; the host's defaults are never trusted.
    pub macros: BTreeMap<String, String>,
}

/// Where code is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildRootSettings {
    /// Which kind of root.
    pub kind: BuildRootKind,
}

/// The kinds of build root (DESIGN.md, decision 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildRootKind {
    /// This machine.
    Host,
    /// A root directory or tarball.
    Chroot,
    /// mock.
    Mock,
    /// Koji.
    Koji,
}

/// What the repository is called on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositorySettings {
    /// The section of the `.repo` file.
    pub id: String,
    /// Its `name=`.
    pub title: String,
    /// The groups file, in `repo-templates/`.
    pub comps: Option<Utf8PathBuf>,
    /// What hosts have, or can get, from elsewhere; where it is empty, requirements are not checked.
    pub base: Vec<Base>,
}

/// What hosts have beside the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// A list of names or packages, in `repo-templates/`.
    List(Utf8PathBuf),
    /// The URL of a repository.
    Repository(String),
}

/// The key that signs packages and repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySettings {
    /// The user id of a new key.
    pub user_id: String,
    /// Its file name on the host, in /etc/pki/rpm-gpg.
    pub file: String,
    /// Bits of a new key.
    pub bits: u32,
    /// Years that a new key is valid.
    pub valid_years: u32,
    /// Signing with another key is refused.
    pub fingerprint: Option<Fingerprint>,
}

/// A place that the repository is published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name in the target.
    pub name: String,
    /// Below the publication root.
    pub directory: Utf8PathBuf,
    /// Of the `.repo` file; `$releasever` and `$basearch` are yum's. Ends with `/`.
    pub base_url: String,
    /// What may be published here.
    pub accepts: Accepts,
    /// Other channels of the target that packages come from: what is published here is newer than all of theirs.
    pub from: Vec<String>,
    /// How many days its clients must be able to use what is published now; unknown where it is not said.
    pub lifetime_days: Option<u32>,
    /// Taken where none is named.
    pub default: bool,
    /// The channel for which it holds what is not public yet; it has that one's base URL, rules and lifetime, and lies where
    /// no server looks. None where it is public.
    pub private_of: Option<String>,
}

/// What inputs a channel takes. Each one takes what stands before it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Accepts {
    /// Pinned files of upstream only.
    Pinned,
    /// Also local overrides and trees.
    Override,
    /// Also test doubles.
    Miniature,
}

impl Target {
    /// The channel that is taken where none is named.
    pub fn default_channel(&self) -> Option<&Channel> {
        self.channels.values().find(|channel| channel.default)
    }

    /// What packages of a channel are made for: of one that is private, the channel that will have them.
    pub fn public_channel<'t>(&'t self, channel: &'t Channel) -> &'t Channel {
        channel.private_of.as_ref().and_then(|name| self.channels.get(name)).unwrap_or(channel)
    }

    /// The channel of that name, or the default one where none is named.
    ///
    /// # Errors
    /// [`ManifestError::UnknownChannel`]
    pub fn channel(&self, name: Option<&str>) -> Result<&Channel, ManifestError> {
        let found = match name {
            Some(name) => self.channels.get(name),
            None => self.default_channel(),
        };
        found.ok_or_else(|| ManifestError::UnknownChannel {
            target: self.name.clone(),
            name: name.unwrap_or("default").to_owned(),
            known: self.channels.keys().cloned().collect(),
        })
    }
}

impl fmt::Display for BuildRootKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Host => "host",
            Self::Chroot => "chroot",
            Self::Mock => "mock",
            Self::Koji => "koji",
        })
    }
}

impl fmt::Display for Upstreams {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Release => "release",
            Self::Miniature => "miniature",
        })
    }
}

impl fmt::Display for Accepts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pinned => "pinned",
            Self::Override => "override",
            Self::Miniature => "miniature",
        })
    }
}
