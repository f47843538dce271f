use camino::Utf8PathBuf;
use xen4centos_process::ProcessError;

/// Why a trial could not be made; a trial that was made and failed is a report, not an error.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// A file could not be read or written.
    #[error("could not prepare the trial at `{path}`")]
    File {
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The stand-in for the base system could not be built.
    #[error("could not build the stand-in for the base system")]
    StandIn(#[source] ProcessError),
    /// dnf refused.
    #[error("dnf did not install {packages}:\n{said}")]
    Install {
        /// The step, a colon, and what was asked for, separated by blanks.
        packages: String,
        /// The part of dnf's output that tells why.
        said: String,
        /// All of dnf's output, and its command line.
        log: Utf8PathBuf,
    },
    /// dnf installed, and a scriptlet of a package ended with another status than 0.
    #[error("a scriptlet failed while dnf installed {packages}:\n{said}")]
    Scriptlet {
        /// As in [`Install`](Self::Install).
        packages: String,
        /// Which scriptlets of which packages.
        said: String,
        /// As in [`Install`](Self::Install).
        log: Utf8PathBuf,
    },
    /// dnf could not be run.
    #[error("could not run dnf")]
    Dnf(#[source] ProcessError),
    /// Not root, and not allowed to be root of a user namespace.
    #[error(
        "an installation needs root, or a user namespace with a root of its own, which this machine refuses"
    )]
    Namespace(#[source] ProcessError),
    /// The installed packages could not be listed.
    #[error("could not list what is installed in `{root}`")]
    List {
        /// The root.
        root: Utf8PathBuf,
        /// What rpm said.
        source: ProcessError,
    },
    /// The root lacks something that a boot needs.
    #[error("the root has no {what} (looked for `{path}`)")]
    Missing {
        /// `hypervisor`, `kernel` …
        what: &'static str,
        /// Where it should be.
        path: Utf8PathBuf,
    },
    /// Not what its name says.
    #[error("`{path}` is not {expected}")]
    Damaged {
        /// The file.
        path: Utf8PathBuf,
        /// `a gzip file` …
        expected: &'static str,
        /// What the decoder said.
        source: std::io::Error,
    },
    /// The record of a host has a line that is none of a record.
    #[error("{path}:{line}: expected {expected}, found `{found}`")]
    Record {
        /// The file.
        path: Utf8PathBuf,
        /// Counted from 1.
        line: usize,
        /// What stands there in a record.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// The record of a host without a package.
    #[error("`{path}` lists no package")]
    EmptyRecord {
        /// The file.
        path: Utf8PathBuf,
    },
    /// The solver is not installed.
    #[error("what hosts would get is asked of libsolv, which is not here")]
    NoSolver(#[source] ProcessError),
    /// The solver failed.
    #[error("the solver gave no answer")]
    Solver(#[source] ProcessError),
    /// A helper program failed.
    #[error("could not prepare the boot")]
    Prepare(#[source] ProcessError),
    /// qemu did not start.
    #[error("could not run the virtual machine")]
    Machine(#[source] ProcessError),
}

impl TrialError {
    pub(crate) fn file(path: impl Into<Utf8PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// The way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        let process = match self {
            Self::Install { log, .. } | Self::Scriptlet { log, .. } => {
                return Some(format!("all that dnf said is in {log}"));
            }
            Self::Namespace(ProcessError::Failed { .. }) => {
                return Some(
                    "run it as root, or allow user namespaces (sysctl user.max_user_namespaces)".to_owned(),
                );
            }
            Self::NoSolver(_) => {
                return Some(
                    "install the package `libsolv-tools`, which has the program `testsolv`".to_owned(),
                );
            }
            Self::Record { .. } | Self::EmptyRecord { .. } => {
                return Some("README.md, `What a host would get`, has the two forms of a record".to_owned());
            }
            Self::StandIn(source)
            | Self::Solver(source)
            | Self::Prepare(source)
            | Self::Machine(source)
            | Self::Dnf(source)
            | Self::Namespace(source)
            | Self::List { source, .. } => source,
            Self::Missing { what: "static busybox", .. } => {
                return Some("install the package busybox-static (Debian) or busybox (EPEL)".to_owned());
            }
            Self::Missing { .. } => {
                return Some("install the packages xen-hypervisor and kernel into the root first".to_owned());
            }
            Self::File { .. } | Self::Damaged { .. } => return None,
        };
        match process {
            ProcessError::NotInstalled { .. } => {
                Some("`xen4centos doctor` says which package has it".to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_solver_is_told_which_package_has_it() {
        let error = TrialError::NoSolver(ProcessError::NotInstalled { program: "testsolv".to_owned() });
        assert!(error.hint().unwrap().contains("`libsolv-tools`"));
    }
}
