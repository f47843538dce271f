//! Payloads that were changed at random, the same in every run: none makes a panic, and none takes more time or memory than
//! its header allows.

use std::io::{BufReader, Cursor, Read as _, Seek as _, SeekFrom, Write as _};

use camino::Utf8Path;
use xen4centos_artifact::header::RpmHeaders;
use xen4centos_payload::Payload;

use crate::{
    built::{PAYLOADS, built},
    damaged::{entry, headers, numbered},
};

/// Of each form.
const ROUNDS: usize = 250;

/// Entries have heads of at least so many bytes.
const SHORTEST: u64 = 14;

/// Numbers that look random (xorshift, of Marsaglia).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % limit.max(1)
    }

    fn mutated(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                2 => bytes[at] = b"0fF+9X"[self.below(6)],
                3 => bytes.truncate(at),
                4 => drop(bytes.remove(at)),
                _ => {
                    let piece = bytes[at..bytes.len().min(at + 1 + self.below(40))].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
        bytes
    }
}

/// Reads all of a payload, or none of its contents; tells the bytes and entries that came.
fn read(bytes: Vec<u8>, headers: &RpmHeaders, contents: bool) -> (u64, u64) {
    let (mut length, mut entries) = (0, 0);
    let Ok(mut payload) = Payload::open(Cursor::new(bytes), headers) else { return (0, 0) };
    while let Ok(Some((_, mut content))) = payload.next_entry() {
        entries += 1;
        let mut buffer = [0; 4096];
        while contents && let Ok(read @ 1..) = content.read(&mut buffer) {
            length += read as u64;
        }
    }
    (length, entries)
}

fn check(name: &str, bytes: &[u8], headers: &RpmHeaders) {
    // Slack that archives have at their end.
    let limit = headers.computed_archive_size().unwrap() + 64 * 1024;
    let mut numbers = Numbers(bytes.iter().fold(1, |seed, byte| seed * 31 % 1_000_003 + u64::from(*byte)));
    for round in 0..ROUNDS {
        let mutated = numbers.mutated(bytes);
        let (length, entries) = read(mutated, headers, round % 2 == 0);
        assert!(length <= limit && entries <= limit / SHORTEST, "{name} {round}: {length} bytes, {entries}");
    }
}

/// Of memory that was ever in use by this process.
fn most_kilobytes() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn every_compression() {
    let directory = tempfile::tempdir().unwrap();
    for payload in PAYLOADS {
        let path = built(Utf8Path::from_path(directory.path()).unwrap(), payload);
        let mut file = fs_err::File::open(path).unwrap();
        let headers = RpmHeaders::read(&mut BufReader::new(&mut file)).unwrap();
        file.seek(SeekFrom::Start(headers.payload_offset())).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        assert_eq!(read(bytes.clone(), &headers, true), (100_032, 13), "{payload}");
        check(payload, &bytes, &headers);
    }
    assert!(most_kilobytes() < 400 * 1024, "{} kB", most_kilobytes());
}

#[test]
fn files_by_number() {
    let trailer = entry("TRAILER!!!", b"");
    let archive =
        [numbered(0, b""), numbered(1, b"01234"), numbered(2, b"56789"), numbered(3, b"abcde"), trailer];
    let (archive, headers) = (archive.concat(), headers(&[7, 7, 8, 0]));
    assert_eq!(read(archive.clone(), &headers, true), (15, 4));
    check("plain", &archive, &headers);
    for level in [0, 9] {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(&archive).unwrap();
        check("gzip", &encoder.finish().unwrap(), &headers);
    }
    // What is damaged below an undamaged compression is found by who reads the archive.
    let mut numbers = Numbers(7);
    for _ in 0..ROUNDS {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&numbers.mutated(&archive)).unwrap();
        let (length, _) = read(encoder.finish().unwrap(), &headers, true);
        assert!(length <= 20);
    }
}
