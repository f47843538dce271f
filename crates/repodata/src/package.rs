//! What repository metadata says about a package, as types.
//!
//! The same types are filled from a package file and from primary, filelists and other, so that what is read
//! back can be compared with what was written.

use std::ops::Range;

use compact_str::CompactString;
use xen4centos_artifact::Nevra;

use crate::Checksum;

/// One package as primary.xml, filelists.xml and other.xml describe it. Texts are valid XML characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Name, epoch, version, release, architecture (`src` for source packages).
    pub nevra: Nevra,
    /// Of the whole package file; its digits name the package in all three documents (`pkgid`).
    pub checksum: Checksum,
    /// One line.
    pub summary: String,
    /// Paragraphs.
    pub description: String,
    /// Who packaged it; empty where the package does not say.
    pub packager: String,
    /// Home page; empty where the package does not say.
    pub url: String,
    /// Modification time of the package file, seconds since 1970. yum shows it as the time of publication.
    pub file_time: u64,
    /// When it was built, seconds since 1970.
    pub build_time: u64,
    /// How many bytes it has.
    pub size: Sizes,
    /// Where it lies: a path relative to the repository's root, not %-escaped. Clients escape it themselves; dnf
    /// does so even to what is escaped already and then finds nothing.
    pub href: String,
    /// What the path is relative to, where that is not the repository's root: a URL (`xml:base`).
    pub base: Option<String>,
    /// Licence.
    pub license: String,
    /// Vendor; empty where the package does not say.
    pub vendor: String,
    /// rpm group; `Unspecified` in packages without one that rpm built.
    pub group: String,
    /// Host name of the machine that built it.
    pub build_host: String,
    /// File name of its source package; empty in source packages.
    pub source_rpm: String,
    /// Where the main header stands in the file, in bytes; yum fetches it alone with a range request.
    pub header_range: Range<u64>,
    /// What it needs, gives and excludes.
    pub dependencies: Dependencies,
    /// Everything it owns (read back from primary.xml: only what primary.xml lists).
    pub files: Vec<PackageFile>,
    /// Oldest entry first, as many as the index was asked for (read back from primary.xml: none).
    pub changelog: Vec<ChangelogEntry>,
}

/// Sizes of a package, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The package file.
    pub package: u64,
    /// The installed files.
    pub installed: u64,
    /// The uncompressed payload.
    pub archive: u64,
}

/// All dependency lists that yum's metadata knows, each in the header's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// `rpm:provides`
    pub provides: Vec<Dependency>,
    /// `rpm:requires`, without rpmlib features, what the package itself gives, and repetitions.
    pub requires: Vec<Dependency>,
    /// `rpm:conflicts`
    pub conflicts: Vec<Dependency>,
    /// `rpm:obsoletes`
    pub obsoletes: Vec<Dependency>,
    /// `rpm:suggests`
    pub suggests: Vec<Dependency>,
    /// `rpm:enhances`
    pub enhances: Vec<Dependency>,
    /// `rpm:recommends`
    pub recommends: Vec<Dependency>,
    /// `rpm:supplements`
    pub supplements: Vec<Dependency>,
}

impl Dependencies {
    /// Element names and lists, in the order in which primary.xml has them.
    pub(crate) const fn lists(&self) -> [(&'static str, &Vec<Dependency>); 8] {
        [
            ("provides", &self.provides),
            ("requires", &self.requires),
            ("conflicts", &self.conflicts),
            ("obsoletes", &self.obsoletes),
            ("suggests", &self.suggests),
            ("enhances", &self.enhances),
            ("recommends", &self.recommends),
            ("supplements", &self.supplements),
        ]
    }

    /// As [`lists`](Self::lists).
    pub(crate) const fn lists_mut(&mut self) -> [&mut Vec<Dependency>; 8] {
        [
            &mut self.provides,
            &mut self.requires,
            &mut self.conflicts,
            &mut self.obsoletes,
            &mut self.suggests,
            &mut self.enhances,
            &mut self.recommends,
            &mut self.supplements,
        ]
    }

    /// The list of an element by its local name, for reading back.
    pub(crate) fn list_mut(&mut self, element: &str) -> Option<&mut Vec<Dependency>> {
        Some(match element {
            "provides" => &mut self.provides,
            "requires" => &mut self.requires,
            "conflicts" => &mut self.conflicts,
            "obsoletes" => &mut self.obsoletes,
            "suggests" => &mut self.suggests,
            "enhances" => &mut self.enhances,
            "recommends" => &mut self.recommends,
            "supplements" => &mut self.supplements,
            _ => return None,
        })
    }
}

/// One name, with a version where the dependency has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dependency {
    /// A package, file, virtual name or rich dependency.
    pub name: CompactString,
    /// Which versions match; all where absent.
    pub constraint: Option<Constraint>,
    /// Needed before the package is installed (`pre="1"`, only on requires).
    pub order: Order,
}

/// When a requirement must be met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// At the end of the transaction.
    #[default]
    Any,
    /// Before the package's own scriptlets run (`pre="1"`).
    Before,
}

/// Which versions match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Constraint {
    /// How to compare.
    pub comparison: Comparison,
    /// Digits; empty where the metadata has no such attribute.
    pub epoch: CompactString,
    /// Empty where the metadata has no such attribute.
    pub version: CompactString,
    /// Empty where any release will do.
    pub release: CompactString,
}

/// The `flags` attribute of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `LT`
    Less,
    /// `LE`
    LessOrEqual,
    /// `EQ`
    Equal,
    /// `GE`
    GreaterOrEqual,
    /// `GT`
    Greater,
}

impl Comparison {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Less, Self::LessOrEqual, Self::Equal, Self::GreaterOrEqual, Self::Greater];

    /// As metadata writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "LT",
            Self::LessOrEqual => "LE",
            Self::Equal => "EQ",
            Self::GreaterOrEqual => "GE",
            Self::Greater => "GT",
        }
    }

    /// As metadata writes it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.as_str() == text)
    }
}

/// One path that a package owns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PackageFile {
    /// The whole path; a mere name in source packages.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
}

impl PackageFile {
    /// Whether primary.xml lists it, where yum looks before it fetches filelists: `/etc/`, `/usr/lib/sendmail`
    /// and every path with `bin/` in it. yum relies on exactly this rule.
    pub fn is_primary(&self) -> bool {
        is_primary(&self.path)
    }
}

/// The rule of [`PackageFile::is_primary`].
pub(crate) fn is_primary(path: &str) -> bool {
    path.starts_with("/etc/") || path == "/usr/lib/sendmail" || path.contains("bin/")
}

/// The `type` attribute of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A file, link or device; the attribute is absent.
    #[default]
    File,
    /// `dir`
    Directory,
    /// `ghost`: owned, not in the payload.
    Ghost,
}

impl FileKind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::File, Self::Directory, Self::Ghost];

    /// As the databases write it; XML leaves `file` out.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "dir",
            Self::Ghost => "ghost",
        }
    }
}

/// One entry of a changelog.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChangelogEntry {
    /// Seconds since 1970. Entries of one day are a second apart, which keeps their order.
    pub time: u64,
    /// Author, address, and often the version.
    pub author: String,
    /// The lines.
    pub text: String,
}
