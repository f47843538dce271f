//! Bytes that no rpm wrote: the parser refuses or reads them, never panics, and never takes more memory than
//! there are bytes.

use std::{fmt::Write as _, sync::LazyLock};

use allocation_counter::measure;
use proptest::{collection::vec, prelude::*, sample::Index};
use xen4centos_artifact::header::{
    DependencyKind, EntryFault, Header, HeaderBuilder, HeaderError, Lead, Part, RpmHeaders, tag,
};
use xen4centos_process::{Invocation, Tool};

/// What a small package may take beside its own bytes: error texts and the like.
const SLACK: u64 = 4096;

/// Headers of real packages, small ones so that mutations hit something, and of one that today's rpmbuild wrote.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut seeds: Vec<Vec<u8>> = crate::packages()
        .iter()
        .map(|path| fs_err::read(path).unwrap())
        .filter(|bytes| bytes.len() < 10_000)
        .collect();
    seeds.push(built_now());
    seeds
});

fn built_now() -> Vec<u8> {
    let guard = tempfile::tempdir().unwrap();
    let top = camino::Utf8Path::from_path(guard.path()).unwrap();
    let spec = "Name: seed\nVersion: 1\nRelease: 1\nSummary: A seed\nLicense: MIT\nBuildArch: noarch\n\
        Requires(post): /bin/sh\nConflicts: weed < 2\n%description\nGrows.\n%post\ntrue\n%files\n\
        %ghost /var/seed\n%changelog\n* Thu Jan 01 2026 Tests <tests@example.org> - 1-1\n- First\n";
    fs_err::write(top.join("seed.spec"), spec).unwrap();
    Invocation::new(Tool::Rpmbuild, top)
        .args(["-bb", "--define", &format!("_topdir {top}"), "seed.spec"])
        .run()
        .unwrap();
    fs_err::read(top.join("RPMS/noarch/seed-1-1.noarch.rpm")).unwrap()
}

/// One change to a file.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    /// A whole big-endian word, so that counts and offsets become extreme.
    Word(Index, u32),
    Cut(Index),
    /// A piece of the file repeated at another place.
    Copy(Index, Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let word = prop_oneof![
        Just(0),
        Just(u32::MAX),
        Just(0x7fff_ffff),
        Just(0x0fff_ffff),
        Just(0xffff),
        0..256_u32,
        any::<u32>()
    ];
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        4 => (any::<Index>(), word).prop_map(|(at, word)| Change::Word(at, word)),
        1 => any::<Index>().prop_map(Change::Cut),
        2 => (any::<Index>(), any::<Index>(), 1..64_u8).prop_map(|(from, to, length)| Change::Copy(from, to, length)),
    ]
}

fn apply(bytes: &mut Vec<u8>, changes: &[Change]) {
    for change in changes {
        // Half of the changes go where the headers begin.
        let near = |at: Index, length: usize| {
            if at.index(2) == 0 { at.index(length.min(600)) } else { at.index(length) }
        };
        match *change {
            _ if bytes.is_empty() => {}
            Change::Byte(at, byte) => {
                let at = near(at, bytes.len());
                bytes[at] = byte;
            }
            Change::Word(at, word) => {
                let at = near(at, bytes.len()) & !3;
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&word.to_be_bytes()[..end - at]);
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Change::Copy(from, to, length) => {
                let (from, to) = (near(from, bytes.len()), near(to, bytes.len()));
                let length = usize::from(length).min(bytes.len() - from).min(bytes.len() - to);
                bytes.copy_within(from..from + length, to);
            }
        }
    }
}

/// What is written is not kept.
struct Nowhere;

impl std::fmt::Write for Nowhere {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        Ok(())
    }
}

/// Asks for everything that can be asked for, one thing after the other: none may take more than the file has bytes.
fn ask_all(headers: &RpmHeaders, length: u64) {
    let asked = [
        measure(|| drop(headers.nevra())),
        measure(|| drop(headers.computed_archive_size())),
        measure(|| drop(headers.main().files().map(drop))),
        measure(|| assert_eq!(Lead::for_header(headers.main()).major(), 3)),
        measure(|| ask_header(headers.signature())),
        measure(|| ask_header(headers.main())),
    ];
    for spent in asked {
        assert!(spent.bytes_max <= length + SLACK, "{spent:?} for {length} bytes");
    }
    let sizes = [headers.installed_size(), headers.archive_size(), headers.build_time()];
    drop(sizes);
    drop((headers.payload_compressor(), headers.file_digest_algorithm(), headers.source_rpm()));
}

