//! What is missing, where it was looked for, and where to put it: the one message that a person without a network
//! needs, so it names everything at once.

use std::fmt::{self, Write as _};

use camino::Utf8PathBuf;
use xen4centos_artifact::{Fingerprint, Sha256Digest};
use xen4centos_http::Status;

/// What a missing file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MissingRole {
    /// A source.
    Source,
    /// A patch.
    Patch,
    /// A text of upstream's.
    Text,
    /// The detached signature of a source.
    Signature,
    /// The OpenPGP key that signs a source.
    Key,
    /// A git repository with a commit in it.
    Git,
    /// A git repository with a commit and its parent in it.
    Change,
}

/// A file that no place had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFile {
    /// The package that needs it.
    pub package: String,
    /// Its name.
    pub file: String,
    /// What it is for.
    pub role: MissingRole,
    /// Where it can be had, in the order in which these are tried. Empty: only from a person.
    pub urls: Vec<String>,
    /// Its pinned digest; signatures and keys have none.
    pub sha256: Option<Sha256Digest>,
    /// Its pinned length in bytes, where it is known.
    pub size: Option<u64>,
    /// The pinned fingerprint, for a key or a signature.
    pub fingerprint: Option<Fingerprint>,
    /// The pinned commit id, for a git source.
    pub commit: Option<String>,
    /// Where to put it by hand.
    pub put_at: Utf8PathBuf,
    /// What was tried, and what came of it.
    pub attempts: Vec<Attempt>,
}

/// One place that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// A path or a URL.
    pub place: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A whole file with another digest.
    WrongDigest(Sha256Digest),
    /// A file of another length, in bytes.
    WrongSize(u64),
    /// An HTTP status other than 200 and 206.
    Status(u16),
    /// The connection, the file or the program failed; the text says how.
    Failed(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongDigest(found) => write!(formatter, "another file: sha256 {found}"),
            Self::WrongSize(found) => write!(formatter, "another file: {found} bytes"),
            Self::Status(status) => write!(formatter, "HTTP {}", Status(*status)),
            Self::Failed(text) => formatter.write_str(text),
        }
    }
}

impl MissingRole {
    fn label(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Patch => "patch",
            Self::Signature => "signature",
            Self::Key => "key",
            Self::Git => "git repository",
            Self::Change => "git commit",
            Self::Text => "text",
        }
    }
}

pub(crate) fn describe_all(files: &[MissingFile]) -> String {
    let mut text = match files {
        [_] => "1 file is missing".to_owned(),
        _ => format!("{} files are missing", files.len()),
    };
    let same_place = |one: &MissingFile, other: &MissingFile| {
        let place =
            |file: &MissingFile| (file.role, file.package.clone(), file.urls.clone(), file.put_at.clone());
        one.role == MissingRole::Change && place(one) == place(other)
    };
    for group in files.chunk_by(same_place) {
        let described = match group {
            [file] => describe(&mut text, file),
            _ => describe_changes(&mut text, group),
        };
        described.expect("writing to a string does not fail");
    }
    text
}

/// Patches that one repository would give.
fn describe_changes(text: &mut String, files: &[MissingFile]) -> fmt::Result {
    let first = &files[0];
    write!(text, "\n  {} patches of {}, which are commits of one repository", files.len(), first.package)?;
    for url in &first.urls {
        write!(text, "\n    url      {url}")?;
    }
    for file in files {
        write!(text, "\n    commit   {} ({})", file.commit.as_deref().unwrap_or_default(), file.file)?;
    }
    write!(text, "\n    put it   {}", first.put_at)?;
    for attempt in &first.attempts {
        write!(text, "\n    tried    {}: {}", attempt.place, attempt.outcome)?;
    }
    Ok(())
}

fn describe(text: &mut String, file: &MissingFile) -> fmt::Result {
    write!(text, "\n  {} ({} of {})", file.file, file.role.label(), file.package)?;
    for url in &file.urls {
        write!(text, "\n    url      {url}")?;
    }
    if let Some(commit) = &file.commit {
        write!(text, "\n    commit   {commit}")?;
    }
    if let Some(sha256) = &file.sha256 {
        write!(text, "\n    sha256   {sha256}")?;
    }
    if let Some(size) = file.size {
        write!(text, "\n    size     {size}")?;
    }
    if let Some(fingerprint) = &file.fingerprint {
        let label = if file.role == MissingRole::Key { "key     " } else { "by key  " };
        write!(text, "\n    {label} {fingerprint}")?;
    }
    write!(text, "\n    put it   {}", file.put_at)?;
    for attempt in &file.attempts {
        write!(text, "\n    tried    {}: {}", attempt.place, attempt.outcome)?;
    }
    Ok(())
}
