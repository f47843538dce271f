//! Store, lookaside, mirrors, upstream; and what a person puts in a source's place.

use std::collections::{BTreeMap, BTreeSet};

use xen4centos_manifest::Location;
use xen4centos_sources::{
    FailureKind, FetchError, Given, Network, Origin, Pin, Role, SourceOverride, Standing,
};

use crate::{
    server::{Reply, Server},
    world::{World, by_url, content, digest, patch, pinned, source},
};

#[test]
fn lookaside_by_name_by_package_and_by_digest() {
    let bytes = content(1_000);
    let name = digest(&bytes).to_string();
    for place in ["xen.tar.gz", "xen/xen.tar.gz", &name] {
        let mut world = World::new();
        world.settings.network = Network::Offline;
        world.package.sources = vec![by_url("xen", pinned("https://upstream.example/xen.tar.gz", &bytes))];
        let put = world.write(&format!("lookaside/{place}"), &bytes);
        assert_eq!(world.fetch_one().unwrap(), bytes, "{place}");
        assert!(put.exists(), "what a person put down stays");
        fs_err::remove_file(put).unwrap();
        assert_eq!(world.fetch_one().unwrap(), bytes, "the store has its own copy");
    }
}

#[test]
fn mirrors_come_before_upstream_and_may_be_wrong() {
    let bytes = content(1_000);
    let upstreams = bytes.clone();
    let server = Server::start(move |request| match request.target.as_str() {
        "/base/xen.tar.gz" => Reply::Status(404),
        "/mirror/xen.tar.gz" => Reply::File(content(1_000).into_iter().rev().collect()),
        "/directory/xen.tar.gz" => Reply::File(content(10)),
        "/upstream/xen-4.2.5.tar.gz" => Reply::File(upstreams.clone()),
        other => panic!("nobody should ask for {other}"),
    });
    let mut world = World::new();
    let mut location = pinned(server.url("upstream/xen-4.2.5.tar.gz"), &bytes);
    location.mirrors = vec![server.url("mirror/xen.tar.gz"), server.url("directory/")];
    world.package.sources = vec![by_url("xen", location)];
    world.settings.mirrors = vec![server.url("base")];
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert_eq!(server.requests().len(), 4);
    assert!(world.events.has("rejected xen.tar.gz HTTP 404 Not Found"));
    assert!(world.events.has("rejected xen.tar.gz another file: sha256 "));
    assert!(world.events.has("rejected xen.tar.gz another file: 10 bytes"));
}

#[test]
fn a_mirror_that_is_wrong_is_not_the_pins_fault() {
    let server = Server::start(|request| match request.target.as_str() {
        "/mirror/xen.tar.gz" => Reply::File(b"nex".to_vec()),
        _ => Reply::Status(404),
    });
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), b"xen"))];
    world.settings.mirrors = vec![server.url("mirror/")];
    let error = world.fetch().unwrap_err();
    assert!(matches!(error, FetchError::Missing { .. }), "{error}");
    assert_eq!(error.kind(), FailureKind::World);
}

#[test]
fn a_wrong_file_in_the_lookaside_directory_is_passed_over() {
    let server = Server::always(Reply::File(b"xen".to_vec()));
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), b"xen"))];
    world.write("lookaside/xen.tar.gz", "nex");
    assert_eq!(world.fetch_one().unwrap(), b"xen");
    assert!(world.events.has("rejected xen.tar.gz another file"));
}

#[test]
fn a_wrong_file_in_the_lookaside_directory_is_the_message_when_nothing_else_helps() {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    world.package.sources = vec![by_url("xen", pinned("https://upstream.example/xen.tar.gz", b"xen"))];
    world.write("lookaside/xen.tar.gz", "nex");
    let error = world.fetch().unwrap_err();
    assert!(
        matches!(&error, FetchError::WrongDigest { place, .. } if place.ends_with("lookaside/xen.tar.gz"))
    );
    assert_eq!(error.kind(), FailureKind::Data);
}

