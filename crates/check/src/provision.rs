use std::fmt;

use xen4centos_artifact::header::{Dependency, DependencyFlags, split_evr};

/// A name in one version, in a range of versions, or in any: what one package gives and another asks for.
/// Comparison is rpm's (`rpmdsCompare`): a missing release matches any, a missing version too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// A package, virtual name, library or absolute path.
    pub name: String,
    /// How the version compares; nothing without one.
    pub(crate) flags: DependencyFlags,
    /// `[epoch:]version[-release]`, or empty.
    pub(crate) evr: String,
}

impl Provision {
    /// Without bits of comparison in `flags`, or with an empty `evr`, any version is meant.
    pub fn new(name: impl Into<String>, flags: DependencyFlags, evr: impl Into<String>) -> Self {
        let (name, evr) = (name.into(), evr.into());
        let bits = if evr.is_empty() { 0 } else { flags.0 & DependencyFlags::COMPARISON };
        Self { name, flags: DependencyFlags(bits), evr }
    }

    /// The name in exactly that version.
    pub fn exactly(name: impl Into<String>, evr: impl Into<String>) -> Self {
        Self::new(name, DependencyFlags(DependencyFlags::EQUAL), evr)
    }

    /// Whether it is not any version.
    pub(crate) fn is_versioned(&self) -> bool {
        self.flags.has(DependencyFlags::COMPARISON) && !self.evr.is_empty()
    }

    /// Whether the ranges of both have a version in common. Names are the caller's.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let is_any = |one: &Self| !one.flags.has(DependencyFlags::COMPARISON) || one.evr.is_empty();
        let order = || split_evr(&self.evr).compare(&split_evr(&other.evr));
        is_any(self) || is_any(other) || self.flags.overlaps(order(), other.flags)
    }
}

impl From<Dependency<'_>> for Provision {
    fn from(dependency: Dependency<'_>) -> Self {
        Self::new(dependency.name.to_str_lossy(), dependency.flags, dependency.evr.to_str_lossy())
    }
}

impl fmt::Display for Provision {
    /// As rpm prints it: `name >= 1:2-3`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        self.flags.operator().map_or(Ok(()), |operator| write!(formatter, " {operator} {}", self.evr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(provided: &str, required: &str, expect: bool) {
        let parse = |text: &str| {
            let words: Vec<_> = text.split_whitespace().collect();
            let flags = match words.get(1).copied().unwrap_or_default() {
                "<" => DependencyFlags::LESS,
                "<=" => DependencyFlags::LESS | DependencyFlags::EQUAL,
                "=" => DependencyFlags::EQUAL,
                ">=" => DependencyFlags::GREATER | DependencyFlags::EQUAL,
                ">" => DependencyFlags::GREATER,
                _ => 0,
            };
            let provision =
                Provision::new(words[0], DependencyFlags(flags), words.get(2).copied().unwrap_or_default());
            assert_eq!(provision.to_string(), text);
            provision
        };
        assert_eq!(parse(provided).overlaps(&parse(required)), expect, "{provided} / {required}");
    }

    #[test]
    fn ranges_as_rpm_compares_them() {
        check("a", "a >= 1", true);
        check("a = 4.2.5-1.el6", "a = 4.2.5", true);
        check("a = 4.2.5-1.el6", "a = 4.2.5-2.el6", false);
        check("a = 4.2.5", "a >= 4.2.10", false);
        check("a = 1:1.0", "a >= 2.0", true);
        check("a = 1.0-1", "a > 1.0", false);
        check("a = 1.0", "a < 1.0-5", false);
        check("a < 2", "a > 1", true);
        check("a <= 1", "a >= 1", true);
        check("a < 1", "a >= 1", false);
        check("a = 0:1", "a = 1", true);
    }
}
