//! What readers see while, and after, an index runs, fails or is killed; and what the same input gives.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_repodata::{
    Additional, BadPackages, Event, IndexSettings, MetadataNames, Placement, Present, RepodataError,
    Reporter, Repository, Reuse, Silent, Source, Tags, Unchanged, index,
};

use crate::{Scratch, files, fixtures, indexed, real_packages, repository, settings};

/// Every file of the metadata with its content.
fn metadata(root: &Utf8Path) -> Vec<(String, Vec<u8>)> {
    let read = |path: Utf8PathBuf| (path.file_name().unwrap().to_owned(), fs_err::read(&path).unwrap());
    files(&root.join("repodata")).into_iter().map(read).collect()
}

fn good_packages() -> Vec<Utf8PathBuf> {
    let bad = ["SpecCheck4-", "xtables-"];
    let is_good = |path: &Utf8PathBuf| !bad.iter().any(|bad| path.file_name().unwrap().starts_with(bad));
    real_packages().into_iter().filter(is_good).collect()
}

#[test]
fn the_same_packages_give_the_same_bytes() {
    let first = repository(&good_packages());
    // The second repository is filled in another order.
    let second = Scratch::new();
    for path in files(&first.path().join("Packages")).iter().rev() {
        let target = second.path().join("Packages").join(path.file_name().unwrap());
        fs_err::create_dir_all(target.parent().unwrap()).unwrap();
        fs_err::copy(path, &target).unwrap();
        let modified = fs_err::metadata(path).unwrap().modified().unwrap();
        fs_err::OpenOptions::new().append(true).open(&target).unwrap().set_modified(modified).unwrap();
    }
    indexed(first.path(), &settings(), &Silent);
    for workers in [1, 2, 7] {
        let workers = NonZeroUsize::new(workers).unwrap();
        indexed(second.path(), &IndexSettings { workers, ..settings() }, &Silent);
        assert_eq!(metadata(first.path()), metadata(second.path()));
    }
}

#[test]
fn who_read_the_old_list_still_finds_its_documents() {
    let scratch = repository(&fixtures::packages()[..1]);
    indexed(scratch.path(), &settings(), &Silent);
    let before = Repository::open(scratch.path()).unwrap();
    let name = format!("{}-other.xml.gz", "0".repeat(64));
    let carried = scratch.path().join(&name);
    fs_err::write(&carried, "older").unwrap();
    fs_err::copy(&fixtures::packages()[1], scratch.path().join("Packages/second.rpm")).unwrap();
    indexed(scratch.path(), &IndexSettings { carried: vec![carried], ..settings() }, &Silent);
    assert_eq!(before.complete().unwrap().len(), 1);
    assert_eq!(Repository::open(scratch.path()).unwrap().complete().unwrap().len(), 2);
    assert!(scratch.path().join("repodata").join(name).exists());
    // One generation is kept, not all of them.
    fs_err::remove_file(scratch.path().join("Packages/second.rpm")).unwrap();
    fs_err::copy(&fixtures::packages()[2], scratch.path().join("Packages/third.rpm")).unwrap();
    indexed(scratch.path(), &settings(), &Silent);
    assert_eq!(metadata(scratch.path()).len(), 3 + 3 + 1);
    assert!(before.complete().is_err());
}

#[test]
fn what_others_have_put_beside_the_metadata_stays() {
    let scratch = repository(&fixtures::packages()[..1]);
    indexed(scratch.path(), &settings(), &Silent);
    let repodata = scratch.path().join("repodata");
    fs_err::create_dir_all(repodata.join("html/deep")).unwrap();
    let theirs = [".htaccess", "html/deep/index.html", "mine.txt"];
    for name in theirs {
        fs_err::write(repodata.join(name), name).unwrap();
    }
    fs_err::write(repodata.join("repomd.xml.asc"), "of the old list").unwrap();
    for _ in 0..2 {
        indexed(scratch.path(), &settings(), &Silent);
        for name in theirs {
            assert_eq!(fs_err::read_to_string(repodata.join(name)).unwrap(), name);
        }
        assert!(!repodata.join("repomd.xml.asc").exists());
    }
}

