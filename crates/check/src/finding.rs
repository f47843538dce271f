use std::fmt;

use crate::{Rule, Waived};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A client refuses it, or wrongly accepts it: it must not be published.
    Error,
    /// A client takes it and does less than it says.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One thing that a client would stumble over.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The rule's code, such as `EL6-PKG-001`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The package's file name, or a path below the repository's directory.
    pub subject: String,
    /// What is wrong and where, in one line.
    pub message: String,
    /// What the client says or does.
    pub why: &'static str,
    /// What to do about it.
    pub way_out: &'static str,
    /// By what it is waived, so that it fails nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
}

impl Finding {
    pub(crate) fn new(rule: &Rule, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: rule.code,
            severity: rule.severity,
            subject: subject.into(),
            message: message.into(),
            why: rule.why,
            way_out: rule.way_out,
            waived: None,
        }
    }

    /// Whether it stops what it was found in: an error that is not waived.
    pub fn fails(&self) -> bool {
        self.severity == Severity::Error && self.waived.is_none()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, severity, subject, message, .. } = self;
        write!(formatter, "{severity} {code} {subject}: {message}")
    }
}
