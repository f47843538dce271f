//! All packages into the documents: packages are read and blocks compressed by one pool of threads, and only a few
//! packages' metadata is in memory at a time.

use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher as _},
    ops::ControlFlow,
    sync::Arc,
};

use camino::Utf8Path;

use crate::{
    BadPackages, Duplicates, Event, IndexSettings, Package, RepodataError, Reporter, Source,
    cache::{CacheWriter, DocumentBlocks},
    database::{DatabaseThread, Described, Kind},
    document::{Desk, Document, Finished},
    encode,
    files::FileTable,
    known::Known,
    ordered::{Ahead, Weigh, map_in_order},
    reader::{self, Rules, Stamp},
    repomd::Record,
    walk::Found,
    write_xml::Fragments,
};

/// Packages that may be read ahead of what the documents have, for each thread.
const PENDING: usize = 16;

/// Packages that a thread takes in one go, where there are many: a quarter of what may be read ahead.
const PARCEL: usize = 8;

/// Parcels for each thread, at least, so that all have something to do to the end.
const PARCELS: usize = 32;

/// Bytes of finished metadata that may wait.
const PENDING_BYTES: usize = 16 * 1024 * 1024;

/// What one run came to.
pub(crate) enum Documents {
    /// All documents are there, in the order of repomd.xml.
    Written { records: Vec<Record>, blocks: Vec<DocumentBlocks>, cache: Option<CacheWriter> },
    /// Some packages are bad or surplus, these are not. The number of packages stands at the head of each document, so
    /// what was written is of no use.
    Without(Vec<Found>),
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

/// What is known about one package.
struct Indexed {
    stamp: Stamp,
    described: Described,
    fragments: Fragments,
    record: Vec<u8>,
    source: Source,
}

impl Weigh for Result<Indexed, RepodataError> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(0, |indexed| indexed.fragments.len() + indexed.record.len())
    }
}

/// How a document begins and ends, and what it is called.
pub(crate) struct Frame {
    pub(crate) kind: &'static str,
    pub(crate) file_name: &'static str,
    element: &'static str,
    namespaces: &'static str,
}

/// In the order of [`Fragments`] and of repomd.xml.
pub(crate) const FRAMES: [Frame; 3] = [
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
    pub(crate) fn head(&self, packages: usize) -> String {
        let Self { element, namespaces, .. } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{element} {namespaces} packages=\"{packages}\">\n"
        )
    }

    pub(crate) fn tail(&self) -> String {
        format!("</{}>\n", self.element)
    }
}

impl Run<'_> {
    pub(crate) fn documents(&self, packages: &[Found]) -> Result<Documents, RepodataError> {
        let mut documents = Vec::new();
        for frame in &FRAMES {
            let known = self.known.blocks(self.metadata, frame.kind);
            let mut document =
                Document::create(self.desk, frame.kind, frame.file_name, self.settings.compression, known)?;
            document.write(frame.head(packages.len()).as_bytes())?;
            documents.push(document);
        }
        let mut databases = Vec::new();
        if let Some(compression) = self.settings.database {
            for kind in Kind::ALL {
                let known = self.known.blocks(self.metadata, kind.names().0);
                databases.push(DatabaseThread::start(self.desk, kind, compression, known));
            }
        }
        let cache = self.settings.reuse.cache.as_deref().and_then(CacheWriter::create);
        let surplus = Vec::new();
        let mut delivery =
            Delivery { run: self, documents, databases, cache, surplus, seen: HashMap::new(), failure: None };
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
            Ahead {
                results: workers * PENDING,
                weight: PENDING_BYTES,
                parcel: (packages.len() / (workers * PARCELS)).clamp(1, PARCEL),
            },
            |found| self.one(found),
            |result| {
                index += 1;
                delivery.take(packages, index - 1, result)
            },
        );
    }

    fn one(&self, found: &Found) -> Result<Indexed, RepodataError> {
        if let Some((package, files, stamp, record)) = self.known.get(self.root, found) {
            return self.indexed(found, (package, files, stamp), record, Source::Cache);
        }
        let path = self.root.join(&*found.relative);
        let rules = Rules {
            checksum: self.settings.checksum,
            changelog_limit: self.settings.changelog_limit.unwrap_or(usize::MAX),
        };
        let (package, files, stamp) = reader::read(&path, rules, &mut |event| self.reporter.event(event))?;
        let mut record = Vec::new();
        if self.settings.reuse.cache.is_some() {
            encode::encode(&package, &files, &mut record);
        }
        self.indexed(found, (package, files, stamp), record, Source::Package)
    }

    fn indexed(
        &self,
        found: &Found,
        (mut package, files, stamp): (Package, FileTable, Stamp),
        record: Vec<u8>,
        source: Source,
    ) -> Result<Indexed, RepodataError> {
        let href = self.settings.location.href(&found.relative);
        if !crate::text::is_clean(&href) {
            let path = self.root.join(&*found.relative);
            return Err(RepodataError::Forbidden {
                path,
                field: "path",
                text: href.escape_debug().to_string(),
            });
        }
        package.href = href;
        package.base.clone_from(&self.settings.location.base);
        let fragments = Fragments::of(&package, &files);
        Ok(Indexed { stamp, described: Arc::new((package, files)), fragments, record, source })
    }
}

