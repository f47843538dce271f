//! The question to libsolv, in the language of its own test suite: packages as testtags, and a list of jobs.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use xen4centos_artifact::{Evr, INSTALL_ONLY};

use super::SolverPackage;

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

/// The lines of a job over repositories that lie in the files `names`, the host itself first.
pub(super) fn testcase(system: &str, names: &[&str], lines: &[String], insist: Insist) -> String {
    let mut text = format!("repo @System 0 testtags {system}\n");
    for name in names {
        writeln!(text, "repo {name} 0 testtags {name}.repo").expect(INFALLIBLE);
    }
    writeln!(text, "system x86_64 rpm @System\nsolverflags {FLAGS}").expect(INFALLIBLE);
    for name in INSTALL_ONLY {
        writeln!(text, "job multiversion provides {name}").expect(INFALLIBLE);
    }
    let best = if insist == Insist::OnTheNewest { " [forcebest]" } else { "" };
    for line in lines {
        writeln!(text, "job {line}{best}").expect(INFALLIBLE);
    }
    text + "result transaction,problems,proof <inline>\n"
}

const INFALLIBLE: &str = "writing to a string does not fail";

/// What is written of packages.
pub(super) struct Extent<'a> {
    /// Paths of files; of others nothing is asked.
    pub(super) paths: &'a BTreeSet<&'a str>,
    /// The newest of each name, where only those take the place of others: as yum has it, unlike the solver.
    pub(super) newest: Option<&'a BTreeMap<&'a str, &'a Evr>>,
}

impl Extent<'_> {
    fn takes_places(&self, package: &SolverPackage) -> bool {
        let newest = self.newest.and_then(|newest| newest.get(package.nevra.name.as_str()));
        newest.is_none_or(|newest| package.nevra.evr >= **newest)
    }
}

/// Packages as testtags.
pub(super) fn testtags<'p>(
    packages: impl IntoIterator<Item = &'p SolverPackage>,
    extent: &Extent<'_>,
) -> String {
    let mut text = "=Ver: 3.0\n".to_owned();
    for package in packages {
        let SolverPackage { nevra, provides, requires, conflicts, obsoletes, files, .. } = package;
        let evr = nevra.evr.to_string();
        let (version, release) = evr.rsplit_once('-').unwrap_or((&evr, ""));
        let (name, arch) = (word(&nevra.name), word(&nevra.arch));
        writeln!(text, "=Pkg: {name} {} {} {arch}", word(version), word(release)).expect(INFALLIBLE);
        let mut own = vec![format!("{} = {evr}", nevra.name)];
        if let Some(isa) = isa(&nevra.arch) {
            own.push(format!("{}({isa}) = {evr}", nevra.name));
        }
        own.extend(provides.iter().filter(|given| !own.contains(given)).cloned().collect::<Vec<_>>());
        own.extend(files.iter().filter(|path| extent.paths.contains(path.as_str())).cloned());
        let obsoletes = if extent.takes_places(package) { obsoletes.as_slice() } else { &[] };
        for (tag, list) in [("Prv", &own[..]), ("Req", requires), ("Con", conflicts), ("Obs", obsoletes)] {
            // Rich ones are no question to a solver: rpm 4.8 refuses whatever has them.
            for item in list.iter().filter(|item| !is_rich(item)) {
                writeln!(text, "={tag}: {}", dependency(item)).expect(INFALLIBLE);
            }
        }
    }
    text
}

/// A package as the solver's language names it.
pub(super) fn identity(package: &SolverPackage, repository: &str) -> String {
    format!("{}@{repository}", word(&package.nevra.to_string()))
}

pub(super) fn is_rich(dependency: &str) -> bool {
    dependency.starts_with('(')
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

fn dependency(text: &str) -> String {
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
        let paths = BTreeSet::from(["/usr/bin/qemu-img"]);
        package.files = vec!["/usr/bin/qemu-img".to_owned(), "/usr/share/x".to_owned()];
        assert_eq!(
            testtags([&package], &Extent { paths: &paths, newest: None }),
            "=Ver: 3.0\n=Pkg: qemu-img 2:0.12 1 x86_64\n=Prv: qemu-img = 2:0.12-1\n\
             =Prv: qemu-img(x86-64) = 2:0.12-1\n=Prv: odd?name\n=Prv: /usr/bin/qemu-img\n\
             =Req: c >= 1:2\n"
        );
    }

    #[test]
    fn only_the_newest_take_the_place_of_others() {
        let old = SolverPackage {
            obsoletes: vec!["b".to_owned()],
            ..SolverPackage::named("a-1-1.noarch".parse().unwrap())
        };
        let new = SolverPackage { nevra: "a-2-1.noarch".parse().unwrap(), ..old.clone() };
        let newest = BTreeMap::from([("a", &new.nevra.evr)]);
        let extent = Extent { paths: &BTreeSet::new(), newest: Some(&newest) };
        let text = testtags([&old, &new], &extent);
        assert!(text.ends_with("=Pkg: a 2 1 noarch\n=Prv: a = 2-1\n=Obs: b\n"), "{text}");
        assert_eq!(text.matches("=Obs").count(), 1, "{text}");
    }
}
