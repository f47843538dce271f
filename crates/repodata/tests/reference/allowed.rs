use std::collections::BTreeSet;

use super::compare::{Difference, What};

/// A kind of difference that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Allowed {
    /// The order of packages.
    PackageOrder,
    /// The order of a package's directories in the database of filelists.
    DirectoryOrder,
    /// Packages and texts with characters that XML forbids.
    Forbidden,
    /// Texts that are nearly UTF-8.
    Encoding,
    /// Names of directories that are no UTF-8, in the database of filelists.
    CutDirectory,
    /// Requirements without a name, in databases.
    Nameless,
    /// Versions without a comparison, in databases.
    Uncompared,
    /// Versions that begin with an epoch that is no number.
    OddEpoch,
    /// Databases where nobody asked for them.
    DefaultDatabases,
    /// The compression of databases where nobody named one.
    DefaultCompression,
    /// The compression of groups.
    GroupCompression,
    /// Times of documents, where the revision is not told to be the time.
    Times,
    /// Ampersands in what they take from old metadata.
    Ampersands,
    /// Longer changelogs than are asked for, from old metadata.
    OldChangelogs,
    /// Documents of other kinds that were there.
    KeptDocuments,
    /// Files of the state before.
    KeptFiles,
}

/// Where a kind of difference may stand.
struct Place {
    allowed: Allowed,
    /// Names of packages, or kinds of documents in repomd.xml; all where there are none.
    things: &'static [&'static str],
    /// How the names of parts begin.
    parts: &'static [&'static str],
    /// How lines begin.
    lines: &'static [&'static str],
}

/// In descriptions.
const DESCRIPTION: &[&str] = &["package/description =", "package/file =", "description=", "dirname='/opt'"];

const PLACES: &[Place] = &[
    Place { allowed: Allowed::Forbidden, things: &["odd-nonchar"], parts: &["primary"], lines: DESCRIPTION },
    Place {
        allowed: Allowed::Encoding,
        things: &["odd-overlong", "odd-surrogate", "odd-beyond"],
        parts: &["primary", "filelists"],
        lines: DESCRIPTION,
    },
    Place {
        allowed: Allowed::CutDirectory,
        things: &["odd-latin"],
        parts: &["filelists_db.filelist"],
        lines: &["dirname='/opt/d"],
    },
    Place {
        allowed: Allowed::Nameless,
        things: &["pre"],
        parts: &["primary_db.requires"],
        lines: &["name='' "],
    },
    Place {
        allowed: Allowed::Uncompared,
        things: &["pre", "comparisons"],
        parts: &["primary_db."],
        lines: &["name='c' flags=NULL ", "name='a' flags=NULL "],
    },
    Place {
        allowed: Allowed::OddEpoch,
        things: &["versions"],
        parts: &["primary"],
        lines: &[
            "package/format/rpm:obsoletes/rpm:entry = {\"epoch\": \"0\", \"flags\": \"EQ\", \"name\": \"a\", \"ver\": \"x:1\"}",
            "package/format/rpm:obsoletes/rpm:entry = {\"epoch\": \"0\", \"flags\": \"EQ\", \"name\": \"a\", \"ver\": \"1x:2\"}",
            "name='a' flags='EQ' epoch='0' version='x:1'",
            "name='a' flags='EQ' epoch='0' version='1x:2'",
        ],
    },
    Place {
        allowed: Allowed::DefaultCompression,
        things: &["names", "primary_db", "filelists_db", "other_db"],
        parts: &["files", "repomd"],
        lines: DATABASE_NAMES,
    },
    Place {
        allowed: Allowed::DefaultDatabases,
        things: &["names"],
        parts: &["files"],
        lines: DATABASE_NAMES,
    },
    Place {
        allowed: Allowed::GroupCompression,
        things: &["names"],
        parts: &["files"],
        lines: &["DIGEST(64)-comps.xml."],
    },
    Place {
        allowed: Allowed::Times,
        things: &["primary", "filelists", "other", "updateinfo", "modules", "productid"],
        parts: &["repomd"],
        lines: &["data/timestamp = "],
    },
    Place { allowed: Allowed::Times, things: &["head"], parts: &["repomd head"], lines: &["revision = 1"] },
    Place {
        allowed: Allowed::Ampersands,
        things: &[],
        parts: &["other"],
        lines: &["package/changelog = {\"author\": \"Päck &", "author='Päck &"],
    },
    Place {
        allowed: Allowed::KeptFiles,
        things: &["names"],
        parts: &["files"],
        lines: &["DIGEST(64)-primary.xml.gz", "DIGEST(64)-filelists.xml.gz", "DIGEST(64)-other.xml.gz"],
    },
    Place {
        allowed: Allowed::KeptDocuments,
        things: &["names"],
        parts: &["files"],
        lines: &["DIGEST(64)-updateinfo.xml.gz"],
    },
    Place {
        allowed: Allowed::OldChangelogs,
        things: &[],
        parts: &["other"],
        lines: &["package/changelog = {\"author\": \"P <p"],
    },
];

const DATABASE_NAMES: &[&str] = &[
    "DIGEST(64)-primary.sqlite.",
    "DIGEST(64)-filelists.sqlite.",
    "DIGEST(64)-other.sqlite.",
    "data/location = repodata/DIGEST(64)-primary.sqlite.",
    "data/location = repodata/DIGEST(64)-filelists.sqlite.",
    "data/location = repodata/DIGEST(64)-other.sqlite.",
];

/// Packages that only we list: their descriptive texts have characters that XML forbids.
const CLEANED: [&str; 3] = ["odd-bell", "odd-bell-author", "ruby2.6-rubygem-fast_gettext"];

