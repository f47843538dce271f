//! One metadata document on its way to disk: compressed and hashed as it is written.
//!
//! No compression puts a name or a time into the file, so equal content gives equal bytes.

use std::{
    io::{self, Read as _, Write},
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    Checksum, ChecksumKind, Compression, MetadataNames, RepodataError,
    additional::two_of_a_name,
    blocks::{BlockPlace, Blocks, Identity, KnownBlocks, Pool},
    checksum::Hasher,
    repomd::Record,
    seed::Seed,
};

/// Pieces that wait for a compression which can not be done in parts.
const PENDING: usize = 8;

/// What all documents of one index have in common.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) directory: Utf8PathBuf,
    pub(crate) pool: Pool,
    pub(crate) checksum: ChecksumKind,
    pub(crate) names: MetadataNames,
    pub(crate) timestamp: u64,
    /// For keys of blocks, where they are remembered for the next index.
    pub(crate) seed: Option<Seed>,
}

/// A finished document: what repomd.xml says of it, and where its blocks are.
pub(crate) struct Finished {
    pub(crate) record: Record,
    pub(crate) places: Vec<BlockPlace>,
}

/// The compressed side: a file, and its digest.
struct Out {
    file: io::BufWriter<fs_err::File>,
    hasher: Hasher,
    size: u64,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// How content becomes bytes of the file.
enum Sink {
    Plain(Out),
    Gzip(Box<Blocks>, Out),
    /// A compression that goes through the content in one go, on a thread of its own.
    Stream(SyncSender<Vec<u8>>, JoinHandle<io::Result<Out>>),
}

impl Sink {
    fn stream<W: Write + Send + 'static>(
        mut encoder: W,
        finish: impl FnOnce(W) -> io::Result<Out> + Send + 'static,
    ) -> Self {
        let (sender, receiver) = sync_channel::<Vec<u8>>(PENDING);
        let thread = std::thread::spawn(move || {
            for piece in receiver {
                encoder.write_all(&piece)?;
            }
            finish(encoder)
        });
        Self::Stream(sender, thread)
    }
}

/// A document that is being written, under a name of its content in the end.
pub(crate) struct Document {
    desk: Desk,
    kind: String,
    file_name: String,
    compression: Compression,
    temporary: Utf8PathBuf,
    open: Hasher,
    open_size: u64,
    sink: Sink,
}

impl Document {
    /// `kind` as repomd.xml names it, `file_name` without the digest before it and what the compression adds.
    pub(crate) fn create(
        desk: &Desk,
        kind: &str,
        file_name: &str,
        compression: Compression,
        known: Option<Arc<KnownBlocks>>,
    ) -> Result<Self, RepodataError> {
        let temporary = desk.directory.join(format!("{kind}.part"));
        // One of the same name that was given up may still have a thread that writes to its file.
        fs_err::remove_file(&temporary).unwrap_or_default();
        let fail = RepodataError::files("write", &temporary);
        let file = fs_err::File::create_new(&temporary).map_err(fail)?;
        let file = io::BufWriter::with_capacity(64 * 1024, file);
        let out = Out { file, hasher: Hasher::new(desk.checksum), size: 0 };
        let sink = match compression {
            Compression::None => Sink::Plain(out),
            Compression::Gzip => {
                Sink::Gzip(Box::new(Blocks::new(kind, desk.pool.clone(), desk.seed, known)), out)
            }
            Compression::Bzip2 => {
                let encoder = bzip2::write::BzEncoder::new(out, bzip2::Compression::best());
                Sink::stream(encoder, bzip2::write::BzEncoder::finish)
            }
            Compression::Xz => {
                // The level of createrepo_c; a higher one costs several times as much for some percent.
                let encoder = liblzma::write::XzEncoder::new(out, 5);
                Sink::stream(encoder, liblzma::write::XzEncoder::finish)
            }
        };
        let open = Hasher::new(desk.checksum);
        let (kind, file_name) = (kind.to_owned(), file_name.to_owned());
        Ok(Self { desk: desk.clone(), kind, file_name, compression, temporary, open, open_size: 0, sink })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), RepodataError> {
        self.write_piece(bytes, None)
    }

    /// As [`write`](Self::write), of a piece whose identity may be known.
    pub(crate) fn write_piece(
        &mut self,
        bytes: &[u8],
        identity: Option<&Identity>,
    ) -> Result<(), RepodataError> {
        self.open.update(bytes);
        self.open_size += bytes.len() as u64;
        let written = match &mut self.sink {
            Sink::Plain(out) => out.write_all(bytes),
            Sink::Gzip(blocks, out) => blocks.write(bytes, identity, &mut |bytes| out.write_all(bytes)),
            // Why the thread ended is heard when it is joined.
            Sink::Stream(sender, _) => {
                sender.send(bytes.to_vec()).unwrap_or_default();
                Ok(())
            }
        };
        written.map_err(RepodataError::files("write", &self.temporary))
    }

