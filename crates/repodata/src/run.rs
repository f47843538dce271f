//! All packages into the documents: packages are read and blocks compressed by one pool of threads, and only a few
//! packages' metadata is in memory at a time.

use std::ops::ControlFlow;

use camino::Utf8Path;

use crate::{
    Event, IndexSettings, RepodataError, Reporter, Source,
    cache::{CacheWriter, DocumentBlocks, Why},
    document::{Desk, Finished},
    indexed::{Indexed, Title},
    judge::Judge,
    known::Known,
    ordered::{Ahead, map_in_order},
    output::{Addition, Format, Output},
    pairs::{PARCEL, Pairs, Tried},
    refusals::Refusals,
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
    Without {
        rest: Vec<Found>,
        left_out: Vec<(Found, Stamp, Why)>,
        /// What was learned of the others, so that they need not be read again.
        cache: Option<Box<CacheWriter>>,
    },
}

/// One try to write the documents.
pub(crate) struct Run<'a> {
    pub(crate) root: &'a Utf8Path,
    pub(crate) metadata: &'a Utf8Path,
    pub(crate) desk: &'a Desk,
    pub(crate) settings: &'a IndexSettings,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) known: &'a Known,
    /// Where it is written down what was learned.
    pub(crate) cache: Option<&'a Utf8Path>,
}

impl Run<'_> {
    pub(crate) fn documents(&self, packages: &[Found]) -> Result<Documents, RepodataError> {
        let format = Format { compression: self.settings.compression, database: self.settings.database };
        let known = |kind: &str| self.known.blocks(self.metadata, kind);
        let output = Output::begin(self.desk, format, packages.len(), known)?;
        let create = |path| CacheWriter::create(path, self.known.cache());
        let cache = self.cache.and_then(create);
        let (judge, refusals) = (Judge::new(self), Refusals::default());
        let mut delivery = Delivery { run: self, output, cache, judge, stamps: Vec::new(), refusals };
        self.packages(packages, |index, tried| delivery.take(packages, index, tried));
        delivery.outcome(packages)
    }

    /// Whether what was read is another package than the one that was listed in its place.
    pub(crate) fn replaces(&self, found: &Found, indexed: &Indexed) -> bool {
        indexed.source == Source::Package && self.known.replaces(found, &indexed.title)
    }

    /// Reads all packages, and gives them away in order, each with its place.
    pub(crate) fn packages(&self, packages: &[Found], mut take: impl FnMut(usize, Tried) -> ControlFlow<()>) {
        let workers = self.desk.pool.threads.current_num_threads();
        let mut index = 0;
        map_in_order(
            packages,
            &self.desk.pool.threads,
            Ahead { items: workers * PENDING, weight: PENDING_BYTES, parcel: PARCEL },
            |supply| Pairs::work(self, supply),
            |result| {
                index += 1;
                take(index - 1, result)
            },
        );
    }
}

/// Takes packages in order to the documents and the cache, and remembers what went wrong.
struct Delivery<'a> {
    run: &'a Run<'a>,
    output: Output,
    cache: Option<CacheWriter>,
    judge: Judge<'a>,
    /// Of all packages, where some may be left out.
    stamps: Vec<Option<Stamp>>,
    refusals: Refusals,
}

impl Delivery<'_> {
    fn take(&mut self, packages: &[Found], index: usize, Tried { stamp, result }: Tried) -> ControlFlow<()> {
        self.stamps.push(stamp);
        let judged = self.judge.take(packages, index, result);
        let sent = judged.and_then(|indexed| match indexed {
            Some(indexed) => self.send(&packages[index], &indexed),
            None => Ok(()),
        });
        sent.map_or_else(|error| self.refusals.take(error), ControlFlow::Continue)
    }

    fn send(&mut self, found: &Found, indexed: &Indexed) -> Result<(), RepodataError> {
        if !self.refusals.is_empty() {
            return Ok(());
        }
        if let Some(cache) = &mut self.cache {
            cache.add(&found.relative, indexed, self.run.known.cache());
        }
        let path = found.relative.to_string().into();
        let replaces = self.run.replaces(found, indexed);
        self.run.reporter.event(Event::Indexed { path, from: indexed.source, replaces });
        let Title { identity, boundary, .. } = &indexed.title;
        self.output.add(&Addition {
            fragments: &indexed.fragments,
            identity: identity.as_ref(),
            boundary: *boundary,
            described: indexed.described.as_ref(),
        })
    }

    fn outcome(self, packages: &[Found]) -> Result<Documents, RepodataError> {
        self.refusals.result()?;
        let not_listed = self.judge.into_left_out();
        if !not_listed.is_empty() {
            let (mut rest, mut left_out) = (Vec::new(), Vec::new());
            for (index, (found, stamp)) in packages.iter().zip(self.stamps).enumerate() {
                match (not_listed.get(&index), stamp) {
                    (None, _) => rest.push(found.clone()),
                    (Some(why), Some(stamp)) => left_out.push((found.clone(), stamp, *why)),
                    // It went away.
                    (Some(_), None) => {}
                }
            }
            return Ok(Documents::Without { rest, left_out, cache: self.cache.map(Box::new) });
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
