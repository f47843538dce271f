//! Packages of public test suites: every file is in the payload, with the digest that the header has.

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::header::RpmHeaders;

use crate::contents;

/// Compares a payload with its header; tells how many contents had a digest to be compared with.
fn check(
    path: &Utf8Path,
    headers: &RpmHeaders,
    files: &std::collections::BTreeMap<String, Vec<u8>>,
) -> usize {
    let mut compared = 0;
    let is_sha256 = headers.file_digest_algorithm().unwrap() == 8;
    for file in headers.main().files().unwrap().filter(|file| !file.is_ghost()) {
        let name = file.path_lossy();
        let Some(content) = files.get(&name) else { panic!("{path}: {name} is not in the payload") };
        if file.is_link() {
            assert_eq!(content, file.link_target.as_bytes(), "{path}: {name}");
        } else if file.is_regular() && !content.is_empty() && is_sha256 {
            assert_eq!(hex::encode(Sha256::digest(content)), file.digest.to_str_lossy(), "{path}: {name}");
            compared += 1;
        }
    }
    compared
}

#[test]
fn every_file_of_real_packages_is_found() {
    let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rpms");
    let (mut whole, mut compared, mut refused) = (0, 0, Vec::new());
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        if path.extension() != Some("rpm") {
            continue;
        }
        match contents(&path) {
            (headers, Ok(files)) => {
                whole += 1;
                compared += check(&path, &headers, &files);
            }
            (_, Err(error)) => refused.push(format!("{}: {error}", path.file_name().unwrap())),
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(whole > 70 && compared > 50, "{whole} packages, {compared} files");
}
