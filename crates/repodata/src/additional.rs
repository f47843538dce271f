//! Documents that are not made from packages: groups, advisories, modules and whatever else a repository carries.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use camino::{Utf8Path, Utf8PathBuf};

use xen4centos_inflate::{Inflated, inflate};

use crate::{
    Additional, Checksum, ChecksumKind, Compression, Event, IndexSettings, MetadataNames, Present, Record,
    RepodataError, Repomd, Reporter,
    checksum::Hasher,
    document::{Desk, Document},
    output::{Format, file_names},
    read_xml::{check_comps, check_document, root_of},
    regular,
    switch::link,
};

/// Bytes of one document, which is held in memory. Those of whole distributions have some hundred megabytes.
pub(crate) const MOST: u64 = 1024 * 1024 * 1024;

/// What compressed files have behind their names.
const ENDINGS: [&str; 4] = [".gz", ".bz2", ".xz", ".zst"];

/// The kind of groups that are not compressed.
const GROUPS: &str = "group";

/// Advisories.
const ADVISORIES: &str = "updateinfo";

/// Checks that somebody may give a document this kind, which becomes part of its file's name.
///
/// # Errors
/// When it is made from packages, or has characters that have a meaning in paths.
pub fn demand_kind(kind: &str) -> Result<(), RepodataError> {
    let what = if is_of_packages(kind) {
        format!("`{kind}` is made from the packages, and can not be given")
    } else if is_plain(kind) {
        return Ok(());
    } else {
        format!("expected a type of letters, digits, `-` and `_`, such as `updateinfo`, found `{kind}`")
    };
    Err(RepodataError::Asked { what })
}

/// Whether a kind can be part of a file's name.
pub(crate) fn is_plain(kind: &str) -> bool {
    !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a document of this kind is made from packages.
pub(crate) fn is_of_packages(kind: &str) -> bool {
    let base = ["_db", "_zck"].iter().find_map(|suffix| kind.strip_suffix(suffix)).unwrap_or(kind);
    matches!(base, "primary" | "filelists" | "other")
}

/// Kinds that say the same in another form: groups are listed plain and compressed.
pub(crate) fn base(kind: &str) -> &str {
    ["_gz", "_bz2", "_xz", "_zck", "_zst"].iter().find_map(|suffix| kind.strip_suffix(suffix)).unwrap_or(kind)
}

/// A document that the settings add, read once: what is written is what the index knows its settings by.
pub(crate) struct Addition {
    kind: String,
    /// What it is called in the metadata.
    name: String,
    pub(crate) content: Vec<u8>,
}

impl Addition {
    fn read(kind: &str, path: &Utf8Path) -> Result<Self, RepodataError> {
        let name = path.file_name().unwrap_or(kind);
        let name = ENDINGS.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let content = read(path, MOST).map_err(|error| match error {
            RepodataError::Files { path, source, .. } => {
                RepodataError::Given { kind: kind.to_owned(), path, source }
            }
            error => error,
        })?;
        match base(kind) {
            GROUPS => check_comps(path, &content)?,
            ADVISORIES => check_document(path, &content, "updates")?,
            // Whoever reads the others knows what they are; that they are something else can be known here.
            _ => demand_no_other_kind(kind, path, &content)?,
        }
        Ok(Self { kind: kind.to_owned(), name: name.to_owned(), content })
    }

    /// All of them, groups first.
    pub(crate) fn all(settings: &IndexSettings) -> Result<Vec<Self>, RepodataError> {
        let kinds = settings.additional.added.iter().map(|(kind, _)| base(kind));
        let mut seen = BTreeSet::new();
        for kind in settings.comps.iter().map(|_| GROUPS).chain(kinds) {
            if !seen.insert(kind) {
                let what =
                    format!("two documents of the type `{kind}` were given, and clients read one of them");
                return Err(RepodataError::Asked { what });
            }
        }
        let groups = settings.comps.iter().map(|path| (GROUPS, path));
        let others = settings.additional.added.iter().map(|(kind, path)| (kind.as_str(), path));
        groups.chain(others).map(|(kind, path)| Self::read(kind, path)).collect()
    }
}

/// How documents of known kinds begin.
const ROOTS: [(&str, &str); 7] = [
    ("comps", GROUPS),
    ("updates", ADVISORIES),
    ("metadata", "primary"),
    ("filelists", "filelists"),
    ("otherdata", "other"),
    ("prestodelta", "prestodelta"),
    ("repomd", "repomd"),
];

/// A slip of the hand would list a document as what it is not, and clients would fail at it.
fn demand_no_other_kind(kind: &str, path: &Utf8Path, content: &[u8]) -> Result<(), RepodataError> {
    if !content.trim_ascii_start().starts_with(b"<") {
        return Ok(());
    }
    let is_yaml = base(kind) == "modules";
    let what = match (is_yaml, root_of(path, content)) {
        (true, _) => "modules are YAML, and there is XML".to_owned(),
        (false, Some(root)) => match ROOTS.iter().find(|(name, _)| *name == root) {
            Some((_, of)) if *of != base(kind) => {
                format!("`<{root}>` begins a document of the type `{of}`, not `{kind}`,")
            }
            _ => return Ok(()),
        },
        (false, None) => return Ok(()),
    };
    Err(RepodataError::Content { path: path.to_owned(), what })
}

/// Tells of kinds that are to be removed and are not there: that may be a slip of the hand.
pub(crate) fn tell_of_absent(settings: &IndexSettings, present: &Repomd, reporter: &dyn Reporter) {
    for kind in &settings.additional.removed {
        if !present.records.iter().any(|record| record.kind == *kind || base(&record.kind) == kind) {
            reporter.event(Event::NothingToRemove { kind: kind.clone() });
        }
    }
}

/// Writes all that are added, in the order in which they are listed behind those of packages.
pub(crate) fn write(
    desk: &Desk,
    settings: &IndexSettings,
    additions: &[Addition],
) -> Result<Vec<Record>, RepodataError> {
    let mut records = Vec::new();
    for Addition { kind, name, content } in additions {
        if kind == GROUPS {
            records.extend(groups(desk, name, content)?);
        } else {
            records.push(document(desk, kind, name, settings.compression, content)?);
        }
    }
    Ok(records)
}

/// Keeps those that the metadata had before, behind what is listed anew.
pub(crate) fn keep_present(
    desk: &Desk,
    additional: &Additional,
    metadata: &Utf8Path,
    (present, records): (&Repomd, &mut Vec<Record>),
) -> Result<(), RepodataError> {
    let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
    for record in kept(additional, &kinds, present) {
        keep(desk, metadata, record)?;
        records.push(record.clone());
    }
    Ok(())
}

/// Those that stay listed beside new documents of these kinds.
fn kept<'a>(additional: &Additional, kinds: &[&str], present: &'a Repomd) -> Vec<&'a Record> {
    if additional.present == Present::Drop {
        return Vec::new();
    }
    let stays = |record: &&Record| {
        let kind = base(&record.kind);
        !(is_of_packages(&record.kind)
            || additional.removed.contains(kind)
            || additional.removed.contains(&record.kind)
            || kinds.iter().any(|replaced| base(replaced) == kind))
    };
    present.records.iter().filter(stays).collect()
}

