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
    /// tera does not take it: a syntax error, a variable that is not there for this package.
    #[error("{template}:{line}: {message}")]
    Template {
        /// The template file.
        template: Utf8PathBuf,
        /// From 1.
        line: usize,
        /// What tera says.
        message: String,
        /// Whether it could not even be parsed.
        is_syntax: bool,
    },
    /// The template looks at variables that no template has.
    #[error("{}", UnknownNames(template, names))]
    Unknown {
        /// The template file.
        template: Utf8PathBuf,
        /// All of them.
        names: Vec<UnknownName>,
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

/// A variable that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// From 1.
    pub line: usize,
    /// As the template writes it.
    pub name: String,
    /// What there is in its place.
    pub known: Vec<String>,
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

struct UnknownNames<'a>(&'a Utf8PathBuf, &'a [UnknownName]);

impl fmt::Display for UnknownNames<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self
            .1
            .iter()
            .map(|name| format!("{}:{}: there is no variable `{}`", self.0, name.line, name.name));
        formatter.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
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
            Self::Unknown { names, .. } => {
                names.first().map(|name| format!("there is {}", name.known.join(", ")))
            }
            Self::Unused { unused, .. } => unused
                .first()
                .map(|unused| format!("look at `{}`, or take it out of package.toml", unused.variable)),
            Self::Value { .. } => Some("change it in package.toml or the target's file".to_owned()),
            Self::Template { is_syntax: true, .. } => Some(
                "text with braces that tera must not read goes between {% raw %} and {% endraw %}".to_owned(),
            ),
            Self::Template { .. } => None,
        }
    }
}
