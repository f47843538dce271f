//! Packages taken from earlier metadata, where no cache knows them.

use std::sync::Mutex;

use camino::Utf8Path;
use xen4centos_repodata::{Event, IndexSettings, Reporter, Reuse, Silent, Source};

use crate::{Scratch, files, fixtures, indexed, reading::createrepo, repository, settings};

/// Packages that were read, packages that were known, and complaints.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    read: usize,
    known: usize,
    complaints: Vec<String>,
}

#[derive(Default)]
struct Ear(Mutex<Heard>);

impl Reporter for Ear {
    fn event(&self, event: Event) {
        let mut heard = self.0.lock().unwrap();
        match event {
            Event::Indexed { from: Source::Package, .. } => heard.read += 1,
            Event::Indexed { from: Source::Cache, .. } => heard.known += 1,
            Event::NotImported { error } => heard.complaints.push(error.to_string()),
            _ => {}
        }
    }
}

fn from_metadata(cache: &Scratch, metadata: &[&Utf8Path]) -> IndexSettings {
    let reuse = Reuse {
        cache: Some(cache.path().join("cache")),
        present: true,
        metadata: metadata.iter().map(|path| path.to_path_buf()).collect(),
        ..Reuse::default()
    };
    IndexSettings { reuse, ..settings() }
}

/// Indexes by what is known, checks that nothing differs from an index that knows nothing, and tells what was heard.
fn heard(root: &Utf8Path, settings: &IndexSettings) -> Heard {
    let ear = Ear::default();
    indexed(root, settings, &ear);
    let repomd = || fs_err::read(root.join("repodata/repomd.xml")).unwrap();
    let with = repomd();
    indexed(root, &IndexSettings { reuse: Reuse::default(), ..settings.clone() }, &Silent);
    assert!(repomd() == with);
    ear.0.into_inner().unwrap()
}

fn counts(read: usize, known: usize) -> Heard {
    Heard { read, known, complaints: Vec::new() }
}

#[test]
fn the_metadata_that_is_there_describes_unchanged_packages() {
    let scratch = repository(fixtures::packages());
    let count = fixtures::packages().len();
    for database in [None, Some(xen4centos_repodata::Compression::Gzip)] {
        let settings =
            |cache: &Scratch| IndexSettings { database, ..from_metadata(cache, &[scratch.path()]) };
        fs_err::remove_dir_all(scratch.path().join("repodata")).unwrap_or_default();
        let cache = Scratch::new();
        // What is named and not there is no more than slow.
        let first = heard(scratch.path(), &settings(&cache));
        assert_eq!((first.read, first.known, first.complaints.len()), (count, 0, 1));
        let other = Scratch::new();
        assert_eq!(heard(scratch.path(), &settings(&other)), counts(0, count));
        assert_eq!(heard(scratch.path(), &settings(&cache)), counts(0, count));
        assert_eq!(files(cache.path()).len(), 2, "nothing else is left");
    }
    let package = files(&scratch.path().join("Packages")).remove(0);
    let file = fs_err::File::options().append(true).open(&package).unwrap();
    file.file().set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_500_000_000)).unwrap();
    let cache = Scratch::new();
    assert_eq!(heard(scratch.path(), &from_metadata(&cache, &[])), counts(1, count - 1));
}

#[test]
fn packages_are_known_wherever_they_are_by_their_names() {
    let scratch = repository(fixtures::packages());
    indexed(scratch.path(), &settings(), &Silent);
    let moved = Scratch::new();
    fs_err::create_dir(moved.path().join("elsewhere")).unwrap();
    for package in files(&scratch.path().join("Packages")) {
        fs_err::hard_link(&package, moved.path().join("elsewhere").join(package.file_name().unwrap()))
            .unwrap();
    }
    let count = fixtures::packages().len();
    let cache = Scratch::new();
    assert_eq!(heard(moved.path(), &from_metadata(&cache, &[scratch.path()])), counts(0, count));

    // Of two files of one name nobody knows which it was.
    let twice = scratch.path().join("again");
    fs_err::create_dir(&twice).unwrap();
    let package = files(&scratch.path().join("Packages")).remove(0);
    fs_err::hard_link(&package, twice.join(package.file_name().unwrap())).unwrap();
    indexed(scratch.path(), &settings(), &Silent);
    fs_err::remove_dir_all(moved.path().join("repodata")).unwrap();
    let cache = Scratch::new();
    assert_eq!(heard(moved.path(), &from_metadata(&cache, &[scratch.path()])), counts(1, count - 1));
}

