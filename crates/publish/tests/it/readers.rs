//! Readers who never stop while publications follow one another.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use camino::Utf8Path;
use xen4centos_repodata::Repository;

use crate::{NOW, World, digest, finish, names, request};

/// Reads as yum does: the list, its documents, every package. All of it by paths through the channel's link.
fn read_all(path: &Utf8Path) -> (u64, usize) {
    let repository = Repository::open(path).unwrap();
    thread::yield_now();
    let packages = repository.complete().unwrap();
    for package in &packages {
        thread::yield_now();
        assert_eq!(
            digest(&repository.path_of(&package.href).unwrap()),
            package.checksum.as_sha256().unwrap()
        );
    }
    (repository.repomd().newest(), packages.len())
}

#[test]
fn nothing_is_ever_missing_or_mixed_while_states_change() {
    let world = World::new();
    let path = world.publish(&[world.package("xen", "0-1", "a")], NOW).unwrap().path;
    let (done, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = (0, 0);
                while !done.load(Ordering::Relaxed) {
                    let seen = read_all(&path);
                    assert!(seen >= last, "{seen:?} after {last:?}");
                    last = seen;
                    reads.fetch_add(1, Ordering::Relaxed);
                }
                assert_eq!(read_all(&path).1, 51);
            });
        }
        for number in 1..=50 {
            let _ = world.publish(&[world.package("xen", &format!("{number}-1"), "a")], NOW).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(reads.into_inner() > 4);
}

#[test]
fn old_documents_are_kept_for_a_while_and_then_go() {
    let world = World::new();
    let path = world.publish(&[world.package("xen", "1-1", "a")], NOW).unwrap().path;
    let first = Repository::open(&path).unwrap();
    for number in 2..=8 {
        let _ = world.publish(&[world.package("xen", &format!("{number}-1"), "a")], NOW + number).unwrap();
    }
    // Seven publications later, less than an hour: everything that the first list names is still there.
    assert_eq!(first.complete().unwrap().len(), 1);
    assert_eq!(names(&path.join("repodata")).len(), 3 * 8 + 2);
    let _ = world.publish(&[world.package("xen", "9-1", "a")], NOW + 4000).unwrap();
    assert!(first.complete().is_err());
    // The list before is kept whatever its age.
    assert_eq!(names(&path.join("repodata")).len(), 3 * 2 + 2);
    let staging = world.channel().stage(&request(&[], NOW + 9000)).unwrap();
    assert_eq!(staging.carried().len(), 3);
    let published = finish(staging).unwrap();
    // The same packages at another time give the same documents, which are then nobody's past.
    assert_eq!(published.state.carried, []);
    // A document that somebody removed by hand does not stop what follows.
    let gone = names(&path.join("repodata")).into_iter().find(|name| name.ends_with("other.xml.gz"));
    fs_err::remove_file(path.join("repodata").join(gone.unwrap())).unwrap();
    let _ = world.publish(&[], NOW + 4001).unwrap();
    let _ = world.publish(&[], NOW + 8000).unwrap();
}
