use std::{io::Write as _, os::unix::fs::symlink};

use camino::Utf8Path;
use xen4centos_embargo::{Found, Secret, SecretKind, Secrets, search, search_text};
use xen4centos_process::{Invocation, Tool};

const LINE: &str = "if ( !guest_owns(frame) ) return;";

fn secrets() -> Secrets {
    let list = [
        (SecretKind::Issue, "XSA-999"),
        (SecretKind::Cve, "CVE-2099-0001"),
        (SecretKind::PatchName, "xsa999.patch"),
        (SecretKind::PatchLine, LINE),
        (SecretKind::Title, "pages of others &amp; their owners"),
    ];
    let secret = |(kind, text): (SecretKind, &str)| Secret {
        text: text.into(),
        kind,
        advisory: "CESA-2099:X0001".into(),
    };
    list.into_iter().map(secret).collect()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn searched(root: &Utf8Path) -> Found {
    search(&secrets(), root, &|_| false).unwrap()
}

fn told(found: &Found) -> Vec<(&str, SecretKind)> {
    found.leaks.iter().map(|leak| (leak.place.as_str(), leak.kind)).collect()
}

#[test]
fn names_contents_and_what_is_compressed_tell() {
    let temporary = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temporary.path()).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = root.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, bytes).unwrap();
    };
    write("clean/log", b"XSA-9990 and CVE-2099-00011, pages of others & their owners");
    write("logs/build.log", b"patching: cve-2099-0001\n");
    write("logs/xsa999.patch", b"");
    write("repodata/other.xml.gz", &gzipped(b"<changelog>- XSA-999</changelog>"));
    write("repodata/updateinfo.xml", b"<title>pages of others &amp; their owners</title>");
    write("twice.gz", &gzipped(&gzipped(format!("+\t{LINE}\n").as_bytes())));
    symlink("nowhere/CVE-2099-0001", root.join("link-to-XSA-999")).unwrap();
    let found = searched(root);
    assert_eq!(
        told(&found),
        [
            ("link-to-XSA-999", SecretKind::Issue),
            ("link-to-XSA-999", SecretKind::Cve),
            ("logs/build.log", SecretKind::Cve),
            ("logs/xsa999.patch", SecretKind::PatchName),
            ("repodata/other.xml.gz -> decompressed", SecretKind::Issue),
            ("repodata/updateinfo.xml", SecretKind::Title),
            ("twice.gz -> decompressed -> decompressed", SecretKind::PatchLine),
        ]
    );
    assert!(found.unread.is_empty(), "{found:?}");
    assert!(searched(&root.join("clean")).is_clean());
    let passed = search(&secrets(), root, &|path| path == "twice.gz" || path.starts_with("logs")).unwrap();
    assert!(!passed.leaks.iter().any(|leak| leak.kind == SecretKind::PatchLine));
    assert!(passed.leaks.iter().any(|leak| leak.kind == SecretKind::PatchName), "a name tells by itself");
}

#[test]
fn what_can_not_be_read_is_not_clean() {
    let temporary = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temporary.path()).unwrap();
    let whole = gzipped("x".repeat(100_000).as_bytes());
    fs_err::write(root.join("cut.gz"), &whole[..whole.len() / 2]).unwrap();
    let found = searched(root);
    assert!(found.leaks.is_empty() && !found.is_clean());
    assert!(found.unread[0].place.starts_with("cut.gz"), "{found:?}");
    assert!(search(&secrets(), &root.join("missing"), &|_| false).is_err());
}

#[test]
fn texts_tell_where_they_were_put_out() {
    let found = search_text(&secrets(), "standard error", "error: xsa-999 is not public").unwrap();
    assert_eq!(told(&found), [("standard error", SecretKind::Issue)]);
    assert!(search_text(&secrets(), "standard error", "error: what is not public").unwrap().is_clean());
}

