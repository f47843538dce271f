//! Our databases and createrepo_c's, row by row.
//!
//! Differences that are allowed: the order of packages and with it their keys; the order of a package's directories in
//! filelists, which createrepo_c takes from a hash table.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{Compression, IndexSettings, Silent};

use crate::{Scratch, files, fixtures, indexed, repository, settings};

/// Columns of every table, apart from the key of the package.
const TABLES: [(&str, &str, &str); 13] = [
    (
        "primary",
        "packages",
        "name, arch, version, epoch, release, summary, description, url, time_file, time_build, rpm_license, rpm_vendor, rpm_group, rpm_buildhost, rpm_sourcerpm, rpm_header_start, rpm_header_end, rpm_packager, size_package, size_installed, size_archive, location_href, location_base, checksum_type",
    ),
    ("primary", "files", "name, type"),
    ("primary", "requires", "name, flags, epoch, version, release, pre"),
    ("primary", "provides", "name, flags, epoch, version, release"),
    ("primary", "conflicts", "name, flags, epoch, version, release"),
    ("primary", "obsoletes", "name, flags, epoch, version, release"),
    ("primary", "suggests", "name, flags, epoch, version, release"),
    ("primary", "enhances", "name, flags, epoch, version, release"),
    ("primary", "recommends", "name, flags, epoch, version, release"),
    ("primary", "supplements", "name, flags, epoch, version, release"),
    ("filelists", "packages", "pkgId"),
    ("filelists", "filelist", "dirname, filenames, filetypes"),
    ("other", "changelog", "author, date, changelog"),
];

fn sqlite(database: &Utf8Path, statement: &str) -> String {
    let directory = database.parent().unwrap();
    Invocation::new(Tool::Sqlite3, directory).args([database.as_str(), statement]).run().unwrap().text()
}

/// Unpacks the databases of a repository.
fn unpacked(root: &Utf8Path) -> Scratch {
    let scratch = Scratch::new();
    for file in files(&root.join("repodata")) {
        if let Some((_, name)) = file.file_name().unwrap().split_once('-')
            && let Some(name) = name.strip_suffix(".gz")
            && name.ends_with(".sqlite")
        {
            let mut read =
                flate2::bufread::GzDecoder::new(std::io::BufReader::new(fs_err::File::open(&file).unwrap()));
            let mut out = fs_err::File::create(scratch.path().join(name)).unwrap();
            std::io::copy(&mut read, &mut out).unwrap();
        }
    }
    scratch
}

fn check(packages: &[Utf8PathBuf]) {
    let root = repository(packages);
    Invocation::new(Tool::CreaterepoC, root.path())
        .args(["--quiet", "--database", "--compress-type=gz", "--workers=1", "."])
        .run()
        .unwrap();
    let theirs = unpacked(root.path());
    fs_err::remove_dir_all(root.path().join("repodata")).unwrap();
    let settings = IndexSettings { database: Some(Compression::Gzip), ..settings() };
    indexed(root.path(), &settings, &Silent);
    let ours = unpacked(root.path());
    for name in ["primary", "filelists", "other"] {
        let [ours, theirs] = [&ours, &theirs].map(|scratch| scratch.path().join(format!("{name}.sqlite")));
        let schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name";
        assert_eq!(sqlite(&ours, schema), sqlite(&theirs, schema), "{name}");
        assert_eq!(sqlite(&ours, "PRAGMA integrity_check"), "ok", "{name}");
        assert_eq!(sqlite(&ours, "SELECT dbversion FROM db_info"), "10", "{name}");
        let listed = xen4centos_repodata::Repository::open(root.path()).unwrap();
        let document = &listed.repomd().record(name).unwrap().checksum.value;
        assert_eq!(&sqlite(&ours, "SELECT checksum FROM db_info"), document, "{name}");
    }
    for (database, table, columns) in TABLES {
        let quoted: Vec<String> = columns.split(", ").map(|column| format!("quote(t.{column})")).collect();
        let statement = format!(
            "SELECT p.pkgId, {} FROM {table} t JOIN packages p ON p.pkgKey = t.pkgKey ORDER BY 1, {}",
            quoted.join(", "),
            (2..=quoted.len() + 1).map(|column| column.to_string()).collect::<Vec<_>>().join(", "),
        );
        let rows = [&ours, &theirs]
            .map(|scratch| sqlite(&scratch.path().join(format!("{database}.sqlite")), &statement));
        assert_eq!(rows[0], rows[1], "{table}");
    }
}

#[test]
fn databases_have_the_same_rows() {
    check(fixtures::packages());
}

#[test]
fn databases_of_real_packages_have_the_same_rows() {
    // Without those that createrepo_c leaves out for their characters.
    let odd = ["ruby2.6", "SpecCheck4", "xtables-addons"];
    let packages = crate::real_packages();
    let kept =
        packages.into_iter().filter(|path| !odd.iter().any(|odd| path.file_name().unwrap().starts_with(odd)));
    check(&kept.collect::<Vec<_>>());
}
