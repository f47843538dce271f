//! The three sqlite databases that say what the XML says, as createrepo_c lays them out (version 10, which yum 3.2.29
//! and its metadata parser read). Rows go to a thread for each database; the file is compressed when it is complete.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use camino::Utf8Path;

use crate::{
    Checksum, Compression, Dependency, Order, Package, RepodataError,
    blocks::KnownBlocks,
    directory_rows::DirectoryRows,
    document::{Desk, Document, Finished},
    files::FileTable,
    sqlite::{Database, Layout, TableId, Value},
};

/// The version of the layout.
const VERSION: u32 = 10;

/// Packages that a database gets in one go: waking its thread costs as much as some of them.
const PARCEL: usize = 8;

/// A package of more files than this is handed over at once, with those before it.
const LARGE: usize = 1000;

/// Parcels that wait for a database.
const PENDING: usize = 2;

/// A package with its files, for all databases.
pub(crate) type Described = Arc<(Package, FileTable)>;

const DB_INFO: &str = "CREATE TABLE db_info (dbversion INTEGER, checksum TEXT)";

const PACKAGES: &str = "CREATE TABLE packages (  pkgKey INTEGER PRIMARY KEY,  pkgId TEXT,  name TEXT,  arch TEXT,  version TEXT,  epoch TEXT,  release TEXT,  summary TEXT,  description TEXT,  url TEXT,  time_file INTEGER,  time_build INTEGER,  rpm_license TEXT,  rpm_vendor TEXT,  rpm_group TEXT,  rpm_buildhost TEXT,  rpm_sourcerpm TEXT,  rpm_header_start INTEGER,  rpm_header_end INTEGER,  rpm_packager TEXT,  size_package INTEGER,  size_installed INTEGER,  size_archive INTEGER,  location_href TEXT,  location_base TEXT,  checksum_type TEXT)";

const SHORT_PACKAGES: &str = "CREATE TABLE packages (  pkgKey INTEGER PRIMARY KEY,  pkgId TEXT)";

/// Tables of dependencies in the order of [`Dependencies::lists`](crate::Dependencies), except that they are declared with
/// requires first, as createrepo_c has them: name, CREATE statement, index on the package.
const DEPENDENCIES: [(&str, &str, &str, &str); 8] = [
    (
        "requires",
        "CREATE TABLE requires (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER , pre BOOLEAN DEFAULT FALSE)",
        "pkgrequires",
        "CREATE INDEX pkgrequires on requires (pkgKey)",
    ),
    (
        "provides",
        "CREATE TABLE provides (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER )",
        "pkgprovides",
        "CREATE INDEX pkgprovides on provides (pkgKey)",
    ),
    (
        "conflicts",
        "CREATE TABLE conflicts (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER )",
        "pkgconflicts",
        "CREATE INDEX pkgconflicts on conflicts (pkgKey)",
    ),
    (
        "obsoletes",
        "CREATE TABLE obsoletes (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER )",
        "pkgobsoletes",
        "CREATE INDEX pkgobsoletes on obsoletes (pkgKey)",
    ),
    (
        "suggests",
        "CREATE TABLE suggests (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER )",
        "pkgsuggests",
        "CREATE INDEX pkgsuggests on suggests (pkgKey)",
    ),
    (
        "enhances",
        "CREATE TABLE enhances (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER )",
        "pkgenhances",
        "CREATE INDEX pkgenhances on enhances (pkgKey)",
    ),
    (
        "recommends",
        "CREATE TABLE recommends (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER )",
        "pkgrecommends",
        "CREATE INDEX pkgrecommends on recommends (pkgKey)",
    ),
    (
        "supplements",
        "CREATE TABLE supplements (  name TEXT,  flags TEXT,  epoch TEXT,  version TEXT,  release TEXT,  pkgKey INTEGER )",
        "pkgsupplements",
        "CREATE INDEX pkgsupplements on supplements (pkgKey)",
    ),
];

