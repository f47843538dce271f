//! What earlier indexes learned, as this one may use it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use camino::Utf8Path;

use crate::{
    Event, IndexSettings, KnownBy, Learned, Record, Relisted, Repomd, Reporter, Source,
    blocks::KnownBlocks,
    cache::{Cache, CacheWriter, DocumentBlocks, Entry, State, Why},
    encode,
    import::{self, Imported},
    indexed::{Indexed, Remembered, Title, Wanted},
    notes::Note,
    regular,
    seed::Seed,
    stamp::Stamp,
    walk::Found,
};

/// The cache of the last index, if there is one that goes by the same rules, and earlier metadata.
pub(crate) struct Known {
    /// That of the list which is there: what others have listed since may know packages better.
    cache: Option<Cache>,
    /// Files that an index could not list, where the list that is there is another one's.
    bad: HashMap<Box<str>, Stamp>,
    /// Whether nothing was listed before.
    is_first: bool,
    /// The metadata that is replaced, where it was imported, is the first.
    imported: Vec<Imported>,
    /// Whether it was imported.
    has_present: bool,
    by: KnownBy,
    /// Whether packages must be described for databases.
    described: bool,
}

/// Of the settings that describe packages.
pub(crate) fn rules(settings: &IndexSettings) -> String {
    format!("{} {:?}", settings.checksum, settings.changelog_limit)
}

impl Known {
    /// What the settings name, where it goes by their rules and is of the list that is there, or there is none.
    pub(crate) fn open(settings: &IndexSettings, present: &Repomd) -> Self {
        let learned = settings.reuse.cache.as_deref().filter(|_| settings.reuse.learned == Learned::Use);
        let cache = learned.and_then(Cache::open);
        let primary = primary(&present.records);
        let is_of_present = |state: &State| primary.as_ref().is_none_or(|listed| *listed == state.primary);
        let is_usable = |Cache { state, .. }: &Cache| state.rules == rules(settings) && is_of_present(state);
        let (cache, unused) = match cache {
            Some(cache) if is_usable(&cache) => (Some(cache), None),
            cache => (None, cache),
        };
        Self {
            cache,
            bad: unused.map(|unused| unused.bad().collect()).unwrap_or_default(),
            is_first: primary.is_none(),
            imported: Vec::new(),
            has_present: false,
            by: settings.reuse.known_by,
            described: settings.database.is_some(),
        }
    }

    /// Takes in the metadata that the settings name, and that of the repository in `output`. `scratch` is a place for files
    /// that are gone when this returns.
    pub(crate) fn import(
        &mut self,
        settings: &IndexSettings,
        (output, scratch): (&Utf8Path, &Utf8Path),
        reporter: &dyn Reporter,
    ) {
        Cache::remove(scratch);
        for root in import::sources(settings, output, self.cache.is_some()) {
            match Imported::read(&root, settings, scratch) {
                Ok(imported) => {
                    self.has_present |= self.imported.is_empty() && root == output;
                    let packages = imported.usable();
                    self.imported.push(imported);
                    if packages > 0 {
                        reporter.event(Event::Imported { root, packages });
                    }
                }
                Err(error) => reporter.event(Event::NotImported { error }),
            }
        }
    }

    /// Itself, with what was just learned of packages at `path`, which is of no list yet.
    pub(crate) fn with(&self, learned: CacheWriter, path: &Utf8Path, state: &State) -> Option<Self> {
        // Blocks are known by what they hold, whichever packages are listed.
        let documents = self.cache.as_ref().map(|cache| cache.state.documents.clone());
        let (rules, seed) = (state.rules.clone(), state.seed);
        let documents = documents.unwrap_or_default();
        learned.commit(&State { rules, seed, documents, ..State::default() });
        let cache = Cache::open(path)?;
        let (by, described, is_first) = (self.by, self.described, self.is_first);
        let (cache, bad, imported) = (Some(cache), HashMap::new(), Vec::new());
        Some(Self { cache, bad, is_first, imported, has_present: false, by, described })
    }

