//! What a package says it needs.

use xen4centos_artifact::header::{DependencyKind, HeaderError};

use super::{
    PackageRule, Subject, section,
    symbols::{self, GLIBC, GLIBCXX, Symbols},
};
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
        .iter()
        .filter(|(_, dependency)| dependency.is_rich())
        .map(|(kind, dependency)| format!("{} {dependency}", section(*kind)))
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
    let all = package.all_dependencies()?.iter();
    Ok(all
        // A rich one has its own rule.
        .filter(|(kind, dependency)| weak.contains(kind) && !dependency.is_rich())
        .map(|(kind, dependency)| format!("{} {dependency}", section(*kind)))
        .collect())
}

fn glibc(package: &Subject<'_>) -> Messages {
    symbol_versions(package, GLIBC, package.client.max_glibc.as_deref())
}

fn glibcxx(package: &Subject<'_>) -> Messages {
    symbol_versions(package, GLIBCXX, package.client.max_glibcxx.as_deref())
}

/// Requirements like `libc.so.6(GLIBC_2.34)(64bit)` above `limit`.
fn symbol_versions(package: &Subject<'_>, prefix: &'static str, limit: Option<&str>) -> Messages {
    // In a source package these would be build requirements, which no client installs.
    let Some(limit) = limit.filter(|_| !package.headers.is_source()) else { return Ok(Vec::new()) };
    let mut newest = Symbols::above(prefix, limit);
    for requirement in package.of_kind(DependencyKind::Requires)? {
        let name = requirement.name.to_str_lossy();
        if let Some((library, symbol)) = symbols::split(&name) {
            newest.add(library, symbol, &name);
        }
    }
    Ok(newest.shown().map(|name| format!("requires {name}, the client has {prefix}{limit}")).collect())
}
