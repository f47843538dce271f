//! Packages that were read from metadata, written as metadata again.
//!
//! This is the one place where what reads meets what writes: packages go in one by one, and what repomd.xml has to say
//! of the documents comes out.

use std::sync::Arc;

use camino::Utf8Path;

use crate::{
    Compression, Package, Record, RepodataError,
    database::{DatabaseThread, Described, Kind},
    document::{Desk, Document, Finished},
    files::FileTable,
    run::{FRAMES, Frame, abandon, boundary},
    text,
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

/// Writes primary, filelists and other, and their databases where they are asked for. The heads of documents say how
/// many packages follow, so `count` must be known.
pub(crate) fn write_packages(
    desk: &Desk,
    format: Format,
    count: usize,
    packages: impl Iterator<Item = Result<Package, RepodataError>>,
) -> Result<Vec<Record>, RepodataError> {
    let mut documents = begin(desk, format.compression, count)?;
    let start = |compression| Kind::ALL.map(|kind| DatabaseThread::start(desk, kind, compression, None));
    let databases: Vec<DatabaseThread> = format.database.into_iter().flat_map(start).collect();
    let sent = send(&mut documents, &databases, packages).and_then(|written| {
        if written == count {
            return finish(documents);
        }
        let what =
            format!("{written} packages where {count} were announced: a repository changed meanwhile,");
        let path = desk.directory.parent().unwrap_or(&desk.directory).to_owned();
        Err(RepodataError::Content { path, what })
    });
    let mut finished = match sent {
        Ok(finished) => finished,
        Err(error) => {
            abandon(databases);
            return Err(error);
        }
    };
    let checksums = finished.iter().map(|document| document.record.checksum.clone());
    let completing = databases.into_iter().zip(checksums);
    let threads: Vec<_> = completing.map(|(database, checksum)| database.complete(Some(checksum))).collect();
    // All are waited for, so that nothing writes to a directory that is being removed.
    let ended: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        .collect();
    finished.extend(ended.into_iter().collect::<Result<Vec<_>, _>>()?);
    Ok(finished.into_iter().map(|document| document.record).collect())
}

fn begin(desk: &Desk, compression: Compression, count: usize) -> Result<Vec<Document>, RepodataError> {
    let begin = |frame: &Frame| {
        let mut document = Document::create(desk, frame.kind, frame.file_name, compression, None)?;
        document.write(frame.head(count).as_bytes())?;
        Ok(document)
    };
    FRAMES.iter().map(begin).collect()
}

/// Tells how many there were.
fn send(
    documents: &mut [Document],
    databases: &[DatabaseThread],
    packages: impl Iterator<Item = Result<Package, RepodataError>>,
) -> Result<usize, RepodataError> {
    let mut written = 0;
    for package in packages {
        let mut package = package?;
        let mut files = FileTable::default();
        for file in std::mem::take(&mut package.files) {
            files.path(&file.path, file.kind);
        }
        let fragments = Fragments::of(&package, &files);
        demand_sound(&package, &fragments)?;
        let content = boundary(&package);
        let parts = [&fragments.primary, &fragments.filelists, &fragments.other];
        for (document, part) in documents.iter_mut().zip(parts) {
            document.write(part.as_bytes())?;
            document.boundary(content)?;
        }
        let described: Described = Arc::new((package, files));
        for database in databases {
            database.send(&described);
        }
        written += 1;
    }
    Ok(written)
}

/// What others wrote may hold what a header that was read here can not.
fn demand_sound(package: &Package, fragments: &Fragments) -> Result<(), RepodataError> {
    let place = || Utf8Path::new(package.base.as_deref().unwrap_or_default()).join(&package.href);
    let wrong = |what: String| Err(RepodataError::Content { path: place(), what });
    let nevra = &package.nevra;
    if !package.checksum.value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return wrong(format!("the checksum of `{nevra}` is no number"));
    }
    let parts = [&fragments.primary, &fragments.filelists, &fragments.other];
    if parts.into_iter().all(|part| text::is_clean(part)) {
        return Ok(());
    }
    wrong(format!("`{}` has a character that XML forbids", nevra.to_string().escape_debug()))
}

fn finish(documents: Vec<Document>) -> Result<Vec<Finished>, RepodataError> {
    let finish = |(mut document, frame): (Document, &Frame)| {
        document.write(frame.tail().as_bytes())?;
        document.finish()
    };
    documents.into_iter().zip(&FRAMES).map(finish).collect()
}
