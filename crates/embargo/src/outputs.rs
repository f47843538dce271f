//! Whatever is put out: files as they lie there, what they are compressed from, and what packages hold.

use std::{
    collections::BTreeSet,
    io::{self, Read, Seek as _, SeekFrom, Write as _},
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;
use xen4centos_artifact::header::RpmHeaders;
use xen4centos_inflate::{Inflated, inflate};
use xen4centos_payload::Payload;

use crate::{EmbargoError, Found, Leak, Secret, SecretKind, Secrets, Unread, scan::Scanner};

/// Of every package file (rpm's own `lead`).
const RPM: &[u8] = &[0xed, 0xab, 0xee, 0xdb];

/// Of an archive, and of an empty one.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// So begin gzip, bzip2 and lzma, and other files by chance.
const BY_CHANCE: [&[u8]; 3] = [&[0x1f, 0x8b], b"BZh", &[0x5d, 0, 0]];

/// What is compressed in what is compressed, and so on: packages, their patches, and what those hold.
const DEPTH: usize = 4;

/// Bytes that one compressed content may come to.
const MOST: u64 = 64 * 1024 * 1024 * 1024;

/// Longer ones are no patches.
const LONGEST_PATCH: u64 = 16 * 1024 * 1024;

const BUFFER: usize = 256 * 1024;

/// Searches a file, or all files below a directory; links are taken for what they lead to, once. `passes_over` says which
/// paths, relative to it, are known to be public already.
///
/// # Errors
/// When something can not be read that can be by its place; what is wrong inside of a file is told in [`Found::unread`].
pub fn search(
    secrets: &Secrets,
    root: &Utf8Path,
    passes_over: &dyn Fn(&Utf8Path) -> bool,
) -> Result<Found, EmbargoError> {
    Ok(looked_into(secrets, root, passes_over)?.into_found())
}

/// Which of `secrets` a file, or all files below a directory, tell.
///
/// # Errors
/// As [`search`].
pub fn told_by(secrets: &Secrets, root: &Utf8Path) -> Result<BTreeSet<Secret>, EmbargoError> {
    Ok(looked_into(secrets, root, &|_| false)?.told.into_iter().cloned().collect())
}

fn looked_into<'a>(
    secrets: &'a Secrets,
    root: &Utf8Path,
    passes_over: &dyn Fn(&Utf8Path) -> bool,
) -> Result<Looked<'a>, EmbargoError> {
    let mut looked = Looked::new(secrets)?;
    let mut seen = BTreeSet::new();
    for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            // A link that leads nowhere tells by its name, and by where it leads.
            Err(error) => match error.path().and_then(Utf8Path::from_path) {
                Some(path) if fs_err::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) => {
                    let place = path.strip_prefix(root).unwrap_or(path).as_str();
                    let target = fs_err::read_link(path).unwrap_or_default();
                    looked.text(place, &format!("{place} -> {}", target.display()));
                    continue;
                }
                path => {
                    let path = path.unwrap_or(root).to_owned();
                    return Err(EmbargoError::Read { path, source: error.into() });
                }
            },
        };
        let path = Utf8PathBuf::from_path_buf(entry.path().to_owned())
            .unwrap_or_else(|path| path.to_string_lossy().into_owned().into());
        let relative = path.strip_prefix(root).unwrap_or(&path).to_owned();
        // Where what is searched lies is not put out with it.
        let is_root = relative.as_str().is_empty();
        let place = if is_root { path.file_name().unwrap_or(path.as_str()) } else { relative.as_str() };
        if !is_root || !entry.file_type().is_dir() {
            looked.text(place, place);
        }
        if entry.path_is_symlink() {
            let target = fs_err::read_link(entry.path()).unwrap_or_default();
            looked.text(place, &target.to_string_lossy());
        }
        if entry.file_type().is_file() && !passes_over(&relative) {
            use std::os::unix::fs::MetadataExt as _;
            let fail = |source| EmbargoError::Read { path: path.clone(), source };
            let file = fs_err::File::open(entry.path()).map_err(fail)?;
            let there = file.metadata().map_err(fail)?;
            // Old states share their files.
            if seen.insert((there.dev(), there.ino())) {
                looked.file(place, file.into_file(), DEPTH);
            }
        }
    }
    Ok(looked)
}

/// Names of places, in their order, without what they tell.
///
/// # Errors
/// When there is too much to look for.
pub fn masked<'p>(
    secrets: &Secrets,
    places: impl IntoIterator<Item = &'p str>,
) -> Result<Vec<String>, EmbargoError> {
    let scanner = Scanner::new(secrets)?;
    Ok(places.into_iter().map(|place| scanner.masked(place)).collect())
}

/// Searches a text that was put out, such as a log.
///
/// # Errors
/// When there is too much to look for.
pub fn search_text(secrets: &Secrets, place: &str, text: &str) -> Result<Found, EmbargoError> {
    let mut looked = Looked::new(secrets)?;
    looked.found.files = 1;
    looked.text(place, text);
    Ok(looked.into_found())
}

struct Looked<'a> {
    scanner: Scanner<'a>,
    /// Digests, of which a file that has one tells without naming it.
    digests: Vec<&'a Secret>,
    found: Found,
    told: BTreeSet<&'a Secret>,
}

