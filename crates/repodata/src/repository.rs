//! A repository's metadata, read back with every checksum that repomd.xml gives.

use std::io::{self, BufRead, BufReader, Read};

use camino::{Utf8Path, Utf8PathBuf};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::{
    Package, PackageChangelog, PackageFiles, Record, RepodataError, Repomd,
    read_xml::{self, Xml, read_repomd},
};

/// A repository on disk and its repomd.xml.
#[derive(Clone, Debug)]
pub struct Repository {
    root: Utf8PathBuf,
    repomd: Repomd,
}

impl Repository {
    /// Reads `root/repodata/repomd.xml`.
    ///
    /// # Errors
    /// When it can not be read or understood.
    pub fn open(root: &Utf8Path) -> Result<Self, RepodataError> {
        let repomd = read_repomd(&root.join("repodata/repomd.xml"))?;
        Ok(Self { root: root.to_owned(), repomd })
    }

    /// The list of documents.
    pub const fn repomd(&self) -> &Repomd {
        &self.repomd
    }

    /// Where a document or package lies. Nothing outside the repository is ever named.
    ///
    /// # Errors
    /// When the href would lead outside.
    pub fn path_of(&self, href: &str) -> Result<Utf8PathBuf, RepodataError> {
        let outside = || RepodataError::Content {
            path: self.root.clone(),
            what: format!("href leads outside: `{href}`"),
        };
        let inside =
            Utf8Path::new(href).components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
        if inside && !href.is_empty() { Ok(self.root.join(href)) } else { Err(outside()) }
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

    /// The packages with their whole file lists and changelogs, in the order of primary.xml, in memory.
    ///
    /// # Errors
    /// When a document can not be read, is not the one that repomd.xml lists, or describes other packages than
    /// primary.xml.
    pub fn complete(&self) -> Result<Vec<Package>, RepodataError> {
        let mut packages = self.packages()?.collect::<Result<Vec<Package>, _>>()?;
        let mut files: std::collections::HashMap<String, PackageFiles> = self
            .file_lists()?
            .map(|listed| listed.map(|listed| (listed.pkgid.clone(), listed)))
            .collect::<Result<_, _>>()?;
        let mut changelogs: std::collections::HashMap<String, PackageChangelog> = self
            .changelogs()?
            .map(|listed| listed.map(|listed| (listed.pkgid.clone(), listed)))
            .collect::<Result<_, _>>()?;
        for package in &mut packages {
            let missing = |document: &str| RepodataError::Content {
                path: self.root.clone(),
                what: format!("`{}` is not in {document}", package.nevra),
            };
            package.files = files.remove(&package.checksum.value).ok_or_else(|| missing("filelists"))?.files;
            package.changelog =
                changelogs.remove(&package.checksum.value).ok_or_else(|| missing("other"))?.changelog;
        }
        Ok(packages)
    }

    /// Checks that every listed document is there and has the size and digests that repomd.xml gives.
    ///
    /// # Errors
    /// The first document that differs.
    pub fn verify_documents(&self) -> Result<(), RepodataError> {
        for record in &self.repomd.records {
            let mut document = self.open_document(record)?;
            io::copy(&mut document, &mut io::sink()).map_err(RepodataError::files("read", &document.path))?;
            document.verify(record)?;
        }
        Ok(())
    }

    fn open_document(&self, record: &Record) -> Result<Opened, RepodataError> {
        Opened::new(self.path_of(&record.location)?, record)
    }

    fn document(&self, kind: &str, root: &str) -> Result<Stream, RepodataError> {
        let missing = || RepodataError::Content {
            path: self.root.join("repodata/repomd.xml"),
            what: format!("no `{kind}` is listed"),
        };
        let record = self.repomd.record(kind).ok_or_else(missing)?.clone();
        let opened = self.open_document(&record)?;
        let path = opened.path.clone();
        let mut xml = Xml::new(&path, BufReader::with_capacity(64 * 1024, opened));
        xml.root(root)?;
        Ok(Stream { xml, record, ended: false })
    }
}

/// Hashes and counts what is read through it.
struct Hashing<R> {
    inner: R,
    hasher: Sha256,
    total: u64,
}

impl<R: Read> Hashing<R> {
    fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new(), total: 0 }
    }

    fn digest(&self) -> Sha256Digest {
        Sha256Digest::from_bytes(self.hasher.clone().finalize().into())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(out)?;
        self.hasher.update(&out[..length]);
        self.total += length as u64;
        Ok(length)
    }
}

