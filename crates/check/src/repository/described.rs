//! What metadata says of packages, beside what their headers say. yum solves by the metadata alone and reads a header only
//! when all is decided, so a difference is found too late or never.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{BuildHasher as _, RandomState},
    io::BufRead,
    ops::Range,
};

use xen4centos_artifact::header::{DependencyFlags, DependencyKind, HeaderError, RpmHeaders};

use super::{Findings, listing::Entry, rules, xml};

/// Differences of one package that are named.
const NAMED: usize = 3;

/// The relations that yum solves by, as the metadata calls them.
pub(super) const RELATIONS: [&str; 4] = ["provides", "requires", "conflicts", "obsoletes"];

/// Of the same order.
const KINDS: [DependencyKind; 4] = [
    DependencyKind::Provides,
    DependencyKind::Requires,
    DependencyKind::Conflicts,
    DependencyKind::Obsoletes,
];

/// Where requirements are among the relations.
const REQUIRES: usize = 1;

/// What primary.xml says of a package beside its name, version and place.
#[derive(Clone, Debug, Default)]
pub(super) struct Description {
    /// Each as [`relation`] writes it.
    pub(super) relations: [Vec<String>; 4],
    /// Files in primary.xml.
    pub(super) files: Vec<String>,
    pub(super) header_range: Option<Range<u64>>,
}

/// A relation in one way of writing, whoever wrote it: an epoch that is not there is 0.
pub(super) fn relation(name: &str, flags: &str, [epoch, version, release]: [&str; 3]) -> String {
    if flags.is_empty() {
        return name.to_owned();
    }
    let epoch = if epoch.is_empty() { "0" } else { epoch };
    let dash = if release.is_empty() { "" } else { "-" };
    format!("{name} {flags} {epoch}:{version}{dash}{release}")
}

/// Compares what primary.xml says of a package with its header.
///
/// # Errors
/// Where the header can not be read.
pub(super) fn compare(
    entry: &Entry,
    headers: &RpmHeaders,
    findings: &mut Findings,
) -> Result<(), HeaderError> {
    let mut wrong = Vec::new();
    let range = headers.header_range();
    if let Some(stated) = entry.description.header_range.as_ref().filter(|stated| **stated != range) {
        let (found, stated) = (bytes(&range), bytes(stated));
        wrong.push(format!("its header at {stated}, where it is at {found}"));
    }
    let own: Option<BTreeSet<String>> = paths(headers)?.map(|paths| paths.into_iter().collect());
    let none = BTreeSet::new();
    for (index, kind) in KINDS.into_iter().enumerate() {
        let Some(has) = relations(headers, kind)? else { continue };
        let given = if index == REQUIRES { relations(headers, DependencyKind::Provides)? } else { None };
        let is_left_out = |one: &str, flags: DependencyFlags| {
            // Who only recommends something requires nothing.
            flags.has(DependencyFlags::MISSING_OK)
                || given
                    .as_ref()
                    .is_some_and(|given| may_be_left_out(one, flags, (given, own.as_ref().unwrap_or(&none))))
        };
        let (word, listed) = (RELATIONS[index], &entry.description.relations[index]);
        let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
        let invented = listed.iter().filter(|one| !has.contains_key(**one)).copied();
        difference(&mut wrong, &format!("{word} that it has not"), invented);
        let missing =
            has.iter().filter(|(one, flags)| !listed.contains(one.as_str()) && !is_left_out(one, **flags));
        difference(&mut wrong, &format!("not all of its {word}"), missing.map(|(one, _)| one.as_str()));
    }
    if let Some(own) = &own {
        let listed: BTreeSet<&str> = entry.description.files.iter().map(String::as_str).collect();
        let invented = listed.iter().filter(|file| !own.contains(**file)).copied();
        difference(&mut wrong, "files that it has not", invented);
        let missing = own.iter().filter(|path| is_of_primary(path) && !listed.contains(path.as_str()));
        difference(&mut wrong, "not all of its files", missing.map(String::as_str));
    }
    if !wrong.is_empty() {
        findings.add(&rules::DESCRIPTION, &entry.href, format!("primary.xml lists {}", wrong.join("; ")));
    }
    Ok(())
}

fn bytes(range: &Range<u64>) -> String {
    format!("{} to {}", range.start, range.end)
}

fn difference<'a>(wrong: &mut Vec<String>, what: &str, items: impl Iterator<Item = &'a str>) {
    let items: Vec<&str> = items.collect();
    if items.is_empty() {
        return;
    }
    let more = items.len().saturating_sub(NAMED);
    let named = items[..items.len().min(NAMED)].join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    wrong.push(format!("{what} ({named}{more})"));
}

/// Those of the header, and their flags; `None` where a name is no UTF-8, which metadata writes in ways of its own.
fn relations(
    headers: &RpmHeaders,
    kind: DependencyKind,
) -> Result<Option<BTreeMap<String, DependencyFlags>>, HeaderError> {
    let mut found = BTreeMap::new();
    for dependency in headers.dependencies(kind)? {
        let (Some(name), Some(evr)) = (dependency.name.to_str(), dependency.evr.to_str()) else {
            return Ok(None);
        };
        if name.is_empty() {
            continue;
        }
        let (epoch, rest) = match evr.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => (epoch, rest),
            _ => ("0", evr),
        };
        let flags = dependency.flags.comparison().unwrap_or_default();
        found.insert(relation(name, flags, [epoch, rest, ""]), dependency.flags);
    }
    Ok(Some(found))
}

