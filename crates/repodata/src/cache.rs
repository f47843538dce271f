//! What earlier indexes learned, so that an index reads only what is new.
//!
//! Two files. One holds, of every package, its title, its parts of the documents as they stand there, and, where databases
//! were written, its description as [`encode`](crate::encode) writes it. New packages are put behind the others; when half
//! of the file is of packages that are gone, it is written again. The other file is a table: which file each package came
//! from (path, size, modification time and inode), where it is in the first file, where the compressed blocks of the
//! documents are, and what metadata came of all of it. It is replaced as a whole, and what it does not list is not there.
//!
//! It is trusted as far as those go (as createrepo_c's `--update` does), all its bytes are checked, and a cache that is
//! damaged or of another version of the program is no error: everything is read again, and nothing is taken from the
//! metadata that came of it.

use std::{
    collections::HashMap,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    os::unix::fs::FileExt,
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    blocks::BlockPlace,
    encode::{self, Input, push_count, push_number, push_text},
    indexed::{Indexed, Remembered, Title},
    notes::{self, Note},
    seed::Seed,
    stamp::Stamp,
    write_xml::Fragments,
};

/// Changes with the code that describes packages: other code may do it in another way.
const MAGIC: &[u8] =
    concat!("xen4centos index cache 5, program ", env!("XEN4CENTOS_REPODATA_CODE"), "\n").as_bytes();

/// Before the CRC of the table.
const CRC: usize = 4;

/// A file that was indexed, and where its package is in the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    pub(crate) place: Place,
}

/// Where a package is in the cache: title, fragments and record, one behind the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    offset: u64,
    title: u32,
    /// Of the first two documents.
    parts: [u32; 2],
    /// Of the title and all fragments.
    head: u32,
    head_crc: u32,
    record: u32,
    record_crc: u32,
}

/// Why a file that was indexed is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its package can not be indexed.
    Bad,
    /// Another package takes its place.
    Surplus,
}

impl Place {
    /// Of no package. The length of a title that is not there says why.
    fn of_none(why: Why) -> Self {
        Self { title: u32::from(why == Why::Bad), ..Self::default() }
    }

    /// Why there is no package, where there is none.
    pub(crate) const fn why_none(&self) -> Option<Why> {
        match (self.head, self.title) {
            (0, 0) => Some(Why::Surplus),
            (0, _) => Some(Why::Bad),
            _ => None,
        }
    }

    /// Whether there is no package.
    pub(crate) const fn is_empty(&self) -> bool {
        self.head == 0
    }

    fn length(&self) -> u64 {
        u64::from(self.head) + u64::from(self.record)
    }
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
    /// The checksum of the list of packages in it.
    pub(crate) primary: String,
    /// Of the keys of blocks.
    pub(crate) seed: Seed,
    pub(crate) documents: Vec<DocumentBlocks>,
    /// What was said of the packages, sorted.
    pub(crate) notes: Vec<Note>,
}

/// The cache of an earlier index, for reading.
pub(crate) struct Cache {
    data: fs_err::File,
    /// Bytes of the data that the table knows of.
    end: u64,
    entries: HashMap<Box<str>, Entry>,
    pub(crate) state: State,
}

impl Cache {
    pub(crate) fn open(path: &Utf8Path) -> Option<Self> {
        let table = fs_err::read(path).ok()?;
        let (table, sum) = table.split_last_chunk::<CRC>()?;
        if crc32fast::hash(table) != u32::from_le_bytes(*sum) {
            return None;
        }
        let mut input = Input(table.strip_prefix(MAGIC)?);
        let (end, entries, state) = parse(&mut input)?;
        let data = fs_err::File::open(data_path(path)).ok()?;
        (data.metadata().ok()?.len() >= end).then_some(Self { data, end, entries, state })
    }

