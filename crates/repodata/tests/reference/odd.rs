//! Packages that are odd where metadata has rules of its own: what belongs in primary, which requirements count, and bytes
//! that are no characters.
//!
//! rpmbuild refuses most such bytes, so a word of the spec stands for them and is replaced in the package.

use std::{fmt::Write as _, sync::OnceLock};

use camino::Utf8PathBuf;
use sha2::Digest as _;

use super::{Scratch, fixtures};

/// Subpackages: a name, lines of the preamble, the description, and lines of `%files`.
const SUBPACKAGES: &[(&str, &str, &str, &str)] = &[
    (
        "primary",
        "",
        "",
        "/rootfile\n/bin/x\n%dir /etc\n%dir /usr/bin\n/foobin/y\n/usr/lib/sendmail.d\n/binary\n/etcetera\n%dir /opt/sbin\n/opt/sbin/deep\n%ghost /etc/never\n%ghost %dir /never/bin\n%ghost /never/bin/z\n%config /etc/x.conf\n%dir /",
    ),
    ("sendmail", "Requires: /usr/lib/sendmail, /opt/data", "", "%ghost /usr/lib/sendmail\n%ghost /opt/data"),
    (
        "weak",
        "Recommends: a, b > 1, a, (c if d), e = 2:3-4\nSuggests: a < 1, f\nSupplements: g, (h and i >= 2:1)\nEnhances: j <= 5, k\nRequires: l, (a or (b and c) or d), (n with o), (p without q)\nConflicts: (r unless s), (t or u), v\nObsoletes: w < 1:2, x\nProvides: y, y = 1, y = 1, z(abc) = 1:2-3",
        "",
        "",
    ),
    (
        "pre",
        "Requires(pre): a, b, c = 1\nRequires(post): a, d\nRequires: a, b, c = 1, c = 2, c = 1, d, e\nRequires(preun): e, f\nRequires(postun): f, g\nRequires(pretrans): h\nRequires(posttrans): i\nRequires(pre,post): j\nRequires(verify): k\nRequires(interp): l\nRequires(meta): m\nRequires(pre): m\nRequires: rpmlib-like, config(odd-pre) = 0:1-1, odd-pre = 0:1-1, odd-pre = 1-1, odd-pre, odd-pre(x86)\nProvides: config(odd-pre) = 0:1-1",
        "",
        "",
    ),
    (
        "glibc",
        "Requires: libc.so.6(GLIBC_2.9)(64bit), libc.so.6(GLIBC_2.10)(64bit), libc.so.6(GLIBC_2.10), libc.so.6, libc.so.6(GLIBC_PRIVATE), libc.so.60, libm.so.6, libc.so.6(GLIBC_2.3.4)",
        "",
        "",
    ),
    ("glibc-one", "Requires: libc.so.6, zzz", "", ""),
    (
        "dashes",
        "Requires: a = 1-2, b >= :1, c = 0:1, d = 00:1-1, e < 3:~rc^1-0, f = 1.0+git~x-1%{?none}",
        "",
        "",
    ),
    ("zero", "Epoch: 0", "Epoch zero is an epoch.", ""),
    ("bare", "", "", ""),
    ("blanks", "", "\n\n  Leading and trailing \n\n\n", ""),
    ("latin", "Vendor: Caf@LATIN@", "Na@LATIN@ve", "%ghost /opt/caf@LATIN@\n%ghost /opt/d@LATIN@r/file"),
    ("windows", "Vendor: @WINDOWS@", "@WINDOWS@ quoted", ""),
    ("overlong", "", "before @OVERLONG@ after", "%ghost /opt/@OVERLONG@"),
    ("surrogate", "", "before @SURROGATE@ after", ""),
    ("beyond", "", "before @BEYOND@ after", ""),
    ("cut", "", "ends @CUT@", ""),
    ("tab", "", "a@TABULATOR@b@RETURN@c", "%ghost /opt/a@TABULATOR@b"),
    ("delete", "Vendor: a@DELETE@b", "c1 control @NEXTLINE@", ""),
    ("bell", "", "rings @BELL@", ""),
    ("bell-author", "Vendor: @BELL@", "", ""),
    ("bell-path", "", "", "%ghost /opt/@BELL@"),
    ("bell-needs", "Requires: a@BELL@b", "", ""),
    ("latin-needs", "Requires: a@LATIN@b", "", ""),
    ("nonchar", "", "no character @NONCHAR@", ""),
    ("nonchar-path", "", "", "%ghost /opt/@NONCHAR@"),
];

