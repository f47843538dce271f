//! What the metadata lists, compared with what is there.

use std::{
    collections::{BTreeSet, HashSet},
    io::{Read as _, Seek},
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::header::RpmHeaders;

use super::{
    Findings, RepositoryCheck, advisories,
    boot::Boot,
    databases::Told,
    described::{self, Description, Marks},
    digest,
    listing::{self, Entry},
    metadata::{self, Record},
    release::Shipped,
    rules,
};
use crate::{
    BaseProvides, CheckError, Depth, Finding, Severity, closure, inside, package, shelf::Shelf, together,
    upgrade, verifier::untrusted,
};

/// Bytes of a document that are read; those of whole distributions have some hundred megabytes.
const MOST: u64 = 2 * 1024 * 1024 * 1024;

/// Files that stand in a repository without being listed.
const FREE: [&str; 1] = ["repodata"];

pub(super) fn check(
    check: &RepositoryCheck<'_>,
    records: &[Record],
    findings: &mut Findings,
) -> Result<(), CheckError> {
    let (mut entries, mut stated) = (Vec::new(), None);
    let listed = read_kind(check, records, "primary", findings, |reader| {
        stated = listing::primary(reader, |entry| entries.push(entry))?;
        Ok(())
    });
    if !listed {
        // Without a list every package would be reported as unlisted.
        return Ok(());
    }
    described::demand_count("primary.xml", stated, entries.len(), findings);
    entries.sort_by(|a, b| a.href.cmp(&b.href));
    twice(&entries, findings);
    let mut shelf = Shelf::default();
    let (mut shipped, mut boot) = (Shipped::default(), Boot::default());
    let (mut marks, mut told) = (Marks::of(&entries), Told::new());
    for entry in &mut entries {
        told.take(entry);
        package(check, entry, (&mut shelf, &mut shipped, &mut boot), (&mut marks, findings))?;
        // It was compared, and there is one of it for each package.
        entry.description = Description::default();
    }
    for (kind, root) in [("filelists", "filelists"), ("other", "otherdata")] {
        let mut found = Findings::default();
        let document = format!("{kind}.xml");
        read_kind(check, records, kind, findings, |reader| {
            marks.compare(reader, (root, &document), &mut found)
        });
        findings.0.extend(found.0);
    }
    databases(check, records, (&told, &marks), findings);
    shipped.check(check, findings);
    boot.check(findings);
    unlisted(check.root, &entries, findings)?;
    let mut members = BTreeSet::new();
    // yum takes the compressed ones where both are listed.
    for kind in ["group_gz", "group"] {
        read_kind(check, records, kind, findings, |reader| {
            members.extend(listing::groups(reader)?);
            Ok(())
        });
    }
    for (group, member) in members {
        if !entries.iter().any(|entry| entry.name == member) {
            findings.add(&rules::GROUP_MEMBER, "comps", format!("group {group} lists {member}"));
        }
    }
    advisories(check, records, &entries, findings);
    findings.0.extend(match check.base {
        Some(base) => closure::unmet(&shelf, base),
        None => closure::unmet_among_themselves(&shelf),
    });
    let newest = shelf.newest();
    findings.0.extend(together::check(&shelf, &newest, check.base.unwrap_or(&BaseProvides::default())));
    findings.0.extend(together::check_files(&mut shelf, &newest, check.root)?);
    let offered: Vec<_> = entries.iter().filter_map(Entry::offered).collect();
    findings.0.extend(upgrade::check(&offered, (&shelf, &newest), check.histories));
    excuse_superseded(&shelf, &newest, findings);
    Ok(())
}

/// What is wrong with a package whose place a newer one takes stops nobody: yum looks at the newest of each name. Were it an
/// error, a bad package that is out would stop its own fix. Signatures and metadata are held all the same.
fn excuse_superseded(shelf: &Shelf, newest: &HashSet<usize>, findings: &mut Findings) {
    let old = shelf.packages().enumerate().filter(|(number, _)| !newest.contains(number));
    let superseded: HashSet<&str> = old.map(|(_, package)| package.subject.as_str()).collect();
    let is_of_package = |code: &str| {
        ["EL6-PKG-", "EL6-FILE-", "EL6-XEN-", closure::UNMET.code].iter().any(|start| code.starts_with(start))
            && !package::is_about_signatures(code)
    };
    for finding in findings.0.iter_mut().filter(|finding| is_of_package(finding.code)) {
        if superseded.contains(finding.subject.as_str()) && finding.severity == Severity::Error {
            finding.severity = Severity::Warning;
            finding.message.push_str(" (a newer one takes its place)");
        }
    }
}

/// Reads the metadata file of one kind, and says whether it could; what is missing has been reported.
fn read_kind(
    check: &RepositoryCheck<'_>,
    records: &[Record],
    kind: &str,
    findings: &mut Findings,
    read: impl FnOnce(Box<dyn std::io::BufRead>) -> Result<(), String>,
) -> bool {
    let Some(record) = records.iter().find(|record| record.kind == kind && record.is_read) else {
        return false;
    };
    let path = check.root.join(&record.href);
    if !metadata::is_below(&record.href) || !path.is_file() {
        return false;
    }
    let result = match digest::open(&path) {
        Ok(Some(reader)) => {
            // A document is held one package at a time, and a package may be as long as it likes.
            read(Box::new(std::io::BufReader::new(reader.take(MOST))))
        }
        Ok(None) => Err("is compressed in a way that is not read here".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(reason) = &result {
        findings.add(&rules::METADATA_CONTENT, &record.href, reason);
    }
    result.is_ok()
}

/// A database of another version than yum's is passed over by it, and the XML is read.
const DATABASE_VERSION: &str = "10";

fn databases(
    check: &RepositoryCheck<'_>,
    records: &[Record],
    (told, marks): (&Told, &Marks),
    findings: &mut Findings,
) {
    let is_read =
        |record: &&Record| record.kind.ends_with("_db") && record.database_version == DATABASE_VERSION;
    for record in records.iter().filter(is_read) {
        let mut found = Findings::default();
        read_kind(check, records, &record.kind, findings, |reader| match record.kind.as_str() {
            "primary_db" => told.compare_primary(reader, &mut found),
            "filelists_db" => told.compare_filelists(reader, marks, &mut found),
            "other_db" => told.compare_other(reader, &mut found),
            _ => Ok(()),
        });
        findings.0.extend(found.0);
    }
}

fn advisories(check: &RepositoryCheck<'_>, records: &[Record], entries: &[Entry], findings: &mut Findings) {
    let mut mentions = Vec::new();
    read_kind(check, records, "updateinfo", findings, |reader| {
        mentions = advisories::read(reader)?;
        Ok(())
    });
    for mention in mentions.iter().filter(|mention| !entries.iter().any(|entry| mention.is(entry))) {
        let message = format!("{} names {}", mention.advisory, mention.nevra());
        findings.add(&rules::ADVISORY_PACKAGE, "updateinfo", message);
    }
}

fn twice(entries: &[Entry], findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for entry in entries {
        if !seen.insert(entry.nevra()) {
            findings.add(&rules::PACKAGE_TWICE, &entry.href, format!("{} is listed twice", entry.nevra()));
        }
    }
}

fn package(
    check: &RepositoryCheck<'_>,
    entry: &Entry,
    (shelf, shipped, boot): (&mut Shelf, &mut Shipped, &mut Boot),
    (marks, findings): (&mut Marks, &mut Findings),
) -> Result<(), CheckError> {
    let subject = entry.href.as_str();
    metadata::kind(check, subject, &entry.checksum.kind, findings);
    if !metadata::is_below(subject) || !entry.base.is_empty() {
        findings.add(&rules::PACKAGE_HREF, subject, format!("{} lies outside", entry.nevra()));
        return Ok(());
    }
    let path = check.root.join(subject);
    if !path.is_file() {
        findings.add(&rules::PACKAGE_MISSING, subject, "is not there");
        return Ok(());
    }
    let failed = |source| CheckError::Read { path: path.clone(), source };
    let mut file = fs_err::File::open(&path).map_err(failed)?;
    let (size, value) = if check.depth == Depth::Headers {
        (file.metadata().map_err(failed)?.len(), None)
    } else {
        digest::measure(&mut file, &entry.checksum.kind).map_err(failed)?
    };
    let mut sound = true;
    if let Some(stated) = entry.size.filter(|stated| *stated != size) {
        sound = false;
        findings.add(&rules::PACKAGE_SIZE, subject, format!("has {size} bytes, primary.xml says {stated}"));
    } else if value.is_some_and(|value| value != entry.checksum.value) {
        sound = false;
        let message = format!("{} is not what primary.xml says", entry.checksum.kind);
        findings.add(&rules::PACKAGE_CHECKSUM, subject, message);
    }
    file.rewind().map_err(failed)?;
    let headers = match RpmHeaders::read_sized(&mut std::io::BufReader::new(&mut file), size) {
        Ok(headers) => headers,
        Err(error) => {
            findings.add(&package::UNREADABLE, subject, error.to_string());
            return Ok(());
        }
    };
    let is_listed = compare(entry, &headers, findings);
    let taken = marks.take(entry, &headers);
    let compared =
        taken.and_then(|()| if is_listed { described::compare(entry, &headers, findings) } else { Ok(()) });
    if let Err(error) = compared {
        findings.add(&package::UNREADABLE, subject, error.to_string());
    }
    let of_headers = package::check_headers(subject, &headers, check.client);
    // An altered file needs no second finding for its signature.
    if let (true, Some(verifier)) = (sound, check.verifier) {
        findings.0.extend(untrusted((&path, subject), verifier, &of_headers));
    }
    findings.0.extend(of_headers);
    // Of an altered file everything can be wrong.
    if sound && check.depth == Depth::Payloads {
        findings.0.extend(inside::check_files(&path, (subject, &headers), check.client, check.contract)?);
    }
    shipped.look(subject, &path, &headers);
    boot.look(subject, &path, &headers);
    // A header without a readable name has been reported.
    if let (Ok(_), Err(error)) = (headers.nevra(), shelf.add(subject, &headers)) {
        findings.0.push(Finding::new(&package::UNREADABLE, subject, error.to_string()));
    }
    Ok(())
}

/// Whether it is the package that is listed: of another one everything is another.
fn compare(entry: &Entry, headers: &RpmHeaders, findings: &mut Findings) -> bool {
    // A header without a readable name is reported by the package's own rules.
    let Ok(nevra) = headers.nevra() else { return false };
    let evr = (nevra.evr.epoch.to_string(), nevra.evr.version.clone(), nevra.evr.release.clone());
    if (&nevra.name, &nevra.arch, &evr) != (&entry.name, &entry.arch, &entry.evr) {
        let message = format!("is {nevra}, primary.xml says {}", entry.nevra());
        findings.add(&rules::PACKAGE_NAME, &entry.href, message);
        return false;
    }
    true
}

/// Packages anywhere, and whatever else stands where only packages belong.
fn unlisted(root: &Utf8Path, entries: &[Entry], findings: &mut Findings) -> Result<(), CheckError> {
    let listed: BTreeSet<Utf8PathBuf> =
        entries.iter().map(|entry| Utf8Path::new(&entry.href).components().collect()).collect();
    let walk = walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name().follow_links(true);
    let wanted = |entry: &walkdir::DirEntry| {
        !(entry.depth() == 1 && FREE.iter().any(|name| entry.file_name() == *name))
    };
    for entry in walk.into_iter().filter_entry(wanted) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let link = error.path().filter(|path| path.is_symlink());
                let Some(link) = link.and_then(|path| path.strip_prefix(root).ok()) else {
                    return Err(CheckError::Read { path: root.to_owned(), source: error.into() });
                };
                // What is listed has been missed by now.
                let link = link.to_string_lossy();
                if !listed.contains(Utf8Path::new(link.as_ref())) {
                    findings.add(&rules::UNLISTED, &link, "is a link that leads nowhere");
                }
                continue;
            }
        };
        let below = entry.path().strip_prefix(root).map(ToOwned::to_owned).unwrap_or_default();
        let Ok(below) = Utf8PathBuf::from_path_buf(below) else {
            findings.add(&rules::UNLISTED, &entry.path().to_string_lossy(), "its name is no UTF-8");
            continue;
        };
        let candidate = below.starts_with("Packages") || below.extension() == Some("rpm");
        if entry.file_type().is_file() && candidate && !listed.contains(&below) {
            findings.add(&rules::UNLISTED, below.as_str(), "is not listed in primary.xml");
        }
    }
    Ok(())
}
