/// Why something asked of a valid project can not be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// No `specs/<name>/package.toml`.
    #[error("there is no package `{name}`")]
    UnknownPackage {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No `repo-templates/targets/<name>.toml`.
    #[error("there is no target `{name}`")]
    UnknownTarget {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The target has no such channel.
    #[error("target `{target}` has no channel `{name}`")]
    UnknownChannel {
        /// The target.
        target: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The package has no such option.
    #[error("package `{package}` has no option `{name}`")]
    UnknownOption {
        /// The package.
        package: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A switch on the command line that is not `PACKAGE:OPTION`.
    #[error("expected PACKAGE:OPTION, found `{text}`")]
    SwitchShape {
        /// What was given.
        text: String,
    },
}

impl ManifestError {
    /// The way out: the nearest known name, or all of them.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownPackage { name, known }
            | Self::UnknownTarget { name, known }
            | Self::UnknownChannel { name, known, .. }
            | Self::UnknownOption { name, known, .. } => xen4centos_toml_tree::hint(name, known),
            Self::SwitchShape { .. } => None,
        }
    }
}
