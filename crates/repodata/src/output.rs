//! The documents of a repository and their databases, written side by side.

use std::sync::Arc;

use crate::{
    Compression, RepodataError,
    blocks::{Identity, KnownBlocks},
    database::{DatabaseThread, Described, Kind},
    document::{Desk, Document, Finished},
    write_xml::Fragments,
};

/// In what form documents are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// Of XML.
    pub(crate) compression: Compression,
    /// Of databases, if there are any.
    pub(crate) database: Option<Compression>,
}

/// How a document begins and ends, and what it is called.
struct Frame {
    kind: &'static str,
    file_name: &'static str,
    element: &'static str,
    namespaces: &'static str,
}

/// In the order of [`Fragments::parts`] and of repomd.xml.
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

    fn tail(&self) -> String {
        format!("</{}>\n", self.element)
    }
}

/// What the documents are called, where names have no digests.
pub(crate) fn file_names(format: Format) -> Vec<String> {
    let Format { compression, database } = format;
    let documents = FRAMES.iter().map(|frame| format!("{}{}", frame.file_name, compression.suffix()));
    let of_database = |compression: Compression| {
        Kind::ALL.into_iter().map(move |kind| format!("{}{}", kind.names().1, compression.suffix()))
    };
    documents.chain(database.into_iter().flat_map(of_database)).collect()
}

/// What one package adds.
pub(crate) struct Addition<'a> {
    pub(crate) fragments: &'a Fragments,
    /// Of the fragments, where it is known.
    pub(crate) identity: Option<&'a Identity>,
    /// A number that stands for the package, wherever it is: blocks end by it.
    pub(crate) boundary: u32,
    /// Needed where there are databases.
    pub(crate) described: Option<&'a Described>,
}

/// Documents and databases that are being written. Whoever drops them waits for the threads of databases, so that nothing
/// writes to a directory that is being removed.
pub(crate) struct Output {
    documents: Vec<Document>,
    databases: Vec<DatabaseThread>,
}

impl Output {
    /// The heads of documents say how many packages follow. `known` finds the blocks of an earlier document of a kind.
    pub(crate) fn begin(
        desk: &Desk,
        format: Format,
        packages: usize,
        known: impl Fn(&str) -> Option<Arc<KnownBlocks>>,
    ) -> Result<Self, RepodataError> {
        let begin = |frame: &Frame| {
            let known = known(frame.kind);
            let mut document =
                Document::create(desk, frame.kind, frame.file_name, format.compression, known)?;
            document.write(frame.head(packages).as_bytes())?;
            Ok(document)
        };
        let documents = FRAMES.iter().map(begin).collect::<Result<_, RepodataError>>()?;
        let start = |compression| {
            Kind::ALL.map(|kind| DatabaseThread::start(desk, kind, compression, known(kind.names().0)))
        };
        Ok(Self { documents, databases: format.database.into_iter().flat_map(start).collect() })
    }

    /// Adds the next package.
    pub(crate) fn add(&mut self, addition: &Addition<'_>) -> Result<(), RepodataError> {
        for (document, part) in self.documents.iter_mut().zip(addition.fragments.parts()) {
            document.write_piece(part.as_bytes(), addition.identity)?;
            document.boundary(addition.boundary)?;
        }
        // A database whose thread is gone has failed; its error comes at the end.
        for (database, described) in self.databases.iter_mut().zip(addition.described.into_iter().cycle()) {
            database.send(described);
        }
        Ok(())
    }

    /// Completes all of them, in the order of repomd.xml.
    pub(crate) fn finish(mut self) -> Result<Vec<Finished>, RepodataError> {
        let finish = |(mut document, frame): (Document, &Frame)| {
            document.write(frame.tail().as_bytes())?;
            document.finish()
        };
        let documents = std::mem::take(&mut self.documents);
        let mut finished =
            documents.into_iter().zip(&FRAMES).map(finish).collect::<Result<Vec<_>, RepodataError>>()?;
        let checksums = finished.iter().map(|document| document.record.checksum.clone());
        let completing = std::mem::take(&mut self.databases).into_iter().zip(checksums);
        let threads: Vec<_> =
            completing.map(|(database, checksum)| database.complete(Some(checksum))).collect();
        // All are waited for before one that failed is told of.
        let ended: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        finished.extend(ended.into_iter().collect::<Result<Vec<_>, _>>()?);
        Ok(finished)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        let threads: Vec<_> = self.databases.drain(..).map(|database| database.complete(None)).collect();
        for thread in threads {
            // Each says that it has no document; why is said by what stopped the index.
            thread.join().map(drop).unwrap_or_default();
        }
    }
}
