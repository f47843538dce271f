//! Whether everything that the packages of a repository require is there: in the repository, or in what a host
//! has anyway. Comparison is rpm's (`rpmdsCompare`): a missing release matches any, a missing version too.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use xen4centos_artifact::header::{Dependency, DependencyFlags, HeaderError, RpmHeaders, split_evr};

use crate::{CheckError, Finding, Rule, Severity};

pub(crate) const UNMET: Rule = Rule {
    code: "EL6-DEP-001",
    severity: Severity::Error,
    title: "requirement that nothing meets",
    why: "Error: Package: … Requires: …",
    way_out: "publish what provides it in the same repository, or drop the requirement",
};

pub(crate) fn all_rules() -> impl Iterator<Item = &'static Rule> {
    std::iter::once(&UNMET)
}

/// A name that something provides, perhaps in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// A package, virtual name, library or absolute path.
    pub name: String,
    /// How the version compares; nothing without one.
    flags: DependencyFlags,
    /// `[epoch:]version[-release]`, or empty.
    evr: String,
}

impl Provision {
    fn new(dependency: &Dependency<'_>) -> Self {
        Self {
            name: dependency.name.to_str_lossy().into_owned(),
            flags: dependency.flags,
            evr: dependency.evr.to_str_lossy().into_owned(),
        }
    }

    /// Whether the ranges of both have a version in common.
    fn overlaps(&self, other: &Self) -> bool {
        let is_any = |one: &Self| !one.flags.has(DependencyFlags::COMPARISON) || one.evr.is_empty();
        let order = || split_evr(&self.evr).compare(&split_evr(&other.evr));
        is_any(self) || is_any(other) || self.flags.overlaps(order(), other.flags)
    }
}

/// What a host has without the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseProvides(Vec<Provision>);

impl BaseProvides {
    /// Reads a list: one `name` or `name = [epoch:]version[-release]` a line, blank lines and `#` comments.
    ///
    /// # Errors
    /// At the first line that is neither.
    pub fn parse(text: &str, path: &Utf8Path) -> Result<Self, CheckError> {
        let mut all = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<_> = line.split_whitespace().collect();
            let (name, evr) = match words.as_slice() {
                [] => continue,
                [first, ..] if first.starts_with('#') => continue,
                [name] => (name, ""),
                [name, "=", evr] => (name, *evr),
                _ => {
                    let (path, text) = (path.to_owned(), line.to_owned());
                    return Err(CheckError::Provides { path, line: index + 1, text });
                }
            };
            let flags = DependencyFlags(if evr.is_empty() { 0 } else { DependencyFlags::EQUAL });
            all.push(Provision { name: (*name).to_owned(), flags, evr: evr.to_owned() });
        }
        Ok(Self(all))
    }
}

/// Collects what packages require and provide.
#[derive(Debug, Default)]
pub(crate) struct Closure {
    provided: BTreeMap<String, Vec<Provision>>,
    files: BTreeSet<String>,
    required: Vec<(String, Provision, String)>,
}

impl Closure {
    /// Adds a package; source packages, whose requirements are for building, are passed over.
    pub(crate) fn add(&mut self, subject: &str, headers: &RpmHeaders) -> Result<(), HeaderError> {
        if headers.is_source() {
            return Ok(());
        }
        for provision in headers.provides()? {
            self.provide(Provision::new(&provision));
        }
        self.files.extend(headers.main().files()?.map(|file| file.path_lossy()));
        for requirement in headers.requires()?.filter(|it| !it.is_rpmlib() && !it.is_rich()) {
            let shown = requirement.to_string();
            self.required.push((subject.to_owned(), Provision::new(&requirement), shown));
        }
        Ok(())
    }

    fn provide(&mut self, provision: Provision) {
        self.provided.entry(provision.name.clone()).or_default().push(provision);
    }

    /// The requirements that neither the packages nor `base` meet.
    pub(crate) fn unmet(mut self, base: &BaseProvides) -> Vec<Finding> {
        base.0.iter().for_each(|provision| self.provide(provision.clone()));
        let met = |wanted: &Provision| {
            self.files.contains(&wanted.name)
                || self.provided.get(&wanted.name).is_some_and(|all| all.iter().any(|it| it.overlaps(wanted)))
        };
        let mut findings: Vec<_> = self
            .required
            .iter()
            .filter(|(_, wanted, _)| !met(wanted))
            .map(|(subject, _, shown)| Finding::new(&UNMET, subject.as_str(), format!("requires {shown}")))
            .collect();
        // Scriptlets make rpmbuild list a requirement once for each of them.
        findings.dedup();
        findings
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
            let evr = words.get(2).copied().unwrap_or_default().to_owned();
            Provision { name: words[0].to_owned(), flags: DependencyFlags(flags), evr }
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

    #[test]
    fn lists_of_provides() {
        let parse = |text: &str| BaseProvides::parse(text, "base.txt".into());
        let base = parse("# base\n\nbash\npython(abi) = 2.6\n").unwrap();
        assert_eq!(base.0.len(), 2);
        let error = parse("bash\nglibc 2.12\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "base.txt:2: expected `name` or `name = [epoch:]version[-release]`, found `glibc 2.12`"
        );
    }
}
