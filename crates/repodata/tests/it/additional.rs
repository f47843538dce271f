//! Documents that are not made from packages.

use std::io::{Read as _, Write as _};

use camino::Utf8Path;
use xen4centos_repodata::{
    Additional, IndexSettings, MetadataNames, RepodataError, Repository, Silent, index,
};

use crate::{
    Scratch, indexed,
    reading::{gzip, zstd},
    settings,
};

fn adding(path: &Utf8Path) -> IndexSettings {
    let added = vec![("updateinfo".to_owned(), path.to_owned())];
    let additional = Additional { added, ..Additional::default() };
    IndexSettings { additional, names: MetadataNames::Simple, ..settings() }
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new(bytes, 6).read_to_end(&mut packed).unwrap();
    packed
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn documents_are_taken_however_they_are_compressed() {
    let document = format!("<updates>{}</updates>\n", "<update/>".repeat(1_000)).into_bytes();
    let ways = [
        ("xml", document.clone()),
        ("xml.gz", gzip(&document)),
        ("xml.bz2", bzip2(&document)),
        ("xml.xz", xz(&document)),
        ("xml.zst", zstd(&document)),
    ];
    let scratch = Scratch::new();
    for (ending, bytes) in ways {
        let path = scratch.path().join(format!("updateinfo.{ending}"));
        fs_err::write(&path, bytes).unwrap();
        indexed(scratch.path(), &adding(&path), &Silent);
        let repository = Repository::open(scratch.path()).unwrap();
        repository.verify_documents().unwrap();
        let record = repository.repomd().records.iter().find(|record| record.kind == "updateinfo").unwrap();
        assert_eq!(record.location, "repodata/updateinfo.xml.gz", "{ending}");
        assert_eq!(record.open_size, Some(document.len() as u64), "{ending}");
        fs_err::remove_dir_all(scratch.path().join("repodata")).unwrap();
    }
}

#[test]
fn documents_that_can_not_be_read_are_refused() {
    let scratch = Scratch::new();
    let path = scratch.path().join("updateinfo.xml.zck");
    fs_err::write(&path, b"\0ZCK1 and so on").unwrap();
    let error = index(scratch.path(), &adding(&path), &Silent).unwrap_err();
    assert!(matches!(error, RepodataError::Unsupported { .. }), "{error}");
    fs_err::write(&path, &gzip(&[b'a'; 1_000])[..20]).unwrap();
    let error = index(scratch.path(), &adding(&path), &Silent).unwrap_err();
    assert!(error.to_string().starts_with("could not read `"), "{error}");
    assert!(!scratch.path().join("repodata").exists());
}

#[test]
fn advisories_must_be_some() {
    let scratch = Scratch::new();
    let path = scratch.path().join("updateinfo.xml");
    for (text, says) in [
        ("<updates><update></updates>", "bad XML"),
        ("<comps/>", "expected the element `updates`, found `comps`"),
        ("<updates/><updates/>", "element `updates` follows the end of `updates`"),
        ("", "no element `updates`"),
    ] {
        fs_err::write(&path, text).unwrap();
        let error = index(scratch.path(), &adding(&path), &Silent).unwrap_err();
        assert!(error.to_string().contains(says) && error.to_string().contains(path.as_str()), "{error}");
        assert!(!scratch.path().join("repodata").exists());
    }
}
