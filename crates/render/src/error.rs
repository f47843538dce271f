use std::fmt;

use camino::Utf8PathBuf;

/// A place in a template that tera would misread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintFinding {
    /// From 1.
    pub line: usize,
    /// What stands there and what becomes of it.
    pub message: String,
    /// The way out.
    pub way_out: String,
}

/// Why a template does not become text.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// RPM's syntax and tera's collide.
    #[error("{}", Findings(template, findings))]
    Lint {
        /// The template file.
        template: Utf8PathBuf,
        /// All places.
        findings: Vec<LintFinding>,
    },
    /// tera does not take it: a syntax error, an undefined variable.
    #[error("{template}: {report}")]
    Template {
        /// The template file.
        template: Utf8PathBuf,
        /// tera's report, with the line.
        report: String,
    },
    /// The manifest declares what the template never looks at.
    #[error("{template}: package.toml declares {what}, and the template never looks at it")]
    Unused {
        /// The template file.
        template: Utf8PathBuf,
        /// Such as `option xend`.
        what: String,
    },
    /// A value of the manifest would change the meaning of the spec.
    #[error("{template}: the value of `{name}` has {what}: `{value}`")]
    Value {
        /// The template file.
        template: Utf8PathBuf,
        /// Such as `package.summary`.
        name: String,
        /// `a line break`, `an rpm macro`
        what: &'static str,
        /// The value.
        value: String,
    },
}

struct Findings<'a>(&'a Utf8PathBuf, &'a [LintFinding]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.1.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{}:{}: {}", self.0, finding.line, finding.message)?;
        }
        Ok(())
    }
}

impl RenderError {
    /// The way out.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Lint { findings, .. } => findings.first().map(|finding| finding.way_out.clone()),
            Self::Unused { what, .. } if what.starts_with("option") => {
                Some("use it in an `{% if option.NAME %}`, or take it out of package.toml".to_owned())
            }
            Self::Unused { .. } => Some("put `{{ patch_commands }}` into %prep".to_owned()),
            Self::Value { .. } => Some("change it in package.toml or the target's file".to_owned()),
            Self::Template { .. } => None,
        }
    }
}
