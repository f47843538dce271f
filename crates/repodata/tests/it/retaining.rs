//! Which documents of metadata that was replaced stay, whatever the times of their files are.

use std::{collections::BTreeSet, time::UNIX_EPOCH};

use camino::Utf8Path;
use xen4centos_repodata::{
    Additional, FileTimes, IndexSettings, Newer, Retain, Reuse, Silent, Unchanged, read_repomd,
};

use crate::{Scratch, files, fixtures, indexed, repository, settings};

const RECORD: &str = ".repodata.replaced";

/// Two documents that have one name but for their digests, and files whose times go back from state to state.
fn settings_of(root: &Utf8Path, state: u64, retain: Retain) -> IndexSettings {
    let added = ["foo", "bar"].map(|kind| {
        let path = root.join(format!("{kind}-of-{state}/data.txt"));
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, format!("{kind} {state}")).unwrap();
        (kind.to_owned(), path)
    });
    let timestamp = 1_700_000_000 - 1000 * state;
    IndexSettings {
        revision: timestamp.to_string(),
        timestamp,
        newer: Newer::Replace,
        file_times: FileTimes::Timestamp,
        additional: Additional { added: added.into(), ..Additional::default() },
        retain,
        ..settings()
    }
}

fn listed(root: &Utf8Path) -> BTreeSet<String> {
    let list = read_repomd(&root.join("repodata/repomd.xml")).unwrap();
    list.records.iter().map(|record| record.location.replace("repodata/", "")).collect()
}

fn there(root: &Utf8Path) -> BTreeSet<String> {
    let names = files(&root.join("repodata")).into_iter().map(|path| path.file_name().unwrap().to_owned());
    names.filter(|name| name != "repomd.xml").collect()
}

/// Adds a package, and indexes.
fn advance(root: &Utf8Path, state: u64, retain: Retain) -> BTreeSet<String> {
    let package = &fixtures::packages()[usize::try_from(state).unwrap() % 3];
    fs_err::copy(package, root.join(format!("Packages/{state}.rpm"))).unwrap();
    indexed(root, &settings_of(root, state, retain), &Silent);
    listed(root)
}

/// A repository of four states, and what each of them listed.
fn states(retain: Retain) -> (Scratch, Vec<BTreeSet<String>>) {
    let scratch = repository(&[]);
    let root = scratch.path();
    let states = (0..4).map(|state| advance(root, state, retain));
    let states = states.collect();
    (scratch, states)
}

fn union(states: &[BTreeSet<String>]) -> BTreeSet<String> {
    states.iter().flatten().cloned().collect()
}

