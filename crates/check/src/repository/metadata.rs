//! repomd.xml, its signature, and the files that it lists.

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Findings, RepositoryCheck,
    digest::{self, Checksum},
    rules, xml,
};
use crate::CheckError;

const REPOMD: &str = "repodata/repomd.xml";

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
}

/// Checks everything that does not need the content of the files; `None` where there is nothing to go on with.
pub(super) fn check(
    check: &RepositoryCheck<'_>,
    findings: &mut Findings,
) -> Result<Option<Vec<Record>>, CheckError> {
    let path = check.root.join(REPOMD);
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
    signature(check, findings);
    let records = match parse(&bytes) {
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
    for record in &records {
        file(check, record, findings)?;
    }
    for kind in ["primary", "filelists"] {
        if !records.iter().any(|record| record.kind == kind) {
            findings.add(&rules::REQUIRED_METADATA, REPOMD, format!("lists no {kind}"));
        }
    }
    Ok(Some(records))
}

fn signature(check: &RepositoryCheck<'_>, findings: &mut Findings) {
    let name = "repodata/repomd.xml.asc";
    let verified = if !check.root.join(name).is_file() {
        Err("is not there".to_owned())
    } else if let Some(verifier) = check.verifier {
        verifier.verify_repository(check.root)
    } else {
        Ok(())
    };
    if let Err(reason) = verified {
        findings.add(&rules::REPOMD_SIGNATURE, name, reason);
    }
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
            "repomd/data/timestamp" => current.timestamp = number().unwrap_or(0),
            "repomd/data" => {
                let record = std::mem::take(&mut current);
                records.push(Record { kind: element.attribute("type").to_owned(), ..record });
            }
            "repomd" => root = true,
            _ => {}
        }
    })?;
    if root { Ok(records) } else { Err("has another root element than `repomd`".to_owned()) }
}

fn file(check: &RepositoryCheck<'_>, record: &Record, findings: &mut Findings) -> Result<(), CheckError> {
    let subject = record.href.as_str();
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
        open_checksum(&path, record, findings);
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

fn open_checksum(path: &Utf8Path, record: &Record, findings: &mut Findings) {
    let Some(stated) = &record.open_checksum else { return };
    let measured = match digest::open(path) {
        Ok(Some(mut reader)) => digest::measure(&mut reader, &stated.kind),
        // A compression that is not known here has its own rule.
        Ok(None) => return,
        Err(error) => Err(error),
    };
    let message = match measured {
        Err(error) => format!("can not be decompressed: {error}"),
        Ok((size, _)) if record.open_size.is_some_and(|stated| stated != size) => {
            format!("has {size} bytes when decompressed, repomd.xml says otherwise")
        }
        Ok((_, Some(value))) if value != stated.value => {
            format!("{} of the decompressed file is not what repomd.xml says", stated.kind)
        }
        Ok(_) => return,
    };
    findings.add(&rules::OPEN_CHECKSUM, &record.href, message);
}

fn compression(check: &RepositoryCheck<'_>, record: &Record, findings: &mut Findings) {
    let known = &check.client.metadata_compressors;
    let extension = Utf8Path::new(&record.href).extension().unwrap_or_default();
    // Plain files need no decompressor; zchunk and modules are passed over by clients that do not know them.
    let plain = matches!(extension, "xml" | "sqlite" | "yaml" | "txt") || record.kind.ends_with("_zck");
    if !known.is_empty()
        && !plain
        && record.kind != "modules"
        && !known.iter().any(|known| known == extension)
    {
        findings.add(
            &rules::METADATA_COMPRESSION,
            &record.href,
            format!("{} is compressed as .{extension}", record.kind),
        );
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