#[test]
fn a_corrupt_object_is_fetched_anew() {
    let bytes = content(1_000);
    let server = Server::always(Reply::File(bytes.clone()));
    let mut world = World::new();
    world.package.sources = vec![by_url("xen", pinned(server.url("xen.tar.gz"), &bytes))];
    let path = world.fetch().unwrap()[0].path.clone();
    fs_err::remove_file(&path).unwrap();
    fs_err::write(&path, &bytes[..10]).unwrap();
    assert_eq!(world.fetch_one().unwrap(), bytes);
    assert!(world.events.has("corrupt xen.tar.gz"));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn files_of_the_tree_are_hashed_and_keep_their_order() {
    let mut world = World::new();
    let config = world.write("specs/xen/sources/config", "a\n");
    let fix = world.write("specs/xen/patches/fix.patch", "b\n");
    world.package.sources = vec![source("config", Location::InTree { path: config.clone(), sha256: None })];
    world.package.patches = vec![patch("fix.patch", Location::InTree { path: fix.clone(), sha256: None })];
    let sources = world.fetch().unwrap();
    assert_eq!(sources[0].path, config);
    assert_eq!(sources[0].sha256, digest(b"a\n"));
    assert_eq!((&sources[0].origin, sources[0].role), (&Origin::InTree, Role::Source));
    assert_eq!((sources[1].name.as_str(), sources[1].role), ("fix.patch", Role::Patch));
    fs_err::remove_file(fix).unwrap();
    assert!(world.refusal().starts_with("package `xen` has no file `"), "{}", world.refusal());
}

#[test]
fn a_file_of_the_tree_can_be_pinned() {
    let mut world = World::new();
    let path = world.write("specs/xen/patches/fix.patch", "b\n");
    world.package.patches =
        vec![patch("fix.patch", Location::InTree { path: path.clone(), sha256: Some(digest(b"b\n")) })];
    assert_eq!(world.fetch().unwrap()[0].sha256, digest(b"b\n"));
    world.write("specs/xen/patches/fix.patch", "changed\n");
    let expected = format!("specs/xen/package.toml:1: `{path}` does not have the pinned sha256: ");
    assert!(world.refusal().starts_with(&expected), "{}", world.refusal());
    assert!(world.store.survey(&[&world.package], &world.settings, &world.events).is_err());
}

#[test]
fn patches_by_url_are_pinned_too() {
    let server = Server::always(Reply::File(b"--- a\n".to_vec()));
    let mut world = World::new();
    let location = pinned(server.url("xsa108.patch"), b"--- a\n");
    world.package.patches = vec![patch("xsa108.patch", Location::Url(location.clone()))];
    let sources = world.fetch().unwrap();
    assert_eq!(sources[0].pin, Some(Pin::Digest { url: location.url }));
    assert_eq!(sources[0].file, "xsa108.patch");
}

#[test]
fn overrides_are_used_and_recorded() {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    world.package.sources = vec![by_url("xen", pinned("https://upstream.example/xen.tar.gz", b"xen"))];
    let path = world.write("mine.tar.gz", "mine");
    for name in ["xen", "xen/xen"] {
        let one = SourceOverride { name: name.to_owned(), path: path.clone(), given: Given::ForThisRun };
        assert!(one.fits(&world.package));
        world.settings.overrides = vec![one];
        let sources = world.fetch().unwrap();
        assert_eq!(sources[0].origin, Origin::Override { path: path.clone() });
        assert_eq!((sources[0].sha256, sources[0].size), (digest(b"mine"), 4));
        assert_eq!((sources[0].file.as_str(), &sources[0].pin), ("xen.tar.gz", &None));
    }
}

#[test]
fn overrides_that_fit_nothing_or_too_much_are_refused() {
    let mut world = World::new();
    world.package.sources = vec![by_url("blktap", pinned("https://upstream.example/a.tar.gz", b"xen"))];
    let mut other = world.package.clone();
    other.name = "kernel".to_owned();
    let path = world.write("mine", "mine");
    let refusal = |name: &str, path: &camino::Utf8Path| {
        let mut settings = world.settings.clone();
        settings.overrides =
            vec![SourceOverride { name: name.to_owned(), path: path.to_owned(), given: Given::ForThisRun }];
        let error = world.store.fetch(&[&world.package, &other], &settings, &world.events).unwrap_err();
        assert_eq!(error.kind(), FailureKind::Data);
        error.to_string()
    };
    assert_eq!(refusal("blktab", &path), "no source is named `blktab`; there are: blktap, blktap");
    assert_eq!(
        refusal("blktap", &path),
        "several packages have a source `blktap`: write one of `xen/blktap`, `kernel/blktap`"
    );
    let nowhere = path.with_file_name("nowhere");
    assert!(refusal("xen/blktap", &nowhere).starts_with("the file for `xen/blktap` is no regular file"));
}

#[test]
fn sources_of_an_option_that_is_off_are_left_alone() {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    let mut stubdom = by_url("zlib", pinned("https://upstream.example/zlib.tar.gz", b"zlib"));
    stubdom.option = Some("stubdom".to_owned());
    world.package.sources = vec![stubdom];
    world.settings.options_on = BTreeMap::from([("xen".to_owned(), BTreeSet::new())]);
    assert_eq!(world.fetch().unwrap(), []);
    world.settings.options_on = BTreeMap::from([("xen".to_owned(), BTreeSet::from(["stubdom".to_owned()]))]);
    assert!(world.fetch().is_err());
}

#[test]
fn a_survey_says_how_far_each_is_and_touches_nothing() {
    let server = Server::always(Reply::File(b"one".to_vec()));
    let mut world = World::new();
    let config = world.write("specs/xen/sources/config", "a\n");
    world.package.sources = vec![
        by_url("one", pinned(server.url("one.tar.gz"), b"one")),
        by_url("two", pinned(server.url("two.tar.gz"), b"two")),
        source("config", Location::InTree { path: config, sha256: None }),
    ];
    world.write("lookaside/two.tar.gz", "two");
    let standings = || {
        let planned = world.store.survey(&[&world.package], &world.settings, &world.events).unwrap();
        planned.iter().map(|one| one.standing).collect::<Vec<_>>()
    };
    assert_eq!(standings(), [Standing::Remote, Standing::Lookaside, Standing::AsItIs]);
    assert!(server.requests().is_empty());
    assert!(!world.path("store").exists());
    world.fetch().unwrap();
    assert_eq!(standings(), [Standing::Stored, Standing::Stored, Standing::AsItIs]);
}
