//! What the header tells of the files: modes, owners, where they are, and what they are for.

use std::collections::{BTreeMap, BTreeSet};

use xen4centos_artifact::header::{DependencyFlags, DependencyKind, FileEntry, FileFlags, HeaderError, tag};

use super::{PackageRule, Subject};
use crate::{Rule, Severity};

type Messages = Result<Vec<String>, HeaderError>;

pub(super) const RULES: &[PackageRule] = &[
    PackageRule {
        rule: Rule {
            code: "EL6-FILE-030",
            severity: Severity::Error,
            title: "setuid or setgid",
            why: "nothing is said: whoever starts it has the rights of its owner or group",
            way_out: "give it a plain mode (`%attr(0755,root,root)`), or waive it for the target with the reason",
        },
        check: set_id,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-FILE-031",
            severity: Severity::Error,
            title: "writable by everybody",
            why: "nothing is said: any user can change what others run or read",
            way_out: "take the right away (`%attr`, chmod o-w); directories for everybody are sticky (1777)",
        },
        check: writable,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-FILE-032",
            severity: Severity::Warning,
            title: "configuration that an update replaces",
            why: "warning: … saved as ….rpmsave, or nothing: the administrator's changes are gone with the next update",
            way_out: "list it with `%config(noreplace)`",
        },
        check: configuration,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-FILE-033",
            severity: Severity::Error,
            title: "files for another Python",
            why: "ImportError: No module named …: Python 2.6 looks into the directories of 2.6",
            way_out: "build with the client's Python; `%{python_sitelib}` and `%{python_sitearch}` are its directories",
        },
        check: python,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-FILE-034",
            severity: Severity::Warning,
            title: "owner that may not exist",
            why: "warning: user … does not exist - using root",
            way_out: "create it in %pre (useradd -r, groupadd -r), or require the package that does",
        },
        check: owners,
    },
    PackageRule {
        rule: Rule {
            code: "EL6-FILE-050",
            severity: Severity::Warning,
            title: "no licence",
            why: "nothing is said: who gets the package does not get the terms that it is under",
            way_out: "list the licence with `%license` or `%doc`, or require a package of the same build that has it, by version",
        },
        check: licence,
    },
];

const SET_ID: u16 = 0o6000;
const WRITABLE: u16 = 0o002;
const STICKY: u16 = 0o1000;
const EXECUTABLE: u16 = 0o111;

fn set_id(package: &Subject<'_>) -> Messages {
    let files = package.installed()?.iter();
    Ok(files
        .filter(|file| file.is_regular() && file.permissions() & SET_ID != 0)
        .map(|file| {
            let (mode, user, group) = (file.permissions(), file.user, file.group);
            format!("{} has mode {mode:04o} and belongs to {user}:{group}", file.path_lossy())
        })
        .collect())
}

fn writable(package: &Subject<'_>) -> Messages {
    let is_open = |file: &FileEntry<'_>| {
        let mode = file.permissions();
        mode & WRITABLE != 0 && (file.is_regular() || (file.is_directory() && mode & STICKY == 0))
    };
    let files = package.installed()?.iter().filter(|file| is_open(file));
    Ok(files.map(|file| format!("{} has mode {:04o}", file.path_lossy(), file.permissions())).collect())
}

/// Where everything is for an administrator to change.
const EDITED_DIRECTORIES: [&str; 4] =
    ["/etc/sysconfig/", "/etc/default/", "/etc/logrotate.d/", "/etc/cron.d/"];

/// And what is so by its name, wherever below /etc it is.
const EDITED_NAMES: [&str; 7] = [".conf", ".cfg", ".cnf", ".ini", ".cf", ".repo", ".sxp"];

/// Drop-ins by which packages talk to programs. Nobody edits them, or what is edited there must not stay.
const OF_PACKAGES: [&str; 10] = [
    "/etc/alternatives/",
    "/etc/dbus-1/",
    "/etc/depmod.d/",
    "/etc/fonts/",
    "/etc/init/",
    "/etc/ld.so.conf.d/",
    "/etc/modprobe.d/dist",
    "/etc/prelink.conf.d/",
    "/etc/sysconfig/modules/",
    "/etc/sysconfig/network-scripts/",
];

fn configuration(package: &Subject<'_>) -> Messages {
    let apart = FileFlags::NO_REPLACE | FileFlags::GHOST | FileFlags::DOCUMENTATION | FileFlags::LICENSE;
    let mut messages = Vec::new();
    for file in package.installed()?.iter().filter(|file| file.directory.starts_with("/etc/")) {
        let path = file.path_lossy();
        let is_data = file.is_regular() && file.permissions() & EXECUTABLE == 0 && !file.flags.has(apart);
        let is_edited = EDITED_DIRECTORIES.iter().any(|start| path.starts_with(start))
            || EDITED_NAMES.iter().any(|end| path.ends_with(end));
        let is_of_packages = OF_PACKAGES.iter().any(|start| path.starts_with(start));
        if is_data && is_edited && !is_of_packages {
            let how = if file.flags.has(FileFlags::CONFIG) { "%config only" } else { "no %config" };
            messages.push(format!("{path} is {how}"));
        }
    }
    Ok(messages)
}