/// Takes packages in order to the documents and the cache, and remembers what went wrong.
struct Delivery<'a> {
    run: &'a Run<'a>,
    documents: Vec<Document>,
    databases: Vec<DatabaseThread>,
    cache: Option<CacheWriter>,
    /// Positions of packages that are not to be listed.
    surplus: Vec<usize>,
    /// Digests of what a package is called: where it is, and when it was built.
    seen: HashMap<u64, (usize, u64)>,
    failure: Option<RepodataError>,
}

impl Delivery<'_> {
    fn take(
        &mut self,
        packages: &[Found],
        index: usize,
        result: Result<Indexed, RepodataError>,
    ) -> ControlFlow<()> {
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
        let package = &indexed.described.0;
        // The same in every run: its keys are fixed. Two names of one digest are not to be expected in any repository.
        let mut hasher = DefaultHasher::new();
        package.nevra.hash(&mut hasher);
        let Some((other, built)) = self.seen.insert(hasher.finish(), (index, package.build_time)) else {
            return Ok(());
        };
        let path = self.run.root.join(&*packages[index].relative);
        let nevra = package.nevra.to_string();
        match self.run.settings.duplicates {
            Duplicates::Refuse => return Err(RepodataError::Duplicate { nevra, path }),
            Duplicates::Keep => {}
            Duplicates::KeepLast if built > package.build_time => {
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
            cache.add(&found.relative, &indexed.stamp, &indexed.record);
        }
        let path = found.relative.to_string().into();
        self.run.reporter.event(Event::Indexed { path, from: indexed.source });
        let Fragments { primary, filelists, other } = &indexed.fragments;
        let content = boundary(&indexed.described.0);
        for (document, part) in self.documents.iter_mut().zip([primary, filelists, other]) {
            document.write(part.as_bytes())?;
            document.boundary(content)?;
        }
        // A database whose thread is gone has failed; its error comes at the end.
        for database in &self.databases {
            database.send(&indexed.described);
        }
        Ok(())
    }

    fn outcome(mut self, packages: &[Found]) -> Result<Documents, RepodataError> {
        let databases = std::mem::take(&mut self.databases);
        let finished = match self.failure.take() {
            Some(error) => Err(error),
            None if self.surplus.is_empty() => self.finish_documents(),
            None => {
                abandon(databases);
                let surplus: HashSet<usize> = self.surplus.into_iter().collect();
                let rest = packages.iter().enumerate().filter(|(index, _)| !surplus.contains(index));
                return Ok(Documents::Without(rest.map(|(_, found)| found.clone()).collect()));
            }
        };
        let mut finished = match finished {
            Ok(finished) => finished,
            Err(error) => {
                abandon(databases);
                return Err(error);
            }
        };
        let checksums = finished.iter().map(|document| document.record.checksum.clone());
        let completing = databases.into_iter().zip(checksums);
        let threads: Vec<_> =
            completing.map(|(database, checksum)| database.complete(Some(checksum))).collect();
        for thread in threads {
            finished.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        let (mut records, mut blocks) = (Vec::new(), Vec::new());
        for Finished { record, places } in finished {
            let file_name = Utf8Path::new(&record.location).file_name().unwrap_or_default().to_owned();
            blocks.push(DocumentBlocks { kind: record.kind.clone(), file_name, places });
            records.push(record);
        }
        Ok(Documents::Written { records, blocks, cache: self.cache })
    }

    fn finish_documents(&mut self) -> Result<Vec<Finished>, RepodataError> {
        let documents = std::mem::take(&mut self.documents);
        let finish = |(mut document, frame): (Document, &Frame)| {
            document.write(frame.tail().as_bytes())?;
            document.finish()
        };
        documents.into_iter().zip(&FRAMES).map(finish).collect()
    }
}

/// Waits for databases that nobody wants any more, so that nothing writes to a directory that is being removed.
pub(crate) fn abandon(databases: Vec<DatabaseThread>) {
    let threads: Vec<_> = databases.into_iter().map(|database| database.complete(None)).collect();
    for thread in threads {
        // Each says that it has no document; why is said by what stopped the index.
        thread.join().map(drop).unwrap_or_default();
    }
}

/// A number that stands for a package, wherever it is.
pub(crate) fn boundary(package: &Package) -> u32 {
    let digits = package.checksum.value.get(..8).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or(0)
}
