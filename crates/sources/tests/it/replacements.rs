//! What was given in a pinned file's place is used, or somebody is told that it is not; and the tree's own files are
//! in the tree.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::symlink,
};

use camino::Utf8Path;
use xen4centos_manifest::{DetachedSignature, Location, Role, SignedBytes, Upstreams, Vouching};
use xen4centos_sources::{
    FailureKind, FetchError, Given, Network, Origin, SourceOverride, SourceTree, replacements,
};

use crate::world::{World, by_url, patch, pinned, source};

/// A world with a file to give in the place of xen's release, of a source that an option needs, and of others.
fn world() -> World {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    let far = |name: &str| by_url(name, pinned(format!("https://upstream.example/{name}"), b"far"));
    let mut release = far("release");
    release.role = Role::Upstream;
    let mut zlib = far("zlib");
    zlib.option = Some("stubdom".to_owned());
    world.package.sources = vec![release, zlib];
    world.settings.options_on = BTreeMap::from([("xen".to_owned(), BTreeSet::new())]);
    world.write("mine", "mine");
    world
}

fn file(world: &World, name: &str, given: Given) -> SourceOverride {
    SourceOverride { name: name.to_owned(), path: world.path("mine"), given }
}

/// What is said when the file is given for this run; when it is given for all, that is an event.
#[track_caller]
fn is_used_nowhere(world: &mut World, name: &str, why: &str) {
    world.settings.overrides = vec![file(world, name, Given::ForThisRun)];
    let error = world.fetch().unwrap_err();
    assert_eq!(error.to_string(), format!("the file for `{name}` would be used nowhere: {why}"));
    assert_eq!(error.kind(), FailureKind::Data);
    assert!(error.hint().is_some());
    assert!(
        world.store.survey(&[&world.package], &world.settings, &world.events).is_err(),
        "nor does a dry run pass it"
    );
    world.settings.overrides = vec![file(world, name, Given::ForAllRuns)];
    drop(world.fetch());
    assert!(world.events.has(&format!("unused {name} {why}")), "{:?}", world.events.lines());
}

#[test]
fn a_file_for_a_release_that_a_tree_replaces_is_used_nowhere() {
    let mut world = world();
    world.write("tree/Makefile", "all:\n");
    let tree = world.path("tree");
    world.settings.trees =
        vec![SourceTree { package: "xen".to_owned(), dir: tree.clone(), given: Given::ForAllRuns }];
    let why = format!("the tree `{tree}` stands in for the release of package `xen`");
    is_used_nowhere(&mut world, "release", &why);
}

#[test]
fn a_file_for_a_release_that_the_miniature_replaces_is_used_nowhere() {
    let mut world = world();
    world.write("specs/xen/miniature/Makefile", "all:\n");
    world.package.miniature = Some(world.path("specs/xen/miniature"));
    world.settings.upstreams = Upstreams::Miniature;
    is_used_nowhere(&mut world, "release", "the miniature stands in for the release of package `xen`");
}

#[test]
fn a_file_for_an_option_that_is_off_is_used_nowhere() {
    is_used_nowhere(&mut world(), "xen/zlib", "option `stubdom` of package `xen` is off");
}

#[test]
fn what_is_given_for_a_package_that_was_not_asked_for_is_used_nowhere() {
    let mut world = world();
    let mut kernel = world.package.clone();
    kernel.name = "kernel".to_owned();
    kernel.patches = vec![patch("fix.patch", Location::Url(pinned("https://upstream.example/a", b"a")))];
    let (asked, known) = ([&world.package], [&world.package, &kernel]);
    let name = "fix.patch";
    world.settings.overrides = vec![file(&world, name, Given::ForThisRun)];
    let dir = world.path("specs");
    let tree = |given| SourceTree { package: "kernel".to_owned(), dir: dir.clone(), given };
    world.settings.trees = vec![tree(Given::ForThisRun)];
    let error = replacements(&asked, &known, &world.settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file for `fix.patch` would be used nowhere: package `kernel` was not asked for\n\
         the tree for package `kernel` would be used nowhere: the package was not asked for"
    );
    // A file of the machine stands for all packages, and most runs ask for some.
    world.settings.overrides = vec![file(&world, name, Given::ForAllRuns)];
    world.settings.trees = vec![tree(Given::ForAllRuns)];
    assert_eq!(replacements(&asked, &known, &world.settings).unwrap(), []);
    // Some of those asked for can be fetched alone.
    world.settings.overrides = vec![file(&world, name, Given::ForThisRun)];
    let narrowed = world.settings.narrowed_to(&asked);
    assert!(narrowed.overrides.is_empty() && narrowed.trees.is_empty());
    assert_eq!(world.settings.narrowed_to(&[&kernel]).overrides, world.settings.overrides);
}