    /// Removes the files of a cache. Who has it open can go on reading.
    pub(crate) fn remove(path: &Utf8Path) {
        for file in [path, &data_path(path)] {
            fs_err::remove_file(file).unwrap_or_default();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many packages are listed.
    pub(crate) fn listed(&self) -> usize {
        self.listed_keys().count()
    }

    /// Files whose packages could not be listed.
    pub(crate) fn bad(self) -> impl Iterator<Item = (Box<str>, Stamp)> {
        let is_bad = |entry: &Entry| entry.place.why_none() == Some(Why::Bad);
        self.entries
            .into_iter()
            .filter(move |(_, entry)| is_bad(entry))
            .map(|(key, entry)| (key, entry.stamp))
    }

    /// Those of listed packages, in no order.
    pub(crate) fn listed_keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|(_, entry)| !entry.place.is_empty()).map(|(key, _)| &**key)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// The title of a package, and what documents say of it.
    pub(crate) fn fragments(&self, entry: &Entry) -> Option<(Title, Fragments)> {
        let Place { offset, title, parts, head, head_crc, .. } = entry.place;
        let mut bytes = self.bytes(offset, head, head_crc)?;
        if bytes.len() < title as usize {
            return None;
        }
        let text = bytes.split_off(title as usize);
        let parts = parts.map(|length| length as usize);
        Some((encode::title(&bytes)?, Fragments::again(String::from_utf8(text).ok()?, parts)?))
    }

    /// The description of a package; `None` where there is none.
    pub(crate) fn record(&self, entry: &Entry) -> Option<Vec<u8>> {
        let Place { offset, head, record, record_crc, .. } = entry.place;
        let start = offset + u64::from(head);
        (record > 0).then(|| self.bytes(start, record, record_crc)).flatten()
    }

    fn bytes(&self, offset: u64, length: u32, crc: u32) -> Option<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.data.file().read_exact_at(&mut bytes, offset).ok()?;
        (crc32fast::hash(&bytes) == crc).then_some(bytes)
    }

    /// Whether it is as well to put packages behind those that are there.
    fn is_mostly_alive(&self) -> bool {
        let alive = self.entries.values().map(|entry| entry.place.length()).sum::<u64>();
        self.end <= 2 * alive
    }
}

fn data_path(path: &Utf8Path) -> Utf8PathBuf {
    format!("{path}.data").into()
}

/// `None` where the table can not be true.
fn parse(input: &mut Input<'_>) -> Option<(u64, HashMap<Box<str>, Entry>, State)> {
    let end = input.number()?;
    let [rules, settings, repomd, primary] = input.texts()?;
    let seed = Seed([input.number()?, input.number()?]);
    let documents = (0..input.count()?).map(|_| document(input)).collect::<Option<_>>()?;
    let notes = notes::notes(input)?;
    let count = input.count()? as usize;
    let mut entries = HashMap::with_capacity(count.min(input.0.len() / 64));
    for _ in 0..count {
        let path = input.str()?;
        let stamp = Stamp {
            size: input.number()?,
            modified: (input.number()?.cast_signed(), input.number()?.cast_signed()),
            inode: input.number()?,
        };
        let place = place(input)?;
        if place.offset.checked_add(place.length())? > end {
            return None;
        }
        entries.insert(path.into(), Entry { stamp, place });
    }
    input.0.is_empty().then_some((
        end,
        entries,
        State { rules, settings, repomd, primary, seed, documents, notes },
    ))
}

fn place(input: &mut Input<'_>) -> Option<Place> {
    let offset = input.number()?;
    let mut counts = [0; 7];
    for count in &mut counts {
        *count = input.count()?;
    }
    let [title, primary, filelists, head, head_crc, record, record_crc] = counts;
    Some(Place { offset, title, parts: [primary, filelists], head, head_crc, record, record_crc })
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
    data: BufWriter<fs_err::File>,
    /// Where the data is written, if that is not behind what is there.
    fresh: Option<Utf8PathBuf>,
    offset: u64,
    entries: Vec<u8>,
    count: usize,
    buffer: Vec<u8>,
    failed: bool,
}

impl CacheWriter {
    /// Goes on behind the packages of a cache that is there, or begins anew.
    pub(crate) fn create(path: &Utf8Path, there: Option<&Cache>) -> Option<Self> {
        let (file, offset, fresh) = if let Some(cache) = there.filter(|cache| cache.is_mostly_alive()) {
            let mut file = fs_err::OpenOptions::new().write(true).open(data_path(path)).ok()?;
            // What an index that was killed put there is in no table.
            file.set_len(cache.end).ok()?;
            file.seek(SeekFrom::Start(cache.end)).ok()?;
            (file, cache.end, None)
        } else {
            let part = Utf8PathBuf::from(format!("{path}.data.part"));
            (fs_err::File::create(&part).ok()?, 0, Some(part))
        };
        let (path, data) = (path.to_owned(), BufWriter::with_capacity(256 * 1024, file));
        let (entries, buffer) = (Vec::new(), Vec::new());
        Some(Self { path, data, fresh, offset, entries, count: 0, buffer, failed: false })
    }

    /// Adds the package of a file; `there` is the cache that it may come from.
    pub(crate) fn add(&mut self, key: &str, package: &Indexed, there: Option<&Cache>) {
        let place = match (&package.remembered, &self.fresh, there) {
            (Remembered::There(place), None, _) => Ok(*place),
            (Remembered::New(record), ..) => self.put(&package.title, &package.fragments, record),
            (Remembered::There(place), Some(_), there) => {
                let entry = Entry { stamp: package.stamp, place: *place };
                let record = there.and_then(|cache| cache.record(&entry)).unwrap_or_default();
                self.put(&package.title, &package.fragments, &record)
            }
        };
        match place {
            Ok(place) => self.list(key, &package.stamp, &place),
            Err(_) => self.failed = true,
        }
    }

