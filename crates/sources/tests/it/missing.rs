//! The one message for a person without a network.

use xen4centos_manifest::{DetachedSignature, GitLocation, Location, SignedBytes, Vouching};
use xen4centos_sources::{FailureKind, Network};

use crate::world::{World, by_url, patch, pinned, source};

const COMMIT: &str = "7bcdeb9c2dc9902f08f8455288151153a411802a";

#[test]
fn everything_of_all_packages_is_listed_at_once() {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    let mut signed = pinned("https://upstream.example/release/xen.tar.gz", b"xen");
    signed.mirrors = vec!["https://mirror.example/".to_owned()];
    signed.vouching = Vouching::Signature(DetachedSignature {
        url: "https://upstream.example/release/xen.tar.gz.sig".to_owned(),
        fingerprint: "23E3222C145F4475FA8060A783FE14C957E82BD9".parse().unwrap(),
        key: world.path("specs/xen/keys/xen-tree.asc"),
        key_url: Some("https://upstream.example/keys/xen.asc".to_owned()),
        over: SignedBytes::File,
    });
    world.package.sources = vec![by_url("xen", signed)];
    let mut kernel = world.package.clone();
    kernel.name = "kernel".to_owned();
    kernel.sources = vec![source(
        "linux",
        Location::Git(GitLocation {
            url: "https://git.example/linux.git".to_owned(),
            commit: COMMIT.to_owned(),
            directory: "linux-3.4".to_owned(),
            sha256: None,
        }),
    )];
    let mut by_mail = pinned("https://upstream.example/xsa108.patch", b"patch");
    by_mail.size = None;
    kernel.patches = vec![patch("xsa108.patch", Location::Url(by_mail))];
    let error = world.store.fetch(&[&world.package, &kernel], &world.settings, &world.events).unwrap_err();
    let lookaside = world.path("lookaside");
    let expected = format!(
        "5 files are missing
  xen.tar.gz (source of xen)
    url      https://mirror.example/xen.tar.gz
    url      https://upstream.example/release/xen.tar.gz
    sha256   fd1ab04c3c3c9e0b9dc1e9c3a8a5a1d3
    size     3
    put it   {lookaside}/xen.tar.gz
  xen-tree.asc (key of xen)
    url      https://upstream.example/keys/xen.asc
    key      23E3222C145F4475FA8060A783FE14C957E82BD9
    put it   {lookaside}/xen-tree.asc
  xen.tar.gz.sig (signature of xen)
    url      https://upstream.example/release/xen.tar.gz.sig
    by key   23E3222C145F4475FA8060A783FE14C957E82BD9
    put it   {lookaside}/xen.tar.gz.sig
  linux.tar.gz (git repository of kernel)
    url      https://git.example/linux.git
    commit   {COMMIT}
    put it   {lookaside}/{COMMIT}.bundle
  xsa108.patch (patch of kernel)
    url      https://upstream.example/xsa108.patch
    sha256   PATCH
    put it   {lookaside}/xsa108.patch"
    )
    .replace("fd1ab04c3c3c9e0b9dc1e9c3a8a5a1d3", &crate::world::digest(b"xen").to_string())
    .replace("PATCH", &crate::world::digest(b"patch").to_string());
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.kind(), FailureKind::World);
    let hint = error.hint().unwrap();
    assert!(hint.contains(lookaside.as_str()), "{hint}");
}

#[test]
fn a_key_that_can_be_had_nowhere_is_asked_for_in_the_tree() {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    let mut signed = pinned("https://upstream.example/xen.tar.gz", b"xen");
    let key = world.path("specs/xen/keys/xen-tree.asc");
    signed.vouching = Vouching::Signature(DetachedSignature {
        url: "https://upstream.example/xen.tar.gz.sig".to_owned(),
        fingerprint: "23E3222C145F4475FA8060A783FE14C957E82BD9".parse().unwrap(),
        key: key.clone(),
        key_url: None,
        over: SignedBytes::File,
    });
    world.package.sources = vec![by_url("xen", signed)];
    world.write("lookaside/xen.tar.gz", "xen");
    world.write("lookaside/xen.tar.gz.sig", "whatever");
    let error = world.fetch().unwrap_err();
    assert!(error.to_string().starts_with("1 file is missing\n  xen-tree.asc (key of xen)\n"), "{error}");
    assert!(error.to_string().contains(&format!("put it   {key}")), "{error}");
    assert_eq!(error.kind(), FailureKind::Data);
}

#[test]
fn what_is_wrong_and_what_is_missing_come_together() {
    let mut world = World::new();
    world.settings.network = Network::Offline;
    world.package.sources = vec![
        by_url("one", pinned("https://upstream.example/one.tar.gz", b"one")),
        by_url("two", pinned("https://upstream.example/two.tar.gz", b"two")),
    ];
    world.write("lookaside/one.tar.gz", "eno");
    let error = world.fetch().unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("`one.tar.gz` of package `xen` does not have the pinned sha256"), "{text}");
    assert!(text.contains("\n1 file is missing\n  two.tar.gz"), "{text}");
    assert_eq!(error.kind(), FailureKind::Data);
}
