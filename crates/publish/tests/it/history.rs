//! What may be published, what stays, and the way back.

use std::num::NonZeroUsize;

use xen4centos_artifact::Nevra;
use xen4centos_publish::{PublishError, RestoreRequest, Retention, StageRequest};

use crate::{
    DIRECTORY, NOW, World, finish, key, names, package_bytes, request, revision, signed, states, visible,
};

fn nevra(text: &str) -> Nevra {
    text.parse().unwrap()
}

#[test]
fn published_packages_never_change() {
    let world = World::new();
    let packages = [world.package("xen", "1-1", "a"), world.package("kernel", "3-1", "a")];
    let _ = world.publish(&packages, NOW).unwrap();
    let changed = [world.package("xen", "1-1", "b"), world.package("kernel", "3-1", "b")];
    let error = world.publish(&changed, NOW).unwrap_err();
    let PublishError::Changed { changed: listed, .. } = &error else { panic!("{error}") };
    assert_eq!(listed.len(), 2);
    assert_eq!(
        error.to_string(),
        "2 packages are already published with other content: `kernel-3-1.x86_64`, `xen-1-1.x86_64`"
    );
    assert!(error.hint().unwrap().contains("raise the release"));
    // Not even when they were withdrawn in between, nor twice in one request.
    let withdraw = [nevra("xen-1-1.x86_64")];
    let staging = world.channel().stage(&StageRequest { withdraw: &withdraw, ..request(&[], NOW) }).unwrap();
    let _ = finish(staging).unwrap();
    assert_eq!(visible(&world.channel().path()), ["kernel-3-1.x86_64"]);
    assert!(matches!(world.publish(&changed[..1], NOW), Err(PublishError::Changed { .. })));
    let both = [world.package("new", "1-1", "a"), world.package("new", "1-1", "b")];
    assert!(matches!(world.publish(&both, NOW), Err(PublishError::Changed { .. })));
    // The same content may come back.
    let published = world.publish(&packages[..1], NOW).unwrap();
    assert_eq!(visible(&world.channel().path()), ["kernel-3-1.x86_64", "xen-1-1.x86_64"]);
    assert_eq!(published.state.withdrawn, []);
}

#[test]
fn what_is_there_is_known_without_reading_it() {
    let world = World::new();
    let packages = [world.package("xen", "1-1", "a"), world.package("kernel", "3-1", "a")];
    let pairs = packages.each_ref().map(|package| (package.nevra().clone(), package.sha256()));
    let channel = world.channel();
    assert!(!channel.is_current(&pairs, key(1), None).unwrap());
    let published = world.publish(&packages, NOW).unwrap();
    assert!(channel.is_current(&pairs, key(1), None).unwrap());
    assert!(channel.is_current(&pairs[..1], key(1), None).unwrap());
    assert!(!channel.is_current(&pairs, key(2), None).unwrap());
    assert!(!channel.is_current(&pairs, key(1), Some(pairs[0].1)).unwrap());
    let other = [(pairs[0].0.clone(), pairs[1].1)];
    assert!(!channel.is_current(&other, key(1), None).unwrap());
    assert_eq!(channel.current().unwrap().as_ref(), Some(&published.state));
}

#[test]
fn old_packages_are_linked_and_new_ones_are_copied() {
    use std::os::unix::fs::MetadataExt;
    let world = World::new();
    let package = world.package("xen", "1-1", "a");
    let path = world.publish(std::slice::from_ref(&package), NOW).unwrap().path;
    let inode = || fs_err::metadata(path.join("Packages/xen-1-1.x86_64.rpm")).unwrap();
    let first = inode();
    assert_eq!((first.mtime().cast_unsigned(), first.mode() & 0o777), (NOW, 0o644));
    // Who still holds the original can not change what is published.
    fs_err::write(package.path(), "changed").unwrap();
    let _ = world.publish(&[world.package("kernel", "1-1", "a")], NOW + 5).unwrap();
    assert_eq!(inode().ino(), first.ino());
    assert_eq!(visible(&path), ["kernel-1-1.x86_64", "xen-1-1.x86_64"]);
    // The link can be moved with the storage.
    fs_err::rename(world.root().join("public"), world.root().join("moved")).unwrap();
    assert_eq!(visible(&world.root().join("moved").join(DIRECTORY)).len(), 2);
}

