//! Git sources, from repositories of this machine.

use std::{io::Read, os::unix::fs::symlink, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_http::{Proxies, ProxyUrl};
use xen4centos_manifest::{GitLocation, Location};
use xen4centos_process::{Invocation, Tool};
use xen4centos_sources::{FailureKind, FetchError, Network, Origin, Pin};

use crate::{
    server::{Reply, Server},
    world::{World, digest, source, within},
};

pub(crate) fn git(directory: &Utf8Path, arguments: &[&str]) -> String {
    let mut invocation = Invocation::new(Tool::Git, directory).env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        invocation = invocation
            .env(format!("GIT_{who}_NAME"), "a")
            .env(format!("GIT_{who}_EMAIL"), "a@example.com")
            .env(format!("GIT_{who}_DATE"), "1409616000 +0200");
    }
    invocation.args(arguments).run().unwrap().text()
}

/// A repository with two commits; returns it and the first commit's id.
fn repository(world: &World) -> (Utf8PathBuf, String) {
    let directory = world.path("upstream");
    world.write("upstream/README", "$Format:%H$\n");
    world.write("upstream/kept", "kept\r\n");
    world.write("upstream/.gitattributes", "README export-subst\nkept export-ignore text eol=lf\n");
    world.write("upstream/src/main.c", "int main;\n");
    world.write("upstream/src-b/x", "");
    symlink("main.c", world.path("upstream/src/link")).unwrap();
    git(&directory, &["init", "--quiet"]);
    git(&directory, &["-c", "core.autocrlf=false", "add", "."]);
    git(&directory, &["update-index", "--chmod=+x", "src/main.c"]);
    git(&directory, &["commit", "--quiet", "-m", "one"]);
    let first = git(&directory, &["rev-parse", "HEAD"]);
    world.write("upstream/README", "two\n");
    git(&directory, &["commit", "--quiet", "-a", "-m", "two"]);
    (directory, first)
}

fn world_with_commit() -> (World, Utf8PathBuf, GitLocation) {
    let mut world = World::new();
    let (directory, commit) = repository(&world);
    let location = GitLocation {
        url: format!("file://{directory}"),
        commit,
        directory: "xen-git".to_owned(),
        sha256: None,
    };
    world.package.sources = vec![source("xen", Location::Git(location.clone()))];
    (world, directory, location)
}

#[test]
fn a_commit_becomes_a_tarball_that_follows_from_it_alone() {
    let (world, _, location) = world_with_commit();
    let sources = world.fetch().unwrap();
    assert_eq!(sources[0].origin, Origin::Pinned);
    assert_eq!(sources[0].pin, Some(Pin::Commit { url: location.url, commit: location.commit }));
    let mut archive =
        tar::Archive::new(flate2::read::GzDecoder::new(fs_err::File::open(&sources[0].path).unwrap()));
    let mut lines = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let header = entry.header();
        let (mode, mtime) = (header.mode().unwrap(), header.mtime().unwrap());
        lines.push(format!("{mode:o} {mtime} {} {text:?}", entry.path().unwrap().display()));
    }
    assert_eq!(
        lines,
        [
            "755 1409616000 xen-git/ \"\"",
            "644 1409616000 xen-git/.gitattributes \"README export-subst\\nkept export-ignore text eol=lf\\n\"",
            "644 1409616000 xen-git/README \"$Format:%H$\\n\"",
            "644 1409616000 xen-git/kept \"kept\\n\"",
            "755 1409616000 xen-git/src-b/ \"\"",
            "644 1409616000 xen-git/src-b/x \"\"",
            "755 1409616000 xen-git/src/ \"\"",
            "777 1409616000 xen-git/src/link \"\"",
            "755 1409616000 xen-git/src/main.c \"int main;\\n\"",
        ],
        "attributes that change files on export do not count"
    );
}

#[test]
fn the_second_run_needs_neither_git_nor_the_repository() {
    let (mut world, directory, _) = world_with_commit();
    let first = world.fetch().unwrap();
    fs_err::remove_dir_all(directory).unwrap();
    fs_err::remove_dir_all(world.path("store/git").join("x")).ok();
    world.settings.network = Network::Offline;
    assert_eq!(world.fetch().unwrap(), first);
}

#[test]
fn another_machine_makes_the_same_bytes() {
    let (one, _, _) = world_with_commit();
    let (other, _, _) = world_with_commit();
    assert_eq!(one.fetch().unwrap()[0].sha256, other.fetch().unwrap()[0].sha256);
}

#[test]
fn the_tarball_can_be_pinned_too() {
    let (mut world, _, mut location) = world_with_commit();
    let path = world.fetch().unwrap()[0].path.clone();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(fs_err::File::open(path).unwrap()).read_to_end(&mut plain).unwrap();
    location.sha256 = Some(digest(&plain));
    world.package.sources = vec![source("xen", Location::Git(location.clone()))];
    world.fetch().unwrap();
    location.sha256 = Some(digest(b"another"));
    world.package.sources = vec![source("xen", Location::Git(location))];
    let error = world.fetch().unwrap_err();
    assert!(matches!(error, FetchError::WrongDigest { .. }), "{error}");
}

#[test]
fn a_commit_that_is_not_there_is_the_pins_fault() {
    let (mut world, _, mut location) = world_with_commit();
    location.commit = "7bcdeb9c2dc9902f08f8455288151153a411802a".to_owned();
    world.package.sources = vec![source("xen", Location::Git(location))];
    let error = world.fetch().unwrap_err();
    assert!(matches!(error, FetchError::NoSuchCommit { .. }), "{error}");
    assert_eq!(error.kind(), FailureKind::Data);
}

