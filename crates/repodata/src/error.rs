use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::header::HeaderError;
use xen4centos_http::HttpError;

/// Why metadata could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RepodataError {
    /// A file or directory of the repository could not be read, written, renamed or locked.
    #[error("could not {act} `{path}`")]
    Files {
        /// `read`, `write`, `lock` and so on.
        act: &'static str,
        /// Which one.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A package file could not be read.
    #[error("could not read `{path}`")]
    Unreadable {
        /// The package file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A document that is to be listed could not be read.
    #[error("could not read `{path}`, which is to be listed as `{kind}`")]
    Given {
        /// `group`, `updateinfo` and so on.
        kind: String,
        /// What was named.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A document that the metadata lists, and that is not made from packages, could not be read.
    #[error("`{kind}` can not stay listed: could not read `{path}`")]
    Kept {
        /// `group`, `updateinfo` and so on.
        kind: String,
        /// Its file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What should hold packages or metadata is a file, or is not there.
    #[error("no directory `{path}`")]
    NoDirectory {
        /// What was named.
        path: Utf8PathBuf,
    },
    /// Another process indexes the same directory.
    #[error("another index of `{path}` is running")]
    Busy {
        /// The repository.
        path: Utf8PathBuf,
    },
    /// createrepo_c is at work in the same directory, or was killed there.
    #[error("createrepo_c is at work here: `{path}` is its lock")]
    AtWork {
        /// The lock, which is the directory that it writes to.
        path: Utf8PathBuf,
    },
    /// A directory of that name that holds something else, and would have to make way.
    #[error("`{path}` is not metadata of a repository: it has no repomd.xml, and other things")]
    Foreign {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// A link that a directory would take the place of.
    #[error("`{path}` is a symbolic link, which a directory would take the place of")]
    Linked {
        /// The link.
        path: Utf8PathBuf,
    },
    /// What the metadata lists beside packages would be lost.
    #[error("the list of the metadata that is there can not be read")]
    List {
        /// Why.
        source: Box<RepodataError>,
    },
    /// The metadata that would be replaced is newer: clients that have it would refuse the new one.
    #[error("revision {revision} is older than {present}, that of the metadata in `{path}`")]
    Older {
        /// The directory of the metadata.
        path: Utf8PathBuf,
        /// What was asked for.
        revision: u64,
        /// What is there.
        present: u64,
    },
    /// The metadata of a repository that is merged would be replaced by that of all.
    #[error("the merged metadata would take the place of that of a repository which is merged: `{path}`")]
    OverSource {
        /// The repository.
        path: Utf8PathBuf,
    },
    /// Documents that list packages in orders which have nothing to do with each other. The limit keeps memory bounded.
    #[error(
        "{document} lists packages in another order than primary: more than {limit} bytes would have to be held: `{path}`"
    )]
    Disordered {
        /// The repository.
        path: Utf8PathBuf,
        /// `filelists` or `other`.
        document: &'static str,
        /// How much may be held.
        limit: usize,
    },
    /// A file name that is no UTF-8 can not stand in XML, and one with control characters in no list of files.
    #[error("file name is not UTF-8 or has control characters: `{path}`")]
    FileName {
        /// As much of it as can be shown.
        path: String,
    },
    /// A package file is none, is damaged, or says what can not be true.
    #[error("bad package `{path}`")]
    Package {
        /// The package file.
        path: Utf8PathBuf,
        /// What is wrong.
        source: HeaderError,
    },
    /// A package file ends before its payload does.
    #[error(
        "package ends early: its signature header announces {expected} bytes, {found} are there: `{path}`"
    )]
    Truncated {
        /// The package file.
        path: Utf8PathBuf,
        /// Bytes of the whole file by its signature header.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// A package file whose header is another one than its signature header was made for.
    #[error(
        "package is damaged: the {digest} of its header is `{found}`, its signature header says `{expected}`: `{path}`"
    )]
    Damaged {
        /// The package file.
        path: Utf8PathBuf,
        /// Which digest.
        digest: &'static str,
        /// By the signature header.
        expected: String,
        /// Of the header.
        found: String,
    },
    /// A package file was written to while it was read.
    #[error("package changed while it was read: `{path}`")]
    Changed {
        /// The package file.
        path: Utf8PathBuf,
    },
    /// A package that says more than any real one does. The limit keeps the index's memory bounded.
    #[error("the metadata of the package would take {found} bytes, at most {limit} are possible: `{path}`")]
    TooLarge {
        /// The package file.
        path: Utf8PathBuf,
        /// What it would take while it is made.
        found: u64,
        /// What it may take.
        limit: u64,
    },
    /// A name, version, dependency or path holds a character that XML can not carry.
    #[error("{field} has a character that XML forbids: \"{text}\" in `{path}`")]
    Forbidden {
        /// The package file.
        path: Utf8PathBuf,
        /// Where in the package.
        field: &'static str,
        /// The text, with such characters escaped.
        text: String,
    },
    /// Several packages of one name, version and architecture, where the settings want one of each.
    #[error("`{nevra}` is there more than once: `{path}`")]
    Duplicate {
        /// Name, epoch, version, release and architecture.
        nevra: String,
        /// One of the package files.
        path: Utf8PathBuf,
    },
    /// Packages that clients would look for in one place.
    #[error("two packages would be listed at `{href}`: `{first}` and `{second}`")]
    OneHref {
        /// Where clients would find either.
        href: String,
        /// One of them, relative to the directory that is indexed.
        first: Utf8PathBuf,
        /// Another one.
        second: Utf8PathBuf,
    },
    /// More than one package is bad.
    #[error("{count} packages can not be indexed")]
    Several {
        /// The first of them, as far as they are told.
        errors: Vec<RepodataError>,
        /// How many there are.
        count: usize,
    },
    /// A list of packages names one that is not there.
    #[error("no package `{path}`")]
    NotFound {
        /// Relative to the directory that is indexed.
        path: Utf8PathBuf,
    },
    /// A list of packages names one that an `href` would have to leave the tree for.
    #[error("`{path}` is not in the directory that is indexed")]
    Outside {
        /// As the list has it.
        path: Utf8PathBuf,
    },
    /// The threads that read packages could not be started.
    #[error("could not start {workers} threads")]
    Threads {
        /// How many were asked for.
        workers: usize,
        /// What the system said.
        source: rayon::ThreadPoolBuildError,
    },
    /// Metadata that is no XML.
    #[error("bad XML at byte {position} of `{path}`")]
    Xml {
        /// The document.
        path: Utf8PathBuf,
        /// Where in the uncompressed document.
        position: u64,
        /// What is wrong.
        source: Box<quick_xml::Error>,
    },
    /// Metadata without something that it must have, or with something that can not be true.
    #[error("{what} in `{path}`")]
    Content {
        /// The document.
        path: Utf8PathBuf,
        /// What is missing or wrong.
        what: String,
    },
    /// Metadata that has another digest than repomd.xml says.
    #[error("{what} is `{found}` where repomd.xml says `{expected}`: `{path}`")]
    Mismatch {
        /// The document.
        path: Utf8PathBuf,
        /// `sha256`, `size` and so on.
        what: &'static str,
        /// By repomd.xml.
        expected: String,
        /// By the file.
        found: String,
    },
    /// What somebody asked for can not be understood.
    #[error("{what}")]
    Asked {
        /// What was expected, and what was found.
        what: String,
    },
    /// No server can be asked at all.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A compression, a checksum or a kind of URL that is not read.
    #[error("{what} is not supported: `{path}`")]
    Unsupported {
        /// The document.
        path: Utf8PathBuf,
        /// The compression or checksum.
        what: String,
    },
}