/// When the list was written.
fn now(root: &Utf8Path) -> u64 {
    let list = fs_err::metadata(root.join("repodata/repomd.xml")).unwrap();
    list.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn as_many_states_stay_as_are_asked_for() {
    for count in 0..5 {
        let (scratch, states) = states(Retain::Last(count));
        assert_eq!(there(scratch.path()), union(&states[3 - count.min(3)..]), "{count} states");
        assert_eq!(scratch.path().join(RECORD).exists(), count > 0, "{count} states");
    }
}

#[test]
fn states_stay_by_when_they_were_written() {
    let (scratch, states) = states(Retain::Since(1_710_000_000));
    assert_eq!(there(scratch.path()), union(&states), "all were written just now");
    let root = scratch.path();
    let later = now(root) + 1000;
    let last = advance(root, 4, Retain::Since(later));
    assert_eq!(there(root), last, "the state that was replaced is too old, too");
}

#[test]
fn an_index_that_changes_nothing_goes_by_the_same() {
    let (scratch, states) = states(Retain::Last(9));
    let (root, cache) = (scratch.path(), Scratch::new());
    let update = |retain| {
        let cache = Some(cache.path().join("cache"));
        let reuse = Reuse { cache, unchanged: Unchanged::Leave, ..Reuse::default() };
        indexed(root, &IndexSettings { reuse, ..settings_of(root, 3, retain) }, &Silent);
    };
    update(Retain::Last(9));
    update(Retain::Last(9));
    assert_eq!(there(root), union(&states));
    update(Retain::Since(1_710_000_000));
    assert_eq!(there(root), union(&states), "all were written just now");
    update(Retain::Last(2));
    assert_eq!(there(root), union(&states[1..]));
    update(Retain::Last(1));
    assert_eq!(there(root), union(&states[2..]));
    update(Retain::Since(now(root) + 1000));
    assert_eq!(there(root), states[3]);
    assert!(!root.join(RECORD).exists());
}

#[test]
fn without_a_record_the_times_of_files_count() {
    let (scratch, states) = states(Retain::Last(9));
    let root = scratch.path();
    fs_err::write(root.join(RECORD), "what nobody understands").unwrap();
    let first = listed(root);
    // By their times the first state is the newest of those before the last one, and of two of one name one stays.
    let second = advance(root, 4, Retain::Last(2));
    let kept = union(&[states[0].clone(), first.clone(), second.clone()]);
    assert!(there(root).is_subset(&kept) && there(root).is_superset(&first));
    assert_eq!(there(root).len(), kept.len() - 1);
    // From here on there is one again.
    let third = advance(root, 5, Retain::Last(2));
    assert_eq!(there(root), union(&[first, second, third]));
}

/// A document that somebody names by the day it is of: each day's has another name, and is one state.
#[test]
fn documents_with_the_day_in_their_names_go_with_their_states() {
    let scratch = repository(&[]);
    let root = scratch.path();
    let mut states = Vec::new();
    for day in 1..=6 {
        let path = root.join(format!("updateinfo-{day}.xml"));
        fs_err::write(&path, format!("<updates><!-- {day} --></updates>")).unwrap();
        let added = [("updateinfo".to_owned(), path)];
        let settings = IndexSettings {
            additional: Additional { added: added.into(), ..Additional::default() },
            ..settings_of(root, 7 - day, Retain::Last(2))
        };
        fs_err::copy(&fixtures::packages()[0], root.join(format!("Packages/{day}.rpm"))).unwrap();
        indexed(root, &settings, &Silent);
        states.push(listed(root));
    }
    assert_eq!(there(root), union(&states[3..]));
}

#[test]
fn the_record_stays_as_it_is_where_nothing_changes() {
    let (scratch, _) = states(Retain::Last(9));
    let (root, cache) = (scratch.path(), Scratch::new());
    let cache = Some(cache.path().join("cache"));
    let reuse = Reuse { cache, unchanged: Unchanged::Leave, ..Reuse::default() };
    let settings = IndexSettings { reuse, ..settings_of(root, 3, Retain::Last(9)) };
    indexed(root, &settings, &Silent);
    let record = || {
        let path = root.join(RECORD);
        (fs_err::read(&path).unwrap(), fs_err::metadata(&path).unwrap().modified().unwrap())
    };
    let before = record();
    indexed(root, &settings, &Silent);
    assert_eq!(record(), before);
}

/// Documents that look like those of several states, though they are of one: the record tells them apart.
#[test]
fn two_documents_of_one_name_are_of_one_state_though_nothing_has_changed_since() {
    let (scratch, states) = states(Retain::Last(1));
    let (root, cache) = (scratch.path(), Scratch::new());
    let cache = Some(cache.path().join("cache"));
    for _ in 0..2 {
        let reuse = Reuse { cache: cache.clone(), unchanged: Unchanged::Leave, ..Reuse::default() };
        indexed(root, &IndexSettings { reuse, ..settings_of(root, 3, Retain::Last(1)) }, &Silent);
        assert_eq!(there(root), union(&states[2..]));
    }
    // Where names tell it, there is nothing to write down.
    let plain = repository(&[]);
    for package in 0..3 {
        let name = plain.path().join(format!("Packages/{package}.rpm"));
        fs_err::copy(&fixtures::packages()[package], name).unwrap();
        indexed(plain.path(), &IndexSettings { newer: Newer::Outdo, ..settings() }, &Silent);
    }
    assert!(!plain.path().join(RECORD).exists());
}
