//! What a `package.toml` says, once it is known to be right.

use std::{collections::BTreeMap, time::Duration};

use camino::Utf8PathBuf;
use jiff::civil::Date;
use xen4centos_artifact::{Evr, Fingerprint, Sha256Digest};

/// A source package: `specs/<name>/package.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// RPM tag 1000 of the source package; equals the directory's name.
    pub name: String,
    /// RPM tag 1001.
    pub version: String,
    /// RPM tag 1002 without the dist tag; see [`Package::full_release`].
    pub release: String,
    /// Whether the target's dist tag is appended to the release.
    pub dist_tag: bool,
    /// RPM tag 1003; 0 where the package has none.
    pub epoch: u32,
    /// RPM tag 1004 of the main package.
    pub summary: String,
    /// For listings; the spec states its own.
    pub license: Option<String>,
    /// Packages that must be built before this one, where both are built.
    pub build_after: Vec<String>,
    /// `specs/<name>`, as an absolute path if the project's root is one.
    pub directory: Utf8PathBuf,
    /// `specs/<name>/<name>.spec.tera`.
    pub template: Utf8PathBuf,
    /// What the sources of upstream's release are together; `None` where all sources are our own.
    pub upstream: Option<Upstream>,
    /// The directory with the test double of upstream's tree.
    pub miniature: Option<Utf8PathBuf>,
    /// In the order of the file, which is the order of rpm's `SourceN`.
    pub sources: Vec<Source>,
    /// In order of application, which is the order of rpm's `PatchN`.
    pub patches: Vec<Patch>,
    /// By name.
    pub options: BTreeMap<String, PackageOption>,
    /// What the build root must have.
    pub needs: Vec<Need>,
    /// Newest first; never empty.
    pub changelog: Vec<ChangelogEntry>,
    /// How long one build may take.
    pub time_limit: Duration,
}

/// The group of sources that together are upstream's release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Upstream's name of the project.
    pub name: String,
    /// The one directory at the top of the unpacked release.
    pub directory: String,
    /// Upstream's repository, whose commits patches can name without repeating it.
    pub git: Option<String>,
    /// The key that signs upstream's advisories.
    pub advisories: Option<KeyPin>,
}

/// An OpenPGP key of somebody else's, trusted through its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPin {
    /// Of the primary key.
    pub fingerprint: Fingerprint,
    /// The public key. May be missing from the tree where `url` is given.
    pub file: Utf8PathBuf,
    /// Where the key can be had.
    pub url: Option<String>,
}

/// A file that goes into rpm's `SOURCES`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Unique in the project's package; what `--source-override` names.
    pub name: String,
    /// The file's name in `SOURCES`.
    pub file: String,
    /// Where it comes from and what pins it.
    pub location: Location,
    /// Its part in upstream's release.
    pub role: Role,
    /// The source is needed only where this option of the package is on.
    pub option: Option<String>,
    /// Line of its declaration in `package.toml`, from 1.
    pub line: usize,
}

/// The part that a source has in upstream's release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// None: a file beside the release.
    Extra,
    /// An archive of the release. A tree given in its place replaces it.
    Upstream,
    /// A patch that belongs to the release, such as patch-3.4.113.xz. A tree given in its place replaces it too.
    UpstreamPatch,
}

/// Where a source or patch comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file of this tree, versioned with it.
    InTree {
        /// The file.
        path: Utf8PathBuf,
        /// Of the whole file, where package.toml says it.
        sha256: Option<Sha256Digest>,
    },
    /// A file to download, pinned by its digest.
    Url(UrlLocation),
    /// A commit to export, pinned by its id. Patches never have this.
    Git(GitLocation),
    /// What a commit changed, pinned by its id. Only patches have this.
    Commit(CommitLocation),
}

/// A file to download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlLocation {
    /// Upstream's own place.
    pub url: String,
    /// Other places, tried before upstream's.
    pub mirrors: Vec<String>,
    /// Of the whole file.
    pub sha256: Sha256Digest,
    /// In bytes.
    pub size: Option<u64>,
    /// What besides the digest speaks for the file.
    pub vouching: Vouching,
}

/// What besides the digest speaks for a downloaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouching {
    /// Upstream's detached signature, which must verify.
    Signature(DetachedSignature),
    /// Nothing.
    DigestOnly {
        /// Why there is no signature; empty for patches, which need not say.
        reason: String,
    },
}