impl RepodataError {
    pub(crate) fn files(
        act: &'static str,
        path: impl Into<Utf8PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Files { act, path, source }
    }

    /// The way out.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Busy { .. } => "wait for it to end; a lock is never left behind by a killed process".into(),
            Self::Package { path, .. } | Self::Truncated { path, .. } | Self::Damaged { path, .. } => {
                format!("remove `{path}` or copy it again; `rpmkeys --checksig` tells whether it is whole")
            }
            Self::Foreign { path } => format!(
                "name the directory that holds the packages; if `{path}` is what is left of metadata, move the rest elsewhere"
            ),
            Self::Kept { kind, .. } => {
                let kind = crate::additional::base(kind);
                let anew =
                    if kind == "group" { "-g FILE".to_owned() } else { format!("--add {kind}=FILE") };
                format!("put the file back, give another one (`{anew}`), or list it no more (`--remove {kind}`)")
            }
            Self::AtWork { path } => {
                format!("wait for it to end; if none runs, it was killed, and `{path}` can be removed")
            }
            Self::Linked { .. } => {
                "remove the link; into another directory metadata is written by `--outputdir DIRECTORY`".into()
            }
            Self::OneHref { .. } => {
                "cut fewer directories (`--cut-dirs`), or leave one of them out (`--excludes`)".into()
            }
            Self::Several { .. } => "mend or remove each of them".into(),
            Self::List { .. } => "put the list back, or go on without the groups, advisories and other documents that \
                it lists (`--discard-additional-metadata`)"
                .into(),
            Self::Older { present, .. } => format!(
                "take {present} or more, or leave it to the program; where no client minds, it may be older \
                 (`--allow-older-revision`)"
            ),
            Self::NoDirectory { path } if path.extension() == Some("rpm") => {
                "name the directory that holds the package; `--pkglist FILE` lists only some of those in it".into()
            }
            Self::NoDirectory { .. } => "name a directory that is there, or make it".into(),
            Self::OverSource { .. } => {
                "write into another directory; if it is meant, say so (`--replace-source`)".into()
            }
            Self::Disordered { .. } => "whoever writes the repository must write its metadata anew".into(),
            Self::Changed { .. } => "index again when nothing writes to the directory any more".into(),
            Self::TooLarge { .. } => "split the package: it has too many files or dependencies".into(),
            Self::Forbidden { .. } => "the package must be built anew without that character".into(),
            Self::Mismatch { .. } => {
                "the repository is damaged, is being changed, or was changed by hand: try again; what is not made from \
                 packages is replaced by `index --add TYPE=FILE`, or dropped by `--remove TYPE`"
                    .into()
            }
            Self::FileName { .. } => "rename the file".into(),
            Self::Duplicate { .. } => {
                "remove one of them, or keep the last (`--duplicated-nevra keep-last`)".into()
            }
            Self::Outside { .. } => "index a directory that holds all of them; `--location-prefix ../pool` lists packages that lie beside \
                the metadata"
                .into(),
            Self::NotFound { .. } => {
                "paths in a list of packages are relative to the directory that is indexed".into()
            }
            Self::Http(error) => return error.hint(),
            _ => return None,
        })
    }

    /// The file of the package that it is about.
    pub fn package(&self) -> Option<&Utf8Path> {
        match self {
            Self::Package { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Truncated { path, .. }
            | Self::Damaged { path, .. }
            | Self::Changed { path }
            | Self::TooLarge { path, .. }
            | Self::Forbidden { path, .. }
            | Self::Duplicate { path, .. }
            | Self::Outside { path }
            | Self::NotFound { path } => Some(path),
            _ => None,
        }
    }

    /// Whether it lies in one package, or in several, so that the others could be indexed without them.
    pub fn is_of_one_package(&self) -> bool {
        let is_gone = |source: &std::io::Error| {
            matches!(source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied)
        };
        match self {
            Self::Unreadable { source, .. } => is_gone(source),
            Self::Several { errors, .. } => errors.iter().all(Self::is_of_one_package),
            _ => matches!(
                self,
                Self::Package { .. }
                    | Self::Truncated { .. }
                    | Self::Damaged { .. }
                    | Self::Changed { .. }
                    | Self::TooLarge { .. }
                    | Self::Forbidden { .. }
                    | Self::Outside { .. }
                    | Self::NotFound { .. }
                    | Self::FileName { .. }
            ),
        }
    }
}
