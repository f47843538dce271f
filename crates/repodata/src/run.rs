//! All packages into the three documents: packages are read in parallel, each document is compressed on a thread
//! of its own, and only a few packages' metadata is in memory at a time.

use std::{
    ops::ControlFlow,
    sync::mpsc::{SyncSender, sync_channel},
};

use camino::Utf8Path;

use crate::{
    BadPackages, Event, IndexSettings, RepodataError, Reporter, Source,
    cache::{Cache, CacheWriter},
    document::Document,
    ordered::{Ahead, Weigh, map_in_order},
    reader::{Stamp, read_fragments},
    repomd::Record,
    walk::Found,
    write_xml::Fragments,
};

/// Packages that wait for a document's compression, and packages that a thread may read ahead of it.
const PENDING: usize = 16;

/// Bytes of finished metadata that may wait; and the pieces in which it goes to a document, so that those which wait
/// there are few bytes, too.
const PENDING_BYTES: usize = 16 * 1024 * 1024;
const PIECE: usize = 256 * 1024;

/// What one run came to.
pub(crate) enum Documents {
    /// All documents are there; primary, filelists, other.
    Written { records: Vec<Record>, cache: Option<CacheWriter> },
    /// Some packages are bad, these are not. The number of packages stands at the head of each document, so
    /// what was written is of no use.
    WithoutBad(Vec<Found>),
}

/// One try to write the documents.
pub(crate) struct Run<'a> {
    pub(crate) directory: &'a Utf8Path,
    pub(crate) settings: &'a IndexSettings,
    pub(crate) reporter: &'a dyn Reporter,
    pub(crate) cache: Cache,
}

/// What is known about one package.
struct Indexed {
    stamp: Stamp,
    fragments: Fragments,
    source: Source,
}

impl Weigh for Result<Indexed, RepodataError> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, |indexed| indexed.fragments.len())
    }
}

/// How a document begins and ends, and what it is called.
struct Frame {
    kind: &'static str,
    file_name: &'static str,
    element: &'static str,
    namespaces: &'static str,
}

/// In the order of [`Fragments`] and of repomd.xml.
const FRAMES: [Frame; 3] = [
    Frame {
        kind: "primary",
        file_name: "primary.xml",
        element: "metadata",
        namespaces: "xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\"",
    },
    Frame {
        kind: "filelists",
        file_name: "filelists.xml",
        element: "filelists",
        namespaces: "xmlns=\"http://linux.duke.edu/metadata/filelists\"",
    },
    Frame {
        kind: "other",
        file_name: "other.xml",
        element: "otherdata",
        namespaces: "xmlns=\"http://linux.duke.edu/metadata/other\"",
    },
];

impl Frame {
    fn head(&self, packages: usize) -> String {
        let Self { element, namespaces, .. } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{element} {namespaces} packages=\"{packages}\">\n"
        )
    }
}

