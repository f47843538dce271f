use std::cmp::Ordering;

use super::{Header, HeaderError, Tag, Text, tag};
use crate::compare_versions;

/// The lists of dependencies that a package has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependencyKind {
    /// `Provides`
    Provides,
    /// `Requires`, with `rpmlib()` features, interpreters and scriptlet requirements
    Requires,
    /// `Conflicts`
    Conflicts,
    /// `Obsoletes`
    Obsoletes,
    /// `Recommends`, ignored by EL6
    Recommends,
    /// `Suggests`, ignored by EL6
    Suggests,
    /// `Supplements`, ignored by EL6
    Supplements,
    /// `Enhances`, ignored by EL6
    Enhances,
    /// `OrderWithRequires`
    OrderWithRequires,
}

impl DependencyKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Provides,
        Self::Requires,
        Self::Conflicts,
        Self::Obsoletes,
        Self::Recommends,
        Self::Suggests,
        Self::Supplements,
        Self::Enhances,
        Self::OrderWithRequires,
    ];

    /// Tags of names, flags and versions.
    pub const fn tags(self) -> (Tag, Tag, Tag) {
        match self {
            Self::Provides => (tag::PROVIDE_NAME, tag::PROVIDE_FLAGS, tag::PROVIDE_VERSION),
            Self::Requires => (tag::REQUIRE_NAME, tag::REQUIRE_FLAGS, tag::REQUIRE_VERSION),
            Self::Conflicts => (tag::CONFLICT_NAME, tag::CONFLICT_FLAGS, tag::CONFLICT_VERSION),
            Self::Obsoletes => (tag::OBSOLETE_NAME, tag::OBSOLETE_FLAGS, tag::OBSOLETE_VERSION),
            Self::Recommends => (tag::RECOMMEND_NAME, tag::RECOMMEND_FLAGS, tag::RECOMMEND_VERSION),
            Self::Suggests => (tag::SUGGEST_NAME, tag::SUGGEST_FLAGS, tag::SUGGEST_VERSION),
            Self::Supplements => (tag::SUPPLEMENT_NAME, tag::SUPPLEMENT_FLAGS, tag::SUPPLEMENT_VERSION),
            Self::Enhances => (tag::ENHANCE_NAME, tag::ENHANCE_FLAGS, tag::ENHANCE_VERSION),
            Self::OrderWithRequires => (tag::ORDER_NAME, tag::ORDER_FLAGS, tag::ORDER_VERSION),
        }
    }
}

/// The flag bits of a dependency (`RPMSENSE_*` in rpm's rpmds.h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DependencyFlags(pub u32);

impl DependencyFlags {
    /// Older versions match.
    pub const LESS: u32 = 1 << 1;
    /// Newer versions match.
    pub const GREATER: u32 = 1 << 2;
    /// The version itself matches.
    pub const EQUAL: u32 = 1 << 3;
    /// Needed before the transaction's end.
    pub const POST_TRANS: u32 = 1 << 5;
    /// Old style `PreReq`.
    pub const PRE_REQUISITE: u32 = 1 << 6;
    /// Needed by `%pretrans`.
    pub const PRE_TRANS: u32 = 1 << 7;
    /// Is an interpreter.
    pub const INTERPRETER: u32 = 1 << 8;
    /// Needed by `%pre`.
    pub const SCRIPT_PRE: u32 = 1 << 9;
    /// Needed by `%post`.
    pub const SCRIPT_POST: u32 = 1 << 10;
    /// Needed by `%preun`.
    pub const SCRIPT_PREUN: u32 = 1 << 11;
    /// Needed by `%postun`.
    pub const SCRIPT_POSTUN: u32 = 1 << 12;
    /// Needed by `%verify`.
    pub const SCRIPT_VERIFY: u32 = 1 << 13;
    /// Found by the automatic search for requirements.
    pub const FIND_REQUIRES: u32 = 1 << 14;
    /// Found by the automatic search for provides.
    pub const FIND_PROVIDES: u32 = 1 << 15;
    /// A trigger on installation.
    pub const TRIGGER_IN: u32 = 1 << 16;
    /// A trigger on removal.
    pub const TRIGGER_UN: u32 = 1 << 17;
    /// A trigger after removal.
    pub const TRIGGER_POSTUN: u32 = 1 << 18;
    /// Not needed.
    pub const MISSING_OK: u32 = 1 << 19;
    /// A feature of rpm itself.
    pub const RPMLIB: u32 = 1 << 24;
    /// A trigger before installation.
    pub const TRIGGER_PREIN: u32 = 1 << 25;
    /// Provided by the package itself as a configuration file.
    pub const CONFIG: u32 = 1 << 28;

    /// The bits that compare versions; without any of them every version is meant.
    pub const COMPARISON: u32 = Self::LESS | Self::GREATER | Self::EQUAL;

