//! A repository's metadata, read back with every checksum that repomd.xml gives.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    CompletePackages, Directory, Package, PackageChangelog, PackageFiles, Record, RepodataError, Repomd,
    Storage,
    ahead::Ahead,
    content::{BLOCK, Content},
    read_xml::{self, repomd_from},
    storage::is_inside,
    xml::Xml,
};

/// Bytes of a document that is held as a whole. The updateinfo of a distribution has some ten megabytes.
const SMALL: usize = 256 * 1024 * 1024;

/// A repository, wherever it is, and its repomd.xml. Its documents are parsed as they come, and none is ever held as
/// a whole.
#[derive(Clone, Debug)]
pub struct Repository {
    storage: Arc<dyn Storage>,
    repomd: Repomd,
}

impl Repository {
    /// Reads `root/repodata/repomd.xml`.
    ///
    /// # Errors
    /// When it can not be read or understood.
    pub fn open(root: &Utf8Path) -> Result<Self, RepodataError> {
        Self::open_in(Arc::new(Directory::new(root)))
    }

    /// Reads `repodata/repomd.xml` of a repository elsewhere.
    ///
    /// # Errors
    /// When it can not be read or understood.
    pub fn open_in(storage: Arc<dyn Storage>) -> Result<Self, RepodataError> {
        let href = Utf8Path::new("repodata/repomd.xml");
        let repomd = repomd_from(&storage.root().join(href), storage.open(href)?)?;
        Ok(Self { storage, repomd })
    }

    /// Its directory or URL.
    pub fn root(&self) -> &Utf8Path {
        self.storage.root()
    }

    /// The list of documents.
    pub const fn repomd(&self) -> &Repomd {
        &self.repomd
    }

    /// Where a document or package lies, as a path or URL. Nothing outside the repository is ever named.
    ///
    /// # Errors
    /// When the href would lead outside.
    pub fn path_of(&self, href: &str) -> Result<Utf8PathBuf, RepodataError> {
        if is_inside(href) {
            return Ok(self.root().join(href));
        }
        let href: String = href.chars().take(200).collect();
        let what = format!("href leads outside: `{href}`");
        Err(RepodataError::Content { path: self.root().to_owned(), what })
    }

    /// Where clients look for a package: below its own `xml:base`, where it has one, or below the repository, put together
    /// as they do it. It may lead anywhere (pools stand beside their repositories): only to be shown, never to be opened.
    pub fn location_of(&self, package: &Package) -> Utf8PathBuf {
        let base = package.base.as_deref().filter(|base| !base.is_empty()).unwrap_or(self.root().as_str());
        format!("{}/{}", base.trim_end_matches('/'), package.href).into()
    }

    /// The packages of primary.xml, one by one. The last item is an error when the document is not the one that
    /// repomd.xml lists, so nothing may be believed before the end is reached.
    ///
    /// # Errors
    /// When the document is not listed or can not be opened.
    pub fn packages(&self) -> Result<Packages, RepodataError> {
        self.document("primary", "metadata").map(Packages)
    }

    /// The packages of filelists.xml, as [`packages`](Self::packages).
    ///
    /// # Errors
    /// When the document is not listed or can not be opened.
    pub fn file_lists(&self) -> Result<FileLists, RepodataError> {
        self.document("filelists", "filelists").map(FileLists)
    }

    /// The packages of other.xml, as [`packages`](Self::packages).
    ///
    /// # Errors
    /// When the document is not listed or can not be opened.
    pub fn changelogs(&self) -> Result<Changelogs, RepodataError> {
        self.document("other", "otherdata").map(Changelogs)
    }

