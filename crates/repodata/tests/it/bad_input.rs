//! Packages and metadata that are damaged, hostile or odd: named with the reason, never believed, never a panic.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use allocation_counter::measure;
use camino::Utf8Path;
use proptest::prelude::*;
use xen4centos_repodata::{
    BadPackages, Compression, Event, IndexSettings, KnownBy, RepodataError, Reporter, Repository, Reuse,
    Silent, Source, index, read_package,
};

use crate::{Scratch, files, fixtures, indexed, real_packages, repository, settings};

fn refused(root: &Utf8Path) -> RepodataError {
    index(root, &settings(), &Silent).unwrap_err()
}

#[test]
fn a_truncated_package_stops_the_index_or_is_left_out() {
    let scratch = repository(fixtures::packages());
    let package = files(&scratch.path().join("Packages")).remove(0);
    let whole = fs_err::read(&package).unwrap();
    for length in [0, 50, 96, 200, 1000, whole.len() - 1] {
        fs_err::write(&package, &whole[..length]).unwrap();
        let error = refused(scratch.path());
        assert!(
            error.is_of_one_package() && error.to_string().contains(package.as_str()),
            "{length}: {error}"
        );
        assert!(!scratch.path().join("repodata").exists());
    }
    indexed(scratch.path(), &IndexSettings { bad_packages: BadPackages::LeaveOut, ..settings() }, &Silent);
    let names = Repository::open(scratch.path()).unwrap().packages().unwrap().count();
    assert_eq!(names, fixtures::packages().len() - 1);
}

/// Counts what is told.
#[derive(Default)]
struct Told(Mutex<BTreeMap<&'static str, usize>>);

impl Reporter for Told {
    fn event(&self, event: Event) {
        let what = match event {
            Event::Duplicate { .. } => "duplicate",
            Event::Dropped { .. } => "dropped",
            Event::Cleaned { .. } => "cleaned",
            Event::LeftOut { .. } => "left out",
            Event::Indexed { .. } => "indexed",
            Event::Found { .. } => "found",
            Event::Imported { .. } => "imported",
            Event::NotImported { .. } => "not imported",
            Event::Unchanged { .. } => "unchanged",
            Event::Written { .. } => "written",
            Event::PassedOver { .. } => "passed over",
            Event::NothingToRemove { .. } => "nothing to remove",
            Event::Remains { .. } => "remains",
            Event::InTheWay { .. } => "in the way",
            Event::NotSynced { .. } => "not synced",
            Event::SignatureDropped { .. } => "signature dropped",
        };
        *self.0.lock().unwrap().entry(what).or_default() += 1;
    }
}

#[test]
fn what_is_left_out_has_nothing_told_twice() {
    let scratch = repository(&real_packages());
    let [first, second] = ["a.rpm", "b.rpm"].map(|name| scratch.path().join(name));
    fs_err::copy(&fixtures::packages()[0], first).unwrap();
    fs_err::copy(&fixtures::packages()[0], second).unwrap();
    let told = Told::default();
    let settings = IndexSettings { bad_packages: BadPackages::LeaveOut, ..settings() };
    indexed(scratch.path(), &settings, &told);
    let packages = Repository::open(scratch.path()).unwrap().packages().unwrap();
    let names: Vec<String> = packages.map(|package| package.unwrap().nevra.to_string()).collect();
    let listed = names.len();
    let more = listed - names.into_iter().collect::<BTreeSet<_>>().len();
    let expected = [
        ("cleaned", 1),
        ("duplicate", more),
        ("found", 1),
        ("indexed", listed),
        ("left out", 2),
        ("written", 1),
    ];
    assert_eq!(told.0.into_inner().unwrap(), BTreeMap::from(expected));
}

/// What is known before it is known which packages are listed serves the second try: each is read once.
#[test]
fn packages_are_read_once_where_some_are_left_out() {
    for (database, cached) in
        [(None, false), (Some(Compression::Gzip), false), (Some(Compression::Gzip), true)]
    {
        let scratch = repository(fixtures::packages());
        let (root, cache) = (scratch.path(), Scratch::new());
        let whole = Scratch::new();
        let output = Some(whole.path().to_owned());
        drop(index(root, &IndexSettings { database, output, ..settings() }, &Silent).unwrap());
        fs_err::write(root.join("Packages/bad.rpm"), "no package").unwrap();
        let cache = cached.then(|| cache.path().join("cache"));
        // By their paths alone, so that what becomes of the files is not noticed unless they are read.
        let reuse = Reuse { cache, known_by: KnownBy::Path, ..Reuse::default() };
        let settings = IndexSettings { bad_packages: BadPackages::LeaveOut, database, reuse, ..settings() };
        let read = Mutex::new(0);
        let reporter = Once { root, read: &read };
        indexed(root, &settings, &reporter);
        assert_eq!(*read.lock().unwrap(), fixtures::packages().len());
        let others = files(&root.join("repodata"));
        let names: Vec<&str> = others.iter().filter_map(|path| path.file_name()).collect();
        assert!(!names.iter().any(|name| name.contains("import")), "{names:?}");
        let same: Vec<_> = files(&whole.path().join("repodata"));
        assert_eq!(names, same.iter().filter_map(|path| path.file_name()).collect::<Vec<_>>());
    }
}

/// Overwrites the files of packages once all are read.
struct Once<'a> {
    root: &'a Utf8Path,
    read: &'a Mutex<usize>,
}