/// Packages that only the reference lists: the name of a file has characters that XML forbids.
const REFUSED: [&str; 1] = ["odd-nonchar-path"];

/// Documents that stay listed.
const KEPT: [&str; 1] = ["updateinfo"];

impl Place {
    fn is_of(&self, difference: &Difference, line: &str) -> bool {
        (self.things.is_empty() || self.things.contains(&name(&difference.thing)))
            && self.parts.iter().any(|start| difference.part.starts_with(start))
            && self.lines.iter().any(|start| line.starts_with(start))
    }
}

/// A list of groups that is compressed, in repomd.xml or itself.
fn is_group(part: &str, found: &str) -> bool {
    let is_kind = |kind: &str| ["group_gz", "group_bz2", "group_xz"].contains(&kind);
    (part == "repomd" && is_kind(found)) || (is_kind(part) && found == "text")
}

/// Of a package, without its digest.
fn name(thing: &str) -> &str {
    thing.rsplit_once(' ').map_or(thing, |(name, _)| name)
}

impl Allowed {
    /// All of them.
    pub(crate) const ALL: [Self; 16] = [
        Self::PackageOrder,
        Self::DirectoryOrder,
        Self::Forbidden,
        Self::Encoding,
        Self::CutDirectory,
        Self::Nameless,
        Self::Uncompared,
        Self::OddEpoch,
        Self::DefaultDatabases,
        Self::DefaultCompression,
        Self::GroupCompression,
        Self::Times,
        Self::Ampersands,
        Self::OldChangelogs,
        Self::KeptDocuments,
        Self::KeptFiles,
    ];

    /// Those that all packages of the tests show, whatever the options.
    pub(crate) const OF_PACKAGES: [Self; 8] = [
        Self::PackageOrder,
        Self::DirectoryOrder,
        Self::Forbidden,
        Self::Encoding,
        Self::CutDirectory,
        Self::Nameless,
        Self::Uncompared,
        Self::OddEpoch,
    ];

    /// Why it is meant.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::PackageOrder => {
                "ours is that of the paths, byte by byte; theirs depends on threads and directories"
            }
            Self::DirectoryOrder => "ours is the header's; theirs is that of a hash table",
            Self::Forbidden => {
                "XML that has them can not be read: they leave the whole package out for control characters and write \
                 U+FFFE and U+FFFF as they are; we leave the characters out of descriptive texts and packages out, or \
                 stop, where names have them"
            }
            Self::Encoding => {
                "overlong forms, surrogates and numbers above U+10FFFF: they write the bytes as they are, which no \
                 reader of XML takes; we read them as ISO 8859-1 like all that is no UTF-8"
            }
            Self::CutDirectory => {
                "they convert the name and then keep as many bytes as it had before; we keep all of it"
            }
            Self::Nameless => "nothing can be required; both leave it out of the XML, they only there",
            Self::Uncompared => "the XML has no such version, and the database is made of the same",
            Self::OddEpoch => "they leave the dependency out; for rpm it is all version, and for us",
            Self::DefaultDatabases => {
                "clients make their own of the XML, and their next release stopped, too"
            }
            Self::DefaultCompression => {
                "gzip takes a fraction of the time of bzip2, and unchanged parts are not compressed again"
            }
            Self::GroupCompression => "yum on EL6 looks for `group_gz` and `group` and for nothing else",
            Self::Ampersands => "they read `&` in attributes as `&#38;`, and once more with every update",
            Self::OldChangelogs => "they take what they have; we read the packages again",
            Self::KeptDocuments => {
                "they drop groups and advisories unless they are told to keep them; we keep them unless we are told to \
                 drop them"
            }
            Self::KeptFiles => {
                "a client that has just read the old list still finds them; with them nothing is retained unless asked for"
            }
            Self::Times => "we have no clock but the revision, so that the same packages give the same bytes",
        }
    }

    /// What this difference is, if it is meant.
    pub(crate) fn of(difference: &Difference) -> Option<Self> {
        let Difference { part, thing, what } = difference;
        match what {
            What::Order if part == "filelists_db.filelist" => Some(Self::DirectoryOrder),
            What::Order if thing.is_empty() || part == "primary_db.packages" => Some(Self::PackageOrder),
            What::Order => None,
            What::Ours(found) | What::Theirs(found) if thing.is_empty() && is_group(part, found) => {
                Some(Self::GroupCompression)
            }
            What::Ours(found) if thing.is_empty() && part == "repomd" => {
                KEPT.contains(&found.as_str()).then_some(Self::KeptDocuments)
            }
            What::Ours(_) if thing.is_empty() && KEPT.contains(&part.as_str()) => Some(Self::KeptDocuments),
            What::Ours(found) if thing.is_empty() => {
                CLEANED.contains(&name(found)).then_some(Self::Forbidden)
            }
            What::Theirs(found) if thing.is_empty() && REFUSED.contains(&name(found)) => {
                Some(Self::Forbidden)
            }
            What::Theirs(found) if thing.is_empty() => {
                (part.contains("_db") || found.ends_with("_db")).then_some(Self::DefaultDatabases)
            }
            What::Ours(line) | What::Theirs(line) => {
                PLACES.iter().find(|place| place.is_of(difference, line)).map(|place| place.allowed)
            }
        }
    }

    /// An allowance that nothing needs any more would hide what comes next.
    pub(crate) fn demand(found: &BTreeSet<Self>, expected: &[Self]) -> Result<(), String> {
        for allowed in Self::ALL {
            let what = match (expected.contains(&allowed), found.contains(&allowed)) {
                (true, false) => "no longer occurs",
                (false, true) => "not expected here",
                _ => continue,
            };
            return Err(format!("{what}: {allowed:?}, {}", allowed.reason()));
        }
        Ok(())
    }
}
