//! Trees in place of an upstream release.

use std::{
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    time::{Duration, Instant},
};

use camino::Utf8Path;
use xen4centos_manifest::{Role, Upstreams};
use xen4centos_sources::{FailureKind, FetchError, Given, Network, Origin, SourceTree, Standing};

use crate::world::{World, by_url, digest, pinned};

/// A world in which xen's release, an archive and a patch, is to be replaced.
fn world_with_tree() -> World {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    let mut release = by_url("release", pinned("https://upstream.example/xen.tar.gz", b"xen"));
    release.role = Role::Upstream;
    let mut update = by_url("update", pinned("https://upstream.example/patch.gz", b"patch"));
    update.role = Role::UpstreamPatch;
    world.package.sources = vec![release, update];
    world.write("tree/Makefile", "all:\n");
    world.write("tree/tools/configure", "#!/bin/sh\n");
    fs_err::set_permissions(world.path("tree/tools/configure"), PermissionsExt::from_mode(0o700)).unwrap();
    world.write("tree/tools-b/a", "");
    world.write("tree/.git/HEAD", "ref: refs/heads/master\n");
    world.write("tree/.config", "CONFIG_XEN=y\n");
    symlink("../nowhere//else", world.path("tree/tools/link")).unwrap();
    let long = format!("tree/{0}/{0}/{0}", "directory-with-a-long-name-of-its-own");
    world.write(&format!("{long}/file"), "deep");
    symlink("t".repeat(150), world.path(&format!("{long}/link"))).unwrap();
    world.settings.trees =
        vec![SourceTree { package: "xen".to_owned(), dir: world.path("tree"), given: Given::ForThisRun }];
    world
}

/// `type mode uid size mtime path -> target`, in order.
fn listing(tarball: &Utf8Path) -> Vec<String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs_err::File::open(tarball).unwrap()));
    let lines = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        let header = entry.header();
        let kind = header.entry_type().as_byte() as char;
        let target =
            entry.link_name().unwrap().map_or(String::new(), |target| format!(" -> {}", target.display()));
        format!(
            "{kind} {:o} {} {} {} {}{target}",
            header.mode().unwrap(),
            header.uid().unwrap(),
            entry.size(),
            header.mtime().unwrap(),
            String::from_utf8_lossy(&entry.path_bytes()),
        )
    });
    lines.collect()
}

#[test]
fn a_tree_replaces_the_whole_release() {
    let world = world_with_tree();
    let sources = world.fetch().unwrap();
    assert_eq!(sources.len(), 1, "the patch of the release is in the tree already");
    let tarball = &sources[0];
    assert_eq!((tarball.name.as_str(), tarball.file.as_str()), ("xen", "xen-4.2.5-tree.tar.gz"));
    assert_eq!(tarball.role, xen4centos_sources::Role::UpstreamArchive);
    assert_eq!(tarball.origin, Origin::Tree { dir: world.path("tree") });
    assert_eq!(tarball.sha256, digest(&fs_err::read(&tarball.path).unwrap()));
    let one = "directory-with-a-long-name-of-its-own";
    let target = "t".repeat(150);
    assert_eq!(
        listing(&tarball.path),
        [
            "5 755 0 0 1409616000 xen-4.2.5/".to_owned(),
            "0 644 0 13 1409616000 xen-4.2.5/.config".to_owned(),
            "0 644 0 5 1409616000 xen-4.2.5/Makefile".to_owned(),
            format!("5 755 0 0 1409616000 xen-4.2.5/{one}/"),
            format!("5 755 0 0 1409616000 xen-4.2.5/{one}/{one}/"),
            format!("5 755 0 0 1409616000 xen-4.2.5/{one}/{one}/{one}/"),
            format!("0 644 0 4 1409616000 xen-4.2.5/{one}/{one}/{one}/file"),
            format!("2 777 0 0 1409616000 xen-4.2.5/{one}/{one}/{one}/link -> {target}"),
            "5 755 0 0 1409616000 xen-4.2.5/tools-b/".to_owned(),
            "0 644 0 0 1409616000 xen-4.2.5/tools-b/a".to_owned(),
            "5 755 0 0 1409616000 xen-4.2.5/tools/".to_owned(),
            "0 755 0 10 1409616000 xen-4.2.5/tools/configure".to_owned(),
            "2 777 0 0 1409616000 xen-4.2.5/tools/link -> ../nowhere//else".to_owned(),
        ]
    );
}

#[test]
fn the_same_content_gives_the_same_bytes_elsewhere() {
    let (one, other) = (world_with_tree(), world_with_tree());
    let sources = one.fetch().unwrap();
    assert_eq!(sources[0].sha256, other.fetch().unwrap()[0].sha256);
    let mut start = [0; 10];
    fs_err::File::open(&sources[0].path).unwrap().read_exact(&mut start).unwrap();
    assert_eq!(start[3..8], [0, 0, 0, 0, 0], "no name and no time in the gzip header");
}

