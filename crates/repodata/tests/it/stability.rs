//! Databases change little when packages do: what does not change is not compressed again.

use std::collections::HashSet;

use camino::Utf8Path;
use xen4centos_artifact::header::{DependencyKind, HeaderBuilder, tag};
use xen4centos_repodata::{Compression, IndexSettings, Silent};

use crate::{Scratch, indexed, settings};

const PACKAGES: usize = 800;

const PAGE: usize = 4096;

/// Texts of one package that are found in no other one.
fn texts(package: usize, count: usize, words: usize) -> Vec<String> {
    let mut number = package as u64;
    let mut word = || {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:x}", number >> 40)
    };
    (0..count).map(|_| (0..words).map(|_| word()).collect::<Vec<_>>().join("-")).collect()
}

/// A package without payload, with so much `more` of all that is listed.
fn package(number: usize, more: usize) -> Vec<u8> {
    let strings = |header: HeaderBuilder, tag, texts: &[String]| {
        header.strings(tag, &texts.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let header = HeaderBuilder::new()
        .string(tag::NAME, &format!("package{number:04}"))
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::ARCH, "noarch")
        .string(tag::SUMMARY, &texts(number, 1, 20).concat())
        .string(tag::SOURCE_RPM, "package-1-1.src.rpm");
    let entries = 3 + number % 5 + more;
    let header = strings(header, tag::CHANGELOG_TEXT, &texts(number, entries, 40))
        .u32s(tag::CHANGELOG_TIME, &vec![1_000_000; entries])
        .strings(tag::CHANGELOG_NAME, &vec!["A Packager <packager@example.org> 1-1"; entries]);
    let files = 5 + number % 40 + more;
    let directories: Vec<_> =
        texts(number, files, 4).iter().map(|text| format!("/usr/bin/{text}/")).collect();
    let header = strings(header, tag::DIR_NAMES, &directories)
        .strings(tag::BASE_NAMES, &vec!["file"; files])
        .u32s(tag::DIR_INDEXES, &(0..).take(files).collect::<Vec<u32>>());
    let required = 10 + number % 30 + more;
    let (names, flags, versions) = DependencyKind::Requires.tags();
    let main = strings(header, names, &texts(number, required, 3))
        .u32s(flags, &vec![0; required])
        .strings(versions, &vec![""; required])
        .build(tag::HEADER_IMMUTABLE);
    let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[0]).build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let mut lead = [0; 96];
    lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
    [&lead[..], &signature, &main].concat()
}

/// Pages of a database.
fn pages(root: &Utf8Path, name: &str) -> HashSet<Vec<u8>> {
    let bytes = fs_err::read(root.join("repodata").join(name)).unwrap();
    bytes.chunks(PAGE).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_package_that_grows_changes_few_pages_of_databases() {
    let scratch = Scratch::new();
    let root = scratch.path();
    for number in 0..PACKAGES {
        fs_err::write(root.join(format!("{number:04}.rpm")), package(number, 0)).unwrap();
    }
    let settings = IndexSettings {
        database: Some(Compression::None),
        names: xen4centos_repodata::MetadataNames::Simple,
        ..settings()
    };
    let names = ["primary.sqlite", "filelists.sqlite", "other.sqlite"];
    indexed(root, &settings, &Silent);
    let before = names.map(|name| pages(root, name));
    let middle = PACKAGES / 2;
    fs_err::write(root.join(format!("{middle:04}.rpm")), package(middle, 1)).unwrap();
    indexed(root, &settings, &Silent);
    for (name, before) in names.iter().zip(before) {
        let after = pages(root, name);
        let new = after.difference(&before).count();
        assert!(after.len() > 200 && new * 5 < after.len(), "{name}: {new} of {}", after.len());
    }
}