/// The bytes of a file, decompressed where need be, hashed on both sides.
struct Opened {
    path: Utf8PathBuf,
    content: Content,
    /// More bytes than repomd.xml announces are not read: they could be without end.
    limit: u64,
}

enum Content {
    Plain(Box<Hashing<BufReader<fs_err::File>>>),
    Gzip(Box<Hashing<MultiGzDecoder<Hashing<BufReader<fs_err::File>>>>>),
}

impl Opened {
    fn new(path: Utf8PathBuf, record: &Record) -> Result<Self, RepodataError> {
        let file = fs_err::File::open(&path).map_err(RepodataError::files("read", &path))?;
        let hashing = Hashing::new(BufReader::with_capacity(64 * 1024, file));
        let content = match path.extension() {
            Some("gz") => Content::Gzip(Box::new(Hashing::new(MultiGzDecoder::new(hashing)))),
            Some("xml" | "sqlite" | "yaml") | None => Content::Plain(Box::new(hashing)),
            Some(other) => {
                let what = format!("compression `{other}`");
                return Err(RepodataError::Unsupported { path, what });
            }
        };
        let limit = record.open_size.or(record.size).unwrap_or(u64::MAX);
        Ok(Self { path, content, limit })
    }

    /// Compares with repomd.xml, after everything was read.
    fn verify(&self, record: &Record) -> Result<(), RepodataError> {
        let (closed, open) = match &self.content {
            Content::Plain(plain) => ((plain.digest(), plain.total), (plain.digest(), plain.total)),
            Content::Gzip(gzip) => {
                let inner = gzip.inner.get_ref();
                ((inner.digest(), inner.total), (gzip.digest(), gzip.total))
            }
        };
        let checks = [
            ("size", record.size.map(|size| size.to_string()), closed.1.to_string()),
            ("open size", record.open_size.map(|size| size.to_string()), open.1.to_string()),
            ("sha256", Some(self.expected(&record.checksum)?), closed.0.to_string()),
            (
                "open sha256",
                record.open_checksum.as_ref().map(|checksum| self.expected(checksum)).transpose()?,
                open.0.to_string(),
            ),
        ];
        for (what, expected, found) in checks {
            if let Some(expected) = expected
                && expected != found
            {
                return Err(RepodataError::Mismatch { path: self.path.clone(), what, expected, found });
            }
        }
        Ok(())
    }

    fn expected(&self, checksum: &crate::Checksum) -> Result<String, RepodataError> {
        checksum.as_sha256().map(|digest| digest.to_string()).ok_or_else(|| RepodataError::Unsupported {
            path: self.path.clone(),
            what: format!("checksum `{}`", checksum.kind),
        })
    }
}

impl Read for Opened {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let (length, total) = match &mut self.content {
            Content::Plain(plain) => (plain.read(out)?, plain.total),
            Content::Gzip(gzip) => (gzip.read(out)?, gzip.total),
        };
        if total > self.limit {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "more bytes than repomd.xml announces"));
        }
        Ok(length)
    }
}

/// A document whose packages are read one by one.
struct Stream {
    xml: Xml<BufReader<Opened>>,
    record: Record,
    ended: bool,
}

impl Stream {
    fn next<T>(
        &mut self,
        read: impl FnOnce(&mut Xml<BufReader<Opened>>) -> Result<Option<T>, RepodataError>,
    ) -> Option<Result<T, RepodataError>> {
        if self.ended {
            return None;
        }
        let item = match read(&mut self.xml) {
            Ok(Some(item)) => return Some(Ok(item)),
            Ok(None) => self.finish().err(),
            Err(error) => Some(error),
        };
        self.ended = true;
        item.map(Err)
    }

    fn finish(&mut self) -> Result<(), RepodataError> {
        let buffered = self.xml.get_mut();
        let path = buffered.get_ref().path.clone();
        loop {
            let length = buffered.fill_buf().map_err(RepodataError::files("read", &path))?.len();
            if length == 0 {
                return buffered.get_ref().verify(&self.record);
            }
            buffered.consume(length);
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
