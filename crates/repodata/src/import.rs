//! Earlier metadata as a source of packages, where no cache knows them: what createrepo_c's `--update` goes by.
//!
//! Metadata is believed as far as its own checksums go. It says of a package file no more than its size and the second of
//! its modification, and it may have been written by other rules; so a cache is preferred, and nothing is imported that
//! was not asked for. Packages are put into a cache of their own as they are read: of each only its path is held in memory.

use std::{
    collections::{HashMap, HashSet, hash_map},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Nevra, header::RpmHeaders};

use crate::{
    IndexSettings, Package, RepodataError, Repository, Source,
    cache::{Cache, CacheWriter, Entry, State},
    encode,
    files::FileTable,
    indexed::{Indexed, Remembered, Title, Wanted},
    stamp::Stamp,
    write_packages::demand_sound,
    write_xml::Fragments,
};

/// Packages of earlier metadata.
pub(crate) struct Imported {
    cache: Cache,
    /// Where packages were, by the names of their files; those of one name in several places are not known by it.
    names: HashMap<Box<str>, Option<Box<str>>>,
    /// Places of more than one package.
    doubtful: HashSet<Box<str>>,
    /// Places of packages whose changelogs may have been cut, and how many entries each of them has there.
    cut: HashMap<Box<str>, usize>,
    /// Packages that are listed by another kind of checksum, and when they were built: of them no more is known.
    others: HashMap<Box<str>, (Nevra, u64)>,
    /// Whether packages may be taken.
    is_usable: bool,
}

impl Imported {
    /// Reads all of a repository's metadata. `scratch` is a place for files that are gone when this returns.
    ///
    /// Metadata does not say how many entries of a changelog its writer kept, and merged metadata has several writers. So a
    /// changelog that is shorter than the settings ask for is compared with its package's. Where one is longer, its times are
    /// other ones, and nothing is taken: then it says what was listed, and no more.
    pub(crate) fn read(
        root: &Utf8Path,
        settings: &IndexSettings,
        scratch: &Utf8Path,
    ) -> Result<Self, RepodataError> {
        let limit = settings.changelog_limit.unwrap_or(usize::MAX);
        let failed = || RepodataError::Content {
            path: scratch.to_owned(),
            what: "can not be written: no metadata is taken over".into(),
        };
        let repository = Repository::open(root)?;
        let mut writer = CacheWriter::create(scratch, None).ok_or_else(failed)?;
        let (mut names, mut cut, mut longest) = (HashMap::new(), HashMap::new(), 0);
        let (mut hrefs, mut doubtful, mut others) = (HashSet::new(), HashSet::new(), HashMap::new());
        let checksum = settings.checksum.to_string();
        for package in repository.complete_packages()? {
            let package = package?;
            let href: Box<str> = package.href.as_str().into();
            if package.checksum.kind != checksum {
                others.insert(href, (package.nevra, package.build_time));
                continue;
            }
            let entries = package.changelog.len();
            longest = longest.max(entries);
            if entries < limit {
                cut.insert(href.clone(), entries);
            }
            let indexed = indexed(package)?;
            writer.add(&href, &indexed, None);
            if !hrefs.insert(href.clone()) {
                doubtful.insert(href.clone());
            }
            let name = href.rsplit('/').next().unwrap_or_default().into();
            match names.entry(name) {
                hash_map::Entry::Vacant(place) => drop(place.insert(Some(href))),
                hash_map::Entry::Occupied(mut place) => drop(place.insert(None)),
            }
        }
        writer.commit(&State::default());
        let cache = Cache::open(scratch);
        Cache::remove(scratch);
        let cache = cache.ok_or_else(failed)?;
        Ok(Self { cache, names, doubtful, cut, others, is_usable: longest <= limit })
    }

    /// Whether the changelog of the package with this href has all entries that are wanted; its file tells where the
    /// metadata does not.
    pub(crate) fn is_whole(&self, href: &str, file: &Utf8Path) -> bool {
        let Some(place) = self.place(href) else { return false };
        let Some(entries) = self.cut.get(place) else { return true };
        let whole = || {
            let mut file = fs_err::File::open(file).ok()?;
            let size = file.metadata().ok()?.len();
            let headers = RpmHeaders::read_sized(&mut file, size).ok()?;
            Some(headers.main().changelog().ok()?.len() <= *entries)
        };
        whole().unwrap_or(false)
    }

    pub(crate) const fn cache(&self) -> &Cache {
        &self.cache
    }

    /// How many packages may be taken.
    pub(crate) fn usable(&self) -> usize {
        if self.is_usable { self.cache.len() } else { 0 }
    }

    /// Whether a package is listed with this href.
    pub(crate) fn lists(&self, href: &str) -> bool {
        self.cache.entry(href).is_some() || self.others.contains_key(href)
    }

    /// All hrefs, in no order.
    pub(crate) fn hrefs(&self) -> impl Iterator<Item = &str> {
        self.cache.listed_keys().chain(self.others.keys().map(|href| &**href))
    }

    /// Which package is listed with this href by another kind of checksum, and when it was built.
    pub(crate) fn other(&self, href: &str) -> Option<&(Nevra, u64)> {
        self.others.get(href)
    }

    /// What is listed with this href, if that is one package.
    pub(crate) fn listed(&self, href: &str) -> Option<(Title, Fragments)> {
        let entry = self.cache.entry(href).filter(|_| !self.doubtful.contains(href))?;
        self.cache.fragments(entry)
    }

    /// The package that has this href, or that is the only one of this file name, if it may be taken.
    pub(crate) fn entry(&self, href: &str) -> Option<&Entry> {
        self.cache.entry(self.place(href).filter(|_| self.is_usable)?)
    }

    /// Where that package was.
    fn place<'a>(&'a self, href: &'a str) -> Option<&'a str> {
        if !self.doubtful.contains(href) && self.cache.entry(href).is_some() {
            return Some(href);
        }
        self.names.get(href.rsplit('/').next()?)?.as_deref()
    }
}

/// A package as it is described.
fn indexed(mut package: Package) -> Result<Indexed, RepodataError> {
    let files = FileTable::taken_from(&mut package);
    let stamp = Stamp::of_seconds(package.size.package, package.file_time);
    let described = Arc::new((package, files));
    let wanted = Wanted { identity: true, described: false };
    let indexed = Indexed::of((stamp, Source::Cache), &described, wanted);
    demand_sound(&described.0, &indexed.fragments)?;
    Ok(Indexed { remembered: Remembered::New(encode::record(&described)), ..indexed })
}

/// Where metadata may be taken from: what is there of the repository itself, if no cache knows more, and what the settings
/// name.
pub(crate) fn sources(settings: &IndexSettings, output: &Utf8Path, has_cache: bool) -> Vec<Utf8PathBuf> {
    let own = settings.reuse.present && !has_cache && output.join("repodata/repomd.xml").is_file();
    let own = own.then(|| output.to_owned());
    own.into_iter().chain(settings.reuse.metadata.iter().cloned()).collect()
}