const REMOVALS: &str = "CREATE TRIGGER removals AFTER DELETE ON packages  BEGIN    DELETE FROM files WHERE pkgKey = old.pkgKey;    DELETE FROM requires WHERE pkgKey = old.pkgKey;    DELETE FROM provides WHERE pkgKey = old.pkgKey;    DELETE FROM conflicts WHERE pkgKey = old.pkgKey;    DELETE FROM obsoletes WHERE pkgKey = old.pkgKey;    DELETE FROM suggests WHERE pkgKey = old.pkgKey;    DELETE FROM enhances WHERE pkgKey = old.pkgKey;    DELETE FROM recommends WHERE pkgKey = old.pkgKey;    DELETE FROM supplements WHERE pkgKey = old.pkgKey;  END";

/// Room for the rows of a package in a table: some more than packages have on average. Where all have more, rowids only count
/// up; more room would make numbers and so indexes longer.
const fn rows_of(table: &str) -> i64 {
    match table.as_bytes() {
        b"requires" => 32,
        b"filelist" => 24,
        b"changelog" => 16,
        b"provides" => 12,
        b"files" => 8,
        _ => 2,
    }
}

/// Which of the three a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Primary,
    Filelists,
    Other,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Primary, Self::Filelists, Self::Other];

    /// As repomd.xml names it, and what the file is called.
    pub(crate) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Primary => ("primary_db", "primary.sqlite"),
            Self::Filelists => ("filelists_db", "filelists.sqlite"),
            Self::Other => ("other_db", "other.sqlite"),
        }
    }
}

/// A database that is being written on a thread of its own.
pub(crate) struct DatabaseThread {
    /// What goes to the thread next.
    parcel: Vec<Described>,
    packages: SyncSender<Vec<Described>>,
    document: SyncSender<Checksum>,
    thread: JoinHandle<Result<Finished, RepodataError>>,
}

impl DatabaseThread {
    pub(crate) fn start(
        desk: &Desk,
        kind: Kind,
        compression: Compression,
        known: Option<Arc<KnownBlocks>>,
    ) -> Self {
        let (packages, waiting) = sync_channel(PENDING);
        let (document, checksum) = sync_channel(1);
        let desk = desk.clone();
        let thread = std::thread::spawn(move || {
            let path = desk.directory.join(format!("{}.work", kind.names().1));
            let finished = write(&path, kind, &waiting, &checksum)
                .and_then(|()| compress(&desk, &path, kind, compression, known));
            fs_err::remove_file(&path).unwrap_or_default();
            finished
        });
        Self { parcel: Vec::new(), packages, document, thread }
    }

    /// A thread that listens no more has failed; [`complete`](Self::complete) tells why.
    pub(crate) fn send(&mut self, package: &Described) {
        self.parcel.push(Arc::clone(package));
        let is_large = package.1.len() > LARGE;
        if self.parcel.len() >= PARCEL || is_large {
            self.packages.send(std::mem::take(&mut self.parcel)).unwrap_or_default();
        }
    }

    /// Lets the thread complete the database of a document with this checksum.
    pub(crate) fn complete(self, document: Option<Checksum>) -> JoinHandle<Result<Finished, RepodataError>> {
        self.packages.send(self.parcel).unwrap_or_default();
        drop(self.packages);
        if let Some(checksum) = document {
            self.document.send(checksum).unwrap_or_default();
        }
        self.thread
    }
}

fn write(
    path: &Utf8Path,
    kind: Kind,
    packages: &Receiver<Vec<Described>>,
    document: &Receiver<Checksum>,
) -> Result<(), RepodataError> {
    let mut database = Database::create(path)?;
    let info = database.table("db_info", DB_INFO, Layout::Dense);
    let mut tables = Tables::declare(&mut database, kind);
    for package in packages.iter().flatten() {
        tables.add(&mut database, &package)?;
    }
    let Ok(checksum) = document.recv() else {
        // The index has failed elsewhere, and says so itself.
        return Err(RepodataError::Content { path: path.to_owned(), what: "no document".into() });
    };
    database.insert(info, &[Value::Integer(VERSION.into()), Value::Text(&checksum.value)])?;
    database.finish().map(drop)
}

/// Pages are what stays together when something changes.
const PAGE: usize = 4096;

