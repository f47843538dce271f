//! Small packages that stand for much metadata: refused before any of it is made.

use allocation_counter::measure;
use camino::Utf8PathBuf;
use xen4centos_artifact::header::{HeaderBuilder, tag};
use xen4centos_repodata::{
    BadPackages, IndexSettings, RepodataError, Repository, Silent, index, read_package,
};

use crate::{Scratch, fixtures, indexed, settings};

/// A package without payload whose header says what `fill` adds.
fn package(scratch: &Scratch, fill: impl FnOnce(HeaderBuilder) -> HeaderBuilder) -> Utf8PathBuf {
    let header = HeaderBuilder::new()
        .string(tag::NAME, "evil")
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::ARCH, "x86_64")
        .string(tag::SOURCE_RPM, "evil-1-1.src.rpm");
    let main = fill(header).build(tag::HEADER_IMMUTABLE);
    let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[0]).build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let mut lead = [0; 96];
    lead[..5].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb, 3]);
    let path = scratch.path().join("evil.rpm");
    fs_err::write(&path, [&lead[..], &signature, &main].concat()).unwrap();
    path
}

fn files(header: HeaderBuilder, count: usize, directory: &str) -> HeaderBuilder {
    header
        .strings(tag::BASE_NAMES, &vec!["x"; count])
        .strings(tag::DIR_NAMES, &[directory])
        .u32s(tag::DIR_INDEXES, &vec![0; count])
}

/// What is said of it, and how much memory that took for each byte of the file.
fn refusal(fill: impl FnOnce(HeaderBuilder) -> HeaderBuilder) -> (RepodataError, f64) {
    let scratch = Scratch::new();
    let path = package(&scratch, fill);
    let length = fs_err::metadata(&path).unwrap().len();
    let mut read = None;
    let spent = measure(|| read = Some(read_package(&path, "evil.rpm")));
    #[expect(clippy::cast_precision_loss, reason = "one digit is enough")]
    let factor = spent.bytes_max as f64 / length as f64;
    (read.unwrap().unwrap_err(), factor)
}

#[test]
fn headers_that_stand_for_more_than_any_real_one_are_refused() {
    let long = format!("/{}/", "a".repeat(1_000_000));
    let (error, factor) = refusal(|header| files(header, 1_000_000, &long));
    assert!(matches!(error, RepodataError::Package { .. }), "{error}");
    assert!(factor < 1.5, "{factor}");
    let (error, factor) = refusal(|header| files(header, 2_500_000, "/a/"));
    assert!(matches!(error, RepodataError::TooLarge { .. }), "{error}");
    assert!(factor < 1.5, "{factor}");
    let (error, factor) = refusal(|header| header.strings(tag::REQUIRE_NAME, &vec!["a"; 500_000]));
    assert!(matches!(error, RepodataError::TooLarge { .. }), "{error}");
    assert!(factor < 1.5, "{factor}");
    let (error, _) = refusal(|header| header.string(tag::DESCRIPTION, &"&".repeat(14_000_000)));
    let said = error.to_string();
    assert!(said.starts_with("the metadata of the package would take 7"), "{said}");
    assert!(said.contains(" bytes, at most 67108864 are possible: `"), "{said}");
}

/// What is just not refused takes a few times the limit.
#[test]
fn the_limit_bounds_memory() {
    let scratch = Scratch::new();
    let names: Vec<String> = (0..80_000).map(|number| format!("{number:x}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let directory = format!("/bin/{}/", "&".repeat(30));
    let path = package(&scratch, |header| {
        let header = header.strings(tag::REQUIRE_NAME, &names).strings(tag::PROVIDE_NAME, &names[..10_000]);
        files(header, 100_000, &directory)
    });
    let spent = measure(|| drop(read_package(&path, "evil.rpm").unwrap()));
    assert!(spent.bytes_max < 2 * 64 * 1024 * 1024, "{spent:?}");
    indexed(scratch.path(), &settings(), &Silent);
    let read_back = Repository::open(scratch.path()).unwrap().complete().unwrap();
    assert_eq!(read_back, [read_package(&path, "evil.rpm").unwrap()]);
}

#[test]
fn the_others_are_indexed_without_it() {
    let scratch = Scratch::new();
    let good = &fixtures::packages()[0];
    fs_err::copy(good, scratch.path().join("good.rpm")).unwrap();
    let long = format!("/{}/", "a".repeat(4000));
    package(&scratch, |header| files(header, 400_000, &long));
    let error = index(scratch.path(), &settings(), &Silent).unwrap_err();
    assert!(error.is_of_one_package(), "{error}");
    indexed(scratch.path(), &IndexSettings { bad_packages: BadPackages::LeaveOut, ..settings() }, &Silent);
    assert_eq!(Repository::open(scratch.path()).unwrap().packages().unwrap().count(), 1);
}
