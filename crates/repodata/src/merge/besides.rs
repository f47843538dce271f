//! What merged repositories have besides packages: groups, advisories, modules, and documents of other kinds.

use std::collections::HashSet;

use crate::{
    Groups, MergeSettings, Record, RepodataError, Repository, Updates,
    additional::{self, base, is_of_packages, is_plain},
    document::Desk,
    parts::{Part, groups_of, parts_of},
    read_xml::check_comps,
    text,
};

/// Kinds that have a way of their own, and deltas, which are found by paths in the repository that has them. The last would
/// be called what the groups are.
const NOT_AS_THEY_ARE: [&str; 5] = ["group", "updateinfo", "prestodelta", "deltainfo", "comps"];

/// The kind whose documents are YAML, of which several are one when they stand one behind the other.
const MODULES: &str = "modules";

/// Writes all of them, in the order in which they are listed behind those of packages.
pub(super) fn write(
    desk: &Desk,
    settings: &MergeSettings,
    repositories: &[Repository],
) -> Result<Vec<Record>, RepodataError> {
    let mut records = groups(desk, settings, repositories)?;
    if settings.updates == Updates::United {
        let all = repositories.iter().map(|repository| parts_of(repository, Some("updateinfo"), "updates"));
        let parts = united(all)?;
        if !parts.is_empty() {
            let text = document("", &parts, "updates")?;
            let bytes = text.as_bytes();
            records.push(additional::document(
                desk,
                "updateinfo",
                "updateinfo.xml",
                settings.compression,
                bytes,
            )?);
        }
    }
    let mut seen = HashSet::new();
    for repository in repositories {
        for record in &repository.repomd().records {
            if is_carried(record) && seen.insert(record.kind.as_str()) {
                let bytes = carried(&record.kind, repositories)?;
                let name = file_name(record);
                records.push(additional::document(desk, &record.kind, &name, settings.compression, &bytes)?);
            }
        }
    }
    Ok(records)
}

/// The parts of all, each once: that of the first repository that has it.
fn united(all: impl Iterator<Item = Result<Vec<Part>, RepodataError>>) -> Result<Vec<Part>, RepodataError> {
    let (mut seen, mut parts) = (HashSet::new(), Vec::new());
    for found in all {
        parts.extend(found?.into_iter().filter(|part| seen.insert(part.name())));
    }
    Ok(parts)
}

fn document(head: &str, parts: &[Part], root: &str) -> Result<String, RepodataError> {
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head}<{root}>\n");
    for part in parts {
        if !text::is_clean(&part.text) {
            let what = format!("{} has a character that XML forbids", part.name());
            return Err(RepodataError::Content { path: root.into(), what });
        }
        text.push_str("  ");
        text.push_str(&part.text);
        text.push('\n');
    }
    Ok(text + &format!("</{root}>\n"))
}

fn groups(
    desk: &Desk,
    settings: &MergeSettings,
    repositories: &[Repository],
) -> Result<Vec<Record>, RepodataError> {
    let bytes = match &settings.groups {
        Groups::Omitted => return Ok(Vec::new()),
        Groups::File(path) => {
            let bytes = additional::read(path, additional::MOST)?;
            check_comps(path, &bytes)?;
            bytes
        }
        Groups::United => {
            let parts = united(repositories.iter().map(groups_of))?;
            if parts.is_empty() {
                return Ok(Vec::new());
            }
            let head = "<!DOCTYPE comps PUBLIC \"-//Red Hat, Inc.//DTD Comps info//EN\" \"comps.dtd\">\n";
            document(head, &parts, "comps")?.into_bytes()
        }
    };
    additional::groups(desk, "comps.xml", &bytes).map(Vec::from)
}

/// Whether a document goes into the merged repository as it is.
fn is_carried(record: &Record) -> bool {
    let kind = record.kind.as_str();
    is_plain(kind)
        && !kind.ends_with("_zck")
        && !is_of_packages(kind)
        && !NOT_AS_THEY_ARE.contains(&base(kind))
}

/// The modules of all repositories, of other kinds the document of the first one that has it.
fn carried(kind: &str, repositories: &[Repository]) -> Result<Vec<u8>, RepodataError> {
    let mut all: Vec<u8> = Vec::new();
    for repository in repositories {
        let Some(bytes) = repository.document_bytes(kind)? else { continue };
        if kind != MODULES {
            return Ok(bytes);
        }
        if !bytes.starts_with(b"---") && !all.is_empty() {
            all.extend_from_slice(b"---\n");
        }
        all.extend_from_slice(&bytes);
        if !bytes.ends_with(b"\n") {
            all.push(b'\n');
        }
    }
    Ok(all)
}

/// The kind, with the ending that tells what is in it.
fn file_name(record: &Record) -> String {
    let name = record.location.rsplit('/').next().unwrap_or_default();
    let is_plain = |ending: &&str| ending.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let ending = name.split_once('.').map(|(_, ending)| ending).filter(is_plain).unwrap_or_default();
    let packed = |part: &&str| ["gz", "bz2", "xz", "zst"].contains(part);
    let parts = ending.split('.').filter(|part| !part.is_empty() && !packed(part));
    parts.fold(record.kind.clone(), |name, part| format!("{name}.{part}"))
}
