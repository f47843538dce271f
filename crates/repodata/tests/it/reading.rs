//! Repositories that createrepo_c made in all its ways, from a directory and over HTTP, are read alike; what is cut,
//! changed, hidden elsewhere or without end is told with the place where it is.

use std::{io::Read as _, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use xen4centos_http::{HttpLimits, HttpSettings};
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{Checksum, Location, Package, RepodataError, Repository, read_repomd};

use crate::{
    Scratch, files, fixtures, repository,
    server::{Reply, Server},
};

/// A repository of the made packages, by createrepo_c.
pub(crate) fn made(arguments: &[&str]) -> Scratch {
    let scratch = repository(fixtures::packages());
    createrepo(scratch.path(), arguments);
    scratch
}

pub(crate) fn createrepo(root: &Utf8Path, arguments: &[&str]) {
    Invocation::new(Tool::CreaterepoC, root)
        .args(["--quiet", "--workers", "1", "--revision", "1700000000", "--set-timestamp-to-revision"])
        .args(arguments)
        .arg(".")
        .run()
        .unwrap();
}

pub(crate) fn settings() -> HttpSettings {
    let limits = HttpLimits { idle: Duration::from_millis(400), ..HttpLimits::usual() };
    HttpSettings { limits, ..HttpSettings::usual() }
}

pub(crate) fn at(place: &str) -> Result<Repository, RepodataError> {
    Location::parse(place, Utf8Path::new("/")).unwrap().open(&settings())
}

/// What can be compared of packages that were copied at different times and whose checksums are of different kinds.
fn named(repository: &Repository) -> Vec<Package> {
    let mut packages = repository.complete().unwrap();
    packages.sort_by_key(|package| package.nevra.to_string());
    for package in &mut packages {
        package.checksum = Checksum { kind: String::new(), value: String::new() };
        package.file_time = 0;
    }
    packages
}

/// An error and its causes.
fn told(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", told(source)))
}

/// Replaces a document by other bytes, and says so in repomd.xml; `name` gets a new ending.
fn replace(root: &Utf8Path, kind: &str, bytes: &[u8], ending: &str) {
    let path = root.join("repodata/repomd.xml");
    let mut repomd = read_repomd(&path).unwrap();
    let record = repomd.records.iter_mut().find(|record| record.kind == kind).unwrap();
    record.location = format!("repodata/{kind}{ending}");
    record.checksum = sha256(bytes);
    record.size = Some(bytes.len() as u64);
    fs_err::write(root.join(&record.location), bytes).unwrap();
    fs_err::write(path, repomd.to_xml()).unwrap();
}

pub(crate) fn sha256(bytes: &[u8]) -> Checksum {
    let digits = Sha256::digest(bytes).iter().fold(String::new(), |all, byte| format!("{all}{byte:02x}"));
    Checksum { kind: "sha256".into(), value: digits }
}

fn plain(root: &Utf8Path, kind: &str) -> Vec<u8> {
    let repomd = read_repomd(&root.join("repodata/repomd.xml")).unwrap();
    let mut bytes = Vec::new();
    let file = fs_err::read(root.join(&repomd.record(kind).unwrap().location)).unwrap();
    flate2::read::MultiGzDecoder::new(file.as_slice()).read_to_end(&mut bytes).unwrap();
    bytes
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    // Two frames, and one to be skipped before each.
    let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frame =
        |part: &[u8]| ruzstd::encoding::compress_to_vec(part, ruzstd::encoding::CompressionLevel::Fastest);
    let (first, second) = bytes.split_at(bytes.len() / 3);
    [skipped.clone(), frame(first), skipped, frame(second)].concat()
}

#[test]
fn every_compression_and_checksum_is_read_alike() {
    let expected = named(&Repository::open(made(&["--no-database"]).path()).unwrap());
    assert_eq!(expected.len(), 4);
    let ways: [&[&str]; 8] = [
        &["--no-database", "--general-compress-type=gz"],
        &["--no-database", "--general-compress-type=bz2"],
        &["--no-database", "--general-compress-type=xz"],
        &["--database", "--xz", "--simple-md-filenames"],
        &["--database", "--compress-type=bz2"],
        &["--no-database", "--checksum=sha512"],
        &["--no-database", "--checksum=sha1", "--repomd-checksum=sha384"],
        &["--no-database", "--checksum=sha224", "--simple-md-filenames"],
    ];
    for way in ways {
        let scratch = made(way);
        let server = serving(scratch.path());
        let places = [scratch.path().to_string(), format!("file://{}", scratch.path()), server.url("")];
        for place in places {
            let repository = at(&place).unwrap();
            repository.verify_documents().unwrap();
            assert!(named(&repository) == expected, "{way:?} at {place}");
        }
    }
}

#[test]
fn zstd_and_plain_documents_are_read_whatever_their_names_say() {
    let scratch = made(&["--no-database"]);
    let expected = named(&Repository::open(scratch.path()).unwrap());
    let primary = plain(scratch.path(), "primary");
    let repository = |bytes: &[u8], ending: &str| {
        replace(scratch.path(), "primary", bytes, ending);
        let repository = Repository::open(scratch.path()).unwrap();
        repository.verify_documents().unwrap();
        named(&repository)
    };
    assert!(repository(&zstd(&primary), ".xml.zst") == expected);
    assert!(repository(&primary, ".xml.gz") == expected);
    assert!(repository(&primary, "") == expected);
    assert!(repository(&zstd(&primary), ".xml") == expected);
}

#[test]
fn zchunk_files_are_left_alone() {
    let scratch = made(&["--no-database"]);
    let path = scratch.path().join("repodata/repomd.xml");
    let mut repomd = read_repomd(&path).unwrap();
    let mut twin = repomd.record("primary").unwrap().clone();
    let bytes = b"\0ZCK1 and so on";
    twin.kind = "primary_zck".into();
    twin.location = "repodata/primary.xml.zck".into();
    (twin.checksum, twin.size) = (sha256(bytes), Some(bytes.len() as u64));
    fs_err::write(scratch.path().join(&twin.location), bytes).unwrap();
    repomd.records.insert(0, twin);
    fs_err::write(&path, repomd.to_xml()).unwrap();
    let repository = Repository::open(scratch.path()).unwrap();
    repository.verify_documents().unwrap();
    assert_eq!(repository.packages().unwrap().count(), 4);
    replace(scratch.path(), "primary", bytes, ".xml.zck");
    let error = Repository::open(scratch.path()).unwrap().packages().err().unwrap();
    assert!(error.to_string().contains("zchunk"), "{error}");
}

/// Every byte that is changed and every cut is noticed, in each compression, and nothing panics.
#[test]
fn what_is_cut_or_changed_is_noticed() {
    for way in ["gz", "bz2", "xz", "zst"] {
        let scratch = match way {
            "zst" => made(&["--no-database"]),
            _ => made(&["--no-database", &format!("--general-compress-type={way}")]),
        };
        if way == "zst" {
            replace(scratch.path(), "primary", &zstd(&plain(scratch.path(), "primary")), ".xml.zst");
        }
        let repository = Repository::open(scratch.path()).unwrap();
        let path = scratch.path().join(&repository.repomd().record("primary").unwrap().location);
        let good = fs_err::read(&path).unwrap();
        for index in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[index] ^= 0x10;
            for bad in [&bad[..], &good[..index]] {
                fs_err::write(&path, bad).unwrap();
                let error = repository.packages().and_then(Iterator::collect::<Result<Vec<_>, _>>);
                let error = error.expect_err("a changed document");
                assert!(error.to_string().contains(path.as_str()), "{way} {index}: {error}");
                // Not what came of it, which may be anything.
                assert!(matches!(error, RepodataError::Mismatch { .. }), "{way} {index}: {error}");
            }
        }
        fs_err::write(&path, [good.clone(), good].concat()).unwrap();
        let error = told(&repository.complete().unwrap_err());
        assert!(error.contains("more bytes than repomd.xml announces"), "{error}");
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a document can make its reader hold is bounded, whatever repomd.xml allows it.
#[test]
fn hostile_documents_are_bounded() {
    let scratch = made(&["--no-database"]);
    let path = scratch.path().join("repodata/repomd.xml");
    let (open, close) = ("<metadata packages='1'><package>", "</package></metadata>");
    let many = |text: &str, count: usize| text.repeat(count);
    let cases = [
        (many("<a>", 3_000_000), "in one another"),
        (format!("<a b='{}'/>", many("x", 9_000_000)), "a tag or text of more than"),
        (format!("<summary>{}</summary>", many("&lt;", 9_000_000)), "a text of more than"),
        (format!("<a {}/>", (0..100).fold(String::new(), |all, n| format!("{all} a{n}=''"))), "too many"),
        (many("<file>/bin/x</file>", 4_000_000), "a package of more than"),
        (format!("<!--{}-->", many("x", 9_000_000)), "a tag or text of more than"),
    ];
    for (text, expect) in cases {
        let document = format!("{open}{text}{close}");
        replace(scratch.path(), "primary", &gzip(document.as_bytes()), ".xml.gz");
        let mut repomd = read_repomd(&path).unwrap();
        for record in &mut repomd.records {
            (record.open_size, record.open_checksum) = (None, None);
        }
        fs_err::write(&path, repomd.to_xml()).unwrap();
        let repository = Repository::open(scratch.path()).unwrap();
        let mut outcome = None;
        let spent = allocation_counter::measure(|| {
            outcome = Some(repository.packages().and_then(Iterator::collect::<Result<Vec<_>, _>>));
        });
        let error = told(&outcome.unwrap().unwrap_err());
        assert!(error.contains(expect), "{expect}: {error}");
        assert!(spent.bytes_max < 600_000_000, "{expect}: {spent:?}");
    }
    // Its own entities are not expanded.
    let laughs = "<!DOCTYPE m [<!ENTITY a 'ha'>]><metadata><package><name>&a;</name></package></metadata>";
    replace(scratch.path(), "primary", &gzip(laughs.as_bytes()), ".xml.gz");
    let repository = Repository::open(scratch.path()).unwrap();
    let error = repository.packages().unwrap().next().unwrap().unwrap_err();
    assert!(error.to_string().contains("unknown entity `a`"), "{error}");
}

#[test]
fn what_lies_elsewhere_is_not_followed() {
    let scratch = made(&["--no-database"]);
    let path = scratch.path().join("repodata/repomd.xml");
    let text = fs_err::read_to_string(&path).unwrap();
    for (to, expect) in [
        ("href=\"../repodata/", "leads outside"),
        ("href=\"/etc/", "leads outside"),
        ("xml:base=\"http://elsewhere\" href=\"repodata/", "lies elsewhere"),
    ] {
        fs_err::write(&path, text.replace("href=\"repodata/", to)).unwrap();
        let outcome = Repository::open(scratch.path()).and_then(|repository| repository.verify_documents());
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }
    // A pipe would be waited for.
    fs_err::write(&path, text).unwrap();
    let repository = Repository::open(scratch.path()).unwrap();
    let primary = scratch.path().join(&repository.repomd().record("primary").unwrap().location);
    fs_err::remove_file(&primary).unwrap();
    fs_err::create_dir(&primary).unwrap();
    let error = repository.packages().err().unwrap().to_string();
    assert!(error.contains("no regular file"), "{error}");
}

#[test]
fn packages_that_lie_elsewhere_say_so() {
    let scratch = made(&["--no-database", "--baseurl", "http://elsewhere/a/"]);
    let repository = Repository::open(scratch.path()).unwrap();
    let package = repository.packages().unwrap().next().unwrap().unwrap();
    assert_eq!(package.base.as_deref(), Some("http://elsewhere/a/"));
    let expected = format!("http://elsewhere/a/{}", package.href);
    assert_eq!(repository.location_of(&package), Utf8PathBuf::from(expected));
    // A pool beside the repository: shown, and nothing is opened by it.
    let scratch = made(&["--no-database", "--location-prefix", "../pool"]);
    let repository = Repository::open(scratch.path()).unwrap();
    let package = repository.packages().unwrap().next().unwrap().unwrap();
    let location = repository.location_of(&package);
    assert_eq!(location, Utf8PathBuf::from(format!("{}/{}", scratch.path(), package.href)));
    assert!(package.href.starts_with("../pool/") && repository.path_of(&package.href).is_err());
}

fn file(root: &Utf8Path, target: &str) -> Reply {
    fs_err::read(root.join(&target[1..])).map_or(Reply::Status(404), Reply::File)
}

/// The files of a directory.
pub(crate) fn serving(root: &Utf8Path) -> Server {
    let root = root.to_owned();
    Server::start(move |request| file(&root, &request.target))
}

/// The error of reading all of a repository whose primary.xml is answered for so.
fn over_http(reply: impl Fn(Vec<u8>) -> Reply + Send + Sync + 'static) -> (String, String, Scratch) {
    let scratch = made(&["--no-database", "--simple-md-filenames"]);
    let root = scratch.path().to_owned();
    let server =
        Server::start(move |request| match (request.target.as_str(), file(&root, &request.target)) {
            ("/repodata/primary.xml.gz", Reply::File(bytes)) => reply(bytes),
            (_, other) => other,
        });
    let repository = at(&server.url("")).unwrap();
    let outcome = repository.packages().and_then(Iterator::collect::<Result<Vec<_>, _>>);
    (told(&outcome.unwrap_err()), server.url("repodata/primary.xml.gz"), scratch)
}

#[test]
fn servers_that_fail_are_named() {
    let check = |(error, url, _): (String, String, Scratch), expect: &[&str]| {
        for part in expect.iter().copied().chain([url.as_str()]) {
            assert!(error.contains(part), "{part}: {error}");
        }
    };
    check(over_http(|_| Reply::Status(404)), &["could not fetch", "no such file (404)"]);
    check(over_http(|_| Reply::Status(503)), &["could not fetch", "503"]);
    check(over_http(|bytes| Reply::CutAfter(bytes, 100)), &["could not read", "connection broke"]);
    check(over_http(|bytes| Reply::StallAfter(bytes, 100)), &["could not read", "timed out"]);
    check(over_http(|bytes| Reply::StallAfter(bytes, 0)), &["could not read", "timed out"]);
    check(over_http(|_| Reply::Endless), &["more bytes than repomd.xml announces"]);
    check(over_http(|_| Reply::Redirect("/repodata/primary.xml.gz".into())), &["more than 10 redirects"]);
    check(over_http(|bytes| Reply::File(bytes[..100].to_vec())), &["primary.xml.gz"]);
}

#[test]
fn the_place_above_metadata_is_asked_for_only_where_there_is_nothing_below() {
    let scratch = made(&["--no-database"]);
    let ask = |place: &str, below: Reply| {
        let root = scratch.path().to_owned();
        let server = Server::start(move |request| match request.target.as_str() {
            "/repodata/repodata/repomd.xml" | "/repodata/repomd.xml/repodata/repomd.xml" => below.clone(),
            target => file(&root, target),
        });
        let opened = at(&server.url(place));
        (opened.map(drop).map_err(|error| told(&error)), server.requests().len())
    };
    for place in ["repodata/", "repodata/repomd.xml"] {
        for status in [404, 403] {
            assert_eq!(ask(place, Reply::Status(status)), (Ok(()), 2), "{place} {status}");
        }
        let file = |text: &str| Reply::File(text.into());
        for (reply, expect) in [
            (Reply::Status(503), "503"),
            (file("<repomd"), "repodata/repomd.xml"),
            (Reply::CutAfter(b"<repomd>".to_vec(), 0), "could not read"),
        ] {
            let (outcome, requests) = ask(place, reply);
            let error = outcome.unwrap_err();
            assert!(error.contains(expect) && requests == 1, "{place}: {requests} {error}");
        }
    }
    // What is wrong above is told rather than that nothing is below.
    let list = scratch.path().join("repodata/repomd.xml");
    fs_err::write(&list, "<repomd").unwrap();
    let error = at(scratch.path().join("repodata").as_str()).unwrap_err();
    assert!(told(&error).contains(list.as_str()), "{error}");
    fs_err::remove_file(&list).unwrap();
    let error = at(scratch.path().join("repodata").as_str()).unwrap_err();
    assert!(told(&error).contains("repodata/repodata/repomd.xml"), "{error}");
}

#[test]
fn servers_that_trickle_are_given_up() {
    let scratch = made(&["--no-database", "--simple-md-filenames"]);
    let root = scratch.path().to_owned();
    let server = Server::start(move |request| match file(&root, &request.target) {
        Reply::File(bytes) if request.target.ends_with("primary.xml.gz") => Reply::Trickle(bytes),
        other => other,
    });
    let mut settings = settings();
    settings.limits.total = Duration::from_millis(500);
    let repository = Location::parse(&server.url(""), Utf8Path::new("/")).unwrap().open(&settings).unwrap();
    let error = repository.verify_documents().unwrap_err();
    assert!(told(&error).contains("not done after 0.5 s"), "{}", told(&error));
}

#[test]
fn redirects_are_followed_and_names_escaped() {
    let scratch = made(&["--no-database"]);
    let root = scratch.path().to_owned();
    let server =
        Server::start(move |request| match request.target.strip_prefix("/gr%C3%B6%C3%9Fe%20%231/") {
            Some(path) => Reply::Redirect(format!("/moved/{path}")),
            None => file(&root, request.target.trim_start_matches("/moved")),
        });
    let repository = at(&server.url("gr%C3%B6%C3%9Fe%20%231/")).unwrap();
    assert_eq!(repository.complete().unwrap().len(), 4);
    let error = at("http://127.0.0.1:1/x").unwrap_err();
    assert!(told(&error).contains("could not fetch `http://127.0.0.1:1/x/repodata/repomd.xml`"), "{error}");
    assert!(files(scratch.path()).len() > 1);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 200, failure_persistence: None, ..Default::default()
    })]

    /// Whatever stands in an uncompressed document, where nothing but the parser is before the digest.
    #[test]
    fn changed_text_is_an_error_and_no_panic(
        changes in proptest::collection::vec(
            (0_usize..20_000, proptest::sample::select(b"<>/&;'\"= \n!-[]?a:\xff\xc3\0".to_vec())), 1..8,
        ),
    ) {
        static PLAIN: std::sync::OnceLock<(Scratch, Vec<u8>)> = std::sync::OnceLock::new();
        let (scratch, good) = PLAIN.get_or_init(|| {
            let scratch = made(&["--no-database"]);
            let primary = plain(scratch.path(), "primary");
            replace(scratch.path(), "primary", &primary, ".xml");
            (scratch, primary)
        });
        let mut bad = good.clone();
        for (position, byte) in changes {
            let position = position % bad.len();
            bad[position] = byte;
        }
        fs_err::write(scratch.path().join("repodata/primary.xml"), &bad).unwrap();
        let repository = Repository::open(scratch.path()).unwrap();
        let outcome = repository.packages().and_then(Iterator::collect::<Result<Vec<_>, _>>);
        proptest::prop_assert_eq!(outcome.is_ok(), &bad == good);
    }
}
