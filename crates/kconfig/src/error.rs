use camino::Utf8PathBuf;
use xen4centos_process::ProcessError;

use crate::Problems;

/// What can go wrong with kernel configurations.
#[derive(Debug, thiserror::Error)]
pub enum KconfigError {
    /// A file can not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file can not be written.
    #[error("could not write `{path}`")]
    Write {
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A tree can not be copied.
    #[error("could not copy the tree `{path}`")]
    Copy {
        /// The tree.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Fragments, their list or the contract are wrong.
    #[error(transparent)]
    Data(#[from] Problems),
    /// A directory that should be a kernel tree is none.
    #[error("no kernel tree (no Makefile and Kconfig) in `{path}`")]
    NotATree {
        /// The directory.
        path: Utf8PathBuf,
    },
    /// A Kconfig file names another one that is not there, or names itself through others.
    #[error("{file}:{line}: can not follow `source \"{target}\"`: {reason}")]
    Source {
        /// The file that names it.
        file: Utf8PathBuf,
        /// Its line.
        line: usize,
        /// What it names.
        target: String,
        /// Why not.
        reason: String,
    },
    /// The tree's own configuration step failed.
    #[error("step `{step}` of the kernel configuration failed in `{tree}`")]
    Step {
        /// The make target.
        step: String,
        /// The tree.
        tree: Utf8PathBuf,
        /// What make said.
        source: ProcessError,
    },
}

impl KconfigError {
    /// A way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(problems) => problems.0.iter().find_map(|problem| problem.hint.clone()),
            Self::NotATree { .. } => Some("name the top directory of an unpacked kernel".to_owned()),
            Self::Step { source: ProcessError::NotInstalled { .. }, .. } => {
                Some("the configuration step needs make and a C compiler; see `xen4centos doctor`".to_owned())
            }
            Self::Step { step, tree, .. } if step == "oldnoconfig" => Some(format!(
                "`{tree}` must be a 3.x tree: newer kernels call this target olddefconfig, older ones lack it"
            )),
            _ => None,
        }
    }
}