#[test]
fn a_package_that_is_not_what_was_signed_is_refused() {
    let world = World::new();
    let package = world.package("xen", "1-1", "a");
    fs_err::write(package.path(), package_bytes(package.nevra(), "tampered")).unwrap();
    let error = world.publish(&[package], NOW).unwrap_err();
    assert!(matches!(error, PublishError::Digest { .. }), "{error}");
    assert!(!world.channel().path().exists());
    assert_eq!(names(&states(&world)), ["lock"]);
}

#[test]
fn packages_that_would_share_a_file_name_are_refused() {
    let world = World::new();
    let _ = world.publish(&[world.package("xen", "1-1", "a")], NOW).unwrap();
    let error = world.publish(&[world.package("xen", "2:1-1", "b")], NOW).unwrap_err();
    assert!(matches!(error, PublishError::FileName { .. }), "{error}");
}

#[test]
fn revisions_never_go_back() {
    let world = World::new();
    let path = world.publish(&[], NOW).unwrap().path;
    let mut last = revision(&path);
    for now in [NOW, NOW - 1000, NOW + 50, NOW + 50, 0] {
        let _ = world.publish(&[], now).unwrap();
        assert!(revision(&path) > last);
        last = revision(&path);
    }
    let _ = world.publish(&[], NOW + 1000).unwrap();
    assert_eq!(revision(&path), NOW + 1000);
    // Web servers answer by the time of the file.
    let modified = fs_err::metadata(path.join("repodata/repomd.xml")).unwrap().modified().unwrap();
    assert_eq!(modified, std::time::UNIX_EPOCH + std::time::Duration::from_secs(NOW + 1000));
}

#[test]
fn going_back_is_a_new_state_with_the_old_packages() {
    let world = World::new();
    let channel = world.channel();
    for number in 1..=3 {
        let _ = world.publish(&[world.package("xen", &format!("{number}-1"), "a")], NOW).unwrap();
    }
    let path = channel.path();
    let before = revision(&path);
    let published = finish(channel.roll_back(2, None, NOW).unwrap()).unwrap();
    assert_eq!(visible(&path), ["xen-1-1.x86_64"]);
    assert!(revision(&path) > before);
    assert_eq!((published.state.number, published.state.restored_from), (4, Some(1)));
    assert_eq!(published.state.withdrawn.len(), 2);
    // What was published in between is still known, and one can go forth again.
    let changed = world.package("xen", "3-1", "b");
    assert!(matches!(world.publish(&[changed], NOW), Err(PublishError::Changed { .. })));
    let restore = RestoreRequest { number: 3, comps: None, now: NOW };
    let _ = finish(channel.restore(&restore).unwrap()).unwrap();
    assert_eq!(visible(&path), ["xen-1-1.x86_64", "xen-2-1.x86_64", "xen-3-1.x86_64"]);
    let error = channel.restore(&RestoreRequest { number: 99, ..restore }).err().unwrap();
    assert_eq!(error.to_string(), "channel `centos/6/xen4/x86_64` has no state number 99, it has 2, 3, 4, 5");
    assert!(channel.roll_back(9, None, NOW).is_err());
}

#[test]
fn as_many_states_are_kept_as_the_policy_says() {
    let world = World::new();
    for number in 1..=7 {
        let _ = world.publish(&[world.package("xen", &format!("{number}-1"), "a")], NOW).unwrap();
    }
    let numbers: Vec<u64> = world.channel().history().unwrap().iter().map(|state| state.number).collect();
    assert_eq!(numbers, [4, 5, 6, 7]);
    assert_eq!(names(&states(&world)), ["4", "5", "6", "7", "lock"]);
    assert_eq!(visible(&world.channel().path()).len(), 7);
}

