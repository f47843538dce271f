//! Packages of public test suites: old and new, sound and broken.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_check::check_rpm;

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
    check("super_kernel-6.0.1-2.x86_64", &[]);
    check("xrootd-devel-5.5.4-1.fc37.x86_64", &["EL6-PKG-010"]);
    check("hello-2.0-1.x86_64-signed", &[]);
    check("empty-signed-rsa-0-0.x86_64", &[]);
    check("empty-signed-eddsa-0-0.x86_64", &["EL6-PKG-022"]);
}