/// What writers of metadata leave out of requirements: features of rpm, what the package has itself, and all versions of
/// the C library but one.
fn may_be_left_out(
    requirement: &str,
    flags: DependencyFlags,
    (given, own): (&BTreeMap<String, DependencyFlags>, &BTreeSet<String>),
) -> bool {
    flags.has(DependencyFlags::RPMLIB)
        || requirement.starts_with("rpmlib(")
        || requirement.starts_with("libc.so.6")
        || given.contains_key(requirement)
        || own.contains(requirement)
}

/// All paths of a package; `None` where one is no UTF-8, which metadata writes in ways of its own.
fn paths(headers: &RpmHeaders) -> Result<Option<Vec<String>>, HeaderError> {
    let paths = headers.main().paths()?;
    Ok(paths
        .map(|path| {
            let (directory, name) = (path.directory.to_str()?, path.base_name.to_str()?);
            Some(format!("{directory}{name}"))
        })
        .collect())
}

/// Whether yum looks for the path in primary.xml, and in no other document (`yum.misc.re_primary_filename`).
fn is_of_primary(path: &str) -> bool {
    path.starts_with("/etc/") || path.contains("bin/") || path == "/usr/lib/sendmail"
}

/// What the documents besides primary.xml are held against: a mark of the files of each package, so that no list of them is
/// held.
pub(super) struct Marks {
    hasher: RandomState,
    /// By the checksum that packages are known by; of those whose paths can not be compared there is none.
    of: HashMap<String, Option<Mark>>,
}

/// Of a set of paths: how many, and the sum of their hashes, whose key nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    count: u64,
    sum: u64,
}

impl Marks {
    /// Of all that are listed; what is not read is not compared.
    pub(super) fn of(entries: &[Entry]) -> Self {
        let of = entries.iter().map(|entry| (entry.checksum.value.clone(), None)).collect();
        Self { hasher: RandomState::new(), of }
    }

    /// Takes the files of a package that is listed.
    pub(super) fn take(&mut self, entry: &Entry, headers: &RpmHeaders) -> Result<(), HeaderError> {
        let mark = paths(headers)?.map(|paths| {
            let mut mark = Mark::default();
            for path in paths {
                self.add(&mut mark, &path);
            }
            mark
        });
        self.of.insert(entry.checksum.value.clone(), mark);
        Ok(())
    }

    /// How many files a database lists of a package, and how many it has, where these are not the same files.
    pub(super) fn other_files(&self, id: &str, paths: &[String]) -> Option<(u64, u64)> {
        let expected = (*self.of.get(id)?)?;
        let mut found = Mark::default();
        for path in paths {
            self.add(&mut found, path);
        }
        (found != expected).then_some((found.count, expected.count))
    }

    fn add(&self, mark: &mut Mark, path: &str) {
        mark.count += 1;
        mark.sum = mark.sum.wrapping_add(self.hasher.hash_one(path));
    }

    /// Reads filelists.xml or other.xml: of which packages it tells, and whether it tells of their files.
    pub(super) fn compare(
        &self,
        reader: impl BufRead,
        (root, document): (&str, &str),
        findings: &mut Findings,
    ) -> Result<(), String> {
        let (mut mark, mut seen, mut count) = (Mark::default(), BTreeSet::new(), 0);
        let mut stated = None;
        let (file_path, package_path) = (format!("{root}/package/file"), format!("{root}/package"));
        xml::read(reader, |path, element| {
            if path == file_path {
                self.add(&mut mark, element.text());
            } else if path == package_path {
                let (id, found) = (element.attribute("pkgid").to_owned(), std::mem::take(&mut mark));
                let name = element.attribute("name");
                match self.of.get(&id) {
                    None => findings.add(
                        &rules::DOCUMENTS,
                        document,
                        format!("tells of a package {name} ({id}) that primary.xml does not list"),
                    ),
                    Some(Some(expected)) if root == "filelists" && *expected != found => findings.add(
                        &rules::DOCUMENTS,
                        document,
                        format!(
                            "lists {} files of {name}, not the {} that it has",
                            found.count, expected.count
                        ),
                    ),
                    Some(_) => {}
                }
                seen.insert(id);
                count += 1;
            } else if path == root {
                stated = element.attribute("packages").parse::<usize>().ok();
            }
        })?;
        let missing = self.of.keys().filter(|id| !seen.contains(*id)).count();
        if missing > 0 {
            let message = format!("tells nothing of {missing} packages that primary.xml lists");
            findings.add(&rules::DOCUMENTS, document, message);
        }
        demand_count(document, stated, count, findings);
        Ok(())
    }
}

/// The number of packages at the head of a document is how many yum reads.
pub(super) fn demand_count(document: &str, stated: Option<usize>, found: usize, findings: &mut Findings) {
    if let Some(stated) = stated.filter(|stated| *stated != found) {
        let message = format!("says that it has {stated} packages, and has {found}");
        findings.add(&rules::DOCUMENTS, document, message);
    }
}