#[test]
fn packages_leave_only_when_asked() {
    let world = World::new();
    let versions = ["1-1", "2-1", "10-1"].map(|evr| world.package("kernel", evr, "a"));
    let _ = world.publish(&versions, NOW).unwrap();
    let newest = |count| Retention::Newest(NonZeroUsize::new(count).unwrap());
    let stage = |packages, withdraw: &[Nevra], retention| {
        let staging = world.channel().stage(&StageRequest { withdraw, retention, ..request(packages, NOW) });
        staging.and_then(finish).map(|published| visible(&published.path))
    };
    let xen = [world.package("xen", "1-1", "a")];
    assert_eq!(
        stage(&xen, &[], newest(2)).unwrap(),
        ["kernel-10-1.x86_64", "kernel-2-1.x86_64", "xen-1-1.x86_64"]
    );
    // What is asked for stays, however old it is.
    let expect = ["kernel-1-1.x86_64", "kernel-10-1.x86_64", "xen-1-1.x86_64"];
    assert_eq!(stage(&versions[..1], &[], newest(1)).unwrap(), expect);
    assert_eq!(stage(&[], &[nevra("kernel-10-1.x86_64")], Retention::All).unwrap().len(), 2);
    let error = stage(&[], &[nevra("kernel-10-1.x86_64")], Retention::All).unwrap_err();
    assert!(matches!(error, PublishError::Unknown { .. }), "{error}");
}

#[test]
fn only_the_staged_tree_in_full_is_published() {
    let world = World::new();
    let spoil = |spoil: &dyn Fn(&camino::Utf8Path), expect: &str| {
        let packages = [world.package("xen", "1-1", "a")];
        let staging = world.channel().stage(&request(&packages, NOW)).unwrap();
        let tree = signed(&staging);
        spoil(&staging.root());
        let error = staging.publish(tree).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
        assert!(!world.channel().path().exists());
    };
    spoil(&|root| fs_err::remove_file(root.join("repodata/repomd.xml.asc")).unwrap(), "signature is missing");
    spoil(&|root| fs_err::write(root.join("Packages/xen-1-1.x86_64.rpm"), "").unwrap(), "not the staged one");
    spoil(
        &|root| {
            let name =
                names(&root.join("repodata")).into_iter().find(|name| name.ends_with("primary.xml.gz"));
            fs_err::write(root.join("repodata").join(name.unwrap()), "").unwrap();
        },
        "not the one that repomd.xml lists",
    );
    spoil(
        &|root| {
            let path = root.join("repodata/repomd.xml");
            let text = fs_err::read_to_string(&path).unwrap().replace(&NOW.to_string(), "17");
            fs_err::write(path, text).unwrap();
        },
        "revision and timestamps are not",
    );
    let staging = world.channel().stage(&request(&[], NOW)).unwrap();
    let elsewhere = xen4centos_artifact::RepoTree { root: world.root().to_owned() }.into_signed(key(1));
    assert!(matches!(staging.publish(elsewhere), Err(PublishError::OtherTree { .. })));
    let packages = [world.package("xen", "1-1", "a")];
    let staging = world.channel().stage(&request(&packages, NOW)).unwrap();
    let other_key =
        xen4centos_artifact::RepoTree { root: signed(&staging).root().to_owned() }.into_signed(key(2));
    assert!(matches!(staging.publish(other_key), Err(PublishError::Key { .. })));
}

#[test]
fn channels_stay_inside_the_storage_and_out_of_each_other() {
    let world = World::new();
    for bad in ["", "/", "/a", "..", "a/../b", ".states", "a/.hidden", "a b", "a~b", "ä", "a/./.."] {
        assert!(matches!(world.storage.channel(bad), Err(PublishError::Directory { .. })), "{bad}");
    }
    let _ = world.publish(&[], NOW).unwrap();
    let inside = world.storage.channel("centos/6/xen4/x86_64/debug");
    assert!(matches!(inside, Err(PublishError::Foreign { .. })));
    // A directory that somebody made is not ours to replace.
    fs_err::create_dir(world.root().join("public/mine")).unwrap();
    let foreign = world.storage.channel("mine").unwrap();
    assert!(matches!(foreign.stage(&request(&[], NOW)), Err(PublishError::Foreign { .. })));
    fs_err::os::unix::fs::symlink("elsewhere/1/tree", world.root().join("public/link")).unwrap();
    assert!(matches!(world.storage.channel("link").unwrap().current(), Err(PublishError::Foreign { .. })));
}
