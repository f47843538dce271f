use std::fmt;

/// Something that must not be known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// As it would stand in a text, in any case of letters.
    pub text: String,
    /// What it is.
    pub kind: SecretKind,
    /// The id of the advisory that it is of.
    pub advisory: String,
}

/// What can tell of an advisory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretKind {
    /// Its own id.
    Id,
    /// The id of an issue that it answers, such as `XSA-108`.
    Issue,
    /// A CVE.
    Cve,
    /// Its title.
    Title,
    /// Words of its description.
    Words,
    /// Where it will be announced.
    Address,
    /// The name of a patch.
    PatchName,
    /// The digest of a patch.
    PatchDigest,
    /// The commit that a patch is.
    Commit,
    /// A line that a patch adds, or its subject.
    PatchLine,
}

impl SecretKind {
    /// Whether more digits or letters beside it would make it something else.
    pub(crate) const fn is_whole(self) -> bool {
        matches!(self, Self::Id | Self::Issue | Self::Cve)
    }
}

impl fmt::Display for SecretKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Id => "its id",
            Self::Issue => "an issue that it answers",
            Self::Cve => "a CVE that it answers",
            Self::Title => "its title",
            Self::Words => "words of its description",
            Self::Address => "where it will be announced",
            Self::PatchName => "the name of a patch",
            Self::PatchDigest => "the digest of a patch",
            Self::Commit => "the commit of a patch",
            Self::PatchLine => "a line of a patch",
        })
    }
}
