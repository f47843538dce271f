//! Packages of public test suites: old and new, sound and broken.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_check::{check_payload, check_rpm};

use crate::client::client;

#[test]
fn real_packages() {
    let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rpms");
    let mut el6 = client("el6");
    el6.required_signature_tags.clear();
    let mut found = BTreeMap::new();
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        if path.extension() == Some("rpm") {
            let mut codes: Vec<_> =
                check_rpm(&path, &el6).unwrap().iter().map(|finding| finding.code).collect();
            codes.dedup();
            found.insert(path.file_stem().unwrap().to_owned(), codes);
        }
    }
    assert!(found.len() > 70, "{}", found.len());
    let check = |name: &str, expect: &[&str]| assert_eq!(found[name], expect, "{name}");
    check("super_kernel-6.0.1-2.x86_64", &["EL6-FILE-050"]);
    check("xrootd-devel-5.5.4-1.fc37.x86_64", &["EL6-PKG-010"]);
    // Its signatures end early, as rpm says, too.
    check("hello-2.0-1.x86_64-signed", &["EL6-PKG-022"]);
    check("empty-signed-rsa-0-0.x86_64", &[]);
    check("empty-signed-eddsa-0-0.x86_64", &["EL6-PKG-022"]);
}

#[test]
fn payloads_of_real_packages() {
    let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rpms");
    let el6 = client("el6");
    let mut found = BTreeMap::new();
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        if path.extension() == Some("rpm") {
            let mut codes: Vec<_> =
                check_payload(&path, &el6, None).unwrap().iter().map(|finding| finding.code).collect();
            codes.dedup();
            found.insert(path.file_stem().unwrap().to_owned(), codes);
        }
    }
    let damaged = ["EL6-FILE-001", "EL6-FILE-002", "EL6-FILE-003"];
    for (name, codes) in &found {
        assert!(!codes.iter().any(|code| damaged.contains(code)), "{name}: {codes:?}");
    }
    let check = |name: &str, expect: &[&str]| assert_eq!(found[name], expect, "{name}");
    check("hello-2.0-1.x86_64-signed", &[]);
    check("libtest1-1.5-0.x86_64", &[]);
    // A program in /etc, where rpm does not look for what it needs.
    check("binary-in-etc-1.0-0.x86_64", &["EL6-FILE-012", "EL6-FILE-021", "EL6-FILE-017"]);
    check("noarch-noarch", &["EL6-FILE-016", "EL6-FILE-021", "EL6-FILE-017"]);
    check("libnoexec-0-0.x86_64", &["EL6-FILE-021"]);
}