    /// Whether any of `bits` is set.
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }

    /// Whether this range of versions and another one have a version in common, by the order of the versions that they
    /// name.
    pub const fn overlaps(self, order: Ordering, other: Self) -> bool {
        match order {
            Ordering::Less => self.has(Self::GREATER) || other.has(Self::LESS),
            Ordering::Greater => self.has(Self::LESS) || other.has(Self::GREATER),
            Ordering::Equal => self.has(other.0 & Self::COMPARISON),
        }
    }

    /// `LT`, `LE`, `EQ`, `GE` or `GT` as repository metadata writes them; `None` where any version will do.
    pub const fn comparison(self) -> Option<&'static str> {
        match self.0 & Self::COMPARISON {
            Self::LESS => Some("LT"),
            Self::GREATER => Some("GT"),
            Self::EQUAL => Some("EQ"),
            0b1010 => Some("LE"),
            0b1100 => Some("GE"),
            _ => None,
        }
    }

    /// `<`, `<=`, `=`, `>=` or `>`, as rpm prints them.
    pub const fn operator(self) -> Option<&'static str> {
        match self.0 & Self::COMPARISON {
            Self::LESS => Some("<"),
            Self::GREATER => Some(">"),
            Self::EQUAL => Some("="),
            0b1010 => Some("<="),
            0b1100 => Some(">="),
            _ => None,
        }
    }
}

/// One name with an optional version, as Requires, Provides and the like list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dependency<'a> {
    /// A package, file, virtual name, `rpmlib()` feature or rich dependency.
    pub name: Text<'a>,
    /// How the version compares, and what needs it.
    pub flags: DependencyFlags,
    /// `[epoch:]version[-release]`, or empty.
    pub evr: Text<'a>,
}

impl Dependency<'_> {
    /// Whether this is a feature of rpm, not of a package.
    pub fn is_rpmlib(&self) -> bool {
        self.flags.has(DependencyFlags::RPMLIB) || self.name.starts_with("rpmlib(")
    }

    /// Whether this is a boolean expression (`(a if b)`), which rpm knows since 4.13.
    pub fn is_rich(&self) -> bool {
        self.name.starts_with("(")
    }
}

impl std::fmt::Display for Dependency<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.name)?;
        match self.flags.operator() {
            Some(operator) if !self.evr.is_empty() => write!(formatter, " {operator} {}", self.evr),
            _ => Ok(()),
        }
    }
}

/// The parts of `[epoch:]version[-release]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvrParts<'a> {
    /// Before the colon.
    pub epoch: Option<&'a str>,
    /// Between colon and last `-`.
    pub version: &'a str,
    /// After the last `-`.
    pub release: Option<&'a str>,
}

impl EvrParts<'_> {
    /// The order of rpm's `rpmdsCompare`: a release that one side lacks is not compared, and no epoch is 0.
    pub fn compare(&self, other: &Self) -> Ordering {
        let epoch = |parts: &Self| parts.epoch.and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0);
        let releases = match (self.release, other.release) {
            (Some(release), Some(other)) => compare_versions(release, other),
            _ => Ordering::Equal,
        };
        epoch(self)
            .cmp(&epoch(other))
            .then_with(|| compare_versions(self.version, other.version))
            .then(releases)
    }
}

/// Cuts `[epoch:]version[-release]` as rpm does: the epoch is leading digits before a colon, the release
/// stands after the last `-`.
pub fn split_evr(evr: &str) -> EvrParts<'_> {
    let digits = evr.len() - evr.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let (epoch, rest) = match evr[digits..].strip_prefix(':') {
        Some(rest) => (Some(&evr[..digits]), rest),
        None => (None, evr),
    };
    match rest.rsplit_once('-') {
        Some((version, release)) => EvrParts { epoch, version, release: Some(release) },
        None => EvrParts { epoch, version: rest, release: None },
    }
}

impl Header {
    /// One list of dependencies in the header's order. Flags and versions may be absent as a whole (old
    /// packages), never in part.
    ///
    /// # Errors
    /// When a tag has another type or a length that does not match the names.
    pub fn dependencies(
        &self,
        kind: DependencyKind,
    ) -> Result<impl ExactSizeIterator<Item = Dependency<'_>> + Clone, HeaderError> {
        let (name_tag, flags_tag, version_tag) = kind.tags();
        let names = self.strings(name_tag)?;
        let flags = self.u32s(flags_tag)?;
        let mut versions = self.strings(version_tag)?;
        for (tag, found) in [(flags_tag, flags.len()), (version_tag, versions.len())] {
            if found != 0 && found != names.len() {
                return Err(HeaderError::Length { tag, expected: names.len(), found });
            }
        }
        Ok(names.enumerate().map(move |(index, name)| Dependency {
            name,
            flags: DependencyFlags(flags.get(index).unwrap_or(0)),
            evr: versions.next().unwrap_or_default(),
        }))
    }
}
