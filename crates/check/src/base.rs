use std::collections::HashSet;

use camino::Utf8Path;
use xen4centos_artifact::{Evr, Nevra};

use crate::{CheckError, PackageFacts, Provision, file_index::path_hash};

/// What a host has, or can have, without the repository: lists of names, and packages of other repositories.
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
    /// in `*` stands for all that begin so.
    ///
    /// # Errors
    /// At the first line that is neither.
    pub fn parse(text: &str, path: &Utf8Path) -> Result<Self, CheckError> {
        let mut base = Self::default();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<_> = line.split_whitespace().collect();
            base.list.push(match words.as_slice() {
                [] => continue,
                [first, ..] if first.starts_with('#') => continue,
                [name] if name.len() > 1 && name.ends_with('*') => {
                    base.prefixes.push(name[..name.len() - 1].to_owned());
                    continue;
                }
                [name] => Provision::exactly(*name, ""),
                [name, "=", evr] if let Ok(evr) = evr.parse::<Evr>() => {
                    base.listed.push(listed(name, evr));
                    continue;
                }
                [name, "=", evr] => Provision::exactly(*name, *evr),
                _ => {
                    let (path, text) = (path.to_owned(), line.to_owned());
                    return Err(CheckError::Provides { path, line: index + 1, text });
                }
            });
        }
        Ok(base)
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
}