impl Reporter for Once<'_> {
    fn event(&self, event: Event) {
        if let Event::Indexed { from: Source::Package, .. } = event {
            let mut read = self.read.lock().unwrap();
            *read += 1;
            if *read == fixtures::packages().len() {
                for file in files(&self.root.join("Packages")) {
                    fs_err::write(file, "read again").unwrap();
                }
            }
        }
    }
}

#[test]
fn an_empty_directory_gives_an_empty_repository() {
    let scratch = Scratch::new();
    indexed(scratch.path(), &settings(), &Silent);
    let repository = Repository::open(scratch.path()).unwrap();
    assert_eq!(repository.complete().unwrap(), []);
    repository.verify_documents().unwrap();
}

#[test]
fn odd_file_names_are_found_by_their_hrefs() {
    let scratch = Scratch::new();
    let package = &fixtures::packages()[0];
    let odd = ["a b.rpm", "größe.rpm", "100%25.rpm", "a&b<c>\"d'.rpm", "x#y?z.rpm", "sub/c+d~e^f.rpm"];
    fs_err::create_dir(scratch.path().join("sub")).unwrap();
    for name in odd {
        fs_err::copy(package, scratch.path().join(name)).unwrap();
    }
    // Neither hidden directories nor what only looks like a package are taken.
    fs_err::create_dir_all(scratch.path().join(".hidden")).unwrap();
    fs_err::create_dir_all(scratch.path().join("directory.rpm")).unwrap();
    fs_err::copy(package, scratch.path().join(".hidden/a.rpm")).unwrap();
    std::os::unix::fs::symlink("/nowhere", scratch.path().join("dangling.rpm")).unwrap();
    indexed(scratch.path(), &settings(), &Silent);
    let repository = Repository::open(scratch.path()).unwrap();
    let mut found: Vec<String> = Vec::new();
    for package in repository.packages().unwrap() {
        let path = repository.path_of(&package.unwrap().href).unwrap();
        assert!(path.is_file(), "{path}");
        found.push(path.strip_prefix(scratch.path()).unwrap().to_string());
    }
    found.sort();
    let mut expected = odd.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn hrefs_never_lead_outside() {
    let scratch = repository(&[]);
    indexed(scratch.path(), &settings(), &Silent);
    let repository = Repository::open(scratch.path()).unwrap();
    for href in ["../x", "/etc/passwd", "a/../../x", "", "./x"] {
        assert!(repository.path_of(href).is_err(), "{href}");
    }
    assert!(repository.path_of("Packages/a b.rpm").is_ok());
}

#[test]
fn changed_metadata_is_noticed() {
    let scratch = repository(fixtures::packages());
    indexed(scratch.path(), &settings(), &Silent);
    let repository = Repository::open(scratch.path()).unwrap();
    let location = &repository.repomd().record("primary").unwrap().location;
    let primary = scratch.path().join(location);
    let good = fs_err::read(&primary).unwrap();
    for index in 0..good.len() {
        let mut bad = good.clone();
        bad[index] ^= 0x10;
        fs_err::write(&primary, &bad).unwrap();
        let outcome = repository.packages().and_then(Iterator::collect::<Result<Vec<_>, _>>);
        assert!(outcome.is_err(), "byte {index}");
        assert!(repository.verify_documents().is_err(), "byte {index}");
    }
    // More than repomd.xml announces is not even decompressed.
    fs_err::write(&primary, [good.clone(), good].concat()).unwrap();
    assert!(repository.complete().is_err());
}

#[test]
fn groups_that_no_client_could_read_are_refused() {
    let scratch = repository(&[]);
    let comps = scratch.path().join("comps.xml");
    let settings = IndexSettings { comps: Some(comps.clone()), ..settings() };
    for bad in ["", "text", "<group/>", "<comps><group></comps>", "<comps><group>", "<comps a=b/>"] {
        fs_err::write(&comps, bad).unwrap();
        assert!(index(scratch.path(), &settings, &Silent).is_err(), "{bad}");
    }
    fs_err::write(&comps, "<?xml version=\"1.0\"?>\n<!DOCTYPE comps>\n<comps><group a='b'/></comps>")
        .unwrap();
    indexed(scratch.path(), &settings, &Silent);
    Repository::open(scratch.path()).unwrap().verify_documents().unwrap();
}

#[test]
fn metadata_that_lacks_something_is_refused() {
    let cases = [
        ("", "no element"),
        ("<other/>", "expected the element"),
        ("<repomd><data type='primary'>", "document ends"),
        ("<repomd><data type='primary'><location href='x'/></data></repomd>", "no checksum"),
        ("<repomd><data type='primary'><checksum type='sha256'>0</checksum></data></repomd>", "no location"),
        ("<repomd><data type='a'><size>many</size></data></repomd>", "not a number"),
        ("<repomd><revision>&undefined;</revision></repomd>", "unknown entity"),
    ];
    let scratch = Scratch::new();
    let path = scratch.path().join("repomd.xml");
    for (text, expect) in cases {
        fs_err::write(&path, text).unwrap();
        let error = xen4centos_repodata::read_repomd(&path).unwrap_err().to_string();
        assert!(error.contains(expect), "{text}: {error}");
    }
    // Depth is the document's choice, our stack is not.
    let deep = format!("<repomd>{}</repomd>", "<a>".repeat(200_000));
    fs_err::write(&path, deep).unwrap();
    assert!(xen4centos_repodata::read_repomd(&path).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever bytes of the headers are changed: an error, or metadata that can be read back unchanged.
    #[test]
    fn damaged_packages_never_give_damaged_metadata(
        changes in prop::collection::vec((0_usize..9000, any::<u8>()), 1..6)
    ) {
        let scratch = Scratch::new();
        let path = scratch.path().join("damaged.rpm");
        let mut bytes = fs_err::read(&fixtures::packages()[0]).unwrap();
        for (position, byte) in changes {
            let position = position % bytes.len();
            bytes[position] = byte;
        }
        fs_err::write(&path, &bytes).unwrap();
        let mut read = None;
        let spent = measure(|| read = Some(read_package(&path, "damaged.rpm")));
        // A buffer for the file, and its metadata as values.
        let limit = 192 * 1024 + 16 * bytes.len() as u64;
        prop_assert!(spent.bytes_max <= limit, "{spent:?} for {} bytes", bytes.len());
        if let Some(Ok(expected)) = read {
            indexed(scratch.path(), &settings(), &Silent);
            let read_back = Repository::open(scratch.path()).unwrap().complete().unwrap();
            prop_assert_eq!(read_back, vec![expected]);
        }
    }
}
