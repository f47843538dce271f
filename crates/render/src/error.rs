use std::fmt;

use camino::Utf8PathBuf;

/// A place in a template that tera would misread, or read in silence.
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
    /// RPM's syntax and tera's collide, or a variable is looked at that there is not, or made and not looked at.
    #[error("{}", Findings(template, findings))]
    Lint {
        /// The template file.
        template: Utf8PathBuf,
        /// All places.
        findings: Vec<LintFinding>,
    },
    /// tera does not take it: a syntax error, a variable that is not there for this package.
    #[error("{template}{}: {message}", line.map_or_else(String::new, |line| format!(":{line}")))]
    Template {
        /// The template file.
        template: Utf8PathBuf,
        /// From 1; none where tera's message says it.
        line: Option<usize>,
        /// What tera says.
        message: String,
        /// Whether it could not even be parsed.
        is_syntax: bool,
    },
    /// The manifest declares what the template never looks at: a promise that nobody keeps.
    #[error("{}", UnusedNames(template, manifest, unused))]
    Unused {
        /// The template file.
        template: Utf8PathBuf,
        /// The package.toml.
        manifest: Utf8PathBuf,
        /// All of them.
        unused: Vec<UnusedDeclaration>,
    },
    /// Two sources are called the same.
    #[error("{template}: two of the sources are called `{name}`")]
    Repeated {
        /// The template file.
        template: Utf8PathBuf,
        /// The name or file.
        name: String,
    },
    /// A value would end its line of the spec.
    #[error("{template}: the value of `{name}` has a line break")]
    LineBreak {
        /// The template file.
        template: Utf8PathBuf,
        /// Such as `package.summary`.
        name: String,
    },
}

/// A declaration of package.toml that the template never looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedDeclaration {
    /// In package.toml, from 1.
    pub line: usize,
    /// Such as "option `xend`".
    pub what: String,
    /// The variable that the template would look at.
    pub variable: String,
}

struct UnusedNames<'a>(&'a Utf8PathBuf, &'a Utf8PathBuf, &'a [UnusedDeclaration]);

impl fmt::Display for UnusedNames<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let template = self.0.file_name().unwrap_or_default();
        let lines = self.2.iter().map(|unused| {
            format!(
                "{}:{}: {} is declared here, and {template} never looks at it",
                self.1, unused.line, unused.what
            )
        });
        formatter.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
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
            Self::Unused { unused, .. } => unused
                .first()
                .map(|unused| format!("look at `{}`, or take it out of package.toml", unused.variable)),
            Self::Repeated { .. } => Some("rename the one in package.toml".to_owned()),
            Self::LineBreak { .. } => Some("change it in package.toml or the target's file".to_owned()),
            Self::Template { is_syntax: true, .. } => Some(
                "text with braces that tera must not read goes between {% raw %} and {% endraw %}".to_owned(),
            ),
            Self::Template { .. } => None,
        }
    }
}
