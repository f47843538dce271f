//! The published repository beside the programs that read it: rpm, dnf, createrepo_c, and a client over HTTP.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::Repository;

use crate::workshop::{Directory, ProjectCopy, Published, Work, copy_tree, files_below, files_in};

/// A copy of the published repository, as a mirror would hold it.
fn mirror_in(work: &Work) -> Utf8PathBuf {
    let mirror = work.path().join("mirror");
    copy_tree(&work.channel().canonicalize_utf8().unwrap(), &mirror);
    mirror
}

/// The last byte of the payload of `xen-runtime` is not what was signed.
fn tamper_with(mirror: &Utf8Path) -> Utf8PathBuf {
    let package = files_in(&mirror.join("Packages"))
        .into_iter()
        .find(|path| path.file_name().unwrap().starts_with("xen-runtime-"))
        .unwrap();
    let mut bytes = fs_err::read(&package).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    // The copy is read-only, as what is published is.
    fs_err::remove_file(&package).unwrap();
    fs_err::write(&package, bytes).unwrap();
    package
}

#[test]
fn dnf_installs_from_it() {
    let report = Published::get().run(&["install-test", "--json"]).ends_with(0).json();
    let installed: Vec<&str> =
        report["packages"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in
        ["centos-release-xen-10:6-6.el6.centos.x86_64", "kernel-3.4.113-1.", "xen-hypervisor-4.2.5-39."]
    {
        assert!(installed.iter().any(|package| package.starts_with(name)), "{name} of {installed:?}");
    }
    let calls = report["scriptlet-calls"].to_string();
    assert!(calls.contains("new-kernel-pkg"), "{calls}");
}

/// A mirror that changes a package can give it new metadata; it can not sign that.
#[test]
fn tampered_package_with_new_unsigned_metadata_is_refused() {
    let work = Work::published();
    let mirror = mirror_in(&work);
    tamper_with(&mirror);
    work.run(&["index", mirror.as_str()]).ends_with(0);
    let key = work.public_key();
    work.run(&["install-test", "--repository", mirror.as_str(), "--public-key", key.as_str()])
        .ends_with(4)
        .says(["repomd.xml"]);
    work.run(&["check", mirror.as_str()]).ends_with(4).prints(["xen-runtime-4.2.5-39"]);
    work.run(&["sign", "--verify", key.as_str(), mirror.as_str()])
        .ends_with(4)
        .says(["xen-runtime-4.2.5-39"]);
}

/// Even metadata under the right key does not make up for a package that is not what was signed.
#[test]
fn tampered_package_with_signed_metadata_is_refused() {
    let work = Work::published();
    let mirror = mirror_in(&work);
    tamper_with(&mirror);
    work.run(&["index", "--sign", mirror.as_str()]).ends_with(0);
    let key = work.public_key();
    work.run(&["install-test", "--repository", mirror.as_str(), "--public-key", key.as_str()])
        .ends_with(4)
        .says(["xen-runtime"]);
}

#[test]
fn rpm_verifies_every_package() {
    let published = Published::get();
    let scratch = Directory::new();
    let database = format!("--dbpath={}/rpmdb", scratch.path);
    let rpmkeys = |arguments: &[&str]| {
        Invocation::new(Tool::Rpmkeys, &scratch.path).arg(&database).args(arguments).run().unwrap().text()
    };
    rpmkeys(&["--import", published.path.join("keys/local/public.asc").as_str()]);
    let packages = published.packages();
    let mut arguments = vec!["-K", "-v"];
    arguments.extend(packages.iter().map(|path| path.as_str()));
    let said = rpmkeys(&arguments);
    let key = published.run.json()["key"].as_str().unwrap()[24..].to_lowercase();
    let line = format!("    Header V4 RSA/SHA256 Signature, key ID {}: OK", &key[8..]);
    assert_eq!(said.lines().filter(|said| *said == line).count(), packages.len(), "{line}\n{said}");
    assert!(!said.contains("NOT OK") && !said.contains("NOKEY"), "{said}");

    // By name, too, and a repository at once.
    let public = published.path.join("keys/local/public.asc");
    let rows = published
        .run(&["sign", "--verify", public.as_str(), "--json", published.channel().as_str()])
        .ends_with(0)
        .json();
    assert_eq!(rows.as_array().unwrap().len(), packages.len() + 1);
    published.run(&["check"]).ends_with(0).says(["client `local` takes it"]);
}

/// Names, digests and requirements of a repository's packages, by name.
pub(crate) fn listing(root: &Utf8Path) -> BTreeMap<String, String> {
    let packages = Repository::open(root).unwrap().packages().unwrap();
    packages
        .map(|package| {
            let package = package.unwrap();
            (
                package.nevra.to_string(),
                format!("{} {} {:?}", package.checksum.value, package.href, package.dependencies),
            )
        })
        .collect()
}

#[test]
fn createrepo_lists_the_same_packages() {
    let published = Published::get();
    let scratch = Directory::new();
    copy_tree(&published.channel().join("Packages"), &scratch.path.join("Packages"));
    Invocation::new(Tool::CreaterepoC, &scratch.path).args(["--quiet", "--no-database", "."]).run().unwrap();
    let ours = listing(&published.channel());
    assert_eq!(ours.len(), 14);
    assert_eq!(ours, listing(&scratch.path));
}

fn get(url: &str, path: &str) -> (String, Vec<u8>) {
    let (host, base) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{base}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
}

#[test]
fn published_channel_is_served() {
    let published = Published::get();
    let mut server = published.call(&["serve", "--port", "0"]).start();
    let url = server.first_line();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/quickstart/x86_64/"), "{url}");
    for file in ["repodata/repomd.xml", "repodata/repomd.xml.asc"] {
        let (head, body) = get(&url, file);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert_eq!(body, fs_err::read(published.channel().join(file)).unwrap(), "{file}");
    }
    assert!(get(&url, "repodata/nothing").0.starts_with("HTTP/1.1 404"));
    // The work directory lies beside the published one, with the secret key in it.
    assert!(!get(&url, "../../../keys/local/secret.asc").0.starts_with("HTTP/1.1 200"));
    server.kill();
}

#[test]
fn earlier_state_comes_back_as_a_new_one() {
    let work = Work::published();
    let revision = |number: usize| {
        let history = work.run(&["publish", "--history", "--json"]).ends_with(0).json();
        let states = history.as_array().unwrap().clone();
        let state = states.iter().find(|state| state["number"] == number).unwrap().clone();
        (state["revision"].as_u64().unwrap(), state)
    };
    let (first, state) = revision(1);
    assert_eq!(state["restored-from"], serde_json::Value::Null);
    let before = listing(&work.channel());
    work.run(&["publish", "--roll-back", "1", "--dry-run"]).ends_with(0).prints(["state 1 again"]);
    work.run(&["publish", "--roll-back", "1"]).ends_with(0).prints(["state 2", "again those of state 1"]);
    let (second, state) = revision(2);
    assert_eq!(state["restored-from"], 1);
    assert!(second > first, "time does not go back for clients");
    assert_eq!(listing(&work.channel()), before);
    work.run(&["check"]).ends_with(0);
    work.run(&["release"]).ends_with(0).says(["Unchanged"]);
}

/// A web server runs as somebody else, and nobody but the publisher may write, whatever the mask of the publisher.
#[test]
fn permissions_of_a_channel_do_not_follow_the_mask() {
    use std::os::unix::fs::PermissionsExt as _;
    let copy = ProjectCopy::with_small_package("true");
    for mask in ["077", "000"] {
        let work = Work::new(copy.path());
        work.call(&["release", "--target", "small"]).umask(mask).run().ends_with(0);
        let mode = |path: &Utf8Path| fs_err::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        let channel = work.path().join("publish/small/x86_64").canonicalize_utf8().unwrap();
        for directory in channel.ancestors().take_while(|directory| *directory != work.path()) {
            assert_eq!(mode(directory), 0o755, "{directory} under {mask}");
        }
        for file in files_below(&channel) {
            assert_eq!(mode(&channel.join(&file)), 0o644, "{file} under {mask}");
        }
        assert_eq!(mode(&work.path().join("keys/small/secret.asc")), 0o600);
    }
}

#[test]
fn way_back_is_shown_before_it_is_gone() {
    let work = Work::published();
    work.run(&["publish", "--roll-back", "1", "--dry-run"])
        .ends_with(0)
        .prints(["14 packages of state 1", "  xen-4.2.5"]);
    let shown = work.run(&["publish", "--roll-back", "1", "--dry-run", "--json"]).ends_with(0).json();
    assert_eq!(shown["would-publish"].as_array().unwrap().len(), 14);
    work.run(&["publish", "--roll-back", "99", "--dry-run"]).ends_with(2).says(["number 99"]);
}
