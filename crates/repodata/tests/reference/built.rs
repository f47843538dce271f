//! Packages of headers alone, with what today's rpmbuild does not write.

use std::sync::OnceLock;

use camino::Utf8PathBuf;
use xen4centos_artifact::header::{DependencyKind, Header, HeaderBuilder, Lead, Part, tag};

use super::Scratch;

const MISSING_OK: u32 = 1 << 19;
const PRE_REQUISITE: u32 = 1 << 6;
const SCRIPT_PRE: u32 = 1 << 9;
const SCRIPT_POST: u32 = 1 << 10;
const RPMLIB: u32 = 1 << 24;
const EQUAL: u32 = 1 << 3;
const LESS_OR_EQUAL: u32 = EQUAL | 1 << 1;
const GREATER_OR_EQUAL: u32 = EQUAL | 1 << 2;

/// Suggestions and enhancements as SUSE's rpm had them before rpm 4.12: names, versions and flags from this tag on.
const OLD_TAGS: [u32; 2] = [1156, 1159];

/// As recommendations and supplements are told from them.
const STRONG: u32 = 1 << 27;

type Fill = fn(HeaderBuilder) -> HeaderBuilder;

const PACKAGES: &[(&str, Fill)] = &[
    ("missing-ok", |header| {
        let list = [
            ("a", MISSING_OK, ""),
            ("a", 0, ""),
            ("b", MISSING_OK | EQUAL, "1:2-3"),
            ("b", MISSING_OK | EQUAL, "1:2-3"),
            ("libc.so.6(GLIBC_2.9)", MISSING_OK, ""),
        ];
        dependencies(header, DependencyKind::Requires, &list)
    }),
    ("pre", |header| {
        let list = [
            ("a", PRE_REQUISITE, ""),
            ("a", SCRIPT_PRE, ""),
            ("a", SCRIPT_POST, ""),
            ("a", 0, ""),
            ("b", SCRIPT_PRE | SCRIPT_POST, ""),
            ("rpmlib(x)", RPMLIB | LESS_OR_EQUAL, "1-1"),
            ("rpmlibx", RPMLIB | LESS_OR_EQUAL, "1-1"),
            ("", 0, ""),
            ("c", 0, "1-1"),
        ];
        dependencies(header, DependencyKind::Requires, &list)
    }),
    ("comparisons", |header| {
        let flags = [0, 2, 4, 6, 8, 10, 12, 14].map(|flags| ("a", flags, "1"));
        dependencies(header, DependencyKind::Conflicts, &flags)
    }),
    ("versions", |header| {
        let versions = [
            "",
            "1",
            "1-2",
            "1-2-3",
            ":1",
            "0:1",
            "01:1",
            "x:1",
            "1:2:3",
            "-1",
            "1-",
            ":",
            "-",
            "1:",
            "1:-",
            "4294967296:1",
            "1x:2",
        ];
        let list = versions.map(|version| ("a", 8, version));
        dependencies(header, DependencyKind::Obsoletes, &list)
    }),
    ("old-weak", |header| {
        OLD_TAGS.into_iter().fold(header, |header, first| {
            header
                .strings(first, &["s", "t", "s"])
                .strings(first + 1, &["1:2-3", "", "4"])
                .u32s(first + 2, &[EQUAL, STRONG, STRONG | GREATER_OR_EQUAL])
        })
    }),
    ("epoch", |header| header.u32s(tag::EPOCH, &[u32::MAX])),
    ("changes", |header| {
        header
            .u32s(tag::CHANGELOG_TIME, &[100, 300, 300, 200, 200, 200, 0])
            .strings(tag::CHANGELOG_NAME, &["a ", " b", "c  d ", "", "e\t", "f\n", "g"])
            .strings(tag::CHANGELOG_TEXT, &["x", "", " y ", "z\n\n", "\n", "- &<>\"'", "\ttab"])
    }),
    ("texts", |header| {
        header
            .string(tag::VENDOR, "")
            .string(tag::PACKAGER, " ")
            .string(tag::URL, "http://example.org/\n?a=\"b\"")
            .string(tag::LICENSE, "\t&amp;")
            .string(tag::BUILD_HOST, "h\r")
    }),
    ("name \"&<>'", |header| header),
];

fn dependencies(header: HeaderBuilder, kind: DependencyKind, list: &[(&str, u32, &str)]) -> HeaderBuilder {
    let (names, flags, versions) = kind.tags();
    header
        .strings(names, &list.iter().map(|(name, ..)| *name).collect::<Vec<_>>())
        .u32s(flags, &list.iter().map(|(_, flags, _)| *flags).collect::<Vec<_>>())
        .strings(versions, &list.iter().map(|(.., version)| *version).collect::<Vec<_>>())
}

fn package(name: &str, fill: Fill) -> Vec<u8> {
    let header = HeaderBuilder::new()
        .strings(tag::HEADER_I18N_TABLE, &["C"])
        .string(tag::NAME, name)
        .string(tag::VERSION, "1")
        .string(tag::RELEASE, "1")
        .string(tag::SUMMARY, "built")
        .string(tag::DESCRIPTION, "built")
        .string(tag::OS, "linux")
        .string(tag::ARCH, "noarch")
        .string(tag::SOURCE_RPM, "built-1-1.src.rpm")
        .string(tag::PAYLOAD_FORMAT, "cpio")
        .string(tag::PAYLOAD_COMPRESSOR, "gzip");
    let header = fill(header).build(tag::HEADER_IMMUTABLE);
    let mut signature = HeaderBuilder::new().u32s(tag::SIG_SIZE, &[0]).build(tag::HEADER_SIGNATURES);
    signature.resize(signature.len().next_multiple_of(8), 0);
    let lead = Lead::for_header(&Header::read(&mut &header[..], Part::Main).unwrap());
    [&lead.as_bytes()[..], &signature, &header].concat()
}

/// The packages. Written once for all tests.
pub(crate) fn packages() -> &'static [Utf8PathBuf] {
    static BUILT: OnceLock<(Scratch, Vec<Utf8PathBuf>)> = OnceLock::new();
    &BUILT
        .get_or_init(|| {
            let scratch = Scratch::new();
            let write = |(number, (name, fill)): (usize, &(&str, Fill))| {
                let path = scratch.path().join(format!("built-{number}.rpm"));
                fs_err::write(&path, package(name, *fill)).unwrap();
                path
            };
            let packages = PACKAGES.iter().enumerate().map(write).collect();
            (scratch, packages)
        })
        .1
}