#[test]
fn what_stands_in_is_known_before_anything_is_fetched() {
    let mut world = world();
    let path = world.path("mine");
    // The last one counts, whatever it is called by.
    let other =
        SourceOverride { path: world.write("other", ""), ..file(&world, "release", Given::ForAllRuns) };
    world.settings.overrides = vec![other, file(&world, "xen/release", Given::ForThisRun)];
    let asked = [&world.package];
    let found = replacements(&asked, &asked, &world.settings).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), &found[0].origin), ("release", &Origin::Override { path }));
    assert!(!world.path("store").exists());
}

#[track_caller]
fn leads_out(world: &World, path: &Utf8Path) {
    let error = world.fetch().unwrap_err();
    assert!(matches!(&error, FetchError::OutsideTree { path: it, .. } if it == path), "{error}");
    assert_eq!(error.kind(), FailureKind::Data);
}

#[test]
fn a_file_of_the_tree_is_no_link_out_of_it() {
    for kind in ["sources", "patches"] {
        let mut world = World::new();
        let secret = world.write("secret", "root:x\n");
        let path = world.path(&format!("specs/xen/{kind}/file"));
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(&secret, &path).unwrap();
        if kind == "sources" {
            world.package.sources =
                vec![source("file", Location::InTree { path: path.clone(), sha256: None })];
        } else {
            world.package.patches =
                vec![patch("file", Location::InTree { path: path.clone(), sha256: None })];
        }
        leads_out(&world, &path);
        assert!(world.store.survey(&[&world.package], &world.settings, &world.events).is_err());
        // Nor behind a directory that is one.
        fs_err::remove_dir_all(path.parent().unwrap()).unwrap();
        world.write("elsewhere/file", "");
        symlink(world.path("elsewhere"), path.parent().unwrap()).unwrap();
        leads_out(&world, &path);
    }
}

#[test]
fn a_miniature_is_no_link_out_of_the_tree() {
    let mut world = world();
    world.write("elsewhere/Makefile", "all:\n");
    let miniature = world.path("specs/xen/miniature");
    fs_err::create_dir_all(miniature.parent().unwrap()).unwrap();
    symlink(world.path("elsewhere"), &miniature).unwrap();
    world.package.miniature = Some(miniature.clone());
    world.settings.upstreams = Upstreams::Miniature;
    leads_out(&world, &miniature);
}

#[test]
fn a_key_is_no_link_out_of_the_tree() {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    world.write("lookaside/xen.tar.gz", "xen");
    let key = world.path("specs/xen/keys/xen.asc");
    fs_err::create_dir_all(key.parent().unwrap()).unwrap();
    symlink(world.write("secret", "key"), &key).unwrap();
    let mut location = pinned("https://upstream.example/xen.tar.gz", b"xen");
    location.vouching = Vouching::Signature(DetachedSignature {
        url: "https://upstream.example/xen.tar.gz.sig".to_owned(),
        fingerprint: "23E3222C145F4475FA8060A783FE14C957E82BD9".parse().unwrap(),
        key: key.clone(),
        key_url: None,
        over: SignedBytes::File,
    });
    world.package.sources = vec![by_url("xen", location)];
    leads_out(&world, &key);
}