    /// The cache that packages come from.
    pub(crate) const fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// That of the blocks which are known, or another one.
    pub(crate) fn seed(&self) -> Seed {
        self.cache.as_ref().map_or_else(Seed::random, |cache| cache.state.seed)
    }

    /// The package of a file that has not changed, where clients find it by this `href` below this `base`.
    pub(crate) fn get(
        &self,
        root: &Utf8Path,
        found: &Found,
        href: &str,
        base: Option<&str>,
    ) -> Option<Indexed> {
        let entry = self.cache.as_ref().and_then(|cache| Some((cache, cache.entry(&found.relative)?)));
        if entry.is_none() && self.imported.is_empty() {
            return None;
        }
        let now = match self.by {
            KnownBy::Path => None,
            KnownBy::Stamp => Some(stamp(root, found)?),
        };
        if let Some((cache, entry)) = entry
            && now.is_none_or(|now| now == entry.stamp)
            && let Some(known) = self.package(cache, entry, href, base)
        {
            return Some(known);
        }
        let was_bad = match entry {
            Some((_, entry)) if entry.place.why_none() == Some(Why::Bad) => Some(&entry.stamp),
            _ => self.bad.get(&found.relative),
        };
        // Whoever listed it since may not have looked closely.
        if was_bad.is_some_and(|stamp| now.is_none_or(|now| now == *stamp)) {
            return None;
        }
        self.imported.iter().find_map(|imported| {
            let entry = imported.entry(href)?;
            let is_same = now.is_none_or(|now| now.is_of_second(&entry.stamp))
                && imported.is_whole(href, &root.join(&*found.relative));
            let mut known = is_same.then(|| self.package(imported.cache(), entry, href, base)).flatten()?;
            // What nobody has compared with the file is not taken for it later.
            known.stamp = now.unwrap_or(entry.stamp);
            if let Remembered::There(_) = known.remembered {
                known.remembered = Remembered::New(imported.cache().record(entry).unwrap_or_default());
            }
            Some(known)
        })
    }

    fn package(&self, cache: &Cache, entry: &Entry, href: &str, base: Option<&str>) -> Option<Indexed> {
        let (stamp, (title, fragments)) = (entry.stamp, cache.fragments(entry)?);
        let is_there = title.href == href && title.base.as_deref() == base;
        let remembered = Remembered::There(entry.place);
        if is_there && !self.described {
            let (source, described) = (Source::Cache, None);
            return Some(Indexed { stamp, title, fragments, source, described, remembered });
        }
        let record = cache.record(entry)?;
        let (mut package, files) = encode::decode(&record)?;
        href.clone_into(&mut package.href);
        package.base = base.map(str::to_owned);
        let described = Arc::new((package, files));
        if is_there {
            let (source, described) = (Source::Cache, Some(described));
            return Some(Indexed { stamp, title, fragments, source, described, remembered });
        }
        let wanted = Wanted { identity: true, described: self.described };
        let indexed = Indexed::of((stamp, Source::Cache), &described, wanted);
        Some(Indexed { remembered: Remembered::New(record), ..indexed })
    }

    /// Whether these are the packages of the last index, unchanged, and its metadata is still there.
    pub(crate) fn is_all(&self, root: &Utf8Path, packages: &[Found], state: &State, repomd: &Repomd) -> bool {
        let Some(cache) = &self.cache else { return false };
        let same = |found: &Found| match (cache.entry(&found.relative), self.by) {
            // One that was left out may have been mended.
            (Some(entry), KnownBy::Path) if !entry.place.is_empty() => true,
            (Some(Entry { stamp: known, .. }), _) => stamp(root, found) == Some(*known),
            (None, _) => false,
        };
        cache.state.settings == state.settings
            && cache.state.repomd == state.repomd
            && cache.len() == packages.len()
            && packages.iter().all(same)
            && !repomd.records.is_empty()
    }

    /// What the last index said of packages.
    pub(crate) fn notes(&self) -> &[Note] {
        self.cache.as_ref().map_or(&[], |cache| &cache.state.notes)
    }

