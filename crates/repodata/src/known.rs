//! What earlier indexes learned, as this one may use it.

use std::{collections::HashMap, sync::Arc};

use camino::Utf8Path;

use crate::{
    IndexSettings, KnownBy, Package, Repomd,
    blocks::KnownBlocks,
    cache::{Cache, DocumentBlocks, State},
    encode,
    files::FileTable,
    reader::Stamp,
    walk::Found,
};

/// A package that is known: its description, and the bytes that the cache has of it.
pub(crate) type KnownPackage = (Package, FileTable, Stamp, Vec<u8>);

/// The cache of the last index, if there is one that goes by the same rules.
pub(crate) struct Known {
    cache: Option<Cache>,
    by: KnownBy,
}

/// Of the settings that describe packages.
pub(crate) fn rules(settings: &IndexSettings) -> String {
    format!("{} {:?}", settings.checksum, settings.changelog_limit)
}

impl Known {
    pub(crate) fn open(settings: &IndexSettings) -> Self {
        let cache = settings.reuse.cache.as_deref().and_then(Cache::open);
        Self {
            cache: cache.filter(|cache| cache.state.rules == rules(settings)),
            by: settings.reuse.known_by,
        }
    }

    /// The package of a file that has not changed.
    pub(crate) fn get(&self, root: &Utf8Path, found: &Found) -> Option<KnownPackage> {
        let cache = self.cache.as_ref()?;
        let entry = cache.entry(&found.relative)?;
        if self.by == KnownBy::Stamp && stamp(root, found)? != entry.stamp {
            return None;
        }
        let record = cache.record(entry)?;
        let (package, files) = encode::decode(&record)?;
        Some((package, files, entry.stamp, record))
    }

    /// Whether these are the packages of the last index, unchanged, and its metadata is still there.
    pub(crate) fn is_all(&self, root: &Utf8Path, packages: &[Found], state: &State, repomd: &Repomd) -> bool {
        let Some(cache) = &self.cache else { return false };
        let same = |found: &Found| match (cache.entry(&found.relative), self.by) {
            (Some(_), KnownBy::Path) => true,
            (Some(entry), KnownBy::Stamp) => stamp(root, found) == Some(entry.stamp),
            (None, _) => false,
        };
        cache.state.settings == state.settings
            && cache.state.repomd == state.repomd
            && cache.len() == packages.len()
            && packages.iter().all(same)
            && !repomd.records.is_empty()
    }

    /// The compressed blocks of a document, in the metadata that is still there.
    pub(crate) fn blocks(&self, metadata: &Utf8Path, kind: &str) -> Option<Arc<KnownBlocks>> {
        let documents = &self.cache.as_ref()?.state.documents;
        let DocumentBlocks { file_name, places, .. } =
            documents.iter().find(|document| document.kind == kind)?;
        // A name of this cache, which leads nowhere else.
        let name = Utf8Path::new(file_name).file_name()?;
        let file = fs_err::File::open(metadata.join(name)).ok()?;
        let places: HashMap<_, _> = places.iter().map(|place| (place.key, *place)).collect();
        Some(Arc::new(KnownBlocks { file, places }))
    }
}

fn stamp(root: &Utf8Path, found: &Found) -> Option<Stamp> {
    Some(Stamp::of(&fs_err::metadata(root.join(&*found.relative)).ok()?))
}
