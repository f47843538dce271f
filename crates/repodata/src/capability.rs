//! What is asked for of a package, and whether a dependency meets it by RPM's rules.

use std::fmt;

use xen4centos_artifact::{
    header::{DependencyFlags, EvrParts},
    matches_glob,
};

use crate::{Comparison, Constraint, Dependency, RepodataError};

/// A name, which may be a glob, and the versions that are meant: `name`, `name = 1.2-3`, `name >= 1:2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// A package, file, virtual name, or a glob of them.
    pub name: String,
    /// Which versions are meant; all where absent.
    pub constraint: Option<Constraint>,
}

impl Capability {
    /// Takes what somebody typed.
    ///
    /// # Errors
    /// When it has two words, or more than three, or a comparison that there is none of.
    pub fn parse(text: &str) -> Result<Self, RepodataError> {
        let wrong = || RepodataError::Asked {
            what: format!("expected `name`, or `name = version` with blanks, found `{text}`"),
        };
        // A rich dependency has blanks of its own.
        if text.starts_with('(') {
            return Ok(Self { name: text.to_owned(), constraint: None });
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            [name] => Ok(Self { name: name.to_owned(), constraint: None }),
            [name, comparison, evr] => {
                let comparison = comparison_of(comparison).ok_or_else(wrong)?;
                let constraint = Some(Constraint::parse(comparison, evr).ok_or_else(wrong)?);
                Ok(Self { name: name.to_owned(), constraint })
            }
            _ => Err(wrong()),
        }
    }

    /// Whether the dependency, or a part of it where it is a rich one, speaks of what is meant.
    pub fn matches(&self, dependency: &Dependency) -> bool {
        if matches_glob(&self.name, &dependency.name) {
            return overlap(self.constraint.as_ref(), dependency.constraint.as_ref());
        }
        operands(&dependency.name).iter().any(|(name, constraint)| {
            matches_glob(&self.name, name) && overlap(self.constraint.as_ref(), constraint.as_ref())
        })
    }
}

fn comparison_of(text: &str) -> Option<Comparison> {
    Some(match text {
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        "=" | "==" => Comparison::Equal,
        ">=" => Comparison::GreaterOrEqual,
        ">" => Comparison::Greater,
        _ => return None,
    })
}

impl Comparison {
    /// As people write it.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        }
    }

    const fn flags(self) -> DependencyFlags {
        DependencyFlags(match self {
            Self::Less => DependencyFlags::LESS,
            Self::LessOrEqual => DependencyFlags::LESS | DependencyFlags::EQUAL,
            Self::Equal => DependencyFlags::EQUAL,
            Self::GreaterOrEqual => DependencyFlags::GREATER | DependencyFlags::EQUAL,
            Self::Greater => DependencyFlags::GREATER,
        })
    }
}

impl Constraint {
    /// Takes `[epoch:]version[-release]`; `None` where the epoch is no number or there is no version.
    fn parse(comparison: Comparison, evr: &str) -> Option<Self> {
        let (epoch, rest) = evr.split_once(':').unwrap_or(("", evr));
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        let is_number = epoch.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !version.is_empty()).then(|| Self {
            comparison,
            epoch: epoch.into(),
            version: version.into(),
            release: release.into(),
        })
    }

    fn parts(&self) -> EvrParts<'_> {
        EvrParts {
            epoch: Some(&self.epoch),
            version: &self.version,
            release: Some(self.release.as_str()).filter(|it| !it.is_empty()),
        }
    }
}

impl fmt::Display for Constraint {
    /// As in `>= 1:2-3`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.comparison.sign())?;
        if !matches!(self.epoch.as_str(), "" | "0") {
            write!(formatter, "{}:", self.epoch)?;
        }
        write!(formatter, "{}", self.version)?;
        if self.release.is_empty() { Ok(()) } else { write!(formatter, "-{}", self.release) }
    }
}

impl fmt::Display for Dependency {
    /// As in `name >= 1:2-3`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        self.constraint.as_ref().map_or(Ok(()), |constraint| write!(formatter, " {constraint}"))
    }
}

/// Whether some version is meant by both. All are by what has no constraint.
pub(crate) fn overlap(left: Option<&Constraint>, right: Option<&Constraint>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return true };
    let order = left.parts().compare(&right.parts());
    left.comparison.flags().overlaps(order, right.comparison.flags())
}

/// Words that join the operands of a rich dependency.
const OPERATORS: [&str; 7] = ["and", "or", "if", "else", "unless", "with", "without"];

/// The names in a rich dependency such as `(a >= 1 or (b and c))`, with their constraints; none in any other.
pub(crate) fn operands(dependency: &str) -> Vec<(String, Option<Constraint>)> {
    if !dependency.starts_with('(') {
        return Vec::new();
    }
    let mut operands: Vec<(String, Option<Constraint>)> = Vec::new();
    let mut words = dependency.split_whitespace().map(stripped).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if OPERATORS.contains(&word) {
            continue;
        }
        match (comparison_of(word), operands.last_mut()) {
            (Some(comparison), Some((_, constraint))) => {
                *constraint = words.next().and_then(|evr| Constraint::parse(comparison, evr));
            }
            _ => operands.push((word.to_owned(), None)),
        }
    }
    operands
}

/// A word without the parentheses of the expression. Those within a name, as in `font(arial)`, are its own.
fn stripped(word: &str) -> &str {
    let word = word.trim_start_matches('(');
    let (mut depth, mut end) = (0_usize, word.len());
    for (at, character) in word.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => {
                end = at;
                break;
            }
            ')' => depth -= 1,
            _ => {}
        }
    }
    &word[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(asked: &str, dependency: &str, expect: bool) {
        let Capability { name, constraint } = Capability::parse(dependency).unwrap();
        let dependency = Dependency { name: name.into(), constraint, order: crate::Order::Any };
        assert_eq!(Capability::parse(asked).unwrap().matches(&dependency), expect, "{asked} {dependency}");
    }

    #[test]
    fn versions_meet_as_rpm_has_it() {
        check("a", "a", true);
        check("a", "b", false);
        check("a = 1", "a", true);
        check("a = 1", "a = 1-2", true);
        check("a = 1-3", "a = 1-2", false);
        check("a = 0:1-2", "a = 1-2", true);
        check("a = 1:1", "a = 1", false);
        check("a >= 1", "a = 1-2", true);
        check("a > 1", "a = 1-2", false);
        check("a > 1", "a = 2", true);
        check("a < 2", "a > 1", true);
        check("a < 1", "a > 1", false);
        check("a <= 1", "a >= 1", true);
        check("a < 1", "a < 3", true);
        check("a = 1.10", "a > 1.9", true);
        check("a = 1~rc", "a < 1", true);
        check("l*", "libc", true);
        check("b = 2", "(a or (b >= 1 and font(x)))", true);
        check("b = 0.5", "(a or (b >= 1 and font(x)))", false);
        check("font(x)", "(a or (b >= 1 and font(x)))", true);
        check("or", "(a or b)", false);
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for text in ["a =", "a = 1 2", "a ~ 1", "", "a = x:1", "a = :"] {
            assert!(Capability::parse(text).is_err(), "{text}");
        }
        let shown = |text: &str| Capability::parse(text).unwrap().constraint.unwrap().to_string();
        assert_eq!(shown("a >= 0:1-2"), ">= 1-2");
        assert_eq!(shown("a == 3:1"), "= 3:1");
    }
}
