//! Packages put together from the three documents, one at a time.
//!
//! Writers list packages in one order in all three, so that three streams side by side are enough. What comes out of
//! order is kept until its package comes, up to a limit: documents in orders that have nothing to do with each other
//! would have to be held as a whole.

use crate::{
    Changelogs, FileLists, Package, PackageChangelog, PackageFiles, Packages, RepodataError, Repository,
    asked::Asked, beside::Beside,
};

/// Bytes of one document that may be held: about what the largest repository of a distribution for EL6 has in all.
const LIMIT: usize = 512 * 1024 * 1024;

/// Packages with their whole file lists and changelogs; see [`Repository::complete_packages`].
pub struct CompletePackages<'a> {
    repository: &'a Repository,
    packages: Packages,
    files: Beside<FileLists, PackageFiles>,
    changelogs: Beside<Changelogs, PackageChangelog>,
    asked: Asked,
    ended: bool,
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
            asked: Asked::default(),
            ended: false,
        })
    }

    fn advance(&mut self) -> Result<Option<Package>, RepodataError> {
        let Some(mut package) = self.packages.next().transpose()? else {
            self.files.finish()?;
            self.changelogs.finish()?;
            return Ok(None);
        };
        package.files = self.files.find(self.repository, &package, &mut self.asked)?.files;
        package.changelog = self.changelogs.find(self.repository, &package, &mut self.asked)?.changelog;
        self.asked.give(&package.checksum.value);
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
    use std::{
        io::Read,
        sync::{Arc, Mutex},
    };

    use camino::Utf8Path;

    use super::*;
    use crate::{ChecksumKind, Directory, Record, Repomd, Storage, checksum::Hasher};

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

    /// A directory that counts how often each file is opened.
    #[derive(Debug)]
    struct Counting(Directory, Mutex<Vec<String>>);

    impl Storage for Counting {
        fn root(&self) -> &Utf8Path {
            self.0.root()
        }

        fn open(&self, href: &Utf8Path) -> Result<Box<dyn Read + Send>, RepodataError> {
            self.1.lock().unwrap().push(href.file_name().unwrap().to_owned());
            self.0.open(href)
        }
    }

    /// How often primary, filelists and other are opened.
    fn openings(orders: [&[&str]; 3], limit: usize) -> [usize; 3] {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap();
        write(root, orders);
        let storage = Arc::new(Counting(Directory::new(root), Mutex::default()));
        let repository = Repository::open_in(storage.clone()).unwrap();
        for (package, expect) in CompletePackages::limited(&repository, limit).unwrap().zip(orders[0]) {
            assert_eq!(package.unwrap().files[0].path, format!("/{expect}"));
        }
        let opened = storage.1.lock().unwrap();
        ["primary", "filelists", "other"].map(|kind| opened.iter().filter(|name| *name == kind).count())
    }

    #[test]
    fn packages_that_are_listed_once_cost_one_more_reading_and_no_memory() {
        let once: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "h"];
        // Room for one entry.
        let check = |primary: &[&str], expect| {
            assert_eq!(openings([primary, once, once], 200), expect, "{primary:?}");
        };
        check(once, [1, 1, 1]);
        check(&["a", "a", "b", "c", "d", "e", "f", "g", "h"], [2, 2, 2]);
        check(&["a", "b", "c", "d", "e", "f", "g", "h", "a"], [2, 2, 2]);
        check(&["a", "a", "a", "b", "b", "c", "c", "d", "e", "e", "f", "g", "h", "h"], [2, 2, 2]);
        check(&["a", "b", "c", "d", "e", "f", "g", "h", "a", "b", "c", "d", "e", "f", "g", "h"], [2, 2, 2]);
        check(&["a", "b", "c", "d", "e", "f", "g", "h", "b", "a", "d", "g", "h"], [2, 2, 2]);
    }

    #[test]
    fn doubles_in_another_order_than_the_documents_are_held_no_further_than_the_limit() {
        let once: &[&str] = &["a", "b", "c", "d"];
        check([&["a", "b", "c", "d", "d", "c", "b", "a"], once, once], LIMIT, "/a/b/c/d/d/c/b/a");
        check(
            [&["a", "b", "c", "d", "d", "c", "b", "a"], once, once],
            200,
            "filelists lists packages in another order",
        );
    }
}
