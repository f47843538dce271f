//! What a package can see of its build root, and so is built anew for when it changes.
//!
//! What a template reads of `root` shows in the rendered spec, an option that is on has the capabilities that it needs, and
//! the network is a choice of its own. So what is left is what works unseen: the compiler and its kin, for packages whose
//! spec names one in its `BuildRequires`, and rpm for all. Whatever else a machine has or lacks is told in the provenance and changes nothing.

use std::{collections::BTreeMap, fmt};

use xen4centos_artifact::BuildRootFacts;

use crate::{BuildRequest, rpm_files::RpmFiles};

/// What a build root has besides the facts that templates read.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RootDetails {
    /// Version of the C library, such as `2.36`; empty where it does not say.
    pub libc_version: String,
    /// rpm's own macros, attributes, scripts and helpers, by path.
    pub rpm_files: RpmFiles,
}

/// Facts of a build root that are part of a package's key.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SeenFacts {
    /// By name, such as `gcc`.
    pub values: BTreeMap<String, String>,
    /// By path.
    pub rpm_files: RpmFiles,
}

/// One way in which a build root is another one to a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactChange {
    /// A version or a name, empty where there is none.
    Value {
        /// Such as `gcc`.
        name: String,
        /// What it was.
        was: String,
        /// What it is now.
        is: String,
    },
    /// rpm's own files that changed, came or went; by path.
    RpmFiles(Vec<String>),
}

/// So many of rpm's files are named; the rest is counted.
const NAMED: usize = 3;

impl SeenFacts {
    pub(crate) fn of(request: &BuildRequest) -> Self {
        let BuildRootFacts {
            kind, user_space, gcc_version, binutils_version, make_version, rpm_version, ..
        } = &request.facts;
        let RootDetails { libc_version, rpm_files } = &request.details;
        let mut values = vec![("build root", kind), ("rpm", rpm_version)];
        if is_compiled(&request.spec) {
            values.extend([
                ("binutils", binutils_version),
                ("gcc", gcc_version),
                ("libc", libc_version),
                ("make", make_version),
                ("user space", user_space),
            ]);
        }
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        Self { values, rpm_files: rpm_files.clone() }
    }

    /// What is different in `now`, by name, rpm's own files last.
    pub fn changes(&self, now: &Self) -> Vec<FactChange> {
        let values = differing(&self.values, &now.values).into_iter().map(|name| {
            let value = |facts: &Self| facts.values.get(&name).cloned().unwrap_or_default();
            FactChange::Value { was: value(self), is: value(now), name }
        });
        let mut changes: Vec<FactChange> = values.collect();
        let files = differing(&self.rpm_files, &now.rpm_files);
        if !files.is_empty() {
            changes.push(FactChange::RpmFiles(files));
        }
        changes
    }
}

/// The keys whose values differ or that only one of both has, sorted.
fn differing<V: PartialEq>(was: &BTreeMap<String, V>, is: &BTreeMap<String, V>) -> Vec<String> {
    let mut names: Vec<String> =
        was.keys().chain(is.keys()).filter(|&name| was.get(name) != is.get(name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// Whether the spec says that it takes a compiler; one that says so under a condition takes it.
fn is_compiled(spec: &str) -> bool {
    let requirements = spec.lines().filter_map(|line| {
        let (tag, names) = line.trim().split_once(':')?;
        tag.trim().eq_ignore_ascii_case("BuildRequires").then_some(names)
    });
    let mut names = requirements.flat_map(|names| names.split([' ', '\t', ',']));
    names.any(|name| ["gcc", "gcc-c++", "/usr/bin/gcc", "/usr/bin/cc"].contains(&name))
}

impl fmt::Display for FactChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { name, was, is } => {
                let shown = |value: &str| if value.is_empty() { "none".to_owned() } else { value.to_owned() };
                write!(formatter, "{name} {} → {}", shown(was), shown(is))
            }
            Self::RpmFiles(paths) => {
                let named = paths[..paths.len().min(NAMED)].join(", ");
                write!(formatter, "rpm's own macros and scripts changed: {named}")?;
                match paths.len().saturating_sub(NAMED) {
                    0 => Ok(()),
                    more => write!(formatter, " and {more} more"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    fn seen(values: &[(&str, &str)], files: &[(&str, &str)]) -> SeenFacts {
        SeenFacts {
            values: values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            rpm_files: files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), files::sha256(text.as_bytes())))
                .collect(),
        }
    }

    #[test]
    fn changes_are_named_with_both_values() {
        let files = ["a", "b", "c", "d", "e"].map(|path| (path, "old"));
        let was = seen(&[("gcc", "12.2.0"), ("make", "4.3"), ("rpm", "4.18.0")], &files);
        let is = seen(&[("gcc", "12.3.0"), ("libc", "2.36"), ("rpm", "4.18.0")], &files[..1]);
        let lines: Vec<String> = was.changes(&is).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "gcc 12.2.0 → 12.3.0",
                "libc none → 2.36",
                "make 4.3 → none",
                "rpm's own macros and scripts changed: b, c, d and 1 more"
            ]
        );
        assert_eq!(was.changes(&was), []);
        let one = seen(&[], &[("/usr/lib/rpm/macros", "new")]);
        let changed = seen(&[], &[("/usr/lib/rpm/macros", "newer")]).changes(&one);
        assert_eq!(changed[0].to_string(), "rpm's own macros and scripts changed: /usr/lib/rpm/macros");
    }

    #[test]
    fn compiled_packages_say_what_compiles_them() {
        for compiled in [
            "BuildRequires: gcc",
            "buildrequires :\tmake,gcc >= 4.4",
            "%if 0\nBuildRequires:  a gcc-c++\n%endif",
        ] {
            assert!(is_compiled(compiled), "{compiled}");
        }
        for not in ["", "Requires: gcc", "BuildRequires: gcc-not-this-one perl", "%description\nWith gcc."] {
            assert!(!is_compiled(not), "{not}");
        }
    }
}