#[test]
fn the_id_of_a_tree_is_no_commit() {
    let (mut world, directory, mut location) = world_with_commit();
    location.commit = git(&directory, &["rev-parse", "HEAD^{tree}"]);
    world.package.sources = vec![source("xen", Location::Git(location))];
    assert!(matches!(world.fetch().unwrap_err(), FetchError::NoSuchCommit { .. }));
}

/// Plain files over HTTP: git can take whole branches from there, and nothing less.
#[test]
fn a_server_that_gives_no_single_commits_is_fetched_whole() {
    let (mut world, directory, mut location) = world_with_commit();
    git(&directory, &["update-server-info"]);
    let server = Server::start(move |request| {
        let path = request.target.trim_start_matches("/xen.git/").split('?').next().unwrap();
        let file = directory.join(".git").join(path);
        if request.earlier == 0 && path == "info/refs" {
            return Reply::Status(503);
        }
        fs_err::read(file).map_or(Reply::Status(404), Reply::Whole)
    });
    location.url = server.url("xen.git");
    world.package.sources = vec![source("xen", Location::Git(location))];
    assert_eq!(world.fetch().unwrap().len(), 1);
    assert!(world.events.has("cloning xen.tar.gz"));
    assert!(server.requests().iter().any(|request| request.target == "/xen.git/HEAD"));
}

#[test]
fn git_goes_through_the_proxy_and_shows_no_password() {
    let (mut world, _, mut location) = world_with_commit();
    let proxy = Server::always(Reply::Status(403));
    location.url = "http://git.example/xen.git".to_owned();
    let url = proxy.url("").replace("http://", "http://user:secret@");
    world.network().http.proxies = Proxies { http: Some(ProxyUrl::new(url)), ..Proxies::none() };
    world.package.sources = vec![source("xen", Location::Git(location))];
    let refusal = world.refusal();
    assert!(!refusal.contains("secret"), "{refusal}");
    assert!(proxy.requests()[0].target.starts_with("http://git.example/xen.git/"));
}

#[test]
fn a_repository_that_is_not_there_is_missing() {
    let (world, directory, location) = world_with_commit();
    fs_err::remove_dir_all(directory).unwrap();
    let error = world.fetch().unwrap_err();
    assert_eq!(error.kind(), FailureKind::World);
    let text = error.to_string();
    assert!(text.contains("xen.tar.gz (git repository of xen)"), "{text}");
    assert!(text.contains(&format!("commit   {}", location.commit)), "{text}");
    assert!(text.contains("git exited with status 128: fatal: "), "{text}");
    assert!(text.contains("does not appear to be a git repository"), "{text}");
    assert!(!world.events.has("waiting"), "it will not be there in a second either");
}

#[test]
fn a_repository_that_the_server_does_not_have_is_not_asked_for_again() {
    for (status, retries) in [(404, 0), (503, 3)] {
        let (mut world, _, mut location) = world_with_commit();
        let server = Server::always(Reply::Status(status));
        location.url = server.url("xen.git");
        world.package.sources = vec![source("xen", Location::Git(location))];
        let refusal = world.refusal();
        assert!(refusal.contains("fatal: "), "{refusal}");
        let waited = world.events.lines().iter().filter(|line| line.starts_with("waiting")).count();
        assert_eq!(waited, retries, "{status}");
    }
}

#[test]
fn a_repository_that_trickles_ends_with_the_total_time() {
    let (mut world, _, mut location) = world_with_commit();
    let server = Server::always(Reply::Trickle(vec![b'0'; 100]));
    location.url = server.url("xen.git");
    world.network().http.limits.total = Duration::from_secs(1);
    world.package.sources = vec![source("xen", Location::Git(location))];
    let error = within(Duration::from_secs(4), || world.fetch()).unwrap_err();
    assert!(error.to_string().contains("git did not end within 1 s"), "{error}");
    assert_eq!(error.kind(), FailureKind::World);
}

#[test]
fn a_commit_with_submodules_is_not_the_whole_source() {
    let (mut world, directory, mut location) = world_with_commit();
    let entry = format!("160000,{},tools/qemu", location.commit);
    git(&directory, &["update-index", "--add", "--cacheinfo", &entry]);
    git(&directory, &["commit", "--quiet", "-m", "three"]);
    location.commit = git(&directory, &["rev-parse", "HEAD"]);
    world.package.sources = vec![source("xen", Location::Git(location))];
    let error = world.fetch().unwrap_err();
    assert!(error.to_string().ends_with("has submodules, and these are not fetched: tools/qemu"), "{error}");
    assert_eq!(error.kind(), FailureKind::Data);
}

#[test]
fn bundles_and_clones_in_the_lookaside_directory_serve_without_a_network() {
    for with_bundle in [true, false] {
        let (mut world, directory, location) = world_with_commit();
        world.settings.network = Network::Offline;
        let lookaside = world.path("lookaside");
        fs_err::create_dir_all(&lookaside).unwrap();
        if with_bundle {
            let bundle = lookaside.join(format!("{}.bundle", location.commit));
            git(&directory, &["bundle", "create", "--quiet", bundle.as_str(), "--all"]);
        } else {
            fs_err::rename(&directory, lookaside.join("upstream")).unwrap();
        }
        assert_eq!(world.fetch().unwrap().len(), 1, "bundle: {with_bundle}");
    }
}
