//! What databases say, beside the XML that they are made from. yum reads a database where one is listed, and the XML beside
//! it never: one that is left from before, or was made of something else, decides all that hosts do.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher as _, RandomState},
    io::{self, BufRead},
};

use super::{
    Findings,
    described::{Marks, RELATIONS, relation},
    listing::Entry,
    rules,
    sqlite::{Row, Sqlite, Table},
};

/// Differences of one database that are told one by one.
const TOLD: usize = 20;

/// Bytes that a database may come to.
const MOST: u64 = 16 * 1024 * 1024 * 1024;

/// What the XML says, as far as databases are held against it: of lists a mark, so that none is held.
pub(super) struct Told {
    hasher: RandomState,
    /// By the checksum that packages are known by.
    packages: HashMap<String, Package>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Package {
    nevra: String,
    place: String,
    relations: [Mark; 4],
    files: Mark,
}

/// Of the different items of a list: how many, and the sum of their hashes, whose key nobody knows.
type Mark = (usize, u64);

impl Told {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), packages: HashMap::new() }
    }

    /// Takes a package as primary.xml lists it.
    pub(super) fn take(&mut self, entry: &Entry) {
        let package = Package {
            nevra: entry.nevra(),
            place: place(&entry.base, &entry.href),
            relations: [0, 1, 2, 3].map(|index| self.mark(&entry.description.relations[index])),
            files: self.mark(&entry.description.files),
        };
        self.packages.insert(entry.checksum.value.clone(), package);
    }

    /// In any order, and each once.
    fn mark(&self, items: &[String]) -> Mark {
        let mut items: Vec<&String> = items.iter().collect();
        items.sort_unstable();
        items.dedup();
        let sum = items.iter().fold(0_u64, |sum, item| sum.wrapping_add(self.hasher.hash_one(item)));
        (items.len(), sum)
    }

    /// Holds `primary_db` against it.
    pub(super) fn compare_primary(
        &self,
        reader: impl BufRead,
        findings: &mut Findings,
    ) -> Result<(), String> {
        let database = open(reader)?;
        let mut packages = self.packages_of(&database)?;
        for (index, kind) in RELATIONS.into_iter().enumerate() {
            for (key, items) in relations(&database, kind)? {
                if let Some((_, package)) = packages.get_mut(&key) {
                    package.relations[index] = self.mark(&items);
                }
            }
        }
        for (key, items) in lists(&database, "files", |table| {
            let name = table.column("name")?;
            Ok(move |row: &Row| vec![row.text(name).to_owned()])
        })? {
            if let Some((_, package)) = packages.get_mut(&key) {
                package.files = self.mark(&items);
            }
        }
        let differences = packages.values().filter_map(|(id, found)| {
            let Some(listed) = self.packages.get(id) else { return Some(unknown(&found.nevra, id)) };
            let what = different(listed, found);
            (!what.is_empty())
                .then(|| format!("says other {} of {} than primary.xml", what.join(", "), listed.nevra))
        });
        self.tell("primary_db", differences.collect(), packages.len(), findings);
        Ok(())
    }

    /// Holds `other_db` against it: whether it tells of the same packages.
    pub(super) fn compare_other(&self, reader: impl BufRead, findings: &mut Findings) -> Result<(), String> {
        let ids = ids(&open(reader)?)?;
        let differences =
            ids.values().filter(|id| !self.packages.contains_key(*id)).map(|id| unknown("", id));
        self.tell("other_db", differences.collect(), ids.len(), findings);
        Ok(())
    }

    /// Holds `filelists_db` against it, and against the files that packages have.
    pub(super) fn compare_filelists(
        &self,
        reader: impl BufRead,
        marks: &Marks,
        findings: &mut Findings,
    ) -> Result<(), String> {
        let database = open(reader)?;
        let ids = ids(&database)?;
        let mut files = lists(&database, "filelist", |table| {
            let [directory, names] = [table.column("dirname")?, table.column("filenames")?];
            Ok(move |row: &Row| {
                // Files of source packages lie in no directory.
                let directory = match row.text(directory) {
                    "." => String::new(),
                    directory => format!("{}/", directory.trim_end_matches('/')),
                };
                row.text(names).split('/').map(|name| format!("{directory}{name}")).collect()
            })
        })?;
        let differences = ids.iter().filter_map(|(key, id)| {
            let Some(package) = self.packages.get(id) else { return Some(unknown("", id)) };
            let (found, expected) = marks.other_files(id, &files.remove(key).unwrap_or_default())?;
            Some(format!("lists {found} files of {}, not the {expected} that it has", package.nevra))
        });
        let differences = differences.collect();
        self.tell("filelists_db", differences, ids.len(), findings);
        Ok(())
    }

    fn tell(&self, kind: &str, mut differences: Vec<String>, count: usize, findings: &mut Findings) {
        differences.sort();
        if count != self.packages.len() {
            differences
                .insert(0, format!("tells of {count} packages, primary.xml of {}", self.packages.len()));
        }
        let more = differences.len().saturating_sub(TOLD);
        differences.truncate(TOLD);
        if more > 0 {
            differences.push(format!("differs in {more} more"));
        }
        for difference in differences {
            findings.add(&rules::DATABASES, kind, difference);
        }
    }

    /// By their keys: checksum, name, version and place of each.
    fn packages_of(&self, database: &Sqlite) -> Result<BTreeMap<i64, (String, Package)>, String> {
        let table = database.table("packages")?;
        let columns =
            ["pkgId", "name", "epoch", "version", "release", "arch", "location_base", "location_href"];
        let mut places = [0; 8];
        for (place, column) in places.iter_mut().zip(columns) {
            *place = table.column(column)?;
        }
        let none = self.mark(&[]);
        let mut packages = BTreeMap::new();
        database.rows(&table, |key, row| {
            let [id, name, epoch, version, release, arch, base, href] = places.map(|column| row.text(column));
            let epoch = if epoch.is_empty() { "0" } else { epoch };
            let nevra = format!("{name}-{epoch}:{version}-{release}.{arch}");
            let package = Package { nevra, place: place(base, href), relations: [none; 4], files: none };
            packages.insert(key, (id.to_owned(), package));
            Ok(())
        })?;
        Ok(packages)
    }
}

