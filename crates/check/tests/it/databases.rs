//! Databases beside the XML, changed by SQLite itself.

use std::io::{Read, Write};

use camino::Utf8Path;
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use xen4centos_process::{Invocation, Tool};

use crate::repositories::{Fixture, Poison, each_trips_its_rule};

/// Changes a database by statements, and makes repomd.xml agree.
fn edit(fixture: &Fixture, kind: &str, statements: &str) {
    let path = fixture.root.join(format!("repodata/{kind}.sqlite.gz"));
    let packed = fs_err::read(&path).unwrap();
    let mut plain = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let here = Utf8Path::from_path(directory.path()).unwrap();
    fs_err::write(here.join("db"), &plain).unwrap();
    if statements.is_empty() {
        fs_err::write(here.join("db"), "no database").unwrap();
    } else {
        Invocation::new(Tool::Sqlite3, here).args(["db", statements]).run().unwrap();
    }
    let changed = fs_err::read(here.join("db")).unwrap();
    assert_ne!(plain, changed, "`{statements}` has no effect");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&changed).unwrap();
    fixture.repack(&path, (&packed, &plain), (&encoder.finish().unwrap(), &changed));
}

/// A clean fixture with databases, one of which SQLite itself has changed.
fn with_database(kind: &str, statements: &str) -> Fixture {
    let fixture = Fixture::with_arguments(&["--database", "--compress-type", "gz"]);
    edit(&fixture, kind, statements);
    fixture
}

pub(crate) const POISONS: &[Poison] = &[
    ("EL6-REPO-016", "is no SQLite database", || with_database("primary", "")),
    ("EL6-REPO-016", "has no table `requires`", || with_database("primary", "DROP TABLE requires")),
    ("EL6-REPO-035", "tells of 1 packages, primary.xml of 2", || {
        with_database("primary", "DELETE FROM packages WHERE name = 'clean-libs'")
    }),
    ("EL6-REPO-035", "says other name or version of clean-0:1-1.noarch than primary.xml", || {
        with_database("primary", "UPDATE packages SET version = '0.9' WHERE name = 'clean'")
    }),
    ("EL6-REPO-035", "says other place of clean-libs-0:1-1.noarch", || {
        with_database("primary", "UPDATE packages SET location_href = 'nope.rpm' WHERE name = 'clean-libs'")
    }),
    ("EL6-REPO-035", "says other requires of clean-libs-", || {
        with_database("primary", "DELETE FROM requires WHERE name = '/usr/share/clean'")
    }),
    ("EL6-REPO-035", "says other provides of clean-0:", || {
        with_database(
            "primary",
            "UPDATE provides SET release = '2' WHERE pkgKey = (SELECT pkgKey FROM packages WHERE name = 'clean')",
        )
    }),
    ("EL6-REPO-035", "says other files of clean-0:", || {
        with_database(
            "primary",
            "INSERT INTO files VALUES ('/usr/bin/clean', 'file', (SELECT pkgKey FROM packages WHERE name = 'clean'))",
        )
    }),
    ("EL6-REPO-035", "(0123) that primary.xml does not list", || {
        with_database("other", "UPDATE packages SET pkgId = '0123' WHERE pkgKey = 1")
    }),
    ("EL6-REPO-035", "lists 0 files of clean-0:1-1.noarch, not the 1 that it has", || {
        with_database(
            "filelists",
            "DELETE FROM filelist WHERE pkgKey = (SELECT pkgKey FROM packages JOIN filelist USING (pkgKey))",
        )
    }),
];

#[test]
fn databases_that_say_the_same_pass() {
    for compression in ["gz", "bz2"] {
        assert_eq!(Fixture::with_arguments(&["--database", "--compress-type", compression]).check(), []);
    }
    // One that clients do not read may say anything.
    let passed_over = with_database("primary", "DROP TABLE requires");
    passed_over.edit_repomd(|text| text.replace("<database_version>10<", "<database_version>9<"));
    assert_eq!(passed_over.check(), []);
}

#[test]
fn each_poison_trips_its_rule() {
    each_trips_its_rule(POISONS);
}