/// A detached OpenPGP signature (RFC 4880, 11.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachedSignature {
    /// The signature file.
    pub url: String,
    /// The primary key that must have made it.
    pub fingerprint: Fingerprint,
    /// The public key. May be missing from the tree where `key_url` is given.
    pub key: Utf8PathBuf,
    /// Where the key can be had. It is trusted through the fingerprint only.
    pub key_url: Option<String>,
    /// What was signed.
    pub over: SignedBytes,
}

/// Which bytes a detached signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBytes {
    /// The file as it is downloaded.
    File,
    /// What comes out when it is uncompressed, as on kernel.org.
    Uncompressed,
}

/// A commit to export as a deterministic tarball.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitLocation {
    /// The repository.
    pub url: String,
    /// The full commit id: 40 lower-case hexadecimal digits.
    pub commit: String,
    /// The one directory at the top of the tarball.
    pub directory: String,
    /// Of the uncompressed tarball, where the file says it.
    pub sha256: Option<Sha256Digest>,
}

/// A commit whose change is a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitLocation {
    /// The repository.
    pub url: String,
    /// The full commit id: 40 lower-case hexadecimal digits.
    pub commit: String,
    /// Of the patch that is made of it, where the file says it. A file of that digest needs no repository.
    pub sha256: Option<Sha256Digest>,
}

/// A patch that `%prep` applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The file's name in `SOURCES`.
    pub file: String,
    /// In the tree, by URL, or a commit's change.
    pub location: Location,
    /// Leading path components that `patch -p` strips.
    pub strip: u32,
    /// What it answers, such as `XSA-108`: letters, digits and `.` `_` `:` `-` only. None for what follows up on others.
    pub advisories: Vec<String>,
    /// Earlier patches of the package whose changes it takes back or replaces by intent.
    pub supersedes: Vec<String>,
    /// What it does.
    pub summary: String,
    /// Whether it applies to the package's miniature, too. Those from outside of the tree do not, unless they say so.
    pub miniature: bool,
    /// Line of its declaration in `package.toml`, from 1.
    pub line: usize,
}

/// A feature that a build root may be unable to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageOption {
    /// As the file says it; templates see `-` as `_`.
    pub name: String,
    /// What is missing without it.
    pub summary: String,
    /// Whether it is on unless somebody switches it.
    pub default: bool,
    /// Capabilities of the build root (`artifact::BuildRootFacts`).
    pub needs: Vec<String>,
    /// Whether what it gives is user space: programs and libraries, which serve only hosts whose C library is no older
    /// than the build root's.
    pub user_space: bool,
    /// Options of the same package without which this one is nothing: where one of them is off, so is this.
    pub requires: Vec<String>,
    /// Parts of the package, as `advisories/known/` calls them, that are not in its packages without this option.
    pub components: Vec<String>,
    /// Line of its declaration in `package.toml`, from 1.
    pub line: usize,
}

/// Something that the build root must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What is looked for.
    pub requirement: Requirement,
    /// The Debian package that has it.
    pub apt: Option<String>,
    /// The CentOS package that has it.
    pub yum: Option<String>,
    /// Needed only where this option of the package is on.
    pub option: Option<String>,
}

/// What the build root is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A program in the search path.
    Command(String),
    /// A header in the compiler's search path, such as `uuid/uuid.h`.
    Header(String),
}

/// One entry of the changelog. The weekday is computed when it is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangelogEntry {
    /// The day.
    pub date: Date,
    /// `Name <mail>`.
    pub author: String,
    /// `[epoch:]version-release` without dist tag.
    pub version: String,
    /// One line each.
    pub entries: Vec<String>,
}

impl Package {
    /// The release with the dist tag where this package takes one.
    pub fn full_release(&self, dist: &str) -> String {
        if self.dist_tag { format!("{}{dist}", self.release) } else { self.release.clone() }
    }

    /// Epoch, version and full release under a target's dist tag.
    pub fn evr(&self, dist: &str) -> Evr {
        Evr::new(self.epoch, &self.version, self.full_release(dist))
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// `package.toml`, for messages.
    pub fn manifest(&self) -> Utf8PathBuf {
        self.directory.join("package.toml")
    }
}

impl DetachedSignature {
    /// The key that must have made it.
    pub fn key_pin(&self) -> KeyPin {
        KeyPin { fingerprint: self.fingerprint, file: self.key.clone(), url: self.key_url.clone() }
    }
}

impl Upstream {
    /// The tarball that is made from a tree given in place of the release. Its top directory is `directory`.
    pub fn tree_file(&self) -> String {
        format!("{}-tree.tar.gz", self.directory)
    }
}