    /// Between two packages or pages: what is written here together changes together. `content` stands for what was
    /// written last.
    pub(crate) fn boundary(&mut self, content: u32) -> Result<(), RepodataError> {
        match &mut self.sink {
            Sink::Gzip(blocks, out) => blocks
                .boundary(content, &mut |bytes| out.write_all(bytes))
                .map_err(RepodataError::files("write", &self.temporary)),
            Sink::Plain(_) | Sink::Stream(..) => Ok(()),
        }
    }

    /// Writes all of a file, piece by piece as `write` does it.
    pub(crate) fn write_file(
        &mut self,
        path: &Utf8Path,
        mut write: impl FnMut(&mut Self, &[u8]) -> Result<(), RepodataError>,
    ) -> Result<(), RepodataError> {
        let fail = |source| RepodataError::files("read", path)(source);
        let mut file = fs_err::File::open(path).map_err(fail)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            // Whole buffers, so that pieces do not depend on how the system reads.
            let mut filled = 0;
            while filled < buffer.len() {
                match file.read(&mut buffer[filled..]) {
                    Ok(0) => break,
                    Ok(length) => filled += length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(fail(error)),
                }
            }
            if filled == 0 {
                return Ok(());
            }
            write(self, &buffer[..filled])?;
        }
    }

    /// Completes the file and says what repomd.xml has to say about it.
    pub(crate) fn finish(self) -> Result<Finished, RepodataError> {
        let Self { desk, kind, file_name, compression, temporary, open, open_size, sink } = self;
        let fail = |source| RepodataError::files("write", &temporary)(source);
        let (out, places) = match sink {
            Sink::Plain(out) => (out, Vec::new()),
            Sink::Gzip(blocks, mut out) => {
                let places = blocks.finish(&mut |bytes| out.write_all(bytes)).map_err(fail)?;
                (out, places)
            }
            Sink::Stream(sender, thread) => {
                drop(sender);
                let ended = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                (ended.map_err(fail)?, Vec::new())
            }
        };
        let file = out.file.into_inner().map_err(|error| fail(error.into_error()))?;
        file.sync_all().map_err(fail)?;
        let checksum = out.hasher.finish();
        let name = desk.names.of(&checksum, &format!("{file_name}{}", compression.suffix()));
        let path = desk.directory.join(&name);
        if desk.names == MetadataNames::Simple && path.exists() {
            return Err(two_of_a_name(&path));
        }
        fs_err::rename(&temporary, &path).map_err(RepodataError::files("write", &path))?;
        let is_open = compression == Compression::None;
        let record = Record {
            kind,
            checksum,
            open_checksum: (!is_open).then(|| open.finish()),
            header_checksum: None,
            location: format!("repodata/{name}"),
            timestamp: desk.timestamp,
            size: Some(out.size),
            open_size: (!is_open).then_some(open_size),
            header_size: None,
            database_version: None,
        };
        Ok(Finished { record, places })
    }
}

/// What a file is called: by its content, so that caches and readers of the metadata before are never misled, or always the
/// same.
impl MetadataNames {
    fn of(self, checksum: &Checksum, name: &str) -> String {
        match self {
            Self::Unique => format!("{}-{name}", checksum.value),
            Self::Simple => name.to_owned(),
        }
    }
}

/// Writes a file by way of a temporary one beside it, down to the disk.
pub(crate) fn write_synced(path: &Utf8Path, bytes: &[u8]) -> Result<(), RepodataError> {
    let temporary = Utf8PathBuf::from(format!("{path}.part"));
    let fail = |source| RepodataError::files("write", path)(source);
    let mut file = fs_err::File::create(&temporary).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    fs_err::rename(&temporary, path).map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that leaves packages out drops its documents and writes others under the same names. Once, the thread that still
    /// compressed the first one wrote into the second.
    #[test]
    fn a_document_that_is_given_up_leaves_the_next_one_alone() {
        let directory = tempfile::tempdir().unwrap();
        let desk = Desk {
            directory: Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap(),
            pool: Pool::new(1).unwrap(),
            checksum: ChecksumKind::Sha256,
            names: MetadataNames::Simple,
            timestamp: 0,
            seed: None,
        };
        let create = || Document::create(&desk, "primary", "primary.xml", Compression::Bzip2, None).unwrap();
        let mut given_up = create();
        let noise: Vec<u8> =
            (0..1_000_000_u32).map(|number| number.wrapping_mul(0x9e37_79b9).to_be_bytes()[0]).collect();
        given_up.write(&noise).unwrap();
        // As it is dropped, but for the thread, which is waited for below.
        let Document { sink: Sink::Stream(sender, thread), .. } = given_up else { panic!("no thread") };
        drop(sender);
        let mut document = create();
        document.write(b"<metadata/>").unwrap();
        let Record { checksum, size, .. } = document.finish().unwrap().record;
        // The thread ends when the pieces that it has got are compressed, and then its file is written out.
        drop(thread.join().unwrap().unwrap());
        let bytes = fs_err::read(desk.directory.join("primary.xml.bz2")).unwrap();
        assert_eq!(Some(bytes.len() as u64), size);
        assert_eq!(Hasher::of(ChecksumKind::Sha256, &bytes), checksum);
    }
}
