//! Packages that were read from metadata, written as metadata again.
//!
//! This is the one place where what reads meets what writes: packages go in one by one, and what repomd.xml has to say
//! of the documents comes out.

use camino::Utf8Path;

use crate::{Package, Record, RepodataError, document::Document, write_xml::Fragments};

/// Kind, root element and namespaces of each document, in the order of [`Fragments`].
const DOCUMENTS: [(&str, &str, &str, &str); 3] = [
    (
        "primary",
        "primary.xml",
        "metadata",
        "xmlns=\"http://linux.duke.edu/metadata/common\" xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\"",
    ),
    ("filelists", "filelists.xml", "filelists", "xmlns=\"http://linux.duke.edu/metadata/filelists\""),
    ("other", "other.xml", "otherdata", "xmlns=\"http://linux.duke.edu/metadata/other\""),
];

/// Writes primary, filelists and other into `directory`. Their heads say how many packages follow, so `count` must be
/// known; `revision` is the time of all documents.
pub(crate) fn write_packages(
    directory: &Utf8Path,
    revision: u64,
    count: usize,
    packages: impl Iterator<Item = Result<Package, RepodataError>>,
) -> Result<Vec<Record>, RepodataError> {
    let mut documents = Vec::new();
    for (kind, file_name, element, namespaces) in DOCUMENTS {
        let mut document = Document::create(directory, kind, file_name)?;
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{element} {namespaces} packages=\"{count}\">\n"
        );
        document.write(head.as_bytes())?;
        documents.push(document);
    }
    let mut written = 0;
    for package in packages {
        let package = package?;
        let mut fragments = Fragments::begin(&package);
        package.files.iter().for_each(|file| fragments.file(file));
        let Fragments { primary, filelists, other } = fragments.end();
        for (document, text) in documents.iter_mut().zip([primary, filelists, other]) {
            document.write(text.as_bytes())?;
        }
        written += 1;
    }
    if written != count {
        let what =
            format!("{written} packages where {count} were announced: a repository changed meanwhile,");
        return Err(RepodataError::Content { path: directory.to_owned(), what });
    }
    documents
        .into_iter()
        .zip(DOCUMENTS)
        .map(|(mut document, (_, _, element, _))| {
            document.write(format!("</{element}>\n").as_bytes())?;
            document.finish(revision)
        })
        .collect()
}