fn compress(
    desk: &Desk,
    path: &Utf8Path,
    kind: Kind,
    compression: Compression,
    known: Option<Arc<KnownBlocks>>,
) -> Result<Finished, RepodataError> {
    let (name, file_name) = kind.names();
    let mut document = Document::create(desk, name, file_name, compression, known)?;
    document.write_file(path, |document, bytes| {
        bytes.chunks(PAGE).try_for_each(|page| {
            document.write(page)?;
            document.boundary(crc32fast::hash(page))
        })
    })?;
    let mut finished = document.finish()?;
    finished.record.database_version = Some(VERSION);
    Ok(finished)
}

/// The tables of one database.
enum Tables {
    Primary { packages: TableId, files: TableId, path: String, dependencies: [TableId; 8] },
    Filelists { packages: TableId, filelist: TableId, rows: DirectoryRows },
    Other { packages: TableId, changelog: TableId },
}

impl Tables {
    fn declare(database: &mut Database, kind: Kind) -> Self {
        match kind {
            Kind::Primary => Self::declare_primary(database),
            Kind::Filelists => {
                let packages = database.table("packages", SHORT_PACKAGES, Layout::Together);
                let sql = "CREATE TABLE filelist (  pkgKey INTEGER,  dirname TEXT,  filenames TEXT,  filetypes TEXT)";
                let filelist = database.table("filelist", sql, Layout::Spaced(rows_of("filelist")));
                let sql = "CREATE TRIGGER remove_filelist AFTER DELETE ON packages  BEGIN    DELETE FROM filelist WHERE pkgKey = old.pkgKey;  END";
                database.trigger(packages, "remove_filelist", sql);
                database.index(filelist, "keyfile", "CREATE INDEX keyfile ON filelist (pkgKey)", &[0]);
                database.index(packages, "pkgId", "CREATE INDEX pkgId ON packages (pkgId)", &[1]);
                database.index(filelist, "dirnames", "CREATE INDEX dirnames ON filelist (dirname)", &[1]);
                Self::Filelists { packages, filelist, rows: DirectoryRows::default() }
            }
            Kind::Other => {
                let packages = database.table("packages", SHORT_PACKAGES, Layout::Together);
                let sql =
                    "CREATE TABLE changelog (  pkgKey INTEGER,  author TEXT,  date INTEGER,  changelog TEXT)";
                let changelog = database.table("changelog", sql, Layout::Spaced(rows_of("changelog")));
                let sql = "CREATE TRIGGER remove_changelogs AFTER DELETE ON packages  BEGIN    DELETE FROM changelog WHERE pkgKey = old.pkgKey;  END";
                database.trigger(packages, "remove_changelogs", sql);
                database.index(changelog, "keychange", "CREATE INDEX keychange ON changelog (pkgKey)", &[0]);
                database.index(packages, "pkgId", "CREATE INDEX pkgId ON packages (pkgId)", &[1]);
                Self::Other { packages, changelog }
            }
        }
    }

    fn declare_primary(database: &mut Database) -> Self {
        let packages = database.table("packages", PACKAGES, Layout::Dense);
        let sql = "CREATE TABLE files (  name TEXT,  type TEXT,  pkgKey INTEGER)";
        let files = database.table("files", sql, Layout::Spaced(rows_of("files")));
        let dependencies =
            DEPENDENCIES.map(|(name, sql, ..)| database.table(name, sql, Layout::Spaced(rows_of(name))));
        database.trigger(packages, "removals", REMOVALS);
        database.index(packages, "packagename", "CREATE INDEX packagename ON packages (name)", &[2]);
        database.index(packages, "packageId", "CREATE INDEX packageId ON packages (pkgId)", &[1]);
        database.index(files, "filenames", "CREATE INDEX filenames ON files (name)", &[0]);
        database.index(files, "pkgfiles", "CREATE INDEX pkgfiles ON files (pkgKey)", &[2]);
        for (table, (name, _, index, sql)) in dependencies.iter().zip(DEPENDENCIES) {
            database.index(*table, index, sql, &[5]);
            match name {
                "requires" => {
                    database.index(
                        *table,
                        "requiresname",
                        "CREATE INDEX requiresname ON requires (name)",
                        &[0],
                    );
                }
                "provides" => {
                    database.index(
                        *table,
                        "providesname",
                        "CREATE INDEX providesname ON provides (name)",
                        &[0],
                    );
                }
                _ => {}
            }
        }
        Self::Primary { packages, files, path: String::new(), dependencies }
    }