fn ask_header(header: &Header) {
    for entry in header.entries() {
        let tag = entry.tag;
        if let Ok(strings) = header.strings(tag) {
            assert_eq!(strings.len(), strings.count());
        }
        if let Ok(numbers) = header.u32s(tag) {
            assert_eq!(numbers.len(), numbers.iter().count());
        }
        drop((header.u16s(tag), header.u64s(tag), header.number(tag), header.bytes(tag)));
    }
    for kind in DependencyKind::ALL {
        if let Ok(list) = header.dependencies(kind) {
            list.for_each(|dependency| write!(Nowhere, "{dependency}").unwrap());
        }
    }
    if let Ok(entries) = header.changelog() {
        entries.for_each(drop);
    }
    drop(header.scriptlets());
    if let Ok(files) = header.files() {
        let expected = files.len();
        let mut paths = 0;
        let found = files.inspect(|file| paths += file.directory.len() + file.base_name.len()).count();
        assert_eq!(found, expected);
        assert!(paths <= 64 * 1024 + 8 * header.as_bytes().len(), "{paths} bytes of paths");
    }
}

/// Lists of files such as no rpmbuild writes, but well-formed.
#[derive(Clone, Debug)]
struct Shape {
    files: usize,
    directories: usize,
    directory_length: usize,
    classes: usize,
    /// Whether there are modes, inodes and sizes, too.
    whole: bool,
}

fn shape() -> impl Strategy<Value = Shape> {
    let directory_length = prop_oneof![0..4_usize, 0..4000_usize];
    let few_or_many = || prop_oneof![0..4_usize, 0..1500_usize];
    (few_or_many(), few_or_many(), directory_length, few_or_many(), any::<bool>()).prop_map(
        |(files, directories, directory_length, classes, whole)| Shape {
            files,
            // Long directories are not many.
            directories: directories.min(1 + 20_000 / (directory_length + 1)),
            directory_length,
            classes,
            whole,
        },
    )
}

impl Shape {
    fn header(&self) -> Header {
        let positions = || 0..u32::try_from(self.files).unwrap();
        let spread = |count: usize| {
            let count = u32::try_from(count.max(1)).unwrap();
            positions().map(|position| position % count).collect::<Vec<u32>>()
        };
        let directory = "d".repeat(self.directory_length);
        let mut builder = HeaderBuilder::new();
        if self.directories > 0 {
            builder = builder.strings(tag::DIR_NAMES, &vec![directory.as_str(); self.directories]);
        }
        if self.classes > 0 {
            builder = builder.strings(tag::CLASS_DICT, &vec![""; self.classes]);
        }
        if self.files > 0 {
            builder = builder
                .strings(tag::BASE_NAMES, &vec![""; self.files])
                .u32s(tag::DIR_INDEXES, &spread(self.directories))
                .u32s(tag::FILE_CLASS, &spread(self.classes));
            if self.whole {
                builder = builder
                    .u16s(tag::FILE_MODES, &vec![0o100_644; self.files])
                    .u32s(tag::FILE_SIZES, &vec![5; self.files])
                    .u32s(tag::FILE_INODES, &positions().collect::<Vec<u32>>());
            }
        }
        Header::read(&mut &builder.build(tag::HEADER_IMMUTABLE)[..], Part::Main).unwrap()
    }
}

