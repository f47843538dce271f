//! A payload is never held in memory.

use allocation_counter::measure;
use xen4centos_sign::verify_rpm;

use crate::workshop::{BUILT, KEY, directory, signer_in, trusted, unsigned};

#[test]
fn memory_does_not_grow_with_the_payload() {
    let (_guard, top) = directory();
    let path = top.join("large.rpm");
    fs_err::copy(&BUILT.1, &path).unwrap();
    let small = unsigned(&path);
    // What follows the header is not looked into: a hole in the file serves as a payload of 96 MiB.
    let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(96 * 1024 * 1024).unwrap();
    let large = unsigned(&path);
    assert_ne!(small.sha256, large.sha256);
    let (out, signer) = (top.join("out"), signer_in(&top, &KEY));
    fs_err::create_dir(&out).unwrap();
    let mut result = None;
    let signing = measure(|| result = Some(signer.sign_rpm(large, &out)));
    let package = result.unwrap().unwrap();
    assert!(signing.bytes_max < 2 * 1024 * 1024, "{signing:?}");
    let verifying = measure(|| drop(verify_rpm(package.path(), &trusted()).unwrap()));
    assert!(verifying.bytes_max < 2 * 1024 * 1024, "{verifying:?}");
}