fn python(package: &Subject<'_>) -> Messages {
    let Some(known) = &package.client.python else { return Ok(Vec::new()) };
    let mut found: BTreeMap<String, (String, usize)> = BTreeMap::new();
    let is_candidate = |file: &&FileEntry<'_>| !file.is_directory() && file.directory.starts_with("/usr/lib");
    for file in package.installed()?.iter().filter(is_candidate) {
        let path = file.path_lossy();
        if let Some(version) = python_of(&path).filter(|version| version != known) {
            let version = version.to_owned();
            found.entry(version).and_modify(|(_, more)| *more += 1).or_insert((path, 0));
        }
    }
    let shown = |(version, (path, more)): (String, (String, usize))| {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{path}{more}: for Python {version}, hosts have {known}")
    };
    Ok(found.into_iter().map(shown).collect())
}

/// `2.7` of `/usr/lib64/python2.7/site-packages/a.py`.
fn python_of(path: &str) -> Option<&str> {
    let rest =
        ["/usr/lib/python", "/usr/lib64/python"].into_iter().find_map(|start| path.strip_prefix(start))?;
    let (version, _) = rest.split_once('/')?;
    version.starts_with(|first: char| first.is_ascii_digit()).then_some(version)
}

/// Users and groups that the package `setup` of CentOS 6 makes, and so every host has.
const KNOWN: &[&str] = &[
    "adm", "audio", "bin", "cdrom", "daemon", "dialout", "dip", "disk", "floppy", "ftp", "games", "gopher",
    "halt", "kmem", "lock", "lp", "mail", "man", "mem", "nobody", "operator", "root", "shutdown", "sync",
    "sys", "tape", "tty", "users", "utmp", "utempter", "uucp", "video", "wheel",
];

fn owners(package: &Subject<'_>) -> Messages {
    let files = package.installed()?;
    let names: BTreeSet<(&str, _)> = files
        .iter()
        .flat_map(|file| [("user", file.user), ("group", file.group)])
        .filter(|(_, name)| *name != "root")
        .map(|(kind, name)| (kind, name.to_str_lossy()))
        .filter(|(_, name)| !name.is_empty() && !KNOWN.contains(&name.as_ref()))
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let main = package.headers.main();
    let script = main.string(tag::PRE_IN)?.map(|text| text.to_str_lossy().into_owned()).unwrap_or_default();
    let words: BTreeSet<_> = script.split(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).collect();
    let requires: BTreeSet<_> =
        package.of_kind(DependencyKind::Requires)?.map(|it| it.name.to_str_lossy().into_owned()).collect();
    let is_made =
        |kind: &str, name: &str| words.contains(name) || requires.contains(&format!("{kind}({name})"));
    let missing = names.iter().filter(|(kind, name)| !is_made(kind, name));
    Ok(missing.map(|(kind, name)| format!("files belong to the {kind} {name}")).collect())
}

fn licence(package: &Subject<'_>) -> Messages {
    let files = package.installed()?;
    let is_content = |file: &FileEntry<'_>| file.is_regular() && !file.is_ghost();
    let of_debuggers = |file: &FileEntry<'_>| file.directory.starts_with("/usr/lib/debug/");
    if !files.iter().any(|file| is_content(file) && !of_debuggers(file)) || files.iter().any(is_licence) {
        return Ok(Vec::new());
    }
    let evr = &package.nevra()?.evr;
    let own = [evr.version_release(), evr.to_string()];
    for requirement in package.of_kind(DependencyKind::Requires)? {
        let of_own_version = requirement.flags.0 & DependencyFlags::COMPARISON == DependencyFlags::EQUAL
            && own.iter().any(|own| *own == requirement.evr.to_str_lossy());
        // A package of nothing but licences changes as rarely as they do.
        let name = requirement.name.to_str_lossy();
        let is_of_a_mate = of_own_version || name.ends_with("-licenses") || name.ends_with("-license");
        // `config(NAME)`, which rpm writes, is the package itself.
        if is_of_a_mate && !package.of_kind(DependencyKind::Provides)?.any(|own| own.name == requirement.name)
        {
            return Ok(Vec::new());
        }
    }
    Ok(vec!["brings no licence and requires no package of its build".to_owned()])
}

/// Beginnings of the names that licences have, in capitals.
const LICENCES: [&str; 7] = ["COPYING", "COPYRIGHT", "LICENSE", "LICENCE", "UNLICENSE", "GPL", "LGPL"];

fn is_licence(file: &FileEntry<'_>) -> bool {
    let in_documents =
        || ["/usr/share/doc/", "/usr/share/licenses/"].iter().any(|start| file.directory.starts_with(start));
    let is_named = || {
        let name = file.base_name.as_bytes();
        LICENCES.iter().any(|start| {
            name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start.as_bytes()))
        })
    };
    file.flags.has(FileFlags::LICENSE) || (in_documents() && is_named())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_python_in_paths() {
        assert_eq!(python_of("/usr/lib64/python2.7/site-packages/a.py"), Some("2.7"));
        assert_eq!(python_of("/usr/lib/python3/dist-packages/a.py"), Some("3"));
        assert_eq!(python_of("/usr/lib/python-tools/a"), None);
        assert_eq!(python_of("/usr/lib64/python2.6"), None);
        assert_eq!(python_of("/usr/share/python2.7/a"), None);
    }
}
