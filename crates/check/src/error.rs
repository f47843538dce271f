use camino::Utf8PathBuf;

/// Why a check could not be made. What a check finds is no error but a [`Finding`](crate::Finding).
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file or directory can not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file or directory.
        path: Utf8PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line of a list of provides is none.
    #[error("{path}:{line}: expected {expected}, found `{text}`")]
    Provides {
        /// The list.
        path: Utf8PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What could stand there.
        expected: &'static str,
        /// What stands there.
        text: String,
    },
    /// There is no rule of that code.
    #[error("there is no rule `{code}`")]
    UnknownRule {
        /// What was asked for.
        code: String,
        /// The nearest ones.
        hint: String,
    },
    /// Waivers that do not hold.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Waivers(Vec<WaiverFault>),
}

/// Why a waiver does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct WaiverFault {
    /// `FILE:LINE`
    pub place: String,
    /// What is wrong with it.
    pub message: String,
    /// The way out.
    pub hint: String,
}

impl CheckError {
    /// A way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Some("name a package, or a directory with `repodata` and `Packages`".to_owned())
            }
            Self::UnknownRule { hint, .. } => Some(hint.clone()),
            Self::Waivers(faults) => faults.first().map(|fault| fault.hint.clone()),
            _ => None,
        }
    }
}