    /// Adds a file whose package is not listed: nothing is remembered of it but the file, and why.
    pub(crate) fn add_left_out(&mut self, key: &str, stamp: &Stamp, why: Why) {
        self.list(key, stamp, &Place::of_none(why));
    }

    fn put(&mut self, title: &Title, fragments: &Fragments, record: &[u8]) -> io::Result<Place> {
        self.buffer.clear();
        encode::push_title(&mut self.buffer, title);
        let text = fragments.text().as_bytes();
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.buffer);
        crc.update(text);
        for bytes in [self.buffer.as_slice(), text, record] {
            self.data.write_all(bytes)?;
        }
        let short = |length| u32::try_from(length).map_err(io::Error::other);
        let [primary, filelists] = fragments.lengths();
        let place = Place {
            offset: self.offset,
            title: short(self.buffer.len())?,
            parts: [short(primary)?, short(filelists)?],
            head: short(self.buffer.len() + text.len())?,
            head_crc: crc.finalize(),
            record: short(record.len())?,
            record_crc: crc32fast::hash(record),
        };
        self.offset += place.length();
        Ok(place)
    }

    fn list(&mut self, key: &str, stamp: &Stamp, place: &Place) {
        push_text(&mut self.entries, key);
        let (seconds, nanoseconds) = stamp.modified;
        for number in
            [stamp.size, seconds.cast_unsigned(), nanoseconds.cast_unsigned(), stamp.inode, place.offset]
        {
            push_number(&mut self.entries, number);
        }
        let Place { title, parts: [primary, filelists], head, head_crc, record, record_crc, .. } = *place;
        for count in [title, primary, filelists, head, head_crc, record, record_crc] {
            self.entries.extend(count.to_le_bytes());
        }
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
        self.data.flush()?;
        if let Some(part) = &self.fresh {
            fs_err::rename(part, data_path(&self.path))?;
        }
        let mut table = MAGIC.to_vec();
        push_number(&mut table, self.offset);
        for text in [&state.rules, &state.settings, &state.repomd, &state.primary] {
            push_text(&mut table, text);
        }
        for half in state.seed.0 {
            push_number(&mut table, half);
        }
        push_count(&mut table, state.documents.len());
        for document in &state.documents {
            push_document(&mut table, document);
        }
        notes::push_notes(&mut table, &state.notes);
        push_count(&mut table, self.count);
        table.extend_from_slice(&self.entries);
        table.extend(crc32fast::hash(&table).to_le_bytes());
        let part = Utf8PathBuf::from(format!("{}.part", self.path));
        fs_err::write(&part, &table)?;
        fs_err::rename(&part, &self.path)
    }
}

fn push_document(out: &mut Vec<u8>, document: &DocumentBlocks) {
    push_text(out, &document.kind);
    push_text(out, &document.file_name);
    push_count(out, document.places.len());
    for place in &document.places {
        out.extend(place.key);
        push_number(out, place.offset);
        out.extend(place.length.to_le_bytes());
        out.extend(place.crc.to_le_bytes());
    }
}