/// Demands of what would stay listed what [`keep_present`] demands of it; nothing is written.
pub(crate) fn demand_kept(
    settings: &IndexSettings,
    additions: &[Addition],
    metadata: &Utf8Path,
    present: &Repomd,
) -> Result<(), RepodataError> {
    let kinds: Vec<&str> = additions.iter().map(|addition| addition.kind.as_str()).collect();
    let kept = kept(&settings.additional, &kinds, present);
    kept.into_iter().try_for_each(|record| read_kept(metadata, record).map(drop))
}

/// Where names have no digests, demands that no two documents have the same.
pub(crate) fn demand_names(
    settings: &IndexSettings,
    additions: &[Addition],
    metadata: &Utf8Path,
    present: &Repomd,
) -> Result<(), RepodataError> {
    if settings.names == MetadataNames::Unique {
        return Ok(());
    }
    let format = Format { compression: settings.compression, database: settings.database };
    let mut names: BTreeMap<String, Option<&[u8]>> =
        file_names(format).into_iter().map(|name| (name, None)).collect();
    for Addition { kind, name, content } in additions {
        let forms: &[_] =
            if kind == GROUPS { &[Compression::None, Compression::Gzip] } else { &[settings.compression] };
        for form in forms {
            let name = format!("{name}{}", form.suffix());
            if names.insert(name.clone(), Some(content)).is_some() {
                return Err(two_of_a_name(&metadata.join(name)));
            }
        }
    }
    let kinds: Vec<&str> = additions.iter().map(|addition| addition.kind.as_str()).collect();
    for record in kept(&settings.additional, &kinds, present) {
        let Some(name) = record.file_name() else { continue };
        let Some(content) = names.get(name) else { continue };
        let path = metadata.join(name);
        if content.is_none_or(|content| {
            regular::open(&path).is_ok() && read(&path, MOST).is_ok_and(|there| there != content)
        }) {
            return Err(can_not_stay(record, path));
        }
    }
    Ok(())
}

/// Of names without digests.
pub(crate) fn two_of_a_name(path: &Utf8Path) -> RepodataError {
    let name = path.file_name().unwrap_or_default();
    let what = format!("`{name}` is the name of two documents (names with digests tell them apart)");
    RepodataError::Content { path: path.to_owned(), what }
}

