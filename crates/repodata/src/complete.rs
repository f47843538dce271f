//! Packages put together from the three documents, one at a time.
//!
//! Writers list packages in one order in all three, so that three streams side by side are enough. What comes out of
//! order is kept until its package comes, up to a limit: documents in orders that have nothing to do with each other
//! would have to be held as a whole.

use std::collections::HashMap;

use crate::{
    Changelogs, FileLists, Package, PackageChangelog, PackageFiles, Packages, RepodataError, Repository,
};

/// Bytes of one document that may be held: about what the largest repository of a distribution for EL6 has in all.
const LIMIT: usize = 512 * 1024 * 1024;

/// What a package or an entry of its list takes in memory beside its texts, about.
const OVERHEAD: usize = 64;

/// Packages with their whole file lists and changelogs; see [`Repository::complete_packages`].
pub struct CompletePackages<'a> {
    repository: &'a Repository,
    packages: Packages,
    files: Beside<FileLists, PackageFiles>,
    changelogs: Beside<Changelogs, PackageChangelog>,
    ended: bool,
}

/// What a document says of one package.
trait Part: Clone {
    /// The digits of the package's checksum.
    fn pkgid(&self) -> &str;

    /// Bytes that it takes in memory, about.
    fn weight(&self) -> usize;
}

impl Part for PackageFiles {
    fn pkgid(&self) -> &str {
        &self.pkgid
    }

    fn weight(&self) -> usize {
        OVERHEAD + self.files.iter().map(|file| OVERHEAD + file.path.len()).sum::<usize>()
    }
}

impl Part for PackageChangelog {
    fn pkgid(&self) -> &str {
        &self.pkgid
    }

    fn weight(&self) -> usize {
        let entries = self.changelog.iter().map(|entry| OVERHEAD + entry.author.len() + entry.text.len());
        OVERHEAD + entries.sum::<usize>()
    }
}

type Open<I> = fn(&Repository) -> Result<I, RepodataError>;

/// A document that is read beside primary.xml, and what of it was passed over.
struct Beside<I, T> {
    document: &'static str,
    open: Open<I>,
    items: I,
    early: HashMap<String, Early<T>>,
    weight: usize,
    limit: usize,
}

/// What is held of a package.
struct Early<T> {
    item: T,
    /// How often it will be asked for, where that is known: identical packages are mostly listed as often as they are there.
    times: Option<usize>,
}

impl<I: Iterator<Item = Result<T, RepodataError>>, T: Part> Beside<I, T> {
    fn new(
        repository: &Repository,
        document: &'static str,
        open: Open<I>,
        limit: usize,
    ) -> Result<Self, RepodataError> {
        let items = open(repository)?;
        Ok(Self { document, open, items, early: HashMap::new(), weight: 0, limit })
    }

    /// The next of this package.
    fn find(&mut self, repository: &Repository, package: &Package) -> Result<T, RepodataError> {
        let pkgid = package.checksum.value.as_str();
        if let Some(item) = self.take(pkgid) {
            return Ok(item);
        }
        while let Some(item) = self.items.next().transpose()? {
            if item.pkgid() == pkgid {
                return Ok(item);
            }
            self.hold(repository, item, Some(1))?;
        }
        // There are writers that list identical packages once, where primary has each: it went by before.
        let mut found = None;
        for item in (self.open)(repository)? {
            let item = item?;
            if found.is_none() && item.pkgid() == pkgid {
                found = Some(item);
            }
        }
        let found = found.ok_or_else(|| RepodataError::Content {
            path: repository.root().to_owned(),
            what: format!("`{}` is not in {}", package.nevra, self.document),
        })?;
        self.hold(repository, found.clone(), None)?;
        Ok(found)
    }

    fn take(&mut self, pkgid: &str) -> Option<T> {
        match self.early.get_mut(pkgid)? {
            Early { times: Some(1), .. } => {
                let Early { item, .. } = self.early.remove(pkgid)?;
                self.weight -= item.weight();
                Some(item)
            }
            Early { item, times } => {
                *times = times.map(|times| times - 1);
                Some(item.clone())
            }
        }
    }

    fn hold(&mut self, repository: &Repository, item: T, times: Option<usize>) -> Result<(), RepodataError> {
        if let Some(early) = self.early.get_mut(item.pkgid()) {
            early.times = early.times.map(|times| times + 1);
            return Ok(());
        }
        self.weight += item.weight();
        if self.weight > self.limit {
            let (document, limit) = (self.document, self.limit);
            return Err(RepodataError::Disordered { path: repository.root().to_owned(), document, limit });
        }
        self.early.insert(item.pkgid().to_owned(), Early { item, times });
        Ok(())
    }