/// What was not committed would only cost room.
impl Drop for CacheWriter {
    fn drop(&mut self) {
        for part in self.fresh.iter().cloned().chain([format!("{}.part", self.path).into()]) {
            fs_err::remove_file(part).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use xen4centos_artifact::{Evr, Nevra};

    use super::*;

    fn state() -> State {
        let places = vec![BlockPlace { key: *b"0123456789abcdef", offset: 10, length: 20, crc: 30 }];
        let documents =
            vec![DocumentBlocks { kind: "primary".into(), file_name: "x-primary.xml.gz".into(), places }];
        let [rules, settings, repomd, primary] =
            ["rules", "settings", "digest", "sha256:1"].map(String::from);
        State { rules, settings, repomd, primary, seed: Seed([7, u64::MAX]), documents, notes: Vec::new() }
    }

    fn stamp(size: u64) -> Stamp {
        Stamp { size, modified: (-1, 999), inode: 7 }
    }

    fn package(text: &str, remembered: Remembered) -> Indexed {
        let title = Title {
            nevra: Nevra::new("zwölf", Evr::new(7, "1", "2"), "noarch"),
            build_time: 77,
            href: "über/a.rpm".into(),
            base: Some("http://example.org".into()),
            boundary: 5,
            identity: Some(*b"fedcba9876543210"),
        };
        let fragments = Fragments::again(text.to_owned(), [2, 1]).unwrap();
        let (stamp, source) = (stamp(text.len() as u64), crate::Source::Package);
        Indexed { stamp, title, fragments, source, described: None, remembered }
    }

    fn new(text: &str) -> Indexed {
        package(text, Remembered::New(text.to_uppercase().into_bytes()))
    }

    fn written(directory: &Utf8Path) -> Utf8PathBuf {
        let cache = directory.join("cache");
        let mut writer = CacheWriter::create(&cache, None).unwrap();
        writer.add("a.rpm", &new("eins"), None);
        writer.add("b.rpm", &new("zwei und mehr"), None);
        writer.commit(&state());
        cache
    }

    /// Text and record.
    fn get(cache: &Cache, key: &str) -> Option<(String, String)> {
        assert_eq!(cache.state, state());
        let entry = cache.entry(key)?;
        let (title, fragments) = cache.fragments(entry)?;
        let record = String::from_utf8(cache.record(entry)?).unwrap();
        let expect = new(fragments.text());
        assert_eq!((title, &fragments, entry.stamp), (expect.title, &expect.fragments, expect.stamp));
        Some((fragments.text().to_owned(), record))
    }

    fn names(directory: &Utf8Path) -> Vec<String> {
        let entries = fs_err::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_written_is_read() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(temporary.path()).unwrap();
        let path = written(directory);
        drop(CacheWriter::create(&path, None).unwrap());
        assert_eq!(names(directory), ["cache", "cache.data"], "nothing is left of a cache that was given up");
        let cache = Cache::open(&path).unwrap();
        assert_eq!(get(&cache, "a.rpm"), Some(("eins".into(), "EINS".into())));
        assert_eq!(get(&cache, "b.rpm"), Some(("zwei und mehr".into(), "ZWEI UND MEHR".into())));
        assert_eq!(get(&cache, "c.rpm"), None);
    }

    /// Replaces `b.rpm`, and tells the bytes of the data.
    fn replace(path: &Utf8Path, text: &str) -> u64 {
        let cache = Cache::open(path).unwrap();
        let mut writer = CacheWriter::create(path, Some(&cache)).unwrap();
        let place = cache.entry("a.rpm").unwrap().place;
        writer.add("a.rpm", &package("eins", Remembered::There(place)), Some(&cache));
        writer.add("b.rpm", &new(text), Some(&cache));
        writer.commit(&state());
        fs_err::metadata(data_path(path)).unwrap().len()
    }

    #[test]
    fn new_packages_are_put_behind_until_half_is_dead() {
        let temporary = tempfile::tempdir().unwrap();
        let path = written(Utf8Path::from_path(temporary.path()).unwrap());
        let mut lengths = vec![fs_err::metadata(data_path(&path)).unwrap().len()];
        for number in 0..8 {
            let text = format!("zwei, zum {number}. Mal");
            lengths.push(replace(&path, &text));
            let cache = Cache::open(&path).unwrap();
            assert_eq!(get(&cache, "a.rpm").unwrap().0, "eins");
            assert_eq!(get(&cache, "b.rpm").unwrap().0, text);
            assert_eq!(cache.len(), 2);
        }
        assert!(lengths[1] > lengths[0], "{lengths:?}");
        assert!(lengths.windows(2).any(|pair| pair[1] < pair[0]), "{lengths:?}");
        assert!(lengths.iter().all(|length| *length < 4 * lengths[0]), "{lengths:?}");
    }

    #[test]
    fn what_a_killed_index_put_behind_is_not_there() {
        let temporary = tempfile::tempdir().unwrap();
        let path = written(Utf8Path::from_path(temporary.path()).unwrap());
        let mut data = fs_err::read(data_path(&path)).unwrap();
        data.extend(b"half of a package");
        fs_err::write(data_path(&path), &data).unwrap();
        replace(&path, "drei");
        let cache = Arc::new(Cache::open(&path).unwrap());
        assert_eq!(get(&cache, "b.rpm").unwrap().0, "drei");
    }

    #[test]
    fn a_damaged_cache_is_no_cache() {
        let temporary = tempfile::tempdir().unwrap();
        let path = written(Utf8Path::from_path(temporary.path()).unwrap());
        for file in [path.clone(), data_path(&path)] {
            let good = fs_err::read(&file).unwrap();
            for index in 0..good.len() {
                let mut bad = good.clone();
                bad[index] ^= 0x41;
                fs_err::write(&file, &bad).unwrap();
                let read = Cache::open(&path).map(|cache| ["a.rpm", "b.rpm"].map(|key| get(&cache, key)));
                assert!(read.is_none_or(|read| read.contains(&None)), "byte {index} of {file}");
                fs_err::write(&file, &good[..index]).unwrap();
                assert!(Cache::open(&path).is_none(), "{file} cut at {index}");
            }
            fs_err::write(&file, &good).unwrap();
        }
    }
}
