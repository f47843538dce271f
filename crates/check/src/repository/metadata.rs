//! repomd.xml, its signature, and the files that it lists.

use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Findings, RepositoryCheck, RepositorySignature,
    digest::{self, Checksum},
    rules, xml,
};
use crate::{
    CheckError, Rule,
    armour::blocks,
    openpgp::{hash_name, key_algorithm_name, signature_algorithms},
};

const REPOMD: &str = "repodata/repomd.xml";

/// Clocks of machines differ by less, in seconds.
const A_DAY: u64 = 86_400;

/// One metadata file as repomd.xml describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// `primary`, `filelists`, `group` and so on.
    pub(super) kind: String,
    /// Path below the repository's directory.
    pub(super) href: String,
    checksum: Checksum,
    open_checksum: Option<Checksum>,
    size: Option<u64>,
    open_size: Option<u64>,
    timestamp: u64,
    /// Of a database, which clients pass over where it is not theirs.
    pub(super) database_version: String,
    /// Whether what is in it is looked at: as long as it is not longer than the list says.
    pub(super) is_read: bool,
}

/// Checks everything that does not need the content of the files; `None` where there is nothing to go on with.
pub(super) fn check(
    check: &RepositoryCheck<'_>,
    findings: &mut Findings,
) -> Result<Option<Vec<Record>>, CheckError> {
    let path = check.root.join(REPOMD);
    let is_special = fs_err::metadata(&path).is_ok_and(|found| !found.is_file());
    if is_special {
        findings.add(&rules::REPOMD, REPOMD, "is no regular file");
        return Ok(None);
    }
    let bytes = match fs_err::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && check.root.is_dir() => {
            findings.add(&rules::REPOMD, REPOMD, "is not there");
            return Ok(None);
        }
        Err(source) => return Err(CheckError::Read { path, source }),
    };
    let size = bytes.len() as u64;
    if let Some(limit) = check.client.max_repomd_bytes.filter(|limit| size > *limit) {
        findings.add(&rules::REPOMD_SIZE, REPOMD, format!("has {size} bytes, at most {limit} are read"));
    }
    if check.signature == RepositorySignature::Present {
        signature(check, findings);
    }
    let mut records = match parse(&bytes) {
        Ok(records) => records,
        Err(reason) => {
            findings.add(&rules::REPOMD, REPOMD, reason);
            return Ok(None);
        }
    };
    let newest = records.iter().map(|record| record.timestamp).max().unwrap_or(0);
    if let Some(before) = check.published_before.filter(|before| newest < *before) {
        let message = format!("its newest timestamp is {newest}, {before} was published before");
        findings.add(&rules::TIMESTAMP, REPOMD, message);
    }
    if let Some(terms) = check.keys.filter(|terms| newest > terms.time.saturating_add(A_DAY)) {
        let message = format!("its newest timestamp is {newest}, {} seconds from now", newest - terms.time);
        findings.add(&rules::FUTURE, REPOMD, message);
    }
    for record in &mut records {
        file(check, record, findings)?;
    }
    group_compression(check, &records, findings);
    for kind in ["primary", "filelists"] {
        if !records.iter().any(|record| record.kind == kind) {
            findings.add(&rules::REQUIRED_METADATA, REPOMD, format!("lists no {kind}"));
        }
    }
    Ok(Some(records))
}

pub(super) fn signature(check: &RepositoryCheck<'_>, findings: &mut Findings) {
    let name = "repodata/repomd.xml.asc";
    let verified = if !check.root.join(name).is_file() {
        Err("is not there".to_owned())
    } else if let Some(verifier) = check.verifier {
        verifier.verify_repository(check.root)
    } else {
        let message = "no key is known: neither this signature nor those of packages are verified";
        findings.add(&rules::NOT_VERIFIED, name, message);
        Ok(())
    };
    match verified {
        Err(reason) => findings.add(&rules::REPOMD_SIGNATURE, name, reason),
        Ok(()) => first_signature(check, name, findings),
    }
}

