use camino::Utf8PathBuf;
use xen4centos_process::ProcessError;
use xen4centos_toml_tree::Problems;

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

/// What holds a program starts it, and ends as shells do when it is not there: make itself never ends so.
fn is_missing(error: &ProcessError) -> bool {
    match error {
        ProcessError::NotInstalled { .. } => true,
        ProcessError::Failed { ending, .. } => ending == "exited with status 127",
        _ => false,
    }
}

impl KconfigError {
    /// Whether a disk, a missing program or one that was killed is at fault, not what files say.
    pub fn is_of_the_world(&self) -> bool {
        match self {
            // Text that is none is what the file says, too.
            Self::Read { source, .. } => source.kind() != std::io::ErrorKind::InvalidData,
            Self::Write { .. } | Self::Copy { .. } => true,
            Self::Step { source, .. } => {
                let by_itself =
                    matches!(source, ProcessError::Failed { ending, .. } if ending.starts_with("exited"));
                !by_itself || is_missing(source)
            }
            Self::Data(_) | Self::NotATree { .. } | Self::Source { .. } => false,
        }
    }

    /// A way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(problems) => problems.hint(),
            Self::NotATree { .. } => Some("name the top directory of an unpacked kernel".to_owned()),
            Self::Step { source, .. } if is_missing(source) => {
                Some("the configuration step needs make and a C compiler; see `xen4centos doctor`".to_owned())
            }
            Self::Step { step, tree, .. } if step == "oldnoconfig" => Some(format!(
                "`{tree}` must be a 3.x tree: newer kernels call this target olddefconfig, older ones lack it"
            )),
            _ => None,
        }
    }
}