impl<'a> Looked<'a> {
    fn new(secrets: &'a Secrets) -> Result<Self, EmbargoError> {
        let digests = secrets.iter().filter(|secret| secret.kind == SecretKind::PatchDigest).collect();
        let (found, told) = (Found::default(), BTreeSet::new());
        Ok(Self { scanner: Scanner::new(secrets)?, digests, found, told })
    }

    fn into_found(mut self) -> Found {
        self.found.leaks.sort();
        self.found.leaks.dedup();
        self.found
    }

    fn text(&mut self, place: &str, text: &str) {
        let told = self.scanner.bytes(text.as_bytes());
        self.add(place, told);
    }

    fn add(&mut self, place: &str, told: BTreeSet<&'a Secret>) {
        self.told.extend(&told);
        self.found.leaks.extend(told.into_iter().map(|Secret { kind, advisory, .. }| Leak {
            place: place.to_owned(),
            kind: *kind,
            advisory: advisory.clone(),
        }));
    }

    fn file(&mut self, place: &str, file: std::fs::File, depth: usize) {
        self.found.files += 1;
        if let Err(error) = self.try_file(place, file, depth) {
            self.found.unread.push(Unread { place: place.to_owned(), reason: error.to_string() });
        }
    }

    fn try_file(&mut self, place: &str, mut file: std::fs::File, depth: usize) -> io::Result<()> {
        let mut start = Vec::new();
        Read::by_ref(&mut file).take(RPM.len() as u64).read_to_end(&mut start)?;
        file.seek(SeekFrom::Start(0))?;
        if start == RPM && depth > 0 {
            return self.package(place, file, depth - 1);
        }
        let mut told = self.by_digest(&mut file)?;
        // What is compressed, too: its own header can hold a name, and a file can begin so by chance.
        let read = self.scanner.read(&file, &mut told);
        self.add(place, told);
        read?;
        if ZIP.iter().any(|magic| start == *magic) {
            return Err(io::Error::other("members of zip archives are not looked into"));
        }
        file.seek(SeekFrom::Start(0))?;
        match inflate(file)? {
            Inflated::Plain(_) => Ok(()),
            Inflated::Compressed(reader) if depth > 0 => self.compressed((place, &start), reader, depth - 1),
            Inflated::Compressed(_) => Err(io::Error::other("compressed too many times")),
            Inflated::Unsupported(name) => Err(io::Error::other(format!("{name} is not read"))),
        }
    }

    /// What comes of it may be compressed again, or a package. Where nothing comes of it, it only begins as if it were.
    fn compressed(
        &mut self,
        (place, start): (&str, &[u8]),
        reader: impl Read,
        depth: usize,
    ) -> io::Result<()> {
        let (file, result) = spooled(reader)?;
        let by_chance = BY_CHANCE.iter().any(|magic| start.starts_with(magic));
        // A limit of ours says nothing of the file.
        let is_other = |error: &io::Error| error.kind() != io::ErrorKind::Other;
        if by_chance && result.as_ref().is_err_and(is_other) && file.metadata()?.len() == 0 {
            return Ok(());
        }
        self.file(&format!("{place} -> decompressed"), file, depth);
        result
    }

    /// What a file tells that is a patch under another name.
    fn by_digest(&self, file: &mut std::fs::File) -> io::Result<BTreeSet<&'a Secret>> {
        if self.digests.is_empty() || file.metadata()?.len() > LONGEST_PATCH {
            return Ok(BTreeSet::new());
        }
        let mut bytes = Vec::new();
        Read::by_ref(file).take(LONGEST_PATCH).read_to_end(&mut bytes)?;
        file.seek(SeekFrom::Start(0))?;
        let digest = hex::encode(Sha256::digest(&bytes));
        Ok(self.digests.iter().copied().filter(|secret| secret.text == digest).collect())
    }

    /// The headers as they lie there, and each file of the payload.
    fn package(&mut self, place: &str, mut file: std::fs::File, depth: usize) -> io::Result<()> {
        let length = file.metadata()?.len();
        let headers = RpmHeaders::read_sized(&mut file, length).map_err(io::Error::other)?;
        let at = headers.payload_offset();
        file.seek(SeekFrom::Start(0))?;
        let mut told = BTreeSet::new();
        self.scanner.read(Read::by_ref(&mut file).take(at), &mut told)?;
        self.add(place, told);
        file.seek(SeekFrom::Start(at))?;
        let mut payload = Payload::open(file, &headers).map_err(io::Error::other)?;
        while let Some((entry, content)) = payload.next_entry().map_err(io::Error::other)? {
            let name = String::from_utf8_lossy(&entry.path).into_owned();
            let inside = format!("{place} -> {name}");
            self.text(&inside, &name);
            if entry.size > 0 {
                let (file, result) = spooled(content)?;
                self.file(&inside, file, depth);
                result?;
            }
        }
        Ok(())
    }
}

/// The content in a file of its own that nobody sees, and what ended it. It may be longer than memory.
fn spooled(reader: impl Read) -> io::Result<(std::fs::File, io::Result<()>)> {
    let mut file = tempfile::tempfile()?;
    let mut writer = io::BufWriter::with_capacity(BUFFER, &mut file);
    let copied = io::copy(&mut reader.take(MOST), &mut writer).and_then(|length| match length {
        MOST => Err(io::Error::other(format!("more than {MOST} bytes, decompressed"))),
        _ => Ok(()),
    });
    writer.flush()?;
    drop(writer);
    file.seek(SeekFrom::Start(0))?;
    Ok((file, copied))
}
