//! What is said of a package comes from its header, and the header is the one that its signature header was made for.

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use xen4centos_artifact::header::{HeaderBuilder, tag};
use xen4centos_repodata::{RepodataError, read_package};

use crate::{Scratch, fixtures};

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn main_header() -> Vec<u8> {
    HeaderBuilder::new()
        .string(tag::NAME, "digest")
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::SUMMARY, "summary")
        .string(tag::ARCH, "noarch")
        .string(tag::SOURCE_RPM, "digest-1-1.src.rpm")
        .build(tag::HEADER_IMMUTABLE)
}

/// A package without payload.
fn package(scratch: &Scratch, digests: &[(u32, String)], main: &[u8]) -> Utf8PathBuf {
    let signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[0]);
    let signature = digests.iter().fold(signature, |header, (tag, digest)| header.string(*tag, digest));
    let mut signature = signature.build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let mut lead = [0; 96];
    lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
    let path = scratch.path().join("digest.rpm");
    fs_err::write(&path, [&lead[..], &signature, main].concat()).unwrap();
    path
}

/// Which digest is told to be another one.
fn damage(digests: &[(u32, String)], main: &[u8]) -> Option<&'static str> {
    let scratch = Scratch::new();
    match read_package(&package(&scratch, digests, main), "digest.rpm") {
        Ok(_) => None,
        Err(error @ RepodataError::Damaged { digest, .. }) => {
            assert!(error.is_of_one_package());
            Some(digest)
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_best_digest_that_is_there_is_compared() {
    let main = main_header();
    let sha1 = (tag::SIG_SHA1, hex(&Sha1::digest(&main)));
    let sha256 = (tag::SIG_SHA256, hex(&Sha256::digest(&main)));
    let mut other = main.clone();
    let summary = other.windows(7).position(|window| window == b"summary").unwrap();
    other[summary] ^= 1;
    let upper = (tag::SIG_SHA256, sha256.1.to_uppercase());
    let both = [sha1, sha256];
    for good in [&[], &both[..1], &both[1..], &both, &[upper]] {
        assert_eq!(damage(good, &main), None, "{good:?}");
    }
    assert_eq!(damage(&[], &other), None, "nothing to compare it with");
    assert_eq!(damage(&both[..1], &other), Some("SHA-1"));
    assert_eq!(damage(&both[1..], &other), Some("SHA-256"));
    assert_eq!(damage(&both, &other), Some("SHA-256"));
    let [sha1, _] = both;
    assert_eq!(damage(&[sha1, (tag::SIG_SHA256, "x".into())], &main), Some("SHA-256"));
}

/// What was added to a header later lies outside of the region that rpm's digests are made of.
#[test]
fn digests_are_those_of_the_immutable_region() {
    let main = main_header();
    let number = |at: usize| u32::from_be_bytes(main[at..at + 4].try_into().unwrap());
    let (entries, length) = (number(8), number(12));
    let store = 16 + 16 * entries as usize;
    let word = |number: u32| number.to_be_bytes();
    let more = [
        &main[..8],
        &word(entries + 1),
        &word(length + 6),
        &main[16..store],
        &[word(tag::VENDOR), word(6), word(length), word(1)].concat(),
        &main[store..],
        b"added\0",
    ]
    .concat();
    let digests = [(tag::SIG_SHA1, hex(&Sha1::digest(&main)))];
    assert_eq!(damage(&digests, &more), None);
    let mut other = more.clone();
    let summary = other.windows(7).position(|window| window == b"summary").unwrap();
    other[summary] ^= 1;
    assert_eq!(damage(&digests, &other), Some("SHA-1"));
}

#[test]
fn no_changed_byte_of_a_header_is_taken() {
    let scratch = Scratch::new();
    let path = scratch.path().join("changed.rpm");
    fs_err::copy(&fixtures::packages()[0], &path).unwrap();
    let range = read_package(&path, "changed.rpm").unwrap().header_range;
    let good = fs_err::read(&path).unwrap();
    for index in (usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()).step_by(13) {
        let mut bad = good.clone();
        bad[index] ^= 4;
        fs_err::write(&path, bad).unwrap();
        let error = read_package(&path, "changed.rpm").unwrap_err();
        assert!(error.is_of_one_package(), "byte {index}: {error}");
    }
}
