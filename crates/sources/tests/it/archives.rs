//! Unpacking a release.

use std::io::Write;

use camino::Utf8PathBuf;
use flate2::{Compression, write::GzEncoder};
use tar::{Builder, EntryType, Header};
use xen4centos_sources::{FetchError, Origin, Role, VerifiedSource, apply_patches, unpack};

use crate::world::{World, chain, digest};

fn verified(path: Utf8PathBuf, role: Role) -> VerifiedSource {
    let bytes = fs_err::read(&path).unwrap();
    VerifiedSource {
        package: "kernel".to_owned(),
        name: "linux".to_owned(),
        file: path.file_name().unwrap().to_owned(),
        sha256: digest(&bytes),
        size: bytes.len() as u64,
        path,
        role,
        origin: Origin::Pinned,
        pin: None,
        signed_by: None,
    }
}

/// Name, kind, content or target.
type Item = (&'static str, EntryType, &'static str);

/// Entries by name as given, dots and slashes and all.
fn tarball(entries: &[Item]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, text) in entries {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(if kind.is_dir() { 0o755 } else { 0o4755 });
        let is_link = kind.is_symlink() || kind.is_hard_link();
        let body = if is_link { "" } else { text };
        if is_link {
            header.set_link_name_literal(text).unwrap();
        }
        header.set_size(body.len() as u64);
        header.set_cksum();
        builder.append(&header, body.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const LINUX: &[Item] = &[
    ("linux-3.4/", EntryType::Directory, ""),
    ("linux-3.4/Makefile", EntryType::Regular, "VERSION = 3\nPATCHLEVEL = 4\nSUBLEVEL = 0\n"),
    ("linux-3.4/link", EntryType::Symlink, "Makefile"),
    ("linux-3.4/hard", EntryType::Link, "linux-3.4/Makefile"),
];

const PATCH: &str = "--- a/Makefile\n+++ b/Makefile\n@@ -1,3 +1,3 @@\n VERSION = 3\n PATCHLEVEL = 4\n\
                     -SUBLEVEL = 0\n+SUBLEVEL = 113\n";

#[test]
fn every_compression_unpacks() {
    for (name, bytes) in [
        ("linux.tar", tarball(LINUX)),
        ("linux.tar.gz", gzip(&tarball(LINUX))),
        ("linux.tar.xz", xz(&tarball(LINUX))),
        ("linux.tar.bz2", bzip2(&tarball(LINUX))),
    ] {
        let world = World::new();
        let archive = verified(world.write(name, bytes), Role::UpstreamArchive);
        let top = unpack(&[archive], &world.path("out/kernel")).unwrap();
        assert_eq!(top, world.path("out/kernel/linux-3.4"), "{name}");
        assert!(fs_err::read_to_string(top.join("link")).unwrap().contains("SUBLEVEL = 0"));
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs_err::metadata(top.join("Makefile")).unwrap().permissions(),
        );
        assert_eq!(mode & 0o7000, 0, "no set-user-id bits come out of an archive");
        assert_eq!(fs_err::read_dir(world.path("out")).unwrap().count(), 1, "nothing is left beside it");
    }
}

#[test]
fn patches_of_the_release_are_applied() {
    let world = World::new();
    let sources = [
        verified(world.write("linux.tar.xz", xz(&tarball(LINUX))), Role::UpstreamArchive),
        verified(world.write("patch-3.4.113.xz", xz(PATCH.as_bytes())), Role::UpstreamPatch),
        verified(world.write("fix.patch", "not upstream's, not applied"), Role::Patch),
    ];
    let top = unpack(&sources, &world.path("out")).unwrap();
    assert!(fs_err::read_to_string(top.join("Makefile")).unwrap().contains("SUBLEVEL = 113"));
    assert_eq!(fs_err::read_dir(world.path("out")).unwrap().count(), 1);
}

#[test]
fn patches_of_the_package_are_applied_in_order() {
    let world = World::new();
    let linux = [verified(world.write("linux.tar", tarball(LINUX)), Role::UpstreamArchive)];
    let first = verified(world.write("1.patch.xz", xz(PATCH.as_bytes())), Role::Patch);
    let text = PATCH.replace("= 113", "= 114").replace("-SUBLEVEL = 0", "-SUBLEVEL = 113");
    let deep = text.replace(" a/", " old/linux/").replace(" b/", " new/linux/");
    let second = verified(world.write("2.patch", deep), Role::Patch);
    let top = unpack(&linux, &world.path("out")).unwrap();
    apply_patches(&[(&first, 1), (&second, 2)], &top).unwrap();
    assert!(fs_err::read_to_string(top.join("Makefile")).unwrap().contains("SUBLEVEL = 114"));
    assert_eq!(fs_err::read_dir(world.path("out")).unwrap().count(), 1);

    let top = unpack(&linux, &world.path("again")).unwrap();
    let error = apply_patches(&[(&second, 2), (&first, 1)], &top).unwrap_err();
    assert!(matches!(&error, FetchError::Patch { patch, .. } if patch == "2.patch"), "{error}");
}

#[test]
fn a_patch_that_does_not_apply_leaves_nothing() {
    let world = World::new();
    let sources = [
        verified(world.write("linux.tar.xz", xz(&tarball(LINUX))), Role::UpstreamArchive),
        verified(world.write("patch.xz", xz(PATCH.replace("= 0", "= 7").as_bytes())), Role::UpstreamPatch),
    ];
    let error = unpack(&sources, &world.path("out/kernel")).unwrap_err();
    assert!(matches!(error, FetchError::Patch { .. }), "{error}");
    assert_eq!(fs_err::read_dir(world.path("out")).unwrap().count(), 0);
}

#[test]
fn a_patch_that_does_not_apply_names_the_file_and_the_hunk() {
    let world = World::new();
    let linux = [verified(world.write("linux.tar", tarball(LINUX)), Role::UpstreamArchive)];
    let top = unpack(&linux, &world.path("out")).unwrap();
    let new = "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+new\n";
    let text = format!("{new}{}", PATCH.replace("= 0", "= 7"));
    let patch = verified(world.write("fix.patch", text), Role::Patch);
    let refusal = chain(&apply_patches(&[(&patch, 1)], &top).unwrap_err());
    assert!(refusal.starts_with("`fix.patch` does not apply\n"), "{refusal}");
    assert!(refusal.contains("\npatching file Makefile\nHunk #1 FAILED at "), "{refusal}");
    assert!(!refusal.contains("file new"), "what went well is not the message: {refusal}");
}

#[test]
fn nothing_is_written_outside() {
    use EntryType as E;
    let hostile: [(&str, &[Item]); 11] = [
        ("parent", &[("top/", E::Directory, ""), ("top/../../escaped", E::Regular, "x")]),
        ("absolute", &[("/escaped", E::Regular, "x")]),
        (
            "through a link",
            &[("top/", E::Directory, ""), ("top/l", E::Symlink, "../.."), ("top/l/escaped", E::Regular, "x")],
        ),
        (
            "through an absolute link",
            &[("top/", E::Directory, ""), ("top/l", E::Symlink, "/"), ("top/l/escaped", E::Regular, "x")],
        ),
        ("hard link out", &[("top/", E::Directory, ""), ("top/h", E::Link, "../../secret")]),
        ("absolute hard link", &[("top/", E::Directory, ""), ("top/h", E::Link, "/etc/passwd")]),
        ("device", &[("top/", E::Directory, ""), ("top/d", E::Char, "")]),
        ("pipe", &[("top/", E::Directory, ""), ("top/p", E::Fifo, "")]),
        ("a top that is a link to a directory", &[("top", E::Symlink, "..")]),
        ("a top that is an absolute link", &[("top", E::Symlink, "/usr")]),
        ("two tops", &[("a/", E::Directory, ""), ("b/", E::Directory, "")]),
    ];
    for (what, entries) in hostile {
        let world = World::new();
        world.write("secret", "secret");
        let archive = verified(world.write("bad.tar.gz", gzip(&tarball(entries))), Role::UpstreamArchive);
        let error = unpack(&[archive], &world.path("a/b/c")).unwrap_err();
        assert!(matches!(error, FetchError::Archive { .. }), "{what}: {error}");
        for place in ["escaped", "a/escaped", "a/b/escaped", "a/b/c"] {
            assert!(!world.path(place).exists(), "{what}: {place}");
        }
    }
}

#[test]
fn a_broken_archive_leaves_nothing() {
    let world = World::new();
    let whole = gzip(&tarball(LINUX));
    let archive = verified(world.write("linux.tar.gz", &whole[..whole.len() / 2]), Role::UpstreamArchive);
    assert!(matches!(unpack(&[archive], &world.path("out/kernel")).unwrap_err(), FetchError::Archive { .. }));
    assert_eq!(fs_err::read_dir(world.path("out")).unwrap().count(), 0);
    assert!(matches!(
        unpack(&[], &world.path("out/kernel")).unwrap_err(),
        FetchError::NothingToUnpack { .. }
    ));
}
