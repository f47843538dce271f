//! Archives that nobody should have to read.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Write as _},
};

use proptest::prelude::*;
use xen4centos_artifact::header::{HeaderBuilder, RpmHeaders, tag};
use xen4centos_payload::{Payload, PayloadError};

use crate::all;

/// Headers of a package with these files, all of 5 bytes; those with the same inode are one file.
pub(crate) fn headers(inodes: &[u32]) -> RpmHeaders {
    let names: Vec<_> = (0..inodes.len()).map(|number| format!("file{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let main = HeaderBuilder::new()
        .strings(tag::DIR_NAMES, &["/"])
        .strings(tag::BASE_NAMES, &names)
        .u32s(tag::DIR_INDEXES, &vec![0; inodes.len()])
        .u32s(tag::FILE_SIZES, &vec![5; inodes.len()])
        .u16s(tag::FILE_MODES, &vec![0o100_644; inodes.len()])
        .u32s(tag::FILE_INODES, inodes)
        .string(tag::SOURCE_RPM, "a-1-1.src.rpm")
        .build(tag::HEADER_IMMUTABLE);
    let mut lead = vec![0; 96];
    lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
    lead[79] = 5;
    let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[1]).build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    RpmHeaders::read(&mut Cursor::new([lead, signature, main].concat())).unwrap()
}

pub(crate) fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An entry of the "new ASCII" format.
pub(crate) fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let numbers = [1, 0o100_644, 0, 0, 1, 0, content.len(), 0, 0, 0, 0, name.len() + 1, 0];
    let numbers = numbers.map(|number| format!("{number:08x}")).concat();
    let head = padded(format!("070701{numbers}{name}\0").into_bytes());
    [head, padded(content.to_vec())].concat()
}

fn read(archive: &[u8], inodes: &[u32]) -> Result<BTreeMap<String, Vec<u8>>, PayloadError> {
    Payload::open(Cursor::new(archive.to_vec()), &headers(inodes)).and_then(all)
}

#[track_caller]
fn refused(archive: &[u8], expect: &str) {
    assert_eq!(read(archive, &[1, 2]).unwrap_err().to_string(), expect);
}

#[test]
fn what_is_wrong_is_said() {
    let trailer = entry("TRAILER!!!", b"");
    let whole = [entry("./file0", b"01234"), entry("./file1", b"56789"), trailer.clone()].concat();
    let files = read(&whole, &[1, 2]).unwrap();
    assert_eq!(files["/file0"], b"01234");
    assert_eq!(files["/file1"], b"56789");
    refused(&whole[..300], "the payload ends at byte 294 of its content, in the middle");
    refused(b"", "the payload ends at byte 0 of its content, in the middle");
    refused(&whole[4..], "no entry of a cpio archive at byte 0 of the payload's content");
    let mut bad = whole.clone();
    bad[7] = b'+';
    refused(&bad, "no entry of a cpio archive at byte 0 of the payload's content");
    let long = entry(&"x".repeat(5000), b"");
    refused(&long, "a name of 5001 bytes at byte 0 of the payload's content");
    let bomb = [entry("./file0", &vec![0; 100_000]), trailer].concat();
    let mut payload = Payload::open(Cursor::new(bomb), &headers(&[1, 2])).unwrap();
    let (_, mut content) = payload.next_entry().unwrap().unwrap();
    let error = std::io::copy(&mut content, &mut std::io::sink()).unwrap_err();
    assert_eq!(error.to_string(), "the payload has more than the 65916 bytes that its header tells of");
}

/// What is behind the last entry tells whether all before was right.
#[test]
fn the_checks_of_compressions_are_made() {
    let archive = [entry("./file0", b"01234"), entry("TRAILER!!!", b"")].concat();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&archive).unwrap();
    let good = encoder.finish().unwrap();
    assert_eq!(read(&good, &[1]).unwrap()["/file0"], b"01234");
    let content = good.windows(5).position(|bytes| bytes == b"01234").unwrap();
    let mut flipped = good.clone();
    flipped[content] ^= 1;
    assert!(matches!(read(&flipped, &[1]), Err(PayloadError::Read { .. })));
    let cut = &good[..good.len() - 4];
    assert!(matches!(read(cut, &[1]), Err(PayloadError::Truncated { .. })));
}

/// An entry of rpm's own format.
pub(crate) fn numbered(number: usize, content: &[u8]) -> Vec<u8> {
    [padded(format!("07070X{number:08x}").into_bytes()), padded(content.to_vec())].concat()
}

/// What fails when it is read.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("the disk is broken"))
    }
}

#[test]
fn errors_in_a_content_tell_where_they_are() {
    let archive = [entry("./file0", b"01234"), entry("./file1", b"56789")].concat();
    let told = |bytes: &[u8], then: Box<dyn Read + Send>| {
        let reader = Cursor::new(bytes.to_vec()).chain(then);
        let mut payload = Payload::open(reader, &headers(&[1, 2])).unwrap();
        payload.next_entry().unwrap();
        let (_, mut content) = payload.next_entry().unwrap().unwrap();
        PayloadError::of_content(std::io::copy(&mut content, &mut std::io::sink()).unwrap_err())
    };
    // Two bytes of the second content are there.
    let end = archive.windows(5).position(|bytes| bytes == b"56789").unwrap() + 2;
    let error = told(&archive[..end], Box::new(std::io::empty()));
    assert!(matches!(error, PayloadError::Truncated { offset } if offset == end as u64), "{error}");
    let error = told(&archive[..end], Box::new(Broken));
    let PayloadError::Read { offset, source } = error else { panic!("{error}") };
    assert_eq!((offset, source.to_string().as_str()), (end as u64, "the disk is broken"));
}

#[test]
fn files_by_number() {
    let trailer = entry("TRAILER!!!", b"");
    // The first two are one file, whose content is at the second.
    let archive = [numbered(0, b""), numbered(1, b"01234"), numbered(2, b"56789"), trailer.clone()].concat();
    let files = read(&archive, &[7, 7, 8]).unwrap();
    assert_eq!(
        (&files["/file0"][..], &files["/file1"][..], &files["/file2"][..]),
        (&b""[..], &b"01234"[..], &b"56789"[..])
    );
    let archive = [numbered(9, b""), trailer].concat();
    let error = read(&archive, &[7, 7, 8]).unwrap_err().to_string();
    assert_eq!(error, "the payload has a file number 9, the header has 3 files");
}

proptest! {
    #[test]
    fn nothing_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut: u16) {
        let mut archive = [entry("./file0", b"01234"), entry("./file1", b"5"), entry("TRAILER!!!", b"")].concat();
        for (index, byte) in changes {
            *index.get_mut(&mut archive) = byte;
        }
        archive.truncate(usize::from(cut).max(1) % (archive.len() + 100));
        let _ = read(&archive, &[1, 2]);
    }
}