#[test]
fn a_list_that_can_not_be_read_takes_nothing_with_it() {
    let scratch = repository(&fixtures::packages()[..1]);
    let updates = scratch.path().join("updateinfo.xml");
    fs_err::write(&updates, "<updates/>").unwrap();
    let additional = |present| Additional { present, ..Additional::default() };
    let adding = Additional { added: vec![("updateinfo".into(), updates)], ..additional(Present::Keep) };
    indexed(scratch.path(), &IndexSettings { additional: adding, ..settings() }, &Silent);
    let list = scratch.path().join("repodata/repomd.xml");
    for damaged in ["", "<x"] {
        fs_err::write(&list, damaged).unwrap();
        let error = index(scratch.path(), &settings(), &Silent).unwrap_err();
        assert!(matches!(error, RepodataError::List { .. }), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("--discard-additional-metadata")));
        assert_eq!(fs_err::read_to_string(&list).unwrap(), damaged);
    }
    indexed(scratch.path(), &IndexSettings { additional: additional(Present::Drop), ..settings() }, &Silent);
    assert!(Repository::open(scratch.path()).unwrap().complete().is_ok());
}

#[test]
fn a_list_that_leads_elsewhere_brings_nothing_from_there() {
    let scratch = repository(&fixtures::packages()[..1]);
    fs_err::write(scratch.path().join("secret.txt"), "secret").unwrap();
    indexed(scratch.path(), &settings(), &Silent);
    let list = scratch.path().join("repodata/repomd.xml");
    let text = fs_err::read_to_string(&list).unwrap();
    let primary =
        Repository::open(scratch.path()).unwrap().repomd().record("primary").unwrap().location.clone();
    for elsewhere in ["secret.txt", "repodata/../secret.txt", "../secret.txt", "/etc/hostname"] {
        fs_err::write(&list, text.replace(&primary, elsewhere)).unwrap();
        indexed(scratch.path(), &settings(), &Silent);
        let name = Utf8Path::new(elsewhere).file_name().unwrap();
        assert!(!scratch.path().join("repodata").join(name).exists(), "{elsewhere}");
    }
}

#[test]
fn documents_of_one_name_do_not_take_each_others_place() {
    let scratch = repository(&fixtures::packages()[..1]);
    let added = |kinds: &[(&str, &str)]| {
        let added = kinds.iter().map(|(kind, file)| {
            let path = scratch.path().join(kind).join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(&path, kind).unwrap();
            ((*kind).to_owned(), path)
        });
        let additional = Additional { added: added.collect(), ..Additional::default() };
        IndexSettings { additional, names: MetadataNames::Simple, ..settings() }
    };
    for kinds in [&[("foo", "data.txt"), ("bar", "data.txt")][..], &[("foo", "primary.xml")]] {
        let error = index(scratch.path(), &added(kinds), &Silent).unwrap_err().to_string();
        assert!(error.contains("is the name of two documents"), "{error}");
    }
    indexed(scratch.path(), &added(&[("foo", "data.txt")]), &Silent);
    let error = index(scratch.path(), &added(&[("bar", "data.txt")]), &Silent).unwrap_err().to_string();
    assert!(error.contains("`foo` can not stay listed"), "{error}");
}

#[test]
fn settings_that_xml_forbids_are_refused() {
    let scratch = repository(&fixtures::packages()[..1]);
    let bad = || "a\u{1}b".to_owned();
    let mut refused = vec![IndexSettings { revision: bad(), ..settings() }];
    refused.push(IndexSettings { tags: Tags { content: vec![bad()], ..Tags::default() }, ..settings() });
    refused.push(IndexSettings {
        location: Placement { base: Some(bad()), ..Placement::default() },
        ..settings()
    });
    for settings in refused {
        let error = index(scratch.path(), &settings, &Silent).unwrap_err().to_string();
        assert!(error.contains("XML forbids"), "{error}");
        assert!(!scratch.path().join("repodata").exists());
    }
}

