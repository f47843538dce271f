//! A payload is never held in memory.

use std::io::Write as _;

use allocation_counter::measure;
use camino::Utf8Path;
use sha2::{Digest, Sha256};
use xen4centos_artifact::header::{HeaderBuilder, Lead, RpmHeaders, tag};
use xen4centos_sign::verify_rpm;

use crate::workshop::{KEY, directory, signer_in, trusted, unsigned};

const MEGABYTES: usize = 96;

/// A package whose payload is a hole in its file, with the digest of that in its header.
fn large_package(path: &Utf8Path) {
    let mut digest = Sha256::new();
    let zeros = vec![0; 1 << 20];
    (0..MEGABYTES).for_each(|_| digest.update(&zeros));
    let main = HeaderBuilder::new()
        .string(tag::NAME, "large")
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::ARCH, "x86_64")
        .string(tag::SOURCE_RPM, "large-1-1.src.rpm")
        .strings(tag::PAYLOAD_DIGEST, &[&hex::encode(digest.finalize())])
        .u32s(tag::PAYLOAD_DIGEST_ALGO, &[8])
        .build(tag::HEADER_IMMUTABLE);
    let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[0]).build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let mut lead = [0; 96];
    lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
    let whole = [&lead[..], &signature, &main].concat();
    let headers = RpmHeaders::read(&mut &whole[..]).unwrap();
    let mut file = fs_err::File::create(path).unwrap();
    file.write_all(Lead::for_header(headers.main()).as_bytes()).unwrap();
    file.write_all(&whole[96..]).unwrap();
    file.set_len((whole.len() + (MEGABYTES << 20)) as u64).unwrap();
}

#[test]
fn memory_does_not_grow_with_the_payload() {
    let (_guard, top) = directory();
    let path = top.join("large.rpm");
    large_package(&path);
    let large = unsigned(&path);
    let (out, signer) = (top.join("out"), signer_in(&top, &KEY));
    fs_err::create_dir(&out).unwrap();
    let mut result = None;
    let signing = measure(|| result = Some(signer.sign_rpm(large, &out)));
    let package = result.unwrap().unwrap();
    assert!(signing.bytes_max < 2 * 1024 * 1024, "{signing:?}");
    let verifying = measure(|| drop(verify_rpm(package.path(), &trusted()).unwrap()));
    assert!(verifying.bytes_max < 2 * 1024 * 1024, "{verifying:?}");
}