/// rpm looks up the class that a file names, and asks for no more of the list.
#[test]
fn a_list_of_classes_may_hold_more_than_files_are() {
    let class = |names: &[&str], index: u32| {
        let header = HeaderBuilder::new()
            .strings(tag::DIR_NAMES, &["/"])
            .strings(tag::BASE_NAMES, &["a", "b"])
            .u32s(tag::DIR_INDEXES, &[0, 0])
            .u32s(tag::FILE_CLASS, &[0, index])
            .strings(tag::CLASS_DICT, names)
            .build(tag::HEADER_IMMUTABLE);
        let header = Header::read(&mut &header[..], Part::Main).unwrap();
        let last = header.files().map(|files| files.last().unwrap().class.to_string());
        last.map_err(|error| error.to_string())
    };
    let six = ["", "directory", "ASCII text", "ELF", "gzip", "Python"];
    for (index, expected) in (0..).zip(six) {
        assert_eq!(class(&six, index), Ok(expected.to_owned()));
    }
    assert_eq!(class(&six, 6), Ok(String::new()), "rpm says nothing of a class that is not there");
    let many = vec!["x"; 5000];
    assert_eq!(class(&many, 1025), Ok("x".to_owned()));
    assert!(class(&many, 1026).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_packages_are_read_or_refused(seed: Index, changes in vec(change(), 1..12)) {
        let mut bytes = seed.get(&SEEDS).clone();
        apply(&mut bytes, &changes);
        let length = bytes.len() as u64;
        let mut read = None;
        let sized = measure(|| read = Some(RpmHeaders::read_sized(&mut &bytes[..], length)));
        prop_assert!(sized.bytes_max <= length + SLACK, "{sized:?} for {length} bytes");
        let streamed = measure(|| drop(RpmHeaders::read(&mut &bytes[..])));
        prop_assert!(streamed.bytes_max <= 2 * length + 2 * 64 * 1024 + SLACK, "{streamed:?}");
        if let Some(Ok(headers)) = read {
            ask_all(&headers, length);
        }
    }

    #[test]
    fn lists_of_files_take_no_more_than_their_header(shape in shape()) {
        let header = shape.header();
        let length = header.as_bytes().len() as u64;
        let mut files = None;
        let spent = measure(|| files = Some(header.files().map(drop)));
        prop_assert!(spent.bytes_max <= length + SLACK, "{spent:?} for {length} bytes");
        let good = shape.files == 0 || (1..=shape.files).contains(&shape.directories);
        let small = shape.files * shape.directory_length <= 64 * 1024;
        if shape.files > 0 && (!good || small) {
            prop_assert_eq!(files.unwrap().is_ok(), good);
        }
        let spent = measure(|| ask_header(&header));
        prop_assert!(spent.bytes_max <= length + SLACK, "{spent:?} for {length} bytes");
    }

    #[test]
    fn noise_behind_a_magic_number_is_harmless(noise in vec(any::<u8>(), 0..600)) {
        let bytes = [&[0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0], &noise[..]].concat();
        if let Ok(header) = Header::read(&mut &bytes[..], Part::Main) {
            ask_header(&header);
        }
    }
}

fn refusal(bytes: &[u8]) -> String {
    Header::read(&mut &bytes[..], Part::Main).expect_err("it is refused").to_string()
}

#[test]
fn announced_bytes_are_not_believed() {
    let huge = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x0f, 0xff, 0xff, 0xff];
    let mut message = String::new();
    let spent = measure(|| message = refusal(&huge));
    assert_eq!(message, "file ends inside the header: 268435487 bytes are announced, 16 are there");
    assert!(spent.bytes_max < 3 * 64 * 1024, "{spent:?}");
    let impossible = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0];
    assert_eq!(refusal(&impossible), "the header announces 4096 index entries, at most 2048 are possible");
}

#[test]
fn each_lie_of_an_entry_is_named() {
    let good =
        HeaderBuilder::new().string(tag::NAME, "a").u32s(tag::EPOCH, &[7]).build(tag::HEADER_IMMUTABLE);
    let header = Header::read(&mut &good[..], Part::Main).unwrap();
    assert_eq!(header.u32(tag::EPOCH).unwrap(), Some(7));
    assert!(header.is_one_region());
    // The second entry, the name: tag, type, offset and count stand at 32, 36, 40 and 44.
    let with = |at: usize, word: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&word.to_be_bytes());
        refusal(&bytes)
    };
    let name = "the header has a bad entry 1 (tag 1000 NAME): ";
    assert_eq!(with(32, 99), "the header has a bad entry 1 (tag 99): tag number is reserved");
    assert_eq!(with(36, 10), format!("{name}unknown type 10"));
    let overlap = "the header has a bad entry 2 (tag 1003 EPOCH): data at offset 4 overlaps other data";
    assert_eq!(with(36, 5), overlap, "eight bytes for one name reach into the epoch");
    assert_eq!(with(40, 5000), format!("{name}data at offset 5000 does not fit into the store"));
    assert_eq!(with(44, 2), format!("{name}impossible count 2"));
    assert_eq!(with(44, 0), format!("{name}impossible count 0"));
    assert_eq!(with(48, 1000), "the header has a bad entry 2 (tag 1000 NAME): tag appears twice");
    assert_eq!(with(24, 8000), "the header has a bad region: its trailer lies outside the store");
}