/// A client that looks at the first signature only must be able to verify that one.
fn first_signature(check: &RepositoryCheck<'_>, name: &str, findings: &mut Findings) {
    // What can not be read was refused by the verifier, or nobody verifies.
    let Some(found) =
        fs_err::read(check.root.join(name)).ok().and_then(|bytes| signature_algorithms(&dearmoured(bytes)))
    else {
        return;
    };
    let client = check.client;
    let key = key_algorithm_name(found.key);
    let hash = u32::from(found.hash);
    if !client.signature_key_algorithms.is_empty() && !client.signature_key_algorithms.contains(&key) {
        findings.add(
            &rules::FIRST_SIGNATURE,
            name,
            format!("the first signature is made by a key of the kind {key}"),
        );
    } else if !client.signature_hash_algorithms.is_empty()
        && !client.signature_hash_algorithms.contains(&hash)
    {
        findings.add(
            &rules::FIRST_SIGNATURE,
            name,
            format!("the first signature is over {}", hash_name(hash)),
        );
    }
}

/// The bytes of a detached signature, which may be armoured.
pub(super) fn dearmoured(bytes: Vec<u8>) -> Vec<u8> {
    let text = std::str::from_utf8(&bytes).ok();
    let block = text.and_then(|text| blocks(text, "SIGNATURE").into_iter().next());
    block.and_then(|block| block.bytes).unwrap_or(bytes)
}

fn parse(bytes: &[u8]) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    let mut current = Record::default();
    let mut root = false;
    xml::read(bytes, |path, element| {
        let checksum =
            || Checksum { kind: element.attribute("type").to_owned(), value: element.text().to_owned() };
        // Some old tools wrote fractions of a second.
        let number = || element.text().split('.').next().and_then(|digits| digits.parse().ok());
        match path {
            "repomd/data/checksum" => current.checksum = checksum(),
            "repomd/data/open-checksum" => current.open_checksum = Some(checksum()),
            "repomd/data/location" => element.attribute("href").clone_into(&mut current.href),
            "repomd/data/size" => current.size = number(),
            "repomd/data/open-size" => current.open_size = number(),
            "repomd/data/database_version" => element.text().clone_into(&mut current.database_version),
            "repomd/data/timestamp" => current.timestamp = number().unwrap_or(0),
            "repomd/data" => {
                let record = std::mem::take(&mut current);
                records.push(Record { kind: element.attribute("type").to_owned(), is_read: true, ..record });
            }
            "repomd" => root = true,
            _ => {}
        }
    })?;
    if root { Ok(records) } else { Err("has another root element than `repomd`".to_owned()) }
}

fn file(check: &RepositoryCheck<'_>, record: &mut Record, findings: &mut Findings) -> Result<(), CheckError> {
    let href = record.href.clone();
    let subject = href.as_str();
    if !is_below(subject) {
        findings.add(&rules::METADATA_MISSING, REPOMD, format!("lists {} at `{subject}`", record.kind));
        return Ok(());
    }
    let path = check.root.join(subject);
    if !path.is_file() {
        findings.add(&rules::METADATA_MISSING, subject, format!("{} is not there", record.kind));
        return Ok(());
    }
    let failed = |source| CheckError::Read { path: path.clone(), source };
    let (size, value) = fs_err::File::open(&path)
        .and_then(|mut file| digest::measure(&mut file, &record.checksum.kind))
        .map_err(failed)?;
    if let Some(stated) = record.size.filter(|stated| *stated != size) {
        findings.add(&rules::METADATA_SIZE, subject, format!("has {size} bytes, repomd.xml says {stated}"));
    }
    kind(check, subject, &record.checksum.kind, findings);
    let right = value.as_ref().is_none_or(|value| *value == record.checksum.value);
    if right {
        // What is longer than it says can be as long as it likes: it is not read any further.
        record.is_read &= open_checksum(&path, record, findings);
    } else {
        let message = format!("{} is not what repomd.xml says", record.checksum.kind);
        findings.add(&rules::METADATA_CHECKSUM, subject, message);
    }
    compression(check, record, findings);
    Ok(())
}

/// Whether the client knows the kind of a checksum.
pub(super) fn kind(check: &RepositoryCheck<'_>, subject: &str, kind: &str, findings: &mut Findings) {
    let known = &check.client.metadata_checksums;
    if !known.is_empty() && !known.iter().any(|known| known == kind) {
        findings.add(&rules::CHECKSUM_KIND, subject, format!("its checksum is of the kind `{kind}`"));
    }
}