    fn add(&mut self, database: &mut Database, described: &Described) -> Result<(), RepodataError> {
        let (package, files) = &**described;
        match self {
            Self::Primary { packages, files: table, path, dependencies } => {
                let key = insert_package(database, *packages, package)?;
                for file in files.iter().filter(|file| file.is_primary) {
                    file.put_path(path);
                    let row = [Value::Text(path), Value::Text(file.kind.as_str()), Value::Integer(key)];
                    database.insert_of(*table, key, &row)?;
                }
                let lists = package.dependencies.lists();
                for (table, (name, ..)) in dependencies.iter().zip(DEPENDENCIES) {
                    let list = lists.iter().find(|(found, _)| *found == name).map(|(_, list)| *list);
                    for dependency in list.into_iter().flatten() {
                        insert_dependency(database, *table, dependency, key, name == "requires")?;
                    }
                }
            }
            Self::Filelists { packages, filelist, rows } => {
                let key = database.insert(*packages, &[Value::Null, Value::Text(&package.checksum.value)])?;
                rows.of(files, |directory, names, types| {
                    let row =
                        [Value::Integer(key), Value::Text(directory), Value::Text(names), Value::Text(types)];
                    database.insert_of(*filelist, key, &row).map(drop)
                })?;
            }
            Self::Other { packages, changelog } => {
                let key = database.insert(*packages, &[Value::Null, Value::Text(&package.checksum.value)])?;
                for entry in &package.changelog {
                    database.insert_of(
                        *changelog,
                        key,
                        &[
                            Value::Integer(key),
                            Value::Text(&entry.author),
                            integer(entry.time),
                            Value::Text(&entry.text),
                        ],
                    )?;
                }
            }
        }
        Ok(())
    }
}

fn integer(number: u64) -> Value<'static> {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// What a package does not say is no text at all, where createrepo_c has it so.
fn optional(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Null } else { Value::Text(text) }
}

fn insert_package(database: &mut Database, table: TableId, package: &Package) -> Result<i64, RepodataError> {
    let evr = &package.nevra.evr;
    let epoch = evr.epoch.to_string();
    database.insert(
        table,
        &[
            Value::Null,
            Value::Text(&package.checksum.value),
            Value::Text(&package.nevra.name),
            Value::Text(&package.nevra.arch),
            Value::Text(&evr.version),
            Value::Text(&epoch),
            Value::Text(&evr.release),
            Value::Text(&package.summary),
            optional(&package.description),
            optional(&package.url),
            integer(package.file_time),
            integer(package.build_time),
            optional(&package.license),
            Value::Text(&package.vendor),
            optional(&package.group),
            optional(&package.build_host),
            Value::Text(&package.source_rpm),
            integer(package.header_range.start),
            integer(package.header_range.end),
            optional(&package.packager),
            integer(package.size.package),
            integer(package.size.installed),
            integer(package.size.archive),
            Value::Text(&package.href),
            package.base.as_deref().map_or(Value::Null, Value::Text),
            Value::Text(&package.checksum.kind),
        ],
    )
}

fn insert_dependency(
    database: &mut Database,
    table: TableId,
    dependency: &Dependency,
    key: i64,
    with_order: bool,
) -> Result<(), RepodataError> {
    let [flags, epoch, version, release] = match &dependency.constraint {
        None => [Value::Null; 4],
        // A comparison with nothing.
        Some(constraint) if constraint.epoch.is_empty() => {
            [Value::Text(constraint.comparison.as_str()), Value::Null, Value::Null, Value::Null]
        }
        Some(constraint) => [
            Value::Text(constraint.comparison.as_str()),
            Value::Text(&constraint.epoch),
            Value::Text(&constraint.version),
            optional(&constraint.release),
        ],
    };
    let order = Value::Text(if dependency.order == Order::Before { "TRUE" } else { "FALSE" });
    let row = [Value::Text(&dependency.name), flags, epoch, version, release, Value::Integer(key), order];
    database.insert_of(table, key, if with_order { &row } else { &row[..6] }).map(drop)
}