#[test]
fn metadata_that_is_not_what_it_says_describes_nothing() {
    let scratch = repository(fixtures::packages());
    let count = fixtures::packages().len();
    indexed(scratch.path(), &settings(), &Silent);
    let other = files(&scratch.path().join("repodata"));
    let other = other.iter().find(|path| path.as_str().ends_with("other.xml.gz")).unwrap();
    let mut bytes = fs_err::read(other).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs_err::write(other, bytes).unwrap();
    let cache = Scratch::new();
    let heard = heard(scratch.path(), &from_metadata(&cache, &[]));
    assert_eq!((heard.read, heard.known), (count, 0));
    assert!(heard.complaints[0].contains("other.xml.gz"), "{:?}", heard.complaints);
}

#[test]
fn metadata_of_createrepo_c_is_taken_and_other_checksums_are_not() {
    let scratch = repository(fixtures::packages());
    let count = fixtures::packages().len();
    for (checksum, known) in [("sha256", count), ("sha512", 0)] {
        createrepo(scratch.path(), &["--no-database", "--checksum", checksum]);
        let (ear, cache) = (Ear::default(), Scratch::new());
        let newer = IndexSettings {
            timestamp: 4_000_000_000,
            revision: "4000000000".into(),
            ..from_metadata(&cache, &[])
        };
        indexed(scratch.path(), &newer, &ear);
        assert_eq!(ear.0.into_inner().unwrap(), counts(count - known, known), "{checksum}");
        fs_err::remove_dir_all(scratch.path().join("repodata")).unwrap();
    }
}

#[test]
fn changelogs_that_may_have_been_cut_are_read_again() {
    let scratch = repository(fixtures::packages());
    let count = fixtures::packages().len();
    let limited =
        |cache: &Scratch, changelog_limit| IndexSettings { changelog_limit, ..from_metadata(cache, &[]) };
    // What the packages have is not cut, whatever is asked for.
    let all = 13;
    for (before, now, known) in [
        (Some(1), Some(1), count),
        (Some(1), Some(2), 0),
        (Some(2), Some(1), 0),
        (Some(2), None, 0),
        (Some(all - 1), Some(all), 0),
        (Some(all), Some(all + 1), count),
        (Some(all + 1), Some(all), count),
        (Some(all), None, count),
        (None, Some(all + 1), count),
        (None, Some(all - 1), 0),
    ] {
        let (first, second) = (Scratch::new(), Scratch::new());
        heard(scratch.path(), &limited(&first, before));
        assert_eq!(
            heard(scratch.path(), &limited(&second, now)),
            counts(count - known, known),
            "{before:?} {now:?}"
        );
        // A cache that goes by another limit is none.
        heard(scratch.path(), &limited(&first, now));
    }
}

/// createrepo_c's `--update` takes changelogs over as they were cut, whatever its limit is by then.
#[test]
fn metadata_whose_changelogs_were_cut_at_several_lengths_is_seen_through() {
    let scratch = repository(&fixtures::packages()[..1]);
    let root = scratch.path();
    createrepo(root, &["--changelog-limit", "1"]);
    fs_err::copy(&fixtures::packages()[1], root.join("Packages/later.rpm")).unwrap();
    createrepo(root, &["--update", "--changelog-limit", "13"]);
    let cache = Scratch::new();
    let settings = IndexSettings { changelog_limit: Some(13), ..from_metadata(&cache, &[]) };
    assert_eq!(heard(root, &settings), counts(1, 1));
}