#[test]
fn packages_that_were_left_out_are_no_change() {
    let scratch = repository(&fixtures::packages()[..2]);
    let cache = Scratch::new();
    let bad = scratch.path().join("Packages/bad.rpm");
    fs_err::write(&bad, "no package").unwrap();
    let reuse =
        Reuse { cache: Some(cache.path().join("cache")), unchanged: Unchanged::Leave, ..Reuse::default() };
    let settings = IndexSettings { reuse, bad_packages: BadPackages::LeaveOut, ..settings() };
    let has_changed = |settings: &IndexSettings| {
        let before = fs_err::read(scratch.path().join("repodata/repomd.xml")).unwrap_or_default();
        indexed(scratch.path(), settings, &Silent);
        fs_err::read(scratch.path().join("repodata/repomd.xml")).unwrap() != before
    };
    let later =
        |timestamp: u64| IndexSettings { timestamp, revision: timestamp.to_string(), ..settings.clone() };
    assert!(has_changed(&settings));
    assert!(!has_changed(&later(1_800_000_000)));
    fs_err::write(&bad, "still no package").unwrap();
    assert!(!has_changed(&later(1_800_000_001)), "what would be listed is what is");
    fs_err::copy(&fixtures::packages()[2], &bad).unwrap();
    assert!(has_changed(&later(1_800_000_001)));
    fs_err::write(&bad, "no package once more").unwrap();
    assert!(has_changed(&later(1_800_000_002)));
    assert!(!has_changed(&later(1_800_000_003)));
    // Of a revision that was named, only that one is left as it is.
    let named = |timestamp| {
        let settings = later(timestamp);
        let reuse = Reuse { unchanged: Unchanged::LeaveRevision, ..settings.reuse.clone() };
        IndexSettings { reuse, ..settings }
    };
    assert!(!has_changed(&named(1_800_000_002)));
    assert!(has_changed(&named(1_800_000_004)));
}

#[test]
fn what_a_killed_index_left_is_mended() {
    let scratch = repository(fixtures::packages());
    let (root, leftover) = (scratch.path(), scratch.path().join(".repodata.new"));
    indexed(root, &settings(), &Silent);
    let expected = metadata(root);
    // Killed while it wrote.
    fs_err::create_dir(&leftover).unwrap();
    fs_err::write(leftover.join("primary.part"), "half").unwrap();
    indexed(root, &settings(), &Silent);
    assert_eq!(metadata(root), expected);
    // Killed between the two renames on a file system that can not exchange directories.
    fs_err::rename(root.join("repodata"), root.join(".repodata.old")).unwrap();
    fs_err::create_dir(&leftover).unwrap();
    indexed(root, &settings(), &Silent);
    assert_eq!(metadata(root), expected);
    let names: Vec<String> = files(root).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["Packages", "repodata"]);
}

#[test]
fn a_failed_index_changes_nothing() {
    let scratch = repository(fixtures::packages());
    indexed(scratch.path(), &settings(), &Silent);
    let expected = metadata(scratch.path());
    fs_err::write(scratch.path().join("Packages/zzz.rpm"), "no package").unwrap();
    let later = IndexSettings { workers: settings().workers, ..IndexSettings::for_el6(1_800_000_000) };
    assert!(index(scratch.path(), &later, &Silent).is_err());
    let no_comps = IndexSettings { comps: Some(scratch.path().join("none")), ..settings() };
    fs_err::remove_file(scratch.path().join("Packages/zzz.rpm")).unwrap();
    assert!(index(scratch.path(), &no_comps, &Silent).is_err());
    assert_eq!(metadata(scratch.path()), expected);
    assert!(!scratch.path().join(".repodata.new").exists());
}

/// Tries to index the same directory from within an index.
struct Second<'a> {
    root: &'a Utf8Path,
    errors: Mutex<Vec<RepodataError>>,
}

impl Reporter for Second<'_> {
    fn event(&self, event: Event) {
        if matches!(event, Event::Found { .. }) {
            self.errors.lock().unwrap().extend(index(self.root, &settings(), &Silent).err());
        }
    }
}