    /// The packages with their whole file lists and changelogs, in the order of primary.xml, one by one. As many of
    /// the others are held as stand in another order there.
    ///
    /// # Errors
    /// When a document is not listed or can not be opened; and an item is one when a document is not the one that
    /// repomd.xml lists, or lacks a package of primary.xml.
    pub fn complete_packages(&self) -> Result<CompletePackages<'_>, RepodataError> {
        CompletePackages::new(self)
    }

    /// [`complete_packages`](Self::complete_packages) in memory.
    ///
    /// # Errors
    /// When one of them is an error.
    pub fn complete(&self) -> Result<Vec<Package>, RepodataError> {
        self.complete_packages()?.collect()
    }

    /// Checks that every listed document is there and has the size and digests that repomd.xml gives. Of zchunk files
    /// what is in them is left alone.
    ///
    /// # Errors
    /// The first document that differs.
    pub fn verify_documents(&self) -> Result<(), RepodataError> {
        self.repomd.records.iter().try_for_each(|record| self.content(record)?.finish())
    }

    /// The whole content of a small document, such as the groups; `None` where there is none of the kind.
    ///
    /// # Errors
    /// When it can not be read, is not the one that repomd.xml lists, or is larger than any real one.
    pub fn document_bytes(&self, kind: &str) -> Result<Option<Vec<u8>>, RepodataError> {
        let Some(record) = self.repomd.record(kind) else { return Ok(None) };
        let path = self.path_of(&record.location)?;
        let mut content = Content::new(&path, record, self.storage.open(Utf8Path::new(&record.location))?)?;
        let (mut bytes, mut block) = (Vec::new(), vec![0; BLOCK]);
        loop {
            let length = content.next(&mut block)?;
            if length == 0 {
                content.verify()?;
                return Ok(Some(bytes));
            }
            bytes.extend_from_slice(&block[..length]);
            if bytes.len() > SMALL {
                return Err(RepodataError::Content { path, what: format!("more than {SMALL} bytes") });
            }
        }
    }

    fn content(&self, record: &Record) -> Result<Content, RepodataError> {
        let path = self.path_of(&record.location)?;
        let bytes = self.storage.open(Utf8Path::new(&record.location))?;
        let only_closed = record.open_checksum.is_none() && record.open_size.is_none();
        if only_closed || record.kind.ends_with("_zck") {
            return Content::as_it_lies(&path, record, bytes);
        }
        Content::new(&path, record, bytes)
    }

    fn document(&self, kind: &str, root: &str) -> Result<Stream, RepodataError> {
        let missing = || RepodataError::Content {
            path: self.root().join("repodata/repomd.xml"),
            what: format!("no `{kind}` is listed"),
        };
        let record = self.repomd.record(kind).ok_or_else(missing)?;
        let path = self.path_of(&record.location)?;
        let bytes = self.storage.open(Utf8Path::new(&record.location))?;
        let mut stream =
            Stream { xml: Xml::new(&path, Ahead::start(Content::new(&path, record, bytes)?)?), ended: false };
        match stream.xml.root(root) {
            Ok(()) => Ok(stream),
            Err(error) => Err(stream.xml.get_mut().reason(error)),
        }
    }
}

/// A document whose packages are read one by one.
struct Stream {
    xml: Xml<Ahead>,
    ended: bool,
}

impl Stream {
    fn next<T>(
        &mut self,
        read: impl FnOnce(&mut Xml<Ahead>) -> Result<Option<T>, RepodataError>,
    ) -> Option<Result<T, RepodataError>> {
        if self.ended {
            return None;
        }
        let item = match read(&mut self.xml) {
            Ok(Some(item)) => return Some(Ok(item)),
            Ok(None) => self.finish().err(),
            Err(error) => Some(self.xml.get_mut().reason(error)),
        };
        self.ended = true;
        item.map(Err)
    }

    fn finish(&mut self) -> Result<(), RepodataError> {
        match self.xml.get_mut().finish() {
            Ok(()) => Ok(()),
            Err(error) => Err(self.xml.get_mut().take_failure().unwrap_or_else(|| self.xml.failed(error))),
        }
    }
}

macro_rules! stream {
    ($(#[$documentation:meta])+ $name:ident, $item:ty, $read:path) => {
        $(#[$documentation])+
        pub struct $name(Stream);

        impl Iterator for $name {
            type Item = Result<$item, RepodataError>;

            fn next(&mut self) -> Option<Self::Item> {
                self.0.next($read)
            }
        }
    };
}

stream!(
    /// The packages of primary.xml; see [`Repository::packages`].
    Packages, Package, read_xml::primary
);
stream!(
    /// The packages of filelists.xml; see [`Repository::file_lists`].
    FileLists, PackageFiles, read_xml::filelists
);
stream!(
    /// The packages of other.xml; see [`Repository::changelogs`].
    Changelogs, PackageChangelog, read_xml::other
);