/// As rpmbuild writes them: the changelog in the header, the patch in the source package, a document in the payload.
#[test]
fn packages_tell() {
    let temporary = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(temporary.path()).unwrap();
    for directory in ["SOURCES", "SPECS"] {
        fs_err::create_dir(top.join(directory)).unwrap();
    }
    fs_err::write(top.join("SOURCES/fix.diff.gz"), gzipped(format!("+{LINE}\n").as_bytes())).unwrap();
    let spec = "Name: told\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\nSource0: fix.diff.gz\n\
                %description\nx\n%install\nmkdir -p %{buildroot}/usr/share\necho CVE-2099-0001 > %{buildroot}/usr/share/notes\n\
                %files\n/usr/share/notes\n%changelog\n* Mon Nov 02 2026 N <n@localhost> - 1-1\n- Answers XSA-999\n";
    fs_err::write(top.join("SPECS/told.spec"), spec).unwrap();
    Invocation::new(Tool::Rpmbuild, top)
        .args(["-ba", "--quiet", "--define", &format!("_topdir {top}"), "SPECS/told.spec"])
        .run()
        .unwrap();
    let found = searched(&top.join("RPMS"));
    let binary = "noarch/told-1-1.noarch.rpm";
    let notes = format!("{binary} -> /usr/share/notes");
    assert_eq!(told(&found), [(binary, SecretKind::Issue), (notes.as_str(), SecretKind::Cve)]);
    assert!(found.unread.is_empty(), "{found:?}");
    let source = searched(&top.join("SRPMS"));
    let is_there =
        |end: &str, kind| source.leaks.iter().any(|leak| leak.place.ends_with(end) && leak.kind == kind);
    assert!(is_there("told-1-1.src.rpm", SecretKind::Issue));
    assert!(is_there("told-1-1.src.rpm -> fix.diff.gz -> decompressed", SecretKind::PatchLine), "{source:?}");
    assert!(is_there("told-1-1.src.rpm -> told.spec", SecretKind::Cve));
}

/// A patch under a name of its own.
#[test]
fn what_has_a_digest_tells() {
    let temporary = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temporary.path()).unwrap();
    fs_err::write(root.join("notes"), "abc").unwrap();
    fs_err::write(root.join("notes.gz"), gzipped(b"abc")).unwrap();
    fs_err::write(root.join("others"), "abcd").unwrap();
    // FIPS 180-4, of "abc".
    let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into();
    let secret = Secret { text, kind: SecretKind::PatchDigest, advisory: "A".into() };
    let found = search(&std::iter::once(secret).collect(), root, &|_| false).unwrap();
    let places: Vec<&str> = found.leaks.iter().map(|leak| leak.place.as_str()).collect();
    assert_eq!(places, ["notes", "notes.gz -> decompressed"]);
}

/// What a reader of the outputs sees besides the contents of plain files.
#[test]
fn links_and_headers_of_compressed_files_tell() {
    let temporary = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temporary.path()).unwrap().join("CVE-2099-0001");
    fs_err::create_dir(&root).unwrap();
    let mut named =
        flate2::GzBuilder::new().filename("xsa999.patch").write(Vec::new(), flate2::Compression::fast());
    named.write_all(b"nothing").unwrap();
    fs_err::write(root.join("named.gz"), named.finish().unwrap()).unwrap();
    fs_err::write(root.join("clean"), "nothing").unwrap();
    fs_err::create_dir(root.join("elsewhere")).unwrap();
    symlink("elsewhere/../elsewhere/../clean", root.join("link")).unwrap();
    assert_eq!(told(&searched(&root)), [("named.gz", SecretKind::PatchName)]);
    assert!(searched(&root.join("clean")).is_clean(), "where a file lies is not in it");
    fs_err::rename(root.join("elsewhere"), root.join("XSA-999")).unwrap();
    fs_err::remove_file(root.join("link")).unwrap();
    symlink("XSA-999/../clean", root.join("link")).unwrap();
    assert!(told(&searched(&root)).contains(&("link", SecretKind::Issue)));
}

#[test]
fn what_only_begins_as_if_it_were_compressed_is_read_as_it_is() {
    let temporary = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temporary.path()).unwrap();
    for (name, start) in [("gzip", &[0x1f, 0x8b][..]), ("bzip2", b"BZh"), ("lzma", &[0x5d, 0, 0, 0x80, 0])] {
        fs_err::write(root.join(name), [start, b" is how some begin"].concat()).unwrap();
        fs_err::write(root.join(format!("{name}-told")), [start, b" is how XSA-999 began"].concat()).unwrap();
    }
    let found = searched(root);
    let expect = ["bzip2-told", "gzip-told", "lzma-told"].map(|place| (place, SecretKind::Issue));
    assert_eq!(told(&found), expect);
    assert!(found.unread.is_empty(), "{found:?}");
    // What comes of one that is cut is looked into.
    let text = format!("XSA-999 {}", (0..50_000).map(|number| number.to_string()).collect::<String>());
    let whole = gzipped(text.as_bytes());
    fs_err::write(root.join("cut"), &whole[..whole.len() / 2]).unwrap();
    let cut = searched(&root.join("cut"));
    assert_eq!(told(&cut), [("cut -> decompressed", SecretKind::Issue)]);
    assert_eq!(cut.unread.len(), 1);
}

#[test]
fn members_of_zip_archives_are_not_told_clean() {
    let temporary = tempfile::tempdir().unwrap();
    let file = Utf8Path::from_path(temporary.path()).unwrap().join("pages.zip");
    fs_err::write(&file, b"PK\x03\x04 and so on").unwrap();
    let found = searched(&file);
    assert_eq!(found.unread[0].place, "pages.zip");
    assert_eq!(found.unread[0].reason, "members of zip archives are not looked into");
}