#[test]
fn two_indexes_of_one_directory_do_not_meet() {
    let scratch = repository(fixtures::packages());
    let second = Second { root: scratch.path(), errors: Mutex::default() };
    indexed(scratch.path(), &settings(), &second);
    let errors = second.errors.into_inner().unwrap();
    assert!(matches!(errors[..], [RepodataError::Busy { .. }]), "{errors:?}");
    assert!(errors[0].hint().is_some());
}

/// Counts packages by where their metadata came from.
#[derive(Default)]
struct Sources(Mutex<(usize, usize)>);

impl Reporter for Sources {
    fn event(&self, event: Event) {
        if let Event::Indexed { from, .. } = event {
            let mut counts = self.0.lock().unwrap();
            match from {
                Source::Package => counts.0 += 1,
                Source::Cache => counts.1 += 1,
            }
        }
    }
}

#[test]
fn only_new_packages_are_read_and_nothing_else_differs() {
    let scratch = repository(fixtures::packages());
    let cache = Scratch::new();
    let cached = IndexSettings {
        reuse: Reuse { cache: Some(cache.path().join("cache")), ..Reuse::default() },
        ..settings()
    };
    let check = |expect: (usize, usize)| {
        let sources = Sources::default();
        indexed(scratch.path(), &cached, &sources);
        assert_eq!(*sources.0.lock().unwrap(), expect);
        let with_cache = fs_err::read(scratch.path().join("repodata/repomd.xml")).unwrap();
        indexed(scratch.path(), &settings(), &Silent);
        assert_eq!(fs_err::read(scratch.path().join("repodata/repomd.xml")).unwrap(), with_cache);
    };
    let count = fixtures::packages().len();
    check((count, 0));
    check((0, count));
    fs_err::copy(&good_packages()[0], scratch.path().join("Packages/new.rpm")).unwrap();
    check((1, count));
    // A package that was replaced is another file, whatever its size and time.
    let package = files(&scratch.path().join("Packages")).remove(0);
    fs_err::copy(&package, scratch.path().join("copy")).unwrap();
    fs_err::rename(scratch.path().join("copy"), &package).unwrap();
    check((1, count));
}

#[test]
fn a_directory_that_only_has_the_name_is_left_alone() {
    let scratch = Scratch::new();
    let file = scratch.path().join("repodata/src/lib.rs");
    fs_err::create_dir_all(file.parent().unwrap()).unwrap();
    fs_err::write(&file, "code").unwrap();
    let error = index(scratch.path(), &settings(), &Silent).unwrap_err();
    assert!(matches!(error, RepodataError::Foreign { .. }), "{error}");
    assert_eq!(fs_err::read_to_string(&file).unwrap(), "code");
    assert_eq!(files(scratch.path()).len(), 1, "nothing is left beside it");

    // An empty one is nobody's.
    fs_err::remove_dir_all(scratch.path().join("repodata/src")).unwrap();
    assert!(index(scratch.path(), &settings(), &Silent).is_ok());
}

#[test]
fn groups_may_wait_in_repodata_and_what_is_left_of_metadata_stays() {
    let scratch = Scratch::new();
    let metadata = scratch.path().join("repodata");
    fs_err::create_dir(&metadata).unwrap();
    let groups = metadata.join("comps.xml");
    fs_err::write(&groups, "<comps/>").unwrap();
    let with_groups = IndexSettings { comps: Some(groups.clone()), ..settings() };
    indexed(scratch.path(), &with_groups, &Silent);
    let list = fs_err::read_to_string(metadata.join("repomd.xml")).unwrap();
    assert!(list.contains("type=\"group\"") && groups.is_file(), "{list}");

    fs_err::remove_file(metadata.join("repomd.xml")).unwrap();
    let before = files(&metadata);
    indexed(scratch.path(), &settings(), &Silent);
    let after = files(&metadata);
    assert!(before.iter().all(|file| after.contains(file)), "{before:?} {after:?}");
}
