use camino::Utf8PathBuf;
use xen4centos_artifact::{Sha256Digest, header::HeaderError};
use xen4centos_process::ProcessError;

use crate::{Requirement, verify::Complaint};

/// What can go wrong between a rendered spec and unsigned packages.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file or directory could not be read, written, moved or locked.
    #[error("could not {act} `{path}`")]
    File {
        /// `read`, `write`, `create`, …
        act: &'static str,
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// rpm takes blanks, `%` and `:` in paths for something else.
    #[error("rpm can not work below `{path}`: only letters, digits and /._+- may stand in the path")]
    UnusablePath {
        /// The directory for builds.
        path: Utf8PathBuf,
    },
    /// A macro that can not be written into a macro file.
    #[error("`{name}` is not the name of an rpm macro, or its value ends with a backslash")]
    Macro {
        /// The macro's name.
        name: String,
    },
    /// A source or spec file name that would leave its directory.
    #[error("`{name}` is not a plain file name")]
    FileName {
        /// The name.
        name: String,
    },
    /// A source is no longer what was verified.
    #[error("source `{path}` has changed since it was verified: expected sha256 {expected}, found {found}")]
    SourceChanged {
        /// The file in the store.
        path: Utf8PathBuf,
        /// What was asked for.
        expected: Sha256Digest,
        /// What is there.
        found: Sha256Digest,
    },
    /// The machine lacks programs or headers that the package needs.
    #[error("this machine lacks what `{package}` needs to be built: {}", list(.missing))]
    Missing {
        /// The source package.
        package: String,
        /// What it lacks, in the order of the package's own list.
        missing: Vec<Requirement>,
    },
    /// A program of this machine could not be asked for its version or its answer was no version.
    #[error("could not find out about `{tool}`")]
    Probe {
        /// The program.
        tool: String,
        /// Why.
        source: Box<ProcessError>,
    },
    /// No namespaces: the build would see the network.
    #[error("this machine does not let `{command}` cut the network off for the build of `{package}`")]
    NoIsolation {
        /// The source package.
        package: String,
        /// The last attempt, as a line to paste.
        command: String,
        /// What it said.
        source: Box<ProcessError>,
    },
    /// rpm does not take the spec.
    #[error("rpm does not take the spec of `{package}`:\n{said}")]
    Spec {
        /// The source package.
        package: String,
        /// rpm's own words.
        said: String,
    },
    /// rpmbuild ended with an error.
    #[error("building `{package}` failed in {phase}:\n{excerpt}\nthe whole log is `{log}`")]
    Failed {
        /// The source package.
        package: String,
        /// `%prep`, `%build`, `%install`, `the source package`, …
        phase: String,
        /// The lines that matter.
        excerpt: String,
        /// The log that was kept.
        log: Utf8PathBuf,
    },
    /// rpmbuild ended with an error, and there is no room left for what it writes.
    #[error(
        "no space is left in `{directory}` to build `{package}`, which failed in {phase}:\n{excerpt}\nthe whole log is `{log}`"
    )]
    NoSpace {
        /// The source package.
        package: String,
        /// Where it was.
        phase: String,
        /// The lines that matter.
        excerpt: String,
        /// The log that was kept.
        log: Utf8PathBuf,
        /// The directory for builds.
        directory: Utf8PathBuf,
    },
    /// rpmbuild could not be run to an end: not installed, too late, told to stop.
    #[error("the build of `{package}` was broken off in {phase}; its log is `{log}`")]
    BrokenOff {
        /// The source package.
        package: String,
        /// Where it was.
        phase: String,
        /// The log that was kept.
        log: Utf8PathBuf,
        /// Why.
        source: Box<ProcessError>,
    },
    /// The packages that came out are not what was asked for.
    #[error("the packages built from `{package}` are not what was asked for:{}\nthe log is `{log}`", lines(.complaints))]
    Wrong {
        /// The source package.
        package: String,
        /// One line for each difference.
        complaints: Vec<Complaint>,
        /// The log that was kept.
        log: Utf8PathBuf,
    },
    /// The headers of a built package could not be read.
    #[error("`{path}` is not a sound package")]
    Header {
        /// The package.
        path: Utf8PathBuf,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// A package is not the one that its provenance speaks of.
    #[error("`{path}` is not what was built: expected sha256 {expected}, found {found}")]
    Damaged {
        /// The package.
        path: Utf8PathBuf,
        /// What the provenance says.
        expected: Sha256Digest,
        /// What is there.
        found: Sha256Digest,
    },
    /// The provenance names no source package, or a package by a name that is none.
    #[error("the provenance in `{directory}` does not describe packages")]
    Incomplete {
        /// The directory of the result.
        directory: Utf8PathBuf,
    },
    /// The provenance file is not one of ours.
    #[error("`{path}` is not a provenance file of this version")]
    Provenance {
        /// The file.
        path: Utf8PathBuf,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
}

impl BuildError {
    /// A file or directory on which `act` failed.
    pub(crate) fn file(
        act: &'static str,
        path: impl Into<Utf8PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { act, path, source }
    }

    /// The way out, where there is one that a program can name.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnusablePath { .. } => Some("choose another directory for builds".to_owned()),
            Self::NoSpace { directory, .. } => Some(format!("{MAKE_ROOM} (`df {directory}`)")),
            Self::File { source, .. } if is_full(source) => Some(MAKE_ROOM.to_owned()),
            Self::SourceChanged { path, .. } => Some(format!("remove `{path}` and fetch it again")),
            Self::Missing { missing, .. } => crate::requirement::install_hint(missing),
            Self::NoIsolation { .. } => Some(
                "run as root or allow user namespaces (sysctl user.max_user_namespaces; in a container \
                 --security-opt seccomp=unconfined or --privileged), or build with --allow-network: the \
                 provenance then says that the network was open"
                    .to_owned(),
            ),
            Self::BrokenOff { source, .. } | Self::Probe { source, .. } => match &**source {
                ProcessError::Log { source, .. } if is_full(source) => Some(MAKE_ROOM.to_owned()),
                ProcessError::TimedOut { .. } => {
                    Some("`timeout-minutes` in package.toml sets the limit".to_owned())
                }
                ProcessError::NotInstalled { .. } => {
                    Some("`xen4centos doctor` says what is missing on this machine".to_owned())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the package's own data or code is at fault, not the machine or the network.
    pub fn is_build_failure(&self) -> bool {
        matches!(self, Self::Spec { .. } | Self::Failed { .. } | Self::Wrong { .. } | Self::Missing { .. })
    }
}

const MAKE_ROOM: &str = "make room there and run the same command again";

fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

fn list(missing: &[Requirement]) -> String {
    let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn lines(complaints: &[Complaint]) -> String {
    complaints.iter().fold(String::new(), |text, complaint| text + &format!("\n  {complaint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_does_not_repeat_the_source() {
        let source = ProcessError::TimedOut { command: "rpmbuild".into(), seconds: 3 };
        let error = BuildError::BrokenOff {
            package: "xen".into(),
            phase: "%build".into(),
            log: "build.log".into(),
            source: Box::new(source),
        };
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(!error.to_string().contains(&cause));
        assert!(error.hint().unwrap().contains("timeout-minutes"));
    }
}
