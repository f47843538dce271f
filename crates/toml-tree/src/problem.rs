use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

/// Something wrong with a data file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// As messages show it.
    pub file: Utf8PathBuf,
    /// From 1; 0 where the whole file is meant.
    pub line: usize,
    /// In characters, from 1; 0 where the whole line is meant.
    pub column: usize,
    /// What is wrong: lower-case, no final period.
    pub message: String,
    /// The way out, where there is one.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a line, or with 0 for it with the whole file.
    pub fn of_line(file: &Utf8Path, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, column: 0, message: message.into(), hint: None }
    }

    /// With a way out.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// `FILE:LINE:COLUMN`, or as much of it as is meant.
    pub fn place(&self) -> String {
        match (self.line, self.column) {
            (0, _) => self.file.to_string(),
            (line, 0) => format!("{}:{line}", self.file),
            (line, column) => format!("{}:{line}:{column}", self.file),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place(), self.message)
    }
}

/// Everything that is wrong with some files. Never empty.
///
/// Display prints one problem per line, without hints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// `value` where nothing is wrong. Otherwise what is, by file and line, and each thing once: one value may have been
    /// read for two purposes.
    ///
    /// # Errors
    /// When something is wrong.
    pub fn none_or<T>(mut problems: Vec<Problem>, value: T) -> Result<T, Self> {
        if problems.is_empty() {
            return Ok(value);
        }
        problems.sort();
        problems.dedup();
        Err(Self(problems))
    }

    /// The ways out, each with its place.
    pub fn hint(&self) -> Option<String> {
        let hint = |problem: &Problem| Some(format!("{}: {}", problem.place(), problem.hint.as_ref()?));
        let hints: Vec<_> = self.0.iter().filter_map(hint).collect();
        (!hints.is_empty()).then(|| hints.join("\n      "))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            problem.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