    /// What `packages` have beside the list that is there, where an update knows what that has.
    pub(crate) fn relisted(&self, settings: &IndexSettings, packages: &[Found]) -> Option<Relisted> {
        let href = |found: &Found| settings.location.href(&found.relative);
        let all = || packages.iter().map(|found| found.relative.to_string());
        if !settings.reuse.present {
            return None;
        }
        let (added, mut removed): (_, Vec<String>) = if self.is_first {
            (all().collect(), Vec::new())
        } else if let Some(cache) = &self.cache {
            let now: HashSet<&str> = packages.iter().map(|found| &*found.relative).collect();
            let added = packages.iter().filter(|found| !self.is_listed(found));
            let removed = cache.listed_keys().filter(|key| !now.contains(key));
            (added.map(|found| found.relative.to_string()).collect(), removed.map(str::to_owned).collect())
        } else {
            let present = self.present()?;
            let now: HashSet<String> = packages.iter().map(href).collect();
            let added = packages.iter().filter(|found| !present.lists(&href(found)));
            let removed = present.hrefs().filter(|href| !now.contains(*href));
            let removed = removed.map(|href| settings.location.relative(href).to_owned());
            (added.map(|found| found.relative.to_string()).collect(), removed.collect())
        };
        removed.sort();
        Some(Relisted { added, removed })
    }

    /// The metadata that is replaced, where no cache knows more.
    fn present(&self) -> Option<&Imported> {
        self.imported.first().filter(|_| self.has_present)
    }

    /// Whether another package than this was listed in its place.
    pub(crate) fn replaces(&self, found: &Found, package: &Title) -> bool {
        let listed = match (&self.cache, self.present()) {
            (Some(cache), _) => cache.entry(&found.relative).and_then(|entry| cache.fragments(entry)),
            (None, Some(present)) => {
                // By another kind of checksum the same package has another one.
                if let Some((nevra, built)) = present.other(&package.href) {
                    return (nevra, *built) != (&package.nevra, package.build_time);
                }
                present.listed(&package.href)
            }
            (None, None) => None,
        };
        listed.is_some_and(|(title, _)| {
            (title.nevra, title.boundary) != (package.nevra.clone(), package.boundary)
        })
    }

    /// How many packages the last index listed.
    pub(crate) fn listed(&self) -> usize {
        self.cache.as_ref().map_or(0, Cache::listed)
    }

    /// Those that the last index could not list, and that are the same as then.
    pub(crate) fn bad<'a>(&self, packages: &'a [Found]) -> impl Iterator<Item = &'a Found> {
        packages.iter().filter(|found| {
            let entry = self.cache.as_ref().and_then(|cache| cache.entry(&found.relative));
            entry.is_some_and(|entry| entry.place.why_none() == Some(Why::Bad))
        })
    }

    /// Whether the last index listed the package of a file.
    pub(crate) fn is_listed(&self, found: &Found) -> bool {
        let entry = self.cache.as_ref().and_then(|cache| cache.entry(&found.relative));
        entry.is_some_and(|entry| entry.place.why_none().is_none())
    }

    /// The compressed blocks of a document, in the metadata that is still there.
    pub(crate) fn blocks(&self, metadata: &Utf8Path, kind: &str) -> Option<Arc<KnownBlocks>> {
        let documents = &self.cache.as_ref()?.state.documents;
        let DocumentBlocks { file_name, places, .. } =
            documents.iter().find(|document| document.kind == kind)?;
        // A name of this cache, which leads nowhere else.
        let name = Utf8Path::new(file_name).file_name()?;
        let file = regular::open(&metadata.join(name)).ok()?;
        let places: HashMap<_, _> = places.iter().map(|place| (place.key, *place)).collect();
        Some(Arc::new(KnownBlocks { file, places }))
    }
}

pub(crate) fn stamp(root: &Utf8Path, found: &Found) -> Option<Stamp> {
    Some(Stamp::of(&fs_err::metadata(root.join(&*found.relative)).ok()?))
}

/// The checksum of the list of packages, which says what it lists.
pub(crate) fn primary(records: &[Record]) -> Option<String> {
    let record = records.iter().find(|record| record.kind == "primary")?;
    let checksum = record.open_checksum.as_ref().unwrap_or(&record.checksum);
    Some(format!("{}:{}", checksum.kind, checksum.value))
}