#[test]
fn wrong_types_are_told_apart_from_absence() {
    let bytes = HeaderBuilder::new().string(tag::EPOCH, "x").build(tag::HEADER_IMMUTABLE);
    let header = Header::read(&mut &bytes[..], Part::Main).unwrap();
    assert_eq!(header.u32(tag::SIZE).unwrap(), None);
    let message = header.u32(tag::EPOCH).unwrap_err().to_string();
    assert_eq!(message, "tag 1003 EPOCH holds a string, expected 32-bit numbers");
    assert!(matches!(header.required_str(tag::NAME), Err(HeaderError::Missing { tag: 1000 })));
    assert_eq!(EntryFault::Duplicate.to_string(), "tag appears twice");
}

#[test]
fn lists_of_different_lengths_are_refused() {
    let bytes = HeaderBuilder::new()
        .strings(tag::REQUIRE_NAME, &["a", "b"])
        .u32s(tag::REQUIRE_FLAGS, &[0])
        .strings(tag::BASE_NAMES, &["f"])
        .strings(tag::DIR_NAMES, &["/"])
        .u32s(tag::DIR_INDEXES, &[1])
        .build(tag::HEADER_IMMUTABLE);
    let header = Header::read(&mut &bytes[..], Part::Main).unwrap();
    let message = |error: HeaderError| error.to_string();
    let requires = header.dependencies(DependencyKind::Requires).map(|_| ()).unwrap_err();
    assert_eq!(message(requires), "tag 1048 REQUIRE_FLAGS has 1 items where 2 are needed");
    let files = header.files().map(|_| ()).unwrap_err();
    assert_eq!(message(files), "tag 1118 DIR_NAMES has 1 items where 2 are needed");
}

/// A header of 1.6 megabytes that stands for two gigabytes of paths.
#[test]
fn paths_do_not_multiply() {
    let directory = format!("/{}/", "a".repeat(4000));
    let many = vec!["x"; 500_000];
    let with = |files: usize| {
        let bytes = HeaderBuilder::new()
            .strings(tag::DIR_NAMES, &[&directory])
            .strings(tag::BASE_NAMES, &many[..files])
            .u32s(tag::DIR_INDEXES, &vec![0; files])
            .build(tag::HEADER_IMMUTABLE);
        Header::read(&mut &bytes[..], Part::Main).unwrap()
    };
    let header = with(many.len());
    let mut message = String::new();
    let spent = measure(|| message = header.files().map(drop).unwrap_err().to_string());
    let limit = 8 * header.as_bytes().len();
    let expected = format!(
        "the files' paths have 2001500000 bytes in all, at most {limit} are possible in a header of this size"
    );
    assert_eq!(message, expected);
    assert!(spent.bytes_max < SLACK, "{spent:?}");
    assert_eq!(with(16).files().unwrap().len(), 16, "as real ones have them");
}

#[test]
fn hard_links_count_once() {
    let entry = |links: [u32; 3]| {
        let main = HeaderBuilder::new()
            .string(tag::SOURCE_RPM, "a.src.rpm")
            .strings(tag::BASE_NAMES, &["a", "b", "c"])
            .strings(tag::DIR_NAMES, &["/"])
            .u32s(tag::DIR_INDEXES, &[0; 3])
            .u16s(tag::FILE_MODES, &[0o100_644; 3])
            .u32s(tag::FILE_SIZES, &[1000, 2000, 4000])
            .u32s(tag::FILE_INODES, &links)
            .build(tag::HEADER_IMMUTABLE);
        let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[0]).build(tag::HEADER_SIGNATURES);
        signature.resize(signature.len().next_multiple_of(8), 0);
        let mut lead = [0; 96];
        lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
        let bytes = [&lead[..], &signature, &main].concat();
        RpmHeaders::read(&mut &bytes[..]).unwrap().computed_archive_size().unwrap()
    };
    let names = entry([0; 3]) - 7000;
    assert_eq!(entry([1, 2, 3]), names + 7000);
    assert_eq!(entry([3, 3, 3]), names + 1000, "the first one's size");
    assert_eq!(entry([7, 3, 7]), names + 3000);
    assert_eq!(entry([7, 0, 7]), names + 3000);
}
