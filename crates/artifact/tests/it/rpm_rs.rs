//! What the parser reads is what the `rpm` crate reads: every entry of both headers, not only the tags that we ask for.
//!
//! The two share no code, and rpm-rs copies each value out of the store while we lend it, so that a mistake in offsets,
//! counts or types of either shows here.

use camino::Utf8Path;
use rpm::{IndexData, PackageMetadata};
use xen4centos_artifact::header::{Array, Entry, Header, Kind, Number, RpmHeaders, Strings, tag};

const REGIONS: [u32; 2] = [tag::HEADER_SIGNATURES, tag::HEADER_IMMUTABLE];

/// A tag, its type, and its value in words.
type Row = (u32, Kind, String);

fn strings(strings: Strings<'_>) -> String {
    format!("{:?}", strings.map(|text| text.to_string()).collect::<Vec<_>>())
}

fn numbers<N: Number>(array: Array<'_, N>) -> String {
    format!("{array:?}")
}

fn ours(header: &Header, entry: Entry<'_>) -> Row {
    let tag = entry.tag;
    let value = match entry.kind {
        Kind::Char | Kind::Int8 | Kind::Bin => format!("{:?}", entry.data),
        Kind::Int16 => numbers(header.u16s(tag).unwrap()),
        Kind::Int32 => numbers(header.u32s(tag).unwrap()),
        Kind::Int64 => numbers(header.u64s(tag).unwrap()),
        Kind::String | Kind::StringArray | Kind::I18nString => strings(header.strings(tag).unwrap()),
    };
    (tag, entry.kind, value)
}

fn theirs((tag, data): (u32, IndexData)) -> Row {
    let (kind, value) = match data {
        IndexData::Null => panic!("tag {tag} has no type"),
        IndexData::Char(bytes) => (Kind::Char, format!("{bytes:?}")),
        IndexData::Int8(bytes) => (Kind::Int8, format!("{bytes:?}")),
        IndexData::Int16(numbers) => (Kind::Int16, format!("{numbers:?}")),
        IndexData::Int32(numbers) => (Kind::Int32, format!("{numbers:?}")),
        IndexData::Int64(numbers) => (Kind::Int64, format!("{numbers:?}")),
        IndexData::StringTag(string) => (Kind::String, format!("{:?}", [string])),
        IndexData::Bin(bytes) => (Kind::Bin, format!("{bytes:?}")),
        IndexData::StringArray(strings) => (Kind::StringArray, format!("{strings:?}")),
        IndexData::I18NString(strings) => (Kind::I18nString, format!("{strings:?}")),
    };
    (tag, kind, value)
}

fn check(path: &Utf8Path, ours_read: &Header, theirs_read: Vec<(u32, IndexData)>) {
    let mut we_say: Vec<Row> = ours_read.entries().map(|entry| ours(ours_read, entry)).collect();
    // The mark of the region is an entry to them, and no data to us.
    let data = theirs_read.into_iter().filter(|entry| !REGIONS.contains(&entry.0));
    let mut they_say: Vec<Row> = data.map(theirs).collect();
    we_say.sort_by_key(|row| row.0);
    they_say.sort_by_key(|row| row.0);
    assert_eq!(we_say, they_say, "{path}");
}

#[test]
fn every_entry_is_what_rpm_rs_reads() {
    for path in crate::packages() {
        let headers = RpmHeaders::read(&mut fs_err::File::open(&path).unwrap()).unwrap();
        let peer = PackageMetadata::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        check(&path, headers.signature(), peer.signature.get_all_entries().unwrap());
        check(&path, headers.main(), peer.header.get_all_entries().unwrap());
        let offsets = peer.get_package_segment_offsets();
        assert_eq!(headers.signature_range().start, offsets.signature_header, "{path}");
        assert_eq!(headers.header_range().start, offsets.header, "{path}");
        assert_eq!(headers.payload_offset(), offsets.payload, "{path}");
    }
}
