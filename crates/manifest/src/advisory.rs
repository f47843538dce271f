//! What an `advisories/<id>.toml` says, once it is known to be right.

use std::fmt;

use camino::Utf8PathBuf;
use jiff::Timestamp;
use xen4centos_artifact::Evr;

use crate::{Package, Target};

/// An announcement of the project: what an update brings, and in which release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// In the project's scheme, such as `CESA-2026:X0001`; the file is called so, with `-` for `:`.
    pub id: String,
    /// One line, as lists show it.
    pub title: String,
    /// Which kind of update it is.
    pub kind: AdvisoryKind,
    /// How urgent it is; security updates only.
    pub severity: Option<Severity>,
    /// What it answers, such as `XSA-108`: issues that `advisories/known/` knows.
    pub fixes: Vec<String>,
    /// CVEs beside those of the issues that it answers.
    pub cves: Vec<String>,
    /// Where it was announced.
    pub announcement: Option<String>,
    /// More URLs.
    pub references: Vec<String>,
    /// Who found or mended it.
    pub credits: Vec<String>,
    /// When it may be known, and is dated.
    pub public: Timestamp,
    /// Whether a host has to boot to have the fix.
    pub reboot: bool,
    /// Paragraphs.
    pub description: Vec<String>,
    /// What it says of each package, in the order of the file; at least one has a fix.
    pub packages: Vec<AdvisedPackage>,
    /// The file.
    pub path: Utf8PathBuf,
}

/// What an advisory says of one source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisedPackage {
    /// The source package.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// Line of its declaration, from 1.
    pub line: usize,
}

/// How a package stands to what an advisory is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A release of it has the fix.
    Fixed(Fix),
    /// It never had the fault.
    NotAffected(NotAffected),
}

/// In which release a fix is, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Of the release that has it.
    pub version: String,
    /// Without the dist tag.
    pub release: String,
    /// Patches of the package, by file name. Where one of them is not in the tree that is built, nothing is released.
    pub patches: Vec<String>,
    /// Upstream's release that brought it; none where patches do.
    pub released_in: Option<String>,
}

/// What updates are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdvisoryKind {
    /// It closes a hole.
    Security,
    /// It mends what did not work.
    Bugfix,
    /// It brings something new.
    Enhancement,
}

/// How urgent a security update is, in the words that CentOS uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A guest or user harms little.
    Low,
    /// Under conditions, or a guest that stops others.
    Moderate,
    /// A guest that reads or takes over what is not its own.
    Important,
    /// From outside, without anybody's help.
    Critical,
}

/// Why a package does not have a fault: the justifications of VEX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAffected {
    /// The component is not in the package.
    ComponentNotPresent,
    /// The component is, its faulty code is not.
    VulnerableCodeNotPresent,
    /// The code is there, and never runs.
    VulnerableCodeNotInExecutePath,
    /// The code runs, and nobody can make it do harm.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something else in the package keeps harm away.
    InlineMitigationsAlreadyExist,
}

impl Advisory {
    /// Whether it may be known at `now`, in seconds since 1970.
    pub fn is_public(&self, now: u64) -> bool {
        self.public.as_second() <= i64::try_from(now).unwrap_or(i64::MAX)
    }
}

impl Fix {
    /// The release that has it, of `package` for a target.
    pub fn evr(&self, package: &Package, target: &Target) -> Evr {
        let dist = if package.dist_tag { target.dist.as_str() } else { "" };
        Evr::new(package.epoch, &self.version, format!("{}{dist}", self.release))
    }
}

impl AdvisoryKind {
    /// The words of files and of updateinfo.
    pub const WORDS: [(&str, Self); 3] =
        [("security", Self::Security), ("bugfix", Self::Bugfix), ("enhancement", Self::Enhancement)];

    /// What ids of its kind begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Security => "CESA",
            Self::Bugfix => "CEBA",
            Self::Enhancement => "CEEA",
        }
    }
}

impl Severity {
    /// The words of files.
    pub const WORDS: [(&str, Self); 4] = [
        ("low", Self::Low),
        ("moderate", Self::Moderate),
        ("important", Self::Important),
        ("critical", Self::Critical),
    ];
}

impl NotAffected {
    /// The words of VEX.
    pub const WORDS: [(&str, Self); 5] = [
        ("component_not_present", Self::ComponentNotPresent),
        ("vulnerable_code_not_present", Self::VulnerableCodeNotPresent),
        ("vulnerable_code_not_in_execute_path", Self::VulnerableCodeNotInExecutePath),
        (
            "vulnerable_code_cannot_be_controlled_by_adversary",
            Self::VulnerableCodeCannotBeControlledByAdversary,
        ),
        ("inline_mitigations_already_exist", Self::InlineMitigationsAlreadyExist),
    ];
}

/// The word of a value among all that there are.
fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, meaning)| meaning == value).map_or("", |(word, _)| word)
}

impl fmt::Display for AdvisoryKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(word(&Self::WORDS, self))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(word(&Self::WORDS, self))
    }
}

impl fmt::Display for NotAffected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(word(&Self::WORDS, self))
    }
}
