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
}

/// Where a kind of difference may stand.
struct Place {
    allowed: Allowed,
    /// Names of packages, or kinds of documents in repomd.xml.
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
];

/// Packages that only we list: their descriptive texts have characters that XML forbids.
const CLEANED: [&str; 3] = ["odd-bell", "odd-bell-author", "ruby2.6-rubygem-fast_gettext"];

/// Packages that only the reference lists: the name of a file has characters that XML forbids.
const REFUSED: [&str; 1] = ["odd-nonchar-path"];

impl Place {
    fn is_of(&self, difference: &Difference, line: &str) -> bool {
        self.things.contains(&name(&difference.thing))
            && self.parts.iter().any(|start| difference.part.starts_with(start))
            && self.lines.iter().any(|start| line.starts_with(start))
    }
}

/// Of a package, without its digest.
fn name(thing: &str) -> &str {
    thing.rsplit_once(' ').map_or(thing, |(name, _)| name)
}

impl Allowed {
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
        }
    }

    /// What this difference is, if it is meant.
    pub(crate) fn of(difference: &Difference) -> Option<Self> {
        let Difference { part, thing, what } = difference;
        match what {
            What::Order if part == "filelists_db.filelist" => Some(Self::DirectoryOrder),
            What::Order if thing.is_empty() || part == "primary_db.packages" => Some(Self::PackageOrder),
            What::Order => None,
            What::Ours(found) if thing.is_empty() => {
                CLEANED.contains(&name(found)).then_some(Self::Forbidden)
            }
            What::Theirs(found) if thing.is_empty() => {
                REFUSED.contains(&name(found)).then_some(Self::Forbidden)
            }
            What::Ours(line) | What::Theirs(line) => {
                PLACES.iter().find(|place| place.is_of(difference, line)).map(|place| place.allowed)
            }
        }
    }

    /// An allowance that nothing needs any more would hide what comes next.
    pub(crate) fn demand(found: &BTreeSet<Self>, expected: &[Self]) -> Result<(), String> {
        if let Some(gone) = expected.iter().find(|allowed| !found.contains(allowed)) {
            return Err(format!("no longer occurs: {gone:?}, {}", gone.reason()));
        }
        match found.iter().find(|allowed| !expected.contains(allowed)) {
            Some(new) => Err(format!("not expected here: {new:?}, {}", new.reason())),
            None => Ok(()),
        }
    }
}
