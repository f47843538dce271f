//! The rules of crates/README.md and STYLE.md that a machine can see.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

/// Every crate with the crates of the project that it may use. Stages use nouns, never one another.
const ARROWS: [(&str, &[&str]); 22] = [
    ("artifact", &[]),
    ("process", &[]),
    ("http", &[]),
    ("sha256", &[]),
    ("rsa-crt", &[]),
    ("inflate", &[]),
    ("payload", &["artifact", "inflate"]),
    ("toml-tree", &[]),
    ("manifest", &["artifact", "toml-tree"]),
    ("advisory", &["artifact", "manifest"]),
    ("embargo", &["artifact", "inflate", "manifest", "payload"]),
    ("presence", &[]),
    ("sources", &["artifact", "process", "http", "manifest"]),
    ("render", &["artifact", "manifest"]),
    ("kconfig", &["artifact", "process", "toml-tree"]),
    ("build", &["artifact", "process", "manifest"]),
    ("sign", &["artifact", "process", "rsa-crt", "sha256"]),
    ("repodata", &["artifact", "http", "inflate", "sha256"]),
    ("check", &["artifact", "manifest", "payload"]),
    ("publish", &["artifact"]),
    ("trial", &["artifact", "process"]),
    (
        "cli",
        &[
            "artifact", "process", "http", "manifest", "advisory", "embargo", "presence", "sources",
            "render", "kconfig", "build", "sign", "repodata", "check", "publish", "trial",
        ],
    ),
];

/// No file of the program is longer; one that is holds two things.
const MOST_LINES: usize = 600;

fn project() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize_utf8().unwrap()
}

/// The dependencies of the project's own that a manifest lists under `[dependencies]`.
fn own_dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.strip_prefix("xen4centos-"));
    names.map(|line| line.split(['.', ' ', '=']).next().unwrap().to_owned()).collect()
}

fn rust_files(directory: &Utf8Path, found: &mut Vec<Utf8PathBuf>) {
    for entry in directory.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension() == Some("rs") {
            found.push(path);
        }
    }
}

#[test]
fn arrows_between_crates_are_those_that_are_drawn() {
    let drawn: BTreeMap<&str, &[&str]> = ARROWS.into();
    let crates = project().join("crates");
    let mut seen = BTreeSet::new();
    for entry in crates.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        let Ok(manifest) = fs_err::read_to_string(path.join("Cargo.toml")) else { continue };
        let name = path.file_name().unwrap().to_owned();
        let allowed =
            drawn.get(name.as_str()).unwrap_or_else(|| panic!("crates/{name} is not drawn in ARROWS"));
        for dependency in own_dependencies(&manifest) {
            assert!(allowed.contains(&dependency.as_str()), "crates/{name} must not use crates/{dependency}");
        }
        seen.insert(name);
    }
    assert_eq!(seen, drawn.keys().map(|&name| name.to_owned()).collect());
    let page = fs_err::read_to_string(crates.join("README.md")).unwrap();
    for name in seen {
        assert!(page.contains(&format!("\n| `{name}` | ")), "crates/{name} has no line in crates/README.md");
    }
}

/// `http` is the only door to servers, as `process` is the only one to programs, which clippy.toml guards.
#[test]
fn servers_are_asked_through_one_crate() {
    for entry in project().join("crates").read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        let Ok(manifest) = fs_err::read_to_string(path.join("Cargo.toml")) else { continue };
        let is_door = path.file_name() == Some("http");
        assert_eq!(manifest.contains("\nreqwest"), is_door, "{path} asks servers by itself");
    }
}

#[test]
fn files_hold_one_thing() {
    let mut files = Vec::new();
    rust_files(&project().join("crates"), &mut files);
    for file in files {
        let lines = fs_err::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= MOST_LINES, "{file} has {lines} lines");
    }
}

#[test]
fn no_test_is_ignored() {
    let mut files = Vec::new();
    rust_files(&project().join("crates"), &mut files);
    let forbidden = ["#[ign", "#[should_"];
    for file in files {
        let text = fs_err::read_to_string(&file).unwrap();
        let hidden = text.lines().any(|line| {
            forbidden.iter().any(|start| line.trim_start().starts_with(start) && line.contains(']'))
        });
        assert!(!hidden, "{file} has a test that does not run or that passes by panicking");
    }
}
