//! All packages into the documents: packages are read and blocks compressed by one pool of threads, and only a few
//! packages' metadata is in memory at a time.

use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher as _},
    ops::ControlFlow,
};

use camino::Utf8Path;

use crate::{
    BadPackages, Duplicates, Event, IndexSettings, RepodataError, Reporter,
    cache::{CacheWriter, DocumentBlocks},
    document::{Desk, Finished},
    indexed::{Indexed, Title},
    known::Known,
    ordered::{Ahead, map_in_order},
    output::{Addition, Format, Output},
    pairs::{PARCEL, Pairs, Tried},
    repomd::Record,
    stamp::Stamp,
    walk::Found,
};

/// Packages that may be read ahead of what the documents have, for each thread.
const PENDING: usize = 16;

/// Bytes of finished metadata that may wait.
const PENDING_BYTES: usize = 16 * 1024 * 1024;

/// What one run came to.
pub(crate) enum Documents {
    /// All documents are there, in the order of repomd.xml.
    Written { records: Vec<Record>, blocks: Vec<DocumentBlocks>, cache: Option<Box<CacheWriter>> },
    /// Some packages are bad or surplus, these are not. The number of packages stands at the head of each document, so
    /// what was written is of no use.
    Without { rest: Vec<Found>, surplus: Vec<(Found, Stamp)> },
}

/// One try to write the documents.
pub(crate) struct Run<'a> {
    pub(crate) root: &'a Utf8Path,
    pub(crate) metadata: &'a Utf8Path,
    pub(crate) desk: &'a Desk,
    pub(crate) settings: &'a IndexSettings,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) known: &'a Known,
}

impl Run<'_> {
    pub(crate) fn documents(&self, packages: &[Found]) -> Result<Documents, RepodataError> {
        let format = Format { compression: self.settings.compression, database: self.settings.database };
        let known = |kind: &str| self.known.blocks(self.metadata, kind);
        let output = Output::begin(self.desk, format, packages.len(), known)?;
        let create = |path| CacheWriter::create(path, self.known.cache());
        let cache = self.settings.reuse.cache.as_deref().and_then(create);
        let (surplus, stamps) = (Vec::new(), Vec::new());
        let mut delivery =
            Delivery { run: self, output, cache, surplus, stamps, seen: HashMap::new(), failure: None };
        self.packages(packages, &mut delivery);
        delivery.outcome(packages)
    }

    /// Reads all packages and takes their parts to the documents.
    fn packages(&self, packages: &[Found], delivery: &mut Delivery<'_>) {
        let workers = self.desk.pool.threads.current_num_threads();
        let mut index = 0;
        map_in_order(
            packages,
            &self.desk.pool.threads,
            Ahead { items: workers * PENDING, weight: PENDING_BYTES, parcel: PARCEL },
            |supply| Pairs::work(self, supply),
            |result| {
                index += 1;
                delivery.take(packages, index - 1, result)
            },
        );
    }
}

/// Takes packages in order to the documents and the cache, and remembers what went wrong.
struct Delivery<'a> {
    run: &'a Run<'a>,
    output: Output,
    cache: Option<CacheWriter>,
    /// Positions of packages that are not to be listed.
    surplus: Vec<usize>,
    /// Of all packages, where some may be left out.
    stamps: Vec<Option<Stamp>>,
    /// Digests of what a package is called: where it is, and when it was built.
    seen: HashMap<u64, (usize, u64)>,
    failure: Option<RepodataError>,
}

impl Delivery<'_> {
    fn take(&mut self, packages: &[Found], index: usize, Tried { stamp, result }: Tried) -> ControlFlow<()> {
        self.stamps.push(stamp);
        let leave_out = self.run.settings.bad_packages == BadPackages::LeaveOut;
        let sent = match result {
            Ok(indexed) => self
                .notice_duplicate(packages, index, &indexed)
                .and_then(|()| self.send(&packages[index], &indexed)),
            Err(error) if leave_out && error.is_of_one_package() => {
                self.surplus.push(index);
                self.run.reporter.event(Event::LeftOut { error });
                Ok(())
            }
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn notice_duplicate(
        &mut self,
        packages: &[Found],
        index: usize,
        indexed: &Indexed,
    ) -> Result<(), RepodataError> {
        let Title { nevra, build_time, .. } = &indexed.title;
        // The same in every run: its keys are fixed. Two names of one digest are not to be expected in any repository.
        let mut hasher = DefaultHasher::new();
        nevra.hash(&mut hasher);
        let Some((other, built)) = self.seen.insert(hasher.finish(), (index, *build_time)) else {
            return Ok(());
        };
        let path = self.run.root.join(&*packages[index].relative);
        let nevra = nevra.to_string();
        match self.run.settings.duplicates {
            Duplicates::Refuse => return Err(RepodataError::Duplicate { nevra, path }),
            Duplicates::Keep => {}
            Duplicates::KeepLast if built > *build_time => {
                self.seen.insert(hasher.finish(), (other, built));
                self.surplus.push(index);
            }
            Duplicates::KeepLast => self.surplus.push(other),
        }
        self.run.reporter.event(Event::Duplicate { path, nevra });
        Ok(())
    }

    fn send(&mut self, found: &Found, indexed: &Indexed) -> Result<(), RepodataError> {
        if let Some(cache) = &mut self.cache {
            cache.add(&found.relative, indexed, self.run.known.cache());
        }
        let path = found.relative.to_string().into();
        self.run.reporter.event(Event::Indexed { path, from: indexed.source });
        let Title { identity, boundary, .. } = &indexed.title;
        self.output.add(&Addition {
            fragments: &indexed.fragments,
            identity: identity.as_ref(),
            boundary: *boundary,
            described: indexed.described.as_ref(),
        })
    }

    fn outcome(self, packages: &[Found]) -> Result<Documents, RepodataError> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        if !self.surplus.is_empty() {
            let left_out: HashSet<usize> = self.surplus.into_iter().collect();
            let (mut rest, mut surplus) = (Vec::new(), Vec::new());
            for (index, (found, stamp)) in packages.iter().zip(self.stamps).enumerate() {
                match stamp {
                    _ if !left_out.contains(&index) => rest.push(found.clone()),
                    Some(stamp) => surplus.push((found.clone(), stamp)),
                    // It went away.
                    None => {}
                }
            }
            return Ok(Documents::Without { rest, surplus });
        }
        let (mut records, mut blocks) = (Vec::new(), Vec::new());
        for Finished { record, places } in self.output.finish()? {
            let file_name = Utf8Path::new(&record.location).file_name().unwrap_or_default().to_owned();
            blocks.push(DocumentBlocks { kind: record.kind.clone(), file_name, places });
            records.push(record);
        }
        Ok(Documents::Written { records, blocks, cache: self.cache.map(Box::new) })
    }
}