/// Whether the document is, when it is decompressed, what the list says. No more of it is read than that has, and one byte.
fn open_checksum(path: &Utf8Path, record: &Record, findings: &mut Findings) -> bool {
    let Some(stated) = &record.open_checksum else { return true };
    let limit = record.open_size.map_or(u64::MAX, |size| size.saturating_add(1));
    let measured = match digest::open(path) {
        Ok(Some(reader)) => digest::measure(&mut reader.take(limit), &stated.kind),
        // A compression that is not known here has its own rule.
        Ok(None) => return true,
        Err(error) => Err(error),
    };
    let message = match measured {
        Err(error) => format!("can not be decompressed: {error}"),
        Ok((size, _)) if record.open_size.is_some_and(|stated| stated < size) => {
            format!("has more than {} bytes when decompressed, which repomd.xml says", limit - 1)
        }
        Ok((size, _)) if record.open_size.is_some_and(|stated| stated != size) => {
            format!("has {size} bytes when decompressed, repomd.xml says otherwise")
        }
        Ok((_, Some(value))) if value != stated.value => {
            format!("{} of the decompressed file is not what repomd.xml says", stated.kind)
        }
        Ok(_) => return true,
    };
    findings.add(&rules::OPEN_CHECKSUM, &record.href, message);
    false
}

/// By what a kind of metadata may be compressed, and the rule about it. What the client's file does not say of a kind
/// of its own holds as for XML.
fn compressors<'c>(check: &'c RepositoryCheck<'_>, kind: &str) -> (&'c [String], &'static Rule) {
    let client = check.client;
    let (own, rule): (&[String], _) = match kind {
        "updateinfo" => (&client.updateinfo_compressors, &rules::UPDATEINFO_COMPRESSION),
        _ if kind.ends_with("_db") => (&client.database_compressors, &rules::DATABASE_COMPRESSION),
        _ => (&client.metadata_compressors, &rules::METADATA_COMPRESSION),
    };
    if own.is_empty() { (&client.metadata_compressors, rule) } else { (own, rule) }
}

/// `none`, or the end of its name.
fn compressor(record: &Record) -> &str {
    match Utf8Path::new(&record.href).extension().unwrap_or_default() {
        "xml" | "sqlite" | "yaml" | "txt" | "" => "none",
        extension => extension,
    }
}

fn is_group(record: &Record) -> bool {
    record.kind == "group" || record.kind.starts_with("group_")
}

fn compression(check: &RepositoryCheck<'_>, record: &Record, findings: &mut Findings) {
    // zchunk and modules are passed over by clients that do not know them; groups may come in two forms.
    if record.kind.ends_with("_zck") || record.kind == "modules" || is_group(record) {
        return;
    }
    let (known, rule) = compressors(check, &record.kind);
    let found = compressor(record);
    // Only advisories are never taken as they are.
    let plain = found == "none" && record.kind != "updateinfo";
    if !known.is_empty() && !plain && !known.iter().any(|known| known == found) {
        let how =
            if found == "none" { "not compressed".to_owned() } else { format!("compressed as .{found}") };
        findings.add(rule, &record.href, format!("{} is {how}", record.kind));
    }
}

/// One form that the client reads is enough.
fn group_compression(check: &RepositoryCheck<'_>, records: &[Record], findings: &mut Findings) {
    let client = check.client;
    let known = if client.group_compressors.is_empty() {
        &client.metadata_compressors
    } else {
        &client.group_compressors
    };
    let readable = |record: &&Record| {
        let found = compressor(record);
        known.is_empty() || found == "none" || known.iter().any(|known| known == found)
    };
    let mut groups = records.iter().filter(|record| is_group(record)).peekable();
    let Some(first) = groups.peek().map(|record| record.href.clone()) else { return };
    if !groups.any(|record| readable(&record)) {
        findings.add(&rules::GROUP_COMPRESSION, &first, "is the only form of the groups".to_owned());
    }
}

/// Whether a location stays inside of the repository.
pub(super) fn is_below(href: &str) -> bool {
    let path = Utf8PathBuf::from(href);
    !href.is_empty()
        && !href.contains("://")
        && path
            .components()
            .all(|part| matches!(part, camino::Utf8Component::Normal(_) | camino::Utf8Component::CurDir))
}