fn can_not_stay(record: &Record, path: Utf8PathBuf) -> RepodataError {
    let what = format!("`{}` can not stay listed, because a new document has its name,", record.kind);
    RepodataError::Content { path, what }
}

/// Writes groups in the two forms that they are listed in.
pub(crate) fn groups(desk: &Desk, name: &str, content: &[u8]) -> Result<[Record; 2], RepodataError> {
    Ok([
        document(desk, GROUPS, name, Compression::None, content)?,
        // What EL6 reads, whatever the others are compressed with.
        document(desk, "group_gz", name, Compression::Gzip, content)?,
    ])
}

/// A file, decompressed where its first bytes say that it is compressed, of so many bytes at most.
pub(crate) fn read(path: &Utf8Path, most: u64) -> Result<Vec<u8>, RepodataError> {
    let fail = |source| RepodataError::files("read", path)(source);
    let reader = match inflate(fs_err::File::open(path).map_err(fail)?).map_err(fail)? {
        Inflated::Plain(reader) | Inflated::Compressed(reader) => reader,
        Inflated::Unsupported(what) => {
            let what = format!("compression `{what}`");
            return Err(RepodataError::Unsupported { path: path.to_owned(), what });
        }
    };
    let mut bytes = Vec::new();
    reader.take(most + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > most {
        let what = format!("more than {most} bytes, decompressed,");
        return Err(RepodataError::Content { path: path.to_owned(), what });
    }
    Ok(bytes)
}

pub(crate) fn document(
    desk: &Desk,
    kind: &str,
    name: &str,
    compression: Compression,
    bytes: &[u8],
) -> Result<Record, RepodataError> {
    let mut document = Document::create(desk, kind, name, compression, None)?;
    document.write(bytes)?;
    Ok(document.finish()?.record)
}

/// Reads a document that is kept as it is. One that is not what the old list says would be refused by every client.
fn read_kept(metadata: &Utf8Path, record: &Record) -> Result<(Utf8PathBuf, Vec<u8>), RepodataError> {
    let outside = || RepodataError::Content {
        path: metadata.join("repomd.xml"),
        what: format!("`{}` is not in repodata: `{}`", record.kind, record.location),
    };
    let path = metadata.join(record.file_name().ok_or_else(outside)?);
    let bytes = read_listed(&path, record)?;
    if let Ok(kind) = record.checksum.kind.parse::<ChecksumKind>() {
        let Checksum { value: found, .. } = Hasher::of(kind, &bytes);
        if found != record.checksum.value {
            let expected = record.checksum.value.clone();
            return Err(RepodataError::Mismatch { path, what: kind.as_str(), expected, found });
        }
    }
    Ok((path, bytes))
}

/// All bytes of a listed document, as many as the list says: in its place there may be anything.
fn read_listed(path: &Utf8Path, record: &Record) -> Result<Vec<u8>, RepodataError> {
    let fail = |source| RepodataError::Kept { kind: record.kind.clone(), path: path.to_owned(), source };
    let file = regular::open(path).map_err(fail)?;
    let found = file.metadata().map_err(fail)?.len();
    if let Some(expected) = record.size.filter(|expected| *expected != found) {
        let [expected, found] = [expected, found].map(|size| size.to_string());
        return Err(RepodataError::Mismatch { path: path.to_owned(), what: "size", expected, found });
    }
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > MOST {
        let what = format!("more than {MOST} bytes");
        return Err(RepodataError::Content { path: path.to_owned(), what });
    }
    Ok(bytes)
}

fn keep(desk: &Desk, metadata: &Utf8Path, record: &Record) -> Result<(), RepodataError> {
    let (path, bytes) = read_kept(metadata, record)?;
    let target = desk.directory.join(path.file_name().unwrap_or_default());
    if target.exists() {
        if fs_err::read(&target).map_err(RepodataError::files("read", &target))? == bytes {
            return Ok(());
        }
        return Err(can_not_stay(record, target));
    }
    link(&path, &target).map_err(RepodataError::files("keep", &path))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn documents_are_bounded_by_what_they_inflate_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(directory.path()).unwrap().join("comps.xml");
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&[b' '; 10_000]).unwrap();
        for bytes in [encoder.finish().unwrap(), vec![b' '; 10_000]] {
            fs_err::write(&path, bytes).unwrap();
            assert_eq!(read(&path, 10_000).unwrap().len(), 10_000);
            let error = read(&path, 9_999).unwrap_err();
            assert_eq!(error.to_string(), format!("more than 9999 bytes, decompressed, in `{path}`"));
        }
    }
}
