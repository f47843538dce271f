//! What is true when others, or an index without a cache, have written the list in between: the list that is there is
//! believed, and what an update says is about that.

use std::os::unix::fs::MetadataExt as _;

use camino::Utf8Path;
use serde_json::{Value, json};
use xen4centos_process::{Invocation, Tool};

use crate::{
    indexing::{here, index, put},
    program::{Call, Run},
    reference::Scratch,
};

fn checksum(here: &Utf8Path, name: &str) -> String {
    let said =
        Call::new(["repo", "query", here.join("packages").as_str(), "--format", "%{location} %{checksum}"])
            .run();
    let line = said.stdout.lines().find(|line| line.contains(name)).unwrap().to_owned();
    line.rsplit(' ').next().unwrap().to_owned()
}

/// Another content of the same size and time, in the same file.
fn change(file: &Utf8Path) {
    let modified = fs_err::metadata(file).unwrap().modified().unwrap();
    let mut bytes = fs_err::read(file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs_err::write(file, bytes).unwrap();
    fs_err::OpenOptions::new().append(true).open(file).unwrap().file().set_modified(modified).unwrap();
}

fn createrepo(here: &Utf8Path) {
    Invocation::new(Tool::CreaterepoC, here).args(["--quiet", "packages"]).run().unwrap();
}

#[test]
fn a_cache_takes_nothing_back() {
    type Write = fn(&Utf8Path);
    let full: Write = |here| drop(index(here, &[]).ends_with(0));
    for write in [full, createrepo] {
        let scratch = here();
        let here = scratch.path();
        let file = here.join("packages/good.rpm");
        index(here, &["--update"]).ends_with(0);
        let before = checksum(here, "good.rpm");
        change(&file);
        write(here);
        let after = checksum(here, "good.rpm");
        assert_ne!(before, after);
        for arguments in [&["--update"][..], &["--update", "--skip-stat"], &["--update", "--database"]] {
            index(here, arguments).ends_with(0);
            assert_eq!(checksum(here, "good.rpm"), after, "{arguments:?}");
        }
    }
}

fn counts(run: &Run) -> [Value; 3] {
    let json = run.json();
    ["added", "removed", "replaced"].map(|key| json[key].clone())
}

#[test]
fn every_update_says_what_became_of_the_list() {
    type Write = fn(&Utf8Path);
    let full: Write = |here| drop(index(here, &[]).ends_with(0));
    let update: Write = |here| drop(index(here, &["--update"]).ends_with(0));
    let other_digests: Write = |here| drop(index(here, &["-s", "sha1"]).ends_with(0));
    let longer: Write = |here| drop(index(here, &["--changelog-limit", "-1"]).ends_with(0));
    for write in [full, update, createrepo, other_digests, longer] {
        let scratch = here();
        let here = scratch.path();
        put(here, 1, "packages/gone.rpm");
        put(here, 2, "packages/other.rpm");
        write(here);
        fs_err::remove_file(here.join("packages/gone.rpm")).unwrap();
        put(here, 3, "packages/new.rpm");
        let dry = index(here, &["--update", "--dry-run"]).ends_with(0);
        assert_eq!(dry.stdout, "would add new.rpm\nwould remove gone.rpm\n");
        let said = index(here, &["--update", "--json"]).ends_with(0);
        assert_eq!(counts(&said), [json!(["new.rpm"]), json!(["gone.rpm"]), json!([])]);
    }
}

#[test]
fn the_first_update_adds_all() {
    let scratch = here();
    let said = index(scratch.path(), &["--update", "--json"]).ends_with(0);
    assert_eq!(counts(&said), [json!(["good.rpm"]), json!([]), json!([])]);
}

/// A file that was only touched is read, and is no other package.
#[test]
fn replaced_is_what_is_another_package() {
    let scratch = here();
    let here = scratch.path();
    put(here, 1, "packages/touched.rpm");
    index(here, &["--update"]).ends_with(0);
    let touched = fs_err::OpenOptions::new().append(true).open(here.join("packages/touched.rpm")).unwrap();
    touched.file().set_modified(std::time::UNIX_EPOCH).unwrap();
    put(here, 2, "packages/good.rpm");
    let said = index(here, &["--update", "--json", "--database"]).ends_with(0);
    assert_eq!(counts(&said), [json!([]), json!([]), json!(["good.rpm"])]);
    assert_eq!(said.json()["read"], 2);
}

#[test]
fn an_update_that_changes_nothing_touches_no_directory() {
    let scratch = here();
    let here = scratch.path();
    index(here, &["--update"]).ends_with(0);
    let time = || {
        let found = fs_err::metadata(here.join("packages")).unwrap();
        (found.mtime(), found.mtime_nsec())
    };
    let before = time();
    index(here, &["--update"]).ends_with(0).says(["Unchanged"]);
    assert_eq!(time(), before);
}

#[test]
fn two_documents_of_a_type_are_refused() {
    let scratch = here();
    let here = scratch.path();
    for name in ["a.xml", "b.xml"] {
        fs_err::write(here.join(name), "<updates/>").unwrap();
    }
    fs_err::write(here.join("comps.xml"), "<comps/>").unwrap();
    let path = |name: &str| here.join(name).into_string();
    let add = |kind: &str, name: &str| format!("{kind}={}", path(name));
    for arguments in [
        vec!["--add".to_owned(), add("updateinfo", "a.xml"), "--add".to_owned(), add("updateinfo", "b.xml")],
        vec!["-g".to_owned(), path("comps.xml"), "--add".to_owned(), add("group", "comps.xml")],
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        index(here, &arguments).ends_with(2).says(["two documents of the type `", "` were given"]);
    }
}

#[test]
fn what_is_of_no_use_without_a_signature_is_refused() {
    let scratch = here();
    let here = scratch.path();
    for arguments in [&["--key", "k.asc"][..], &["--passphrase-file", "p"], &["--gpg-key", "0123"]] {
        let option = format!("`{}` does nothing without `--sign`", arguments[0]);
        index(here, arguments).ends_with(2).says([&*option, "hint: add `--sign`"]);
    }
}

#[test]
fn words_that_are_not_understood_are_json_too() {
    let scratch = Scratch::new();
    let said = index(scratch.path(), &["--json", "--workers", "0"]).ends_with(2);
    assert_eq!(said.json()["exit-code"], 2);
    assert!(said.json()["error"].as_str().unwrap().contains("--workers"), "{}", said.stdout);
    said.says(["error: invalid value '0'"]);
}

#[test]
fn names_that_no_list_can_have_are_all_named_and_do_nothing_to_terminals() {
    use std::os::unix::ffi::OsStrExt as _;
    let scratch = here();
    let packages = scratch.path().join("packages");
    for name in [&b"latin\xe9.rpm"[..], b"bell\x07.rpm", b"line\nwarning: fake.rpm"] {
        fs_err::write(packages.as_std_path().join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
    }
    let said = index(scratch.path(), &[]).ends_with(2);
    assert!(!said.stderr.lines().any(|line| line.starts_with("warning: fake")), "{}", said.stderr);
    said.says(["3 packages can not be indexed", "bell\\u{7}.rpm", "line\\nwarning: fake.rpm", "latin"]);
}
