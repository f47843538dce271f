//! What a package says it needs.

use std::cmp::Ordering;

use xen4centos_artifact::header::{DependencyKind, HeaderError};

use super::{PackageRule, Subject, section};
use crate::{Rule, Severity};

type Messages = Result<Vec<String>, HeaderError>;

pub(super) const RULES: &[PackageRule] = &[
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-030",
            severity: Severity::Error,
            title: "feature of rpm",
            why: "rpmlib(…) is needed by …",
            way_out: "leave out of the spec what needs the feature",
        },
        check: rpm_features,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-031",
            severity: Severity::Error,
            title: "rich dependency",
            why: "Error: Invalid version flag: if (it stops every transaction that contains the package, even with --skip-broken)",
            way_out: "write plain requirements, or put the choice into a subpackage",
        },
        check: rich_dependencies,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-032",
            severity: Severity::Warning,
            title: "weak dependency",
            why: "nothing is said: Recommends, Suggests, Supplements and Enhances are ignored",
            way_out: "use Requires for what is needed, and leave out the rest",
        },
        check: weak_dependencies,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-033",
            severity: Severity::Error,
            title: "glibc of the build root",
            why: "Error: Package: … Requires: libc.so.6(GLIBC_…)(64bit)",
            way_out: "build user space in a CentOS 6 build root; hypervisor and kernel can come from any",
        },
        check: glibc,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-PKG-034",
            severity: Severity::Error,
            title: "libstdc++ of the build root",
            why: "Error: Package: … Requires: libstdc++.so.6(GLIBCXX_…)(64bit)",
            way_out: "build in a CentOS 6 build root",
        },
        check: glibcxx,
    },
];

/// Features whose absence another rule explains better.
const EXPLAINED_ELSEWHERE: [&str; 6] = [
    "PayloadIsZstd",
    "LargeFiles",
    "TildeInVersions",
    "CaretInVersions",
    "ScriptletExpansion",
    "RichDependencies",
];

fn rpm_features(package: &Subject<'_>) -> Messages {
    let missing = package.missing_features()?.into_iter();
    Ok(missing
        .filter(|(feature, _)| !EXPLAINED_ELSEWHERE.contains(&feature.as_str()))
        .map(|(_, requirement)| format!("requires {requirement}"))
        .collect())
}

fn rich_dependencies(package: &Subject<'_>) -> Messages {
    if !package.client.forbid_rich_dependencies {
        return Ok(Vec::new());
    }
    let mut messages: Vec<_> = package
        .all_dependencies()?
        .into_iter()
        .filter(|(_, dependency)| dependency.is_rich())
        .map(|(kind, dependency)| format!("{} {dependency}", section(kind)))
        .collect();
    if messages.is_empty() {
        messages = package.missing_feature("RichDependencies")?;
    }
    Ok(messages)
}

fn weak_dependencies(package: &Subject<'_>) -> Messages {
    let weak = [
        DependencyKind::Recommends,
        DependencyKind::Suggests,
        DependencyKind::Supplements,
        DependencyKind::Enhances,
    ];
    if !package.client.forbid_weak_dependencies {
        return Ok(Vec::new());
    }
    let all = package.all_dependencies()?.into_iter();
    Ok(all
        // A rich one has its own rule.
        .filter(|(kind, dependency)| weak.contains(kind) && !dependency.is_rich())
        .map(|(kind, dependency)| format!("{} {dependency}", section(kind)))
        .collect())
}

fn glibc(package: &Subject<'_>) -> Messages {
    symbol_versions(package, "GLIBC_", package.client.max_glibc.as_deref())
}

fn glibcxx(package: &Subject<'_>) -> Messages {
    symbol_versions(package, "GLIBCXX_", package.client.max_glibcxx.as_deref())
}

/// Requirements like `libc.so.6(GLIBC_2.34)(64bit)` above `limit`, for the newest version of each library only; names
/// that are no numbers, like `GLIBC_ABI_DT_RELR`, came after every limit and are given one by one.
fn symbol_versions(package: &Subject<'_>, prefix: &str, limit: Option<&str>) -> Messages {
    // In a source package these would be build requirements, which no client installs.
    let Some(limit) = limit.filter(|_| !package.headers.is_source()) else { return Ok(Vec::new()) };
    let mut newest: Vec<(String, String, String)> = Vec::new();
    for requirement in package.headers.requires()? {
        let name = requirement.name.to_str_lossy().into_owned();
        let Some((library, version)) = symbol_version(&name, prefix) else { continue };
        if compare_versions(version, limit) != Ordering::Greater {
            continue;
        }
        let entry = (library.to_owned(), version.to_owned(), name.clone());
        let same = |(known, other, _): &&mut (String, String, String)| {
            known == library && is_numeric(other) && is_numeric(version)
        };
        match newest.iter_mut().find(same) {
            None => newest.push(entry),
            Some(known) if compare_versions(version, &known.1) == Ordering::Greater => *known = entry,
            Some(_) => {}
        }
    }
    Ok(newest
        .into_iter()
        .map(|(.., name)| format!("requires {name}, the client has {prefix}{limit}"))
        .collect())
}

/// `libc.so.6(GLIBC_2.34)(64bit)` into `libc.so.6` and `2.34`.
fn symbol_version<'a>(name: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    let (library, rest) = name.split_once('(')?;
    let version = rest.split(')').next()?.strip_prefix(prefix)?;
    // What libraries of one build ask of each other; every glibc has it.
    (version != "PRIVATE").then_some((library, version))
}

fn is_numeric(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit())
}

/// Dotted numbers, part by part; a part that is no number counts as the largest one.
fn compare_versions(left: &str, right: &str) -> Ordering {
    let parts =
        |text: &str| -> Vec<u64> { text.split('.').map(|part| part.parse().unwrap_or(u64::MAX)).collect() };
    parts(left).cmp(&parts(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbol_versions_in_names() {
        assert_eq!(symbol_version("libc.so.6(GLIBC_2.34)(64bit)", "GLIBC_"), Some(("libc.so.6", "2.34")));
        assert_eq!(symbol_version("libc.so.6(GLIBC_2.2.5)", "GLIBC_"), Some(("libc.so.6", "2.2.5")));
        assert_eq!(symbol_version("libc.so.6(GLIBC_PRIVATE)(64bit)", "GLIBC_"), None);
        let relr = symbol_version("libc.so.6(GLIBC_ABI_DT_RELR)(64bit)", "GLIBC_");
        assert_eq!(relr, Some(("libc.so.6", "ABI_DT_RELR")));
        assert_eq!(symbol_version("libc.so.6()(64bit)", "GLIBC_"), None);
        assert_eq!(compare_versions("2.12", "2.12"), Ordering::Equal);
        assert_eq!(compare_versions("2.2.5", "2.12"), Ordering::Less);
        assert_eq!(compare_versions("2.12.1", "2.12"), Ordering::Greater);
        assert_eq!(compare_versions("2.DT", "2.12"), Ordering::Greater);
        assert_eq!(compare_versions("ABI_DT_RELR", "2.12"), Ordering::Greater);
    }
}