impl Run<'_> {
    pub(crate) fn documents(&self, packages: &[Found]) -> Result<Documents, RepodataError> {
        std::thread::scope(|scope| {
            let (mut senders, mut writers) = (Vec::new(), Vec::new());
            for frame in &FRAMES {
                let (sender, receiver) = sync_channel::<Vec<u8>>(PENDING);
                senders.push(sender);
                writers.push(scope.spawn(move || self.document(frame, packages.len(), receiver)));
            }
            let outcome = self.packages(packages, senders);
            let records = writers
                .into_iter()
                .map(|writer| writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Result<Vec<Record>, RepodataError>>();
            match outcome? {
                Outcome::Complete(cache) => Ok(Documents::Written { records: records?, cache }),
                Outcome::Bad(good) => Ok(Documents::WithoutBad(good)),
            }
        })
    }

    fn document(
        &self,
        frame: &Frame,
        packages: usize,
        fragments: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Record, RepodataError> {
        let mut document = Document::create(self.directory, frame.kind, frame.file_name)?;
        document.write(frame.head(packages).as_bytes())?;
        // The fragments end without a word when the run fails; what was written is then discarded.
        for fragment in fragments {
            document.write(&fragment)?;
        }
        document.write(format!("</{}>\n", frame.element).as_bytes())?;
        document.finish(self.settings.revision)
    }

    /// Reads all packages and sends their parts to the documents.
    fn packages(
        &self,
        packages: &[Found],
        senders: Vec<SyncSender<Vec<u8>>>,
    ) -> Result<Outcome, RepodataError> {
        let workers = self.settings.workers.get();
        let cache = CacheWriter::create(self.settings.cache.as_deref());
        let mut delivery = Delivery { run: self, senders, cache, bad: Vec::new(), failure: None };
        let mut order = packages.iter();
        map_in_order(
            packages,
            workers,
            Ahead { results: workers * PENDING, weight: PENDING_BYTES },
            |found| self.one(found),
            |result| match order.next() {
                Some(found) => delivery.take(found, result),
                None => ControlFlow::Break(()),
            },
        );
        delivery.outcome(packages)
    }

    fn one(&self, found: &Found) -> Result<Indexed, RepodataError> {
        if let Some((stamp, fragments)) = self.cache.get(&found.relative, &found.path) {
            return Ok(Indexed { stamp, fragments, source: Source::Cache });
        }
        let mut report = |event| self.reporter.event(event);
        let (fragments, stamp) = read_fragments(&found.path, &found.relative, &mut report)?;
        Ok(Indexed { stamp, fragments, source: Source::Package })
    }
}

/// Whether all of it was taken.
fn send_in_pieces(sender: &SyncSender<Vec<u8>>, part: String) -> bool {
    if part.len() <= PIECE {
        return sender.send(part.into_bytes()).is_ok();
    }
    part.as_bytes().chunks(PIECE).all(|piece| sender.send(piece.to_vec()).is_ok())
}

enum Outcome {
    Complete(Option<CacheWriter>),
    Bad(Vec<Found>),
}

/// Takes packages in order to the documents and the cache, and remembers what went wrong.
struct Delivery<'a> {
    run: &'a Run<'a>,
    senders: Vec<SyncSender<Vec<u8>>>,
    cache: Option<CacheWriter>,
    bad: Vec<&'a str>,
    failure: Option<RepodataError>,
}

impl<'a> Delivery<'a> {
    fn take(&mut self, found: &'a Found, result: Result<Indexed, RepodataError>) -> ControlFlow<()> {
        let leave_out = self.run.settings.bad_packages == BadPackages::LeaveOut;
        match result {
            Ok(indexed) => self.send(found, indexed),
            Err(error) if leave_out && error.is_of_one_package() => {
                self.bad.push(&found.relative);
                self.run.reporter.event(Event::LeftOut { error });
                ControlFlow::Continue(())
            }
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn send(&mut self, found: &Found, indexed: Indexed) -> ControlFlow<()> {
        if let Some(cache) = &mut self.cache {
            cache.add(&found.relative, &indexed.stamp, &indexed.fragments);
        }
        let path = found.relative.as_str().into();
        self.run.reporter.event(Event::Indexed { path, from: indexed.source });
        let Fragments { primary, filelists, other } = indexed.fragments;
        let parts = [primary, filelists, other];
        let sent = self.senders.iter().zip(parts).all(|(sender, part)| send_in_pieces(sender, part));
        // A document whose thread is gone has failed; its error is the one to report.
        if sent { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn outcome(self, packages: &[Found]) -> Result<Outcome, RepodataError> {
        match self.failure {
            Some(error) => Err(error),
            None if self.bad.is_empty() => Ok(Outcome::Complete(self.cache)),
            None => {
                let is_good = |found: &&Found| self.bad.binary_search(&found.relative.as_str()).is_err();
                Ok(Outcome::Bad(packages.iter().filter(is_good).cloned().collect()))
            }
        }
    }
}