#[test]
fn a_tree_that_did_not_change_is_not_read() {
    let world = world_with_tree();
    let first = world.fetch().unwrap();
    assert!(world.events.has("packing xen"));
    let planned = world.store.survey(&[&world.package], &world.settings, &world.events).unwrap();
    assert_eq!((planned[0].standing, planned[0].sha256), (Standing::Stored, Some(first[0].sha256)));
    assert_eq!(world.fetch().unwrap(), first);
    assert_eq!(world.events.lines().len(), 1, "{:?}", world.events.lines());
}

#[test]
fn every_kind_of_change_is_seen() {
    let world = world_with_tree();
    let mut before = world.fetch().unwrap()[0].sha256;
    let configure = world.path("tree/tools/configure");
    let restored = |bytes: &str| {
        let time = fs_err::metadata(&configure).unwrap().modified().unwrap();
        let file = fs_err::OpenOptions::new().write(true).open(&configure).unwrap();
        std::io::Write::write_all(&mut &file, bytes.as_bytes()).unwrap();
        file.into_parts().0.set_modified(time).unwrap();
    };
    let changes: [(&str, &dyn Fn()); 6] = [
        ("content of the same length, time restored", &|| restored("#!/bin/zh\n")),
        ("mode", &|| fs_err::set_permissions(&configure, PermissionsExt::from_mode(0o600)).unwrap()),
        ("new file", &|| drop(world.write("tree/new", "new"))),
        ("name", &|| fs_err::rename(world.path("tree/new"), world.path("tree/old")).unwrap()),
        ("target of a link", &|| {
            fs_err::remove_file(world.path("tree/tools/link")).unwrap();
            symlink("../nowhere//ELSE", world.path("tree/tools/link")).unwrap();
        }),
        ("file that is gone", &|| fs_err::remove_file(world.path("tree/old")).unwrap()),
    ];
    for (what, change) in changes {
        change();
        let planned = world.store.survey(&[&world.package], &world.settings, &world.events).unwrap();
        assert_eq!(planned[0].standing, Standing::ToPack, "{what}");
        let after = world.fetch().unwrap()[0].sha256;
        assert_ne!(after, before, "{what}");
        assert!(!world.store.path_of(&before).exists(), "{what}: the tarball from before is gone");
        before = after;
    }
}

#[test]
fn a_miniature_stands_in_where_the_target_says_so() {
    let mut world = world_with_tree();
    world.settings.trees.clear();
    world.settings.upstreams = Upstreams::Miniature;
    let error = world.fetch().unwrap_err();
    assert!(matches!(error, FetchError::NoMiniature { .. }), "{error}");
    world.write("specs/xen/miniature/Makefile", "all:\n");
    world.package.miniature = Some(world.path("specs/xen/miniature"));
    let sources = world.fetch().unwrap();
    assert_eq!((&sources[0].origin, sources[0].file.as_str()), (&Origin::Miniature, "xen-4.2.5-tree.tar.gz"));
    world.settings.trees =
        vec![SourceTree { package: "xen".to_owned(), dir: world.path("tree"), given: Given::ForThisRun }];
    assert_eq!(world.fetch().unwrap()[0].origin, Origin::Tree { dir: world.path("tree") });
}

#[test]
fn trees_that_can_not_be_are_refused() {
    let mut world = world_with_tree();
    let refused = |world: &World| {
        let error = world.fetch().unwrap_err();
        assert_eq!(error.kind(), FailureKind::Data, "{error}");
        error
    };
    let socket = std::os::unix::net::UnixListener::bind(world.path("tree/socket")).unwrap();
    assert!(matches!(refused(&world), FetchError::UnusableInTree { path } if path.ends_with("tree/socket")));
    drop(socket);
    world.settings.trees[0].dir = world.path("tree/Makefile");
    assert!(matches!(refused(&world), FetchError::TreeNotADirectory { .. }));
    world.settings.trees[0].dir = world.path("tree");
    world.package.upstream = None;
    assert!(matches!(refused(&world), FetchError::NoUpstream { .. }));
}

#[test]
fn a_tree_as_large_as_linux_is_looked_at_in_no_time() {
    let mut world = world_with_tree();
    for directory in 0..200 {
        for file in 0..50 {
            world.write(&format!("large/{directory}/{file}.c"), "");
        }
    }
    world.settings.trees[0].dir = world.path("large");
    world.fetch().unwrap();
    let start = Instant::now();
    world.fetch().unwrap();
    // 10,000 files; a generous bound, because the tests of several crates may share the machine.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
