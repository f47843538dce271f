//! What a package says its build root must have, and how this machine's package manager calls it.

use std::fmt;

/// A program or a C header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needed {
    /// A program in the fixed search path, such as `flex`.
    Command(String),
    /// What stands between the angle brackets of an `#include`, such as `uuid/uuid.h`.
    Header(String),
}

/// Something that the build root must have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// What is looked for.
    pub what: Needed,
    /// The Debian package that has it, where known.
    pub apt: Option<String>,
    /// The package of RPM distributions that has it, where known.
    pub yum: Option<String>,
}

impl Requirement {
    /// A program, and the packages that have it; an empty package name is none.
    pub fn command(name: &str, apt: &str, yum: &str) -> Self {
        Self { what: Needed::Command(name.to_owned()), apt: some(apt), yum: some(yum) }
    }

    /// A header, and the packages that have it; an empty package name is none.
    pub fn header(name: &str, apt: &str, yum: &str) -> Self {
        Self { what: Needed::Header(name.to_owned()), apt: some(apt), yum: some(yum) }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            Needed::Command(name) => write!(formatter, "command `{name}`"),
            Needed::Header(name) => write!(formatter, "header `{name}`"),
        }
    }
}

fn some(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

/// What every build needs whatever the package: rpmbuild, what it calls itself, and what its scripts that strip
/// and compress call. `file` matters most: without it nothing is stripped, and nobody is told.
pub fn base_requirements() -> Vec<Requirement> {
    [
        ("rpmbuild", "rpm", "rpm-build"),
        ("rpm", "rpm", "rpm"),
        ("gcc", "gcc", "gcc"),
        ("ld", "binutils", "binutils"),
        ("strip", "binutils", "binutils"),
        ("make", "make", "make"),
        ("bash", "bash", "bash"),
        ("file", "file", "file"),
        ("find", "findutils", "findutils"),
        ("xargs", "findutils", "findutils"),
        ("patch", "patch", "patch"),
        ("tar", "tar", "tar"),
        ("cpio", "cpio", "cpio"),
        ("gzip", "gzip", "gzip"),
        ("bzip2", "bzip2", "bzip2"),
        ("xz", "xz-utils", "xz"),
        ("unshare", "util-linux", "util-linux"),
    ]
    .map(|(command, apt, yum)| Requirement::command(command, apt, yum))
    .to_vec()
}

/// One line for each package manager that can bring all of it.
pub(crate) fn install_hint(missing: &[Requirement]) -> Option<String> {
    let names = |pick: fn(&Requirement) -> Option<&String>| {
        let mut names: Vec<&str> = missing.iter().filter_map(pick).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names.join(" ")
    };
    let apt = names(|requirement| requirement.apt.as_ref());
    let yum = names(|requirement| requirement.yum.as_ref());
    match (apt.is_empty(), yum.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("apt-get install {apt}")),
        (true, false) => Some(format!("yum install {yum}")),
        (false, false) => Some(format!("apt-get install {apt}, or on CentOS yum install {yum}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_names_each_package_once() {
        let missing = [
            Requirement::command("ld", "binutils", "binutils"),
            Requirement::command("strip", "binutils", "binutils"),
            Requirement::header("uuid/uuid.h", "uuid-dev", "libuuid-devel"),
            Requirement::command("as86", "bin86", ""),
        ];
        assert_eq!(
            install_hint(&missing).unwrap(),
            "apt-get install bin86 binutils uuid-dev, or on CentOS yum install binutils libuuid-devel"
        );
        assert_eq!(install_hint(&[Requirement::command("x", "", "")]), None);
    }
}
