//! What earlier indexes learned, so that an index reads only what is new.
//!
//! One file holds the fragments of every package, followed by a table of which file they came from: path, size,
//! modification time and inode. It is trusted as far as those go (as createrepo_c's `--update` does), its own
//! bytes are checked, and a cache that is missing, damaged or of another version of the program is no error:
//! everything is read again.

use std::{
    collections::HashMap,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
};

use camino::{Utf8Path, Utf8PathBuf};
use flate2::Crc;

use crate::{reader::Stamp, write_xml::Fragments};

/// Changes with the program, because fragments of another version may be written by other rules.
const MAGIC: &[u8] =
    concat!("xen4centos index cache 1, program ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// Where the table stands, how long it is, its CRC.
const TRAILER: usize = 8 + 8 + 4;

/// Bytes of the numbers of one entry of the table, without the path.
const NUMBERS: usize = 8 * 9 + 4;

#[derive(Clone, Copy, Debug)]
struct Entry {
    stamp: Stamp,
    offset: u64,
    lengths: [u64; 3],
    crc: u32,
}

/// The cache of the last index, for reading.
pub(crate) struct Cache {
    content: Option<(fs_err::File, HashMap<String, Entry>)>,
}

impl Cache {
    pub(crate) fn open(path: Option<&Utf8Path>) -> Self {
        Self { content: path.and_then(|path| read(path).ok().flatten()) }
    }

    /// The fragments of a file that has not changed.
    pub(crate) fn get(&self, relative: &str, path: &Utf8Path) -> Option<(Stamp, Fragments)> {
        let (file, entries) = self.content.as_ref()?;
        let entry = entries.get(relative)?;
        let stamp = Stamp::of(&fs_err::metadata(path).ok()?);
        if stamp != entry.stamp {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(entry.lengths.iter().sum::<u64>()).ok()?];
        file.file().read_exact_at(&mut bytes, entry.offset).ok()?;
        if crc(&bytes) != entry.crc {
            return None;
        }
        let mut rest = String::from_utf8(bytes).ok()?;
        let first = usize::try_from(entry.lengths[0]).ok()?;
        let second = usize::try_from(entry.lengths[1]).ok()?;
        if !rest.is_char_boundary(first) || !rest.is_char_boundary(first + second) {
            return None;
        }
        let other = rest.split_off(first + second);
        let filelists = rest.split_off(first);
        Some((stamp, Fragments { primary: rest, filelists, other }))
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn read(path: &Utf8Path) -> io::Result<Option<(fs_err::File, HashMap<String, Entry>)>> {
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
    let mut numbers = Numbers(&trailer);
    let (start, size, expected) = (numbers.u64(), numbers.u64(), numbers.u32());
    if start.checked_add(size) != Some(end) {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut table = Vec::new();
    Read::by_ref(&mut file).take(size).read_to_end(&mut table)?;
    if crc(&table) != expected {
        return Ok(None);
    }
    Ok(entries(&table, start).map(|entries| (file, entries)))
}

/// `None` where the table can not be true.
fn entries(table: &[u8], end: u64) -> Option<HashMap<String, Entry>> {
    let mut entries = HashMap::new();
    let mut rest = table;
    while !rest.is_empty() {
        let (numbers, after) = rest.split_at_checked(NUMBERS)?;
        let mut numbers = Numbers(numbers);
        let path_length = usize::try_from(numbers.u64()).ok()?;
        let stamp = Stamp {
            size: numbers.u64(),
            modified: (numbers.u64().cast_signed(), numbers.u64().cast_signed()),
            inode: numbers.u64(),
        };
        let offset = numbers.u64();
        let lengths = [numbers.u64(), numbers.u64(), numbers.u64()];
        let last = lengths.iter().try_fold(offset, |sum, length| sum.checked_add(*length))?;
        let (path, after) = after.split_at_checked(path_length)?;
        if last > end {
            return None;
        }
        let path = std::str::from_utf8(path).ok()?.to_owned();
        entries.insert(path, Entry { stamp, offset, lengths, crc: numbers.u32() });
        rest = after;
    }
    Some(entries)
}

/// Little-endian numbers from the start of a slice; 0 behind its end, which the checksum excludes.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (head, rest) = self.0.split_at_checked(N).unwrap_or((&[], &[]));
        self.0 = rest;
        head.try_into().unwrap_or([0; N])
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
}

/// The cache that the next index will read. It is a convenience: when it can not be written, there is none.
pub(crate) struct CacheWriter {
    path: Utf8PathBuf,
    temporary: Utf8PathBuf,
    out: BufWriter<fs_err::File>,
    offset: u64,
    table: Vec<u8>,
    failed: bool,
}

impl CacheWriter {
    pub(crate) fn create(path: Option<&Utf8Path>) -> Option<Self> {
        let path = path?.to_owned();
        let temporary = Utf8PathBuf::from(format!("{path}.part"));
        let file = fs_err::File::create(&temporary).ok()?;
        let mut out = BufWriter::with_capacity(128 * 1024, file);
        out.write_all(MAGIC).ok()?;
        Some(Self { path, temporary, out, offset: MAGIC.len() as u64, table: Vec::new(), failed: false })
    }

    pub(crate) fn add(&mut self, relative: &str, stamp: &Stamp, fragments: &Fragments) {
        let parts = [&fragments.primary, &fragments.filelists, &fragments.other];
        let mut crc = Crc::new();
        for part in parts {
            crc.update(part.as_bytes());
            self.failed |= self.out.write_all(part.as_bytes()).is_err();
        }
        let lengths = parts.map(|part| part.len() as u64);
        let numbers = [
            relative.len() as u64,
            stamp.size,
            stamp.modified.0.cast_unsigned(),
            stamp.modified.1.cast_unsigned(),
            stamp.inode,
            self.offset,
        ];
        for number in numbers.into_iter().chain(lengths) {
            self.table.extend(number.to_le_bytes());
        }
        self.table.extend(crc.sum().to_le_bytes());
        self.table.extend(relative.as_bytes());
        self.offset += lengths.iter().sum::<u64>();
    }

    /// Replaces the old cache.
    pub(crate) fn commit(mut self) {
        if self.failed || self.finish().is_err() {
            // Left behind it would only cost room.
            fs_err::remove_file(&self.temporary).unwrap_or_default();
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.write_all(&self.table)?;
        self.out.write_all(&self.offset.to_le_bytes())?;
        self.out.write_all(&(self.table.len() as u64).to_le_bytes())?;
        self.out.write_all(&crc(&self.table).to_le_bytes())?;
        self.out.flush()?;
        fs_err::rename(&self.temporary, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(directory: &Utf8Path) -> (Utf8PathBuf, Utf8PathBuf, Fragments) {
        let (cache, package) = (directory.join("cache"), directory.join("a.rpm"));
        fs_err::write(&package, "content").unwrap();
        let stamp = Stamp::of(&fs_err::metadata(&package).unwrap());
        let fragments =
            Fragments { primary: "eins".into(), filelists: "zwölf".into(), other: String::new() };
        let mut writer = CacheWriter::create(Some(&cache)).unwrap();
        writer.add("a.rpm", &stamp, &fragments);
        writer.commit();
        (cache, package, fragments)
    }

    #[test]
    fn unchanged_files_are_known_and_changed_ones_are_not() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temporary.path()).unwrap();
        let (cache, package, fragments) = written(directory);
        assert_eq!(Cache::open(Some(&cache)).get("a.rpm", &package).unwrap().1, fragments);
        assert!(Cache::open(Some(&cache)).get("b.rpm", &package).is_none());
        fs_err::write(&package, "CONTENT!").unwrap();
        assert!(Cache::open(Some(&cache)).get("a.rpm", &package).is_none());
    }

    #[test]
    fn a_damaged_cache_is_no_cache() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temporary.path()).unwrap();
        let (cache, package, fragments) = written(directory);
        let good = fs_err::read(&cache).unwrap();
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 0x41;
            fs_err::write(&cache, &bad).unwrap();
            assert!(Cache::open(Some(&cache)).get("a.rpm", &package).is_none(), "byte {index}");
            fs_err::write(&cache, &good[..index]).unwrap();
            assert!(Cache::open(Some(&cache)).get("a.rpm", &package).is_none(), "cut at {index}");
        }
        fs_err::write(&cache, &good).unwrap();
        assert_eq!(Cache::open(Some(&cache)).get("a.rpm", &package).unwrap().1, fragments);
    }
}
