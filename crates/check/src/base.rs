use std::collections::HashSet;

use camino::Utf8Path;
use xen4centos_artifact::{Evr, Nevra};

use crate::{CheckError, PackageFacts, Provision, base_record::RecordReader, file_index::path_hash};

/// What a host has, or can have, without the repository: lists of names, records of packages, and packages of other
/// repositories.
#[derive(Clone, Debug, Default)]
pub struct BaseProvides {
    pub(crate) list: Vec<Provision>,
    /// Of lists, what has a version and a release, as only packages have.
    pub(crate) listed: Vec<PackageFacts>,
    /// How names begin that are there with any rest, in any version.
    prefixes: Vec<String>,
    pub(crate) packages: Vec<PackageFacts>,
    /// Hashes of paths: those of a distribution are a million.
    files: HashSet<u64>,
}

impl BaseProvides {
    /// Reads a list: one `name` or `name = [epoch:]version[-release]` a line, blank lines and `#` comments. A name that ends
    /// in `*` stands for all that begin so. Below a line `package NAME EPOCH VERSION RELEASE ARCH` the lines `provides`,
    /// `requires`, `conflicts`, `obsoletes` and `file` are of that package, as hosts are recorded.
    ///
    /// # Errors
    /// At the first line that is none of these.
    pub fn parse(text: &str, path: &Utf8Path) -> Result<Self, CheckError> {
        let (mut base, mut records) = (Self::default(), RecordReader::default());
        for (index, line) in text.lines().enumerate() {
            let read = records
                .line(line, &mut base)
                .and_then(|is_of_a_record| if is_of_a_record { Ok(()) } else { base.name(line) });
            read.map_err(|expected| {
                let (path, text) = (path.to_owned(), line.chars().take(80).collect());
                CheckError::Provides { path, line: index + 1, expected, text }
            })?;
        }
        records.finish(&mut base);
        Ok(base)
    }

    fn name(&mut self, line: &str) -> Result<(), &'static str> {
        let words: Vec<_> = line.split_whitespace().collect();
        self.list.push(match words.as_slice() {
            [] => return Ok(()),
            [first, ..] if first.starts_with('#') => return Ok(()),
            [name] if name.len() > 1 && name.ends_with('*') => {
                self.prefixes.push(name[..name.len() - 1].to_owned());
                return Ok(());
            }
            [name] => Provision::exactly(*name, ""),
            [name, "=", evr] if let Ok(evr) = evr.parse::<Evr>() => {
                self.listed.push(listed(name, evr));
                return Ok(());
            }
            [name, "=", evr] => Provision::exactly(*name, *evr),
            _ => return Err("`name` or `name = [epoch:]version[-release]`"),
        });
        Ok(())
    }

    /// Adds a package of another repository, without its files.
    pub fn add_package(&mut self, package: PackageFacts) {
        self.packages.push(package);
    }

    /// Adds a path that a package has.
    pub fn add_file(&mut self, path: &str) {
        self.files.insert(path_hash(path.as_bytes()));
    }

    /// Adds all of another one.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
        self.listed.extend(other.listed);
        self.prefixes.extend(other.prefixes);
        self.packages.extend(other.packages);
        self.files.extend(other.files);
    }

    /// Whether a name is there by how it begins.
    pub(crate) fn has_prefix_of(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }

    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.files.contains(&path_hash(path.as_bytes()))
    }
}

/// A package of which a list says no more.
fn listed(name: &str, evr: Evr) -> PackageFacts {
    let mut package = PackageFacts::new(Nevra::new(name, evr, ""));
    package.provides.push(package.itself());
    package
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_provides() {
        let parse = |text: &str| BaseProvides::parse(text, "base.txt".into());
        let base = parse("# base\n\nbash\npython(abi) = 2.6\nudev = 1:147-2\nocaml(*\n").unwrap();
        assert_eq!((base.list.len(), base.listed.len()), (2, 1));
        assert_eq!(base.listed[0].provides[0].to_string(), "udev = 1:147-2");
        assert!(base.has_prefix_of("ocaml(Pervasives)") && !base.has_prefix_of("ocaml"));
        let error = parse("bash\nglibc 2.12\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "base.txt:2: expected `name` or `name = [epoch:]version[-release]`, found `glibc 2.12`"
        );
    }

    #[test]
    fn records_of_packages() {
        let parse = |text: &str| BaseProvides::parse(text, "base.txt".into());
        let base = parse(
            "bash\n# of a host\n(none)(none)package perl 4 5.10.1 129.el6 x86_64\nprovides perl(Carp)\nprovides a = 1:2-3\n\
             requires b >= 2  \nconflicts c <\nobsoletes d\nfile /usr/bin/a b\n\npackage e 0 1 1 noarch\n",
        )
        .unwrap();
        let [perl, _] = &base.packages[..] else { panic!("{base:?}") };
        assert_eq!(perl.nevra.to_string(), "perl-4:5.10.1-129.el6.x86_64");
        let shown = |list: &[Provision]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        assert_eq!(
            [&perl.provides, &perl.requires, &perl.conflicts, &perl.obsoletes].map(|list| shown(list)),
            [
                "perl = 4:5.10.1-129.el6, perl(x86-64) = 4:5.10.1-129.el6, perl(Carp), a = 1:2-3",
                "b >= 2",
                "c",
                "d"
            ]
        );
        assert!(base.has_file("/usr/bin/a b") && base.list.len() == 1);
        let error = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            error("package a 0 1"),
            "base.txt:1: expected `package NAME EPOCH VERSION RELEASE ARCH`, found `package a 0 1`"
        );
        let dependency = "expected a name, or a name, a comparison and a version";
        assert_eq!(
            error("package a 0 1 1 noarch\nprovides b ~ 1"),
            format!("base.txt:2: {dependency}, found `provides b ~ 1`")
        );
        assert_eq!(
            error("provides b"),
            "base.txt:1: expected `name` or `name = [epoch:]version[-release]`, found `provides b`"
        );
    }
}