/// Words and the bytes that they stand for, of one length.
const BYTES: [(&str, &[u8]); 12] = [
    ("@LATIN@", b"\xef\xe9\xe4\xa9\xdf\xff\xf6"),
    ("@WINDOWS@", b"\x93\x94\x80\x96\xe9\x85x\xb4\xbf"),
    ("@OVERLONG@", b"\xc0\xafx\xe0\x80\xaf\xc1\xbfyz"),
    ("@SURROGATE@", b"\xed\xa0\x80\xed\xb0\x80abcde"),
    ("@BEYOND@", b"\xf4\x90\x80\x80\xc3\xa4ab"),
    ("@CUT@", b"abc\xe2\x82"),
    ("@TABULATOR@", b"\ttabulator\t"),
    ("@RETURN@", b"\rreturn\r"),
    ("@DELETE@", b"\x7fdelete\x7f"),
    ("@NEXTLINE@", b"\xc2\x85newlin\xc2\x9f"),
    ("@BELL@", b"\x07bell\x07"),
    ("@NONCHAR@", b"\xef\xbf\xbe\xef\xbf\xbfabc"),
];

fn spec() -> String {
    let mut spec = "Name: odd\nVersion: 1\nRelease: 1\nSummary: odd\nLicense: MIT\nBuildArch: noarch\nSource0: data.txt\nNoSource: 0\nAutoReqProv: no\n\n%description\n\n".to_owned();
    let mut files = String::new();
    for (name, preamble, description, listed) in SUBPACKAGES {
        writeln!(
            spec,
            "%package {name}\nSummary: {name}\n{preamble}\n\n%description {name}\n{description}\n"
        )
        .unwrap();
        writeln!(files, "%files {name}\n{listed}\n").unwrap();
    }
    spec.push_str("%install\nmkdir -p %{buildroot}/bin %{buildroot}/etc %{buildroot}/usr/bin %{buildroot}/foobin %{buildroot}/usr/lib %{buildroot}/opt/sbin\ncd %{buildroot}; touch rootfile bin/x foobin/y usr/lib/sendmail.d binary etcetera opt/sbin/deep etc/x.conf\n\n");
    spec.push_str(&files);
    // More entries of one day than are kept, then one that is newer than those above it, and one that says nothing.
    spec.push_str("%changelog\n");
    for entry in 0..13 {
        writeln!(spec, "* Mon Nov 23 2015 A@LATIN@ <a@example.org> - {entry}\n- @TABULATOR@ {entry}\n")
            .unwrap();
    }
    spec.push_str("* Sun Nov 22 2015 B\n-\n");
    spec
}

/// The packages. Built once for all tests.
pub(crate) fn packages() -> &'static [Utf8PathBuf] {
    static BUILT: OnceLock<(Scratch, Vec<Utf8PathBuf>)> = OnceLock::new();
    &BUILT
        .get_or_init(|| {
            let scratch = Scratch::new();
            let mut packages: Vec<Utf8PathBuf> = Vec::new();
            for (_, path) in fixtures::build_packages(&scratch, &spec()) {
                let mut bytes = fs_err::read(&path).unwrap();
                let digests = digests(&bytes);
                for (word, replacement) in BYTES {
                    replace(&mut bytes, word.as_bytes(), replacement);
                }
                for (before, now) in digests.iter().zip(self::digests(&bytes)) {
                    replace(&mut bytes, before.as_bytes(), now.as_bytes());
                }
                fs_err::write(&path, bytes).unwrap();
                packages.push(path);
            }
            assert_eq!(packages.len(), SUBPACKAGES.len() + 1, "{packages:?}");
            (scratch, packages)
        })
        .1
}

/// Of the main header, as the signature header has them.
fn digests(package: &[u8]) -> [String; 2] {
    let end = |start: usize| {
        let number = |at: usize| u32::from_be_bytes(package[at..at + 4].try_into().unwrap()) as usize;
        start + 16 + 16 * number(start + 8) + number(start + 12)
    };
    let start = end(96).next_multiple_of(8);
    let header = &package[start..end(start)];
    [hex(&sha1::Sha1::digest(header)), hex(&sha2::Sha256::digest(header))]
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn replace(bytes: &mut [u8], word: &[u8], replacement: &[u8]) {
    assert_eq!(word.len(), replacement.len(), "{}", word.escape_ascii());
    let mut start = 0;
    while let Some(found) = bytes[start..].windows(word.len()).position(|window| window == word) {
        let at = start + found;
        bytes[at..at + word.len()].copy_from_slice(replacement);
        start = at + word.len();
    }
}
