//! A document that is read beside primary.xml.
//!
//! Writers list packages in the order of primary.xml, so that what is asked for is mostly next. What goes by is held until
//! it is asked for. There are writers that list identical packages once, where primary.xml has each of them: then what is
//! asked for again has gone by. Looked for further on, all the rest would have to be held; so what was given before and is
//! not next is looked for from the start, by a second reading that goes along behind the first.

use std::{collections::HashMap, iter::Peekable};

use crate::{Package, PackageChangelog, PackageFiles, RepodataError, Repository, asked::Asked};

/// What a package or an entry of its list takes in memory beside its texts, about.
const OVERHEAD: usize = 64;

/// What a document says of one package.
pub(crate) trait Part: Clone {
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
pub(crate) struct Beside<I: Iterator, T> {
    document: &'static str,
    open: Open<I>,
    items: Peekable<I>,
    /// The second reading, which is never ahead of the first.
    again: Option<I>,
    early: HashMap<String, Early<T>>,
    weight: usize,
    limit: usize,
}

/// What is held of a package.
struct Early<T> {
    item: T,
    /// How often it went by. It will be asked for as often, where nobody has counted.
    times: usize,
}

impl<I: Iterator<Item = Result<T, RepodataError>>, T: Part> Beside<I, T> {
    pub(crate) fn new(
        repository: &Repository,
        document: &'static str,
        open: Open<I>,
        limit: usize,
    ) -> Result<Self, RepodataError> {
        let items = open(repository)?.peekable();
        Ok(Self { document, open, items, again: None, early: HashMap::new(), weight: 0, limit })
    }

    /// What the document says of a package, which is being asked for.
    pub(crate) fn find(
        &mut self,
        repository: &Repository,
        package: &Package,
        asked: &mut Asked,
    ) -> Result<T, RepodataError> {
        let pkgid = package.checksum.value.as_str();
        if let Some(item) = self.take(pkgid, asked) {
            return Ok(item);
        }
        let is_this = |item: &Result<T, _>| item.as_ref().is_ok_and(|item| item.pkgid() == pkgid);
        if let Some(item) = self.items.next_if(is_this) {
            return item;
        }
        let found = if asked.was_given(pkgid) {
            self.find_again(repository, pkgid, asked)?
        } else {
            self.find_further(repository, pkgid, asked)?
        };
        found.ok_or_else(|| RepodataError::Content {
            path: repository.root().to_owned(),
            what: format!("`{}` is not in {}", package.nevra, self.document),
        })
    }

    fn find_further(
        &mut self,
        repository: &Repository,
        pkgid: &str,
        asked: &Asked,
    ) -> Result<Option<T>, RepodataError> {
        while let Some(item) = self.items.next().transpose()? {
            if item.pkgid() == pkgid {
                return Ok(Some(item));
            }
            self.hold(repository, item, asked)?;
        }
        Ok(None)
    }

    fn find_again(
        &mut self,
        repository: &Repository,
        pkgid: &str,
        asked: &mut Asked,
    ) -> Result<Option<T>, RepodataError> {
        if asked.left(pkgid).is_none() {
            asked.count_left(repository)?;
        }
        let mut again = if let Some(again) = self.again.take() {
            again
        } else {
            // What went by and nobody asks for any more was held as long as nobody had counted.
            self.early.retain(|held, _| asked.left(held) != Some(0));
            self.weight = self.early.values().map(|early| early.item.weight()).sum();
            (self.open)(repository)?
        };
        let mut found = None;
        while found.is_none()
            && let Some(item) = again.next().transpose()?
        {
            let is_this = item.pkgid() == pkgid;
            if is_this {
                found = Some(item.clone());
            }
            // This reading does not come back to it, either.
            if !is_this || asked.left(pkgid) > Some(1) {
                self.hold(repository, item, asked)?;
            }
        }
        self.again = Some(again);
        Ok(found)
    }

    fn take(&mut self, pkgid: &str, asked: &Asked) -> Option<T> {
        let early = self.early.get_mut(pkgid)?;
        if asked.left(pkgid).unwrap_or(early.times) > 1 {
            early.times = early.times.saturating_sub(1);
            return Some(early.item.clone());
        }
        let Early { item, .. } = self.early.remove(pkgid)?;
        self.weight -= item.weight();
        Some(item)
    }

    fn hold(&mut self, repository: &Repository, item: T, asked: &Asked) -> Result<(), RepodataError> {
        if asked.left(item.pkgid()) == Some(0) {
            return Ok(());
        }
        if let Some(early) = self.early.get_mut(item.pkgid()) {
            early.times += 1;
            return Ok(());
        }
        self.weight += item.weight();
        if self.weight > self.limit {
            let (document, limit) = (self.document, self.limit);
            return Err(RepodataError::Disordered { path: repository.root().to_owned(), document, limit });
        }
        self.early.insert(item.pkgid().to_owned(), Early { item, times: 1 });
        Ok(())
    }

    /// To the end, where each reading is verified.
    pub(crate) fn finish(&mut self) -> Result<(), RepodataError> {
        self.items.try_for_each(|item| item.map(drop))?;
        self.again.iter_mut().flatten().try_for_each(|item| item.map(drop))
    }
}