    /// To the end, where the document is verified.
    fn finish(&mut self) -> Result<(), RepodataError> {
        self.items.try_for_each(|item| item.map(drop))
    }
}

impl<'a> CompletePackages<'a> {
    pub(crate) fn new(repository: &'a Repository) -> Result<Self, RepodataError> {
        Self::limited(repository, LIMIT)
    }

    fn limited(repository: &'a Repository, limit: usize) -> Result<Self, RepodataError> {
        Ok(Self {
            repository,
            packages: repository.packages()?,
            files: Beside::new(repository, "filelists", Repository::file_lists, limit)?,
            changelogs: Beside::new(repository, "other", Repository::changelogs, limit)?,
            ended: false,
        })
    }

    fn advance(&mut self) -> Result<Option<Package>, RepodataError> {
        let Some(mut package) = self.packages.next().transpose()? else {
            self.files.finish()?;
            self.changelogs.finish()?;
            return Ok(None);
        };
        package.files = self.files.find(self.repository, &package)?.files;
        package.changelog = self.changelogs.find(self.repository, &package)?.changelog;
        Ok(Some(package))
    }
}

impl Iterator for CompletePackages<'_> {
    type Item = Result<Package, RepodataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.advance().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::{ChecksumKind, Record, Repomd, checksum::Hasher};

    /// Writes a repository whose documents list packages of these checksums, in this order.
    fn write(root: &Utf8Path, orders: [&[&str]; 3]) -> Repository {
        let kinds = [("primary", "metadata"), ("filelists", "filelists"), ("other", "otherdata")];
        let mut repomd = Repomd::default();
        fs_err::create_dir_all(root.join("repodata")).unwrap();
        for (order, (kind, element)) in orders.into_iter().zip(kinds) {
            let package = |id: &&str| match kind {
                "primary" => format!(
                    "<package><name>{id}</name><arch>noarch</arch><version ver='1' rel='1'/>\
                     <checksum type='sha256'>{id}</checksum><location href='{id}.rpm'/></package>"
                ),
                "filelists" => format!(
                    "<package pkgid='{id}' name='{id}' arch='noarch'><version ver='1' rel='1'/>\
                     <file>/{id}</file></package>"
                ),
                _ => format!(
                    "<package pkgid='{id}' name='{id}' arch='noarch'><version ver='1' rel='1'/></package>"
                ),
            };
            let text = format!("<{element}>{}</{element}>", order.iter().map(package).collect::<String>());
            fs_err::write(root.join("repodata").join(kind), &text).unwrap();
            repomd.records.push(Record {
                kind: kind.into(),
                checksum: Hasher::of(ChecksumKind::Sha256, text.as_bytes()),
                open_checksum: None,
                header_checksum: None,
                location: format!("repodata/{kind}"),
                timestamp: 1,
                size: None,
                open_size: None,
                header_size: None,
                database_version: None,
            });
        }
        fs_err::write(root.join("repodata/repomd.xml"), repomd.to_xml()).unwrap();
        Repository::open(root).unwrap()
    }

    #[track_caller]
    fn check(orders: [&[&str]; 3], limit: usize, expect: &str) {
        let directory = tempfile::tempdir().unwrap();
        let repository = write(Utf8Path::from_path(directory.path()).unwrap(), orders);
        let packages = CompletePackages::limited(&repository, limit).unwrap();
        let found = packages.map(|package| package.map(|package| package.files[0].path.clone()));
        let found = found.collect::<Result<String, _>>().unwrap_or_else(|error| error.to_string());
        assert!(found.starts_with(expect), "{found}");
    }

    #[test]
    fn documents_need_not_have_one_order() {
        check([&["a", "b", "c"], &["c", "b", "a"], &["b", "a", "c"]], LIMIT, "/a/b/c");
        check([&["a"], &["b", "a"], &["a", "c"]], LIMIT, "/a");
        check([&["a", "b"], &["a"], &["a", "b"]], LIMIT, "`b-1-1.noarch` is not in filelists");
        check([&["a", "b"], &["b", "a"], &["a", "b"]], 100, "filelists lists packages in another order");
        check([&["a", "b"], &["a", "b"], &["b", "a"]], 10, "other lists packages in another order");
    }

    #[test]
    fn identical_packages_are_listed_as_often_as_primary_has_them() {
        check([&["a", "b", "a"], &["a", "a", "b"], &["b", "a", "a"]], LIMIT, "/a/b/a");
        check([&["b", "a", "a", "a"], &["a", "a", "a", "b"], &["a", "b", "a", "a"]], LIMIT, "/b/a/a/a");
        check([&["a", "a", "b", "a"], &["a", "b"], &["b", "a"]], LIMIT, "/a/a/b/a");
        check([&["a", "b"], &["a", "a", "b", "b"], &["a", "b"]], LIMIT, "/a/b");
    }
}
