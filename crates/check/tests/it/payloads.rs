//! Payloads that are not what their headers say: whole packages whose bytes were changed.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::header::RpmHeaders;
use xen4centos_check::{CheckError, check_payload};

use crate::{built::build, client::client};

/// The rules that are tripped here.
pub(crate) const POISONED: [&str; 3] = ["EL6-FILE-001", "EL6-FILE-002", "EL6-FILE-003"];

const SPEC: &str = r"
Name: files
Version: 1
Release: 1
Summary: Files
License: none
BuildArch: noarch
%description
Files.
%install
mkdir -p %{buildroot}/data/directory
cd %{buildroot}/data
echo first-content > first
echo once-content > once
ln once twice
ln once thrice
: > empty
ln -s ../target link
head -c 200000 /dev/zero > zeros
%files
/data
%ghost /data/ghost
";

/// A package with an uncompressed payload.
struct Plain {
    directory: tempfile::TempDir,
    bytes: Vec<u8>,
    payload: usize,
}

impl Plain {
    fn new(digests: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(directory.path()).unwrap();
        let algorithm = format!("_binary_filedigest_algorithm {digests}");
        let packages = build(top, SPEC, &["_binary_payload w.ufdio", &algorithm]);
        let bytes = fs_err::read(&packages["files"]).unwrap();
        let headers = RpmHeaders::read(&mut bytes.as_slice()).unwrap();
        let payload = usize::try_from(headers.payload_offset()).unwrap();
        Self { directory, bytes, payload }
    }

    fn at(&self, text: &str) -> usize {
        let payload = &self.bytes[self.payload..];
        let found = payload.windows(text.len()).rposition(|window| window == text.as_bytes());
        self.payload + found.unwrap_or_else(|| panic!("{text} is not in the payload"))
    }

    /// The entry of a file, from its head to the next one.
    fn entry(&self, name: &str) -> Range<usize> {
        let start = self.at(&format!("./data/{name}\0")) - 110;
        let next = self.bytes[start + 6..].windows(6).position(|window| window == b"070701");
        start..start + 6 + next.unwrap()
    }

    /// Codes and messages for other bytes.
    fn check(&self, bytes: &[u8]) -> Vec<(&'static str, String)> {
        let path = Utf8PathBuf::from_path_buf(self.directory.path().join("changed.rpm")).unwrap();
        fs_err::write(&path, bytes).unwrap();
        let findings = check_payload(&path, &client("el6"), None).unwrap();
        findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
    }

    fn changed(&self, text: &str, into: &str) -> Vec<u8> {
        let (mut bytes, start) = (self.bytes.clone(), self.at(text));
        bytes[start..start + into.len()].copy_from_slice(into.as_bytes());
        bytes
    }

    fn without(&self, range: Range<usize>) -> Vec<u8> {
        [&self.bytes[..range.start], &self.bytes[range.end..]].concat()
    }
}

fn expect(found: &[(&'static str, String)], expected: &[(&str, &str)]) {
    let found: Vec<_> = found.iter().map(|(code, message)| (*code, message.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_digest_is_compared() {
    for algorithm in [1, 2, 8, 9, 10] {
        let plain = Plain::new(algorithm);
        expect(&plain.check(&plain.bytes), &[]);
        expect(
            &plain.check(&plain.changed("first-content", "other")),
            &[("EL6-FILE-003", "/data/first is not what the header's digest says")],
        );
    }
}

#[test]
fn contents_are_those_of_the_header() {
    let plain = Plain::new(8);
    let altered = plain.check(&plain.changed("once-content", "other"));
    assert_eq!(altered.len(), 1, "of three names of a file one has its content: {altered:?}");
    assert!(altered[0].1.ends_with("is not what the header's digest says"));
    expect(
        &plain.check(&plain.changed("../target", "../secret")),
        &[("EL6-FILE-003", "/data/link leads to ../secret, not to ../target")],
    );
    // One byte more than the header says, which fits into the padding.
    let mut longer = plain.bytes.clone();
    let size = plain.entry("first").start + 54;
    assert_eq!(&longer[size..size + 8], b"0000000e");
    longer[size + 7] = b'f';
    expect(&plain.check(&longer), &[("EL6-FILE-003", "/data/first has 15 bytes, the header says 14")]);
}

#[test]
fn files_are_those_of_the_header() {
    let plain = Plain::new(8);
    expect(
        &plain.check(&plain.without(plain.entry("first"))),
        &[("EL6-FILE-002", "/data/first is in the header and not in the payload")],
    );
    expect(
        &plain.check(&plain.changed("./data/first\0", "./data/other\0")),
        &[
            ("EL6-FILE-002", "/data/other is in the payload and not in the header"),
            ("EL6-FILE-002", "/data/first is in the header and not in the payload"),
        ],
    );
    let entry = plain.entry("first");
    let twice = [&plain.bytes[..entry.end], &plain.bytes[entry.start..]].concat();
    expect(&plain.check(&twice), &[("EL6-FILE-002", "/data/first is in the payload twice")]);
    // Files with several names come without a content but for one of them.
    let names = ["once", "twice", "thrice"];
    let last = names.into_iter().max_by_key(|name| plain.entry(name).start).unwrap();
    let found = plain.check(&plain.without(plain.entry(last)));
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], ("EL6-FILE-002", format!("/data/{last} is in the header and not in the payload")));
    assert_eq!(
        (found[1].0, found[1].1.ends_with("no name of this file has its content")),
        ("EL6-FILE-003", true)
    );
}

#[test]
fn payloads_end_where_they_should() {
    let plain = Plain::new(8);
    let cuts = [0, 1, 109, 300, 100_000].map(|length| plain.payload + length);
    for cut in cuts.into_iter().chain([plain.at("TRAILER!!!"), plain.at("TRAILER!!!") - 50]) {
        let found = plain.check(&plain.bytes[..cut]);
        assert_eq!(found.len(), 1, "{cut}: {found:?}");
        assert_eq!(found[0].0, "EL6-FILE-001", "{cut}: {found:?}");
    }
    let mut long = plain.bytes.clone();
    long.resize(long.len() + (1 << 20), 0);
    let found = plain.check(&long);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "EL6-FILE-001", "{found:?}");
}

#[test]
fn a_changed_byte_anywhere_panics_nowhere() {
    let plain = Plain::new(8);
    for at in (plain.payload..plain.bytes.len()).step_by(7).take(400) {
        for byte in [0, b'f', 0xff] {
            let mut bytes = plain.bytes.clone();
            bytes[at] = byte;
            plain.check(&bytes);
        }
    }
}

#[test]
fn what_is_no_package_is_the_headers_finding_and_what_is_no_file_an_error() {
    let plain = Plain::new(8);
    expect(&plain.check(b"no package"), &[]);
    expect(&plain.check(&[]), &[]);
    let missing = check_payload("/nowhere/a.rpm".into(), &client("el6"), None);
    assert!(matches!(missing, Err(CheckError::Read { .. })));
}
