//! Packages put together from the three documents, one at a time.
//!
//! Writers list packages in one order in all three, so that three streams side by side are enough. What comes out of
//! order is kept until its package comes.

use std::collections::HashMap;

use crate::{Changelogs, FileLists, Package, Packages, RepodataError, Repository};

/// Packages with their whole file lists and changelogs; see [`Repository::complete_packages`].
pub struct CompletePackages<'a> {
    repository: &'a Repository,
    packages: Packages,
    files: Beside<FileLists>,
    changelogs: Beside<Changelogs>,
    ended: bool,
}

/// A document that is read beside primary.xml, and what of it was passed over.
struct Beside<I: Iterator> {
    items: I,
    early: HashMap<String, I::Item>,
}

impl<I: Iterator<Item = Result<T, RepodataError>>, T> Beside<I> {
    fn new(items: I) -> Self {
        Self { items, early: HashMap::new() }
    }

    fn find(&mut self, pkgid: &str, id: impl Fn(&T) -> &str) -> Result<Option<T>, RepodataError> {
        if let Some(early) = self.early.remove(pkgid) {
            return early.map(Some);
        }
        while let Some(item) = self.items.next().transpose()? {
            if id(&item) == pkgid {
                return Ok(Some(item));
            }
            self.early.insert(id(&item).to_owned(), Ok(item));
        }
        Ok(None)
    }

    /// To the end, where the document is verified.
    fn finish(&mut self) -> Result<(), RepodataError> {
        self.items.try_for_each(|item| item.map(drop))
    }
}

impl<'a> CompletePackages<'a> {
    pub(crate) fn new(repository: &'a Repository) -> Result<Self, RepodataError> {
        Ok(Self {
            repository,
            packages: repository.packages()?,
            files: Beside::new(repository.file_lists()?),
            changelogs: Beside::new(repository.changelogs()?),
            ended: false,
        })
    }

    fn advance(&mut self) -> Result<Option<Package>, RepodataError> {
        let Some(mut package) = self.packages.next().transpose()? else {
            self.files.finish()?;
            self.changelogs.finish()?;
            return Ok(None);
        };
        let pkgid = package.checksum.value.as_str();
        let files = self.files.find(pkgid, |listed| &listed.pkgid)?;
        let changelog = self.changelogs.find(pkgid, |listed| &listed.pkgid)?;
        let missing = |document: &str| RepodataError::Content {
            path: self.repository.root().to_owned(),
            what: format!("`{}` is not in {document}", package.nevra),
        };
        let files = files.ok_or_else(|| missing("filelists"))?.files;
        let changelog = changelog.ok_or_else(|| missing("other"))?.changelog;
        (package.files, package.changelog) = (files, changelog);
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