fn place(base: &str, href: &str) -> String {
    if base.is_empty() { href.to_owned() } else { format!("{base} {href}") }
}

fn unknown(nevra: &str, id: &str) -> String {
    format!("tells of a package {nevra} ({id}) that primary.xml does not list")
}

fn different(listed: &Package, found: &Package) -> Vec<&'static str> {
    let mut what = Vec::new();
    if listed.nevra != found.nevra {
        what.push("name or version");
    }
    if listed.place != found.place {
        what.push("place");
    }
    let relations = RELATIONS.into_iter().zip(listed.relations.iter().zip(&found.relations));
    what.extend(relations.filter(|(_, (listed, found))| listed != found).map(|(kind, _)| kind));
    if listed.files != found.files {
        what.push("files");
    }
    what
}

/// The checksums that packages are known by, by their keys.
fn ids(database: &Sqlite) -> Result<BTreeMap<i64, String>, String> {
    let table = database.table("packages")?;
    let (id, mut ids) = (table.column("pkgId")?, BTreeMap::new());
    database.rows(&table, |key, row| {
        ids.insert(key, row.text(id).to_owned());
        Ok(())
    })?;
    Ok(ids)
}

fn relations(database: &Sqlite, kind: &str) -> Result<BTreeMap<i64, Vec<String>>, String> {
    lists(database, kind, |table| {
        let mut columns = [0; 5];
        for (place, column) in columns.iter_mut().zip(["name", "flags", "epoch", "version", "release"]) {
            *place = table.column(column)?;
        }
        Ok(move |row: &Row| {
            let [name, flags, epoch, version, release] = columns.map(|column| row.text(column));
            vec![relation(name, flags, [epoch, version, release])]
        })
    })
}

/// The items of a table by the package that they are of.
fn lists<Items>(
    database: &Sqlite,
    name: &str,
    items: impl FnOnce(&Table) -> Result<Items, String>,
) -> Result<BTreeMap<i64, Vec<String>>, String>
where
    Items: Fn(&Row) -> Vec<String>,
{
    let table = database.table(name)?;
    let (items, key) = (items(&table)?, table.column("pkgKey")?);
    let mut found: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    database.rows(&table, |_, row| {
        if let Some(key) = row.integer(key) {
            found.entry(key).or_default().extend(items(row));
        }
        Ok(())
    })?;
    Ok(found)
}

/// A database is read from where its pages are, so it is put into a file that nobody sees.
fn open(reader: impl BufRead) -> Result<Sqlite, String> {
    let failed = |error: io::Error| error.to_string();
    let mut file = tempfile::tempfile().map_err(failed)?;
    if io::copy(&mut reader.take(MOST), &mut file).map_err(failed)? == MOST {
        return Err(format!("has more than {MOST} bytes"));
    }
    Sqlite::open(file)
}
