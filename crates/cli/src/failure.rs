//! How a command ends when it does not end well: an exit code of DESIGN.md, the chain of causes, and a way out.

use std::{error::Error, fmt};

/// The kinds of failure that DESIGN.md gives exit codes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was given is wrong.
    Data,
    /// A package did not build.
    Build,
    /// A check refused.
    Refused,
    /// Network, disk, a missing program.
    World,
    /// Nothing is wrong: the answer to what `--exit-code` asked is yes.
    Differs,
}

impl Kind {
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Data => 2,
            Self::Build => 3,
            Self::Refused => 4,
            Self::World => 5,
            Self::Differs => 1,
        }
    }
}

/// A failure with all that is said of it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// From an error whose Display does not repeat its source: the chain is printed one cause a line.
    pub(crate) fn of(kind: Kind, error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str("\n  because: ");
            message.push_str(&error.to_string().replace('\n', "\n    "));
            cause = error.source();
        }
        Self::new(kind, message)
    }

    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    pub(crate) fn way_out(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// A file of the work directory could not be read or written.
    pub(crate) fn file(error: &std::io::Error) -> Self {
        Self::of(Kind::World, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::file(&error)
    }
}

/// What every command returns.
pub(crate) type Outcome = Result<(), Failure>;
