//! What earlier indexes learned, so that an index reads only what is new.
//!
//! One file holds every package as [`encode`](crate::encode) writes it, followed by a table: which file each came from
//! (path, size, modification time and inode), where the compressed blocks of the documents are, and what metadata came of
//! all of it. It is trusted as far as those go (as createrepo_c's `--update` does), its own bytes are checked, and a
//! cache that is missing, damaged or of another version of the program is no error: everything is read again.

use std::{
    collections::HashMap,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    blocks::{BlockPlace, crc},
    encode::{Input, push_count, push_number, push_text},
    reader::Stamp,
};

/// Changes with the program, because another version may describe packages by other rules.
const MAGIC: &[u8] =
    concat!("xen4centos index cache 2, program ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// Where the table stands, how long it is, its CRC.
const TRAILER: usize = 8 + 8 + 4;

/// A file that was indexed, and where its package is in the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    offset: u64,
    length: u32,
    crc: u32,
}

/// The blocks of one document, and the file of the metadata directory that has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DocumentBlocks {
    pub(crate) kind: String,
    pub(crate) file_name: String,
    pub(crate) places: Vec<BlockPlace>,
}

/// The metadata that the packages of a cache came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Of the settings that describe packages: what was described by others is of no use.
    pub(crate) rules: String,
    /// Of all settings and files but packages that metadata follows from.
    pub(crate) settings: String,
    /// Digest of repomd.xml.
    pub(crate) repomd: String,
    pub(crate) documents: Vec<DocumentBlocks>,
}

/// The cache of an earlier index, for reading.
pub(crate) struct Cache {
    file: fs_err::File,
    entries: HashMap<Box<str>, Entry>,
    pub(crate) state: State,
}

impl Cache {
    pub(crate) fn open(path: &Utf8Path) -> Option<Self> {
        read(path).ok().flatten()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// The bytes of a package.
    pub(crate) fn record(&self, entry: &Entry) -> Option<Vec<u8>> {
        let mut bytes = vec![0; entry.length as usize];
        self.file.file().read_exact_at(&mut bytes, entry.offset).ok()?;
        (crc(&bytes).sum() == entry.crc).then_some(bytes)
    }
}

fn read(path: &Utf8Path) -> io::Result<Option<Cache>> {
    let mut file = fs_err::File::open(path)?;
    let length = file.metadata()?.len();
    let mut magic = vec![0; MAGIC.len()];
    file.read_exact(&mut magic)?;
    if magic != MAGIC || length < (MAGIC.len() + TRAILER) as u64 {
        return Ok(None);
    }
    let end = length - TRAILER as u64;
    let mut trailer = [0; TRAILER];
    file.file().read_exact_at(&mut trailer, end)?;
    let mut input = Input(&trailer);
    let (Some(start), Some(size), Some(expected)) = (input.number(), input.number(), input.count()) else {
        return Ok(None);
    };
    if start.checked_add(size) != Some(end) {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut table = Vec::new();
    Read::by_ref(&mut file).take(size).read_to_end(&mut table)?;
    if crc(&table).sum() != expected {
        return Ok(None);
    }
    Ok(parse(&table, start).map(|(entries, state)| Cache { file, entries, state }))
}

/// `None` where the table can not be true.
fn parse(table: &[u8], end: u64) -> Option<(HashMap<Box<str>, Entry>, State)> {
    let mut input = Input(table);
    let [rules, settings, repomd] = input.texts()?;
    let documents = (0..input.count()?).map(|_| document(&mut input)).collect::<Option<_>>()?;
    let count = input.count()? as usize;
    let mut entries = HashMap::with_capacity(count.min(table.len() / 64));
    for _ in 0..count {
        let path = input.str()?;
        let stamp = Stamp {
            size: input.number()?,
            modified: (input.number()?.cast_signed(), input.number()?.cast_signed()),
            inode: input.number()?,
        };
        let entry = Entry { stamp, offset: input.number()?, length: input.count()?, crc: input.count()? };
        if entry.offset.checked_add(u64::from(entry.length))? > end {
            return None;
        }
        entries.insert(path.into(), entry);
    }
    Some((entries, State { rules, settings, repomd, documents }))
}

fn document(input: &mut Input<'_>) -> Option<DocumentBlocks> {
    let [kind, file_name] = input.texts()?;
    let place = |input: &mut Input<'_>| {
        Some(BlockPlace {
            key: input.take(16)?.try_into().ok()?,
            offset: input.number()?,
            length: input.count()?,
            crc: input.count()?,
        })
    };
    let places = (0..input.count()?).map(|_| place(input)).collect::<Option<_>>()?;
    Some(DocumentBlocks { kind, file_name, places })
}

/// The cache that the next index will read. It is a convenience: when it can not be written, there is none.
pub(crate) struct CacheWriter {
    path: Utf8PathBuf,
    temporary: Utf8PathBuf,
    out: BufWriter<fs_err::File>,
    offset: u64,
    entries: Vec<u8>,
    count: usize,
    failed: bool,
}

impl CacheWriter {
    pub(crate) fn create(path: &Utf8Path) -> Option<Self> {
        let temporary = Utf8PathBuf::from(format!("{path}.part"));
        let file = fs_err::File::create(&temporary).ok()?;
        let mut out = BufWriter::with_capacity(128 * 1024, file);
        out.write_all(MAGIC).ok()?;
        let (offset, entries) = (MAGIC.len() as u64, Vec::new());
        Some(Self { path: path.to_owned(), temporary, out, offset, entries, count: 0, failed: false })
    }

