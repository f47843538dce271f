//! The question to libsolv, in the language of its own test suite: packages as testtags, and a list of jobs.

use std::{collections::BTreeSet, fmt::Write as _};

use xen4centos_artifact::INSTALL_ONLY;

use super::{Job, SolverPackage};

/// As dnf sets them over yum's habits: vendors do not matter, and what no repository offers stays.
const FLAGS: &str = "allowvendorchange keeporphans bestobeypolicy yumobsoletes ignorerecommended";

/// Whether a package may stay as it is where the newest can not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Insist {
    /// As yum does: it stops.
    OnTheNewest,
    /// As `yum --skip-broken` does.
    OnNothing,
}

/// The jobs over repositories that lie in the files `names`, the host itself first.
pub(super) fn testcase(system: &str, names: &[String], job: &Job, insist: Insist) -> String {
    let mut text = format!("repo @System 0 testtags {system}\n");
    for name in names {
        writeln!(text, "repo {name} 0 testtags {name}.repo").expect(INFALLIBLE);
    }
    writeln!(text, "system x86_64 rpm @System\nsolverflags {FLAGS}").expect(INFALLIBLE);
    for name in INSTALL_ONLY {
        writeln!(text, "job multiversion provides {name}").expect(INFALLIBLE);
    }
    let best = if insist == Insist::OnTheNewest { " [forcebest]" } else { "" };
    match job {
        Job::Update(names) if names.is_empty() => writeln!(text, "job update all packages{best}"),
        Job::Update(names) => {
            names.iter().try_for_each(|name| writeln!(text, "job update name {name}{best}"))
        }
        Job::Install(names) => {
            names.iter().try_for_each(|name| writeln!(text, "job install name {name}{best}"))
        }
    }
    .expect(INFALLIBLE);
    text + "result transaction,problems,proof <inline>\n"
}

const INFALLIBLE: &str = "writing to a string does not fail";

/// Packages as testtags; of files only those in `paths`.
pub(super) fn testtags<'p>(
    packages: impl IntoIterator<Item = &'p SolverPackage>,
    paths: &BTreeSet<&str>,
) -> String {
    let mut text = "=Ver: 3.0\n".to_owned();
    for package in packages {
        let SolverPackage { nevra, provides, requires, conflicts, obsoletes, files } = package;
        let evr = nevra.evr.to_string();
        let (version, release) = evr.rsplit_once('-').unwrap_or((&evr, ""));
        let (name, arch) = (word(&nevra.name), word(&nevra.arch));
        writeln!(text, "=Pkg: {name} {} {} {arch}", word(version), word(release)).expect(INFALLIBLE);
        let mut own = vec![format!("{} = {evr}", nevra.name)];
        if let Some(isa) = isa(&nevra.arch) {
            own.push(format!("{}({isa}) = {evr}", nevra.name));
        }
        own.extend(provides.iter().filter(|given| !own.contains(given)).cloned().collect::<Vec<_>>());
        own.extend(files.iter().filter(|path| paths.contains(path.as_str())).cloned());
        for (tag, list) in [("Prv", &own), ("Req", requires), ("Con", conflicts), ("Obs", obsoletes)] {
            for item in list {
                writeln!(text, "={tag}: {}", dependency(item)).expect(INFALLIBLE);
            }
        }
    }
    text
}

fn isa(arch: &str) -> Option<&'static str> {
    match arch {
        "x86_64" => Some("x86-64"),
        "i386" | "i486" | "i586" | "i686" => Some("x86-32"),
        _ => None,
    }
}

/// A text that the solver reads as one word. Names with blanks are told apart by all else in them.
fn word(text: &str) -> String {
    let readable = |letter: char| if letter.is_whitespace() || letter.is_control() { '?' } else { letter };
    text.chars().map(readable).collect()
}

/// yum 3.2.29 knows no rich dependencies, so nothing must meet one; the solver would.
fn dependency(text: &str) -> String {
    if text.starts_with('(') {
        return format!("rich:{}", word(text));
    }
    match text.split(' ').collect::<Vec<_>>().as_slice() {
        [name, comparison @ ("<" | "<=" | "=" | ">=" | ">"), version] => {
            format!("{} {comparison} {}", word(name), word(version))
        }
        _ => word(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_as_the_solver_reads_them() {
        let mut package = SolverPackage::named("qemu-img-2:0.12-1.x86_64".parse().unwrap());
        package.provides = vec!["qemu-img = 2:0.12-1".to_owned(), "odd name".to_owned()];
        package.requires = vec!["(a if b)".to_owned(), "c >= 1:2".to_owned()];
        package.files = vec!["/usr/bin/qemu-img".to_owned(), "/usr/share/x".to_owned()];
        assert_eq!(
            testtags([&package], &BTreeSet::from(["/usr/bin/qemu-img"])),
            "=Ver: 3.0\n=Pkg: qemu-img 2:0.12 1 x86_64\n=Prv: qemu-img = 2:0.12-1\n\
             =Prv: qemu-img(x86-64) = 2:0.12-1\n=Prv: odd?name\n=Prv: /usr/bin/qemu-img\n\
             =Req: rich:(a?if?b)\n=Req: c >= 1:2\n"
        );
    }
}