    /// Adds the package of a file.
    pub(crate) fn add(&mut self, key: &str, stamp: &Stamp, record: &[u8]) {
        self.failed |= self.out.write_all(record).is_err();
        push_text(&mut self.entries, key);
        let (seconds, nanoseconds) = stamp.modified;
        for number in
            [stamp.size, seconds.cast_unsigned(), nanoseconds.cast_unsigned(), stamp.inode, self.offset]
        {
            push_number(&mut self.entries, number);
        }
        push_count(&mut self.entries, record.len());
        self.entries.extend(crc(record).sum().to_le_bytes());
        self.offset += record.len() as u64;
        self.count += 1;
    }

    /// Replaces the old cache.
    pub(crate) fn commit(mut self, state: &State) {
        if !self.failed {
            // Without it the next index reads everything again.
            self.finish(state).unwrap_or_default();
        }
    }

    fn finish(&mut self, state: &State) -> io::Result<()> {
        let mut head = Vec::new();
        for text in [&state.rules, &state.settings, &state.repomd] {
            push_text(&mut head, text);
        }
        push_count(&mut head, state.documents.len());
        for document in &state.documents {
            push_text(&mut head, &document.kind);
            push_text(&mut head, &document.file_name);
            push_count(&mut head, document.places.len());
            for place in &document.places {
                head.extend(place.key);
                push_number(&mut head, place.offset);
                head.extend(place.length.to_le_bytes());
                head.extend(place.crc.to_le_bytes());
            }
        }
        push_count(&mut head, self.count);
        let mut sum = crc(&head);
        sum.combine(&crc(&self.entries));
        self.out.write_all(&head)?;
        self.out.write_all(&self.entries)?;
        self.out.write_all(&self.offset.to_le_bytes())?;
        self.out.write_all(&((head.len() + self.entries.len()) as u64).to_le_bytes())?;
        self.out.write_all(&sum.sum().to_le_bytes())?;
        self.out.flush()?;
        fs_err::rename(&self.temporary, &self.path)
    }
}

/// What was not committed would only cost room.
impl Drop for CacheWriter {
    fn drop(&mut self) {
        fs_err::remove_file(&self.temporary).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let places = vec![BlockPlace { key: *b"0123456789abcdef", offset: 10, length: 20, crc: 30 }];
        let documents =
            vec![DocumentBlocks { kind: "primary".into(), file_name: "x-primary.xml.gz".into(), places }];
        State { rules: "rules".into(), settings: "settings".into(), repomd: "digest".into(), documents }
    }

    fn written(directory: &Utf8Path) -> Utf8PathBuf {
        let cache = directory.join("cache");
        let mut writer = CacheWriter::create(&cache).unwrap();
        writer.add("a.rpm", &stamp(1), b"eins");
        writer.add("b.rpm", &stamp(2), "zwölf".as_bytes());
        writer.commit(&state());
        cache
    }

    fn stamp(size: u64) -> Stamp {
        Stamp { size, modified: (-1, 999), inode: 7 }
    }

    fn get(path: &Utf8Path, key: &str) -> Option<(Stamp, Vec<u8>)> {
        let cache = Cache::open(path)?;
        assert_eq!(cache.state, state());
        let entry = cache.entry(key)?;
        Some((entry.stamp, cache.record(entry)?))
    }

    #[test]
    fn what_was_written_is_read() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temporary.path()).unwrap();
        let cache = written(directory);
        drop(CacheWriter::create(&cache).unwrap());
        assert_eq!(
            fs_err::read_dir(directory).unwrap().count(),
            1,
            "nothing is left of a cache that was given up"
        );
        assert_eq!(get(&cache, "a.rpm"), Some((stamp(1), b"eins".to_vec())));
        assert_eq!(get(&cache, "b.rpm"), Some((stamp(2), "zwölf".as_bytes().to_vec())));
        assert_eq!(get(&cache, "c.rpm"), None);
    }

    #[test]
    fn a_damaged_cache_is_no_cache() {
        let temporary = tempfile::tempdir().unwrap();
        let cache = written(Utf8Path::from_path(temporary.path()).unwrap());
        let good = fs_err::read(&cache).unwrap();
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 0x41;
            fs_err::write(&cache, &bad).unwrap();
            let read = ["a.rpm", "b.rpm"].map(|key| get(&cache, key));
            assert!(read.contains(&None), "byte {index}");
            fs_err::write(&cache, &good[..index]).unwrap();
            assert!(Cache::open(&cache).is_none(), "cut at {index}");
        }
    }
}
