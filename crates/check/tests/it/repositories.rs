//! Repositories as createrepo_c writes them, spoiled in one way each.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    sync::OnceLock,
};

use camino::{Utf8Path, Utf8PathBuf};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest, Sha256};
use xen4centos_check::{
    BaseProvides, Depth, Distrust, Finding, KeyTerms, RepositoryCheck, RepositorySignature, Verifier,
    check_repository, rules,
};
use xen4centos_manifest::Client;
use xen4centos_process::{Invocation, Tool};

use crate::{built::build, client::client, databases};

const SPEC: &str = "
Name: clean
Version: 1
Release: 1
Summary: Clean
License: none
BuildArch: noarch
Requires: base-thing >= 2
%description
Clean.
%package libs
Summary: Libs
Requires: clean = 1-1, /usr/share/clean
%description libs
Libs.
%install
mkdir -p %{buildroot}/usr/share/clean
%files
/usr/share/clean
%files libs
";

const COMPS: &str = "<comps><group><id>xen</id><name>Xen</name><packagelist><packagereq type=\"mandatory\">clean</packagereq></packagelist></group></comps>";

/// The time of the tests: 2026-11-23.
const KEYS: KeyTerms = KeyTerms { time: 1_795_392_000, lifetime: None };

/// Says of signatures what the test wants.
#[derive(Clone, Copy, Default)]
struct Oracle {
    refuse_package: Option<&'static str>,
    altered: Option<&'static str>,
    form: Option<&'static str>,
    refuse_repository: bool,
}

impl Verifier for Oracle {
    fn verify_package(&self, path: &Utf8Path) -> Result<(), Distrust> {
        if self.altered.is_some_and(|name| path.file_name() == Some(name)) {
            return Err(Distrust::Altered("its digest is wrong".to_owned()));
        }
        if self.form.is_some_and(|name| path.file_name() == Some(name)) {
            return Err(Distrust::Form("its packet version is not 4".to_owned()));
        }
        self.verify_header(path)
    }

    fn verify_header(&self, path: &Utf8Path) -> Result<(), Distrust> {
        match self.refuse_package {
            Some(name) if path.file_name() == Some(name) => {
                Err(Distrust::Signer("signed by a stranger".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn verify_repository(&self, _: &Utf8Path) -> Result<(), String> {
        if self.refuse_repository { Err("signed by a stranger".to_owned()) } else { Ok(()) }
    }
}

/// A repository in a directory of its own, and how it is looked at.
pub(crate) struct Fixture {
    _directory: tempfile::TempDir,
    pub(crate) root: Utf8PathBuf,
    client: Client,
    base: &'static str,
    oracle: Oracle,
    /// Whether nobody has a key.
    keyless: bool,
    published_before: Option<u64>,
}

/// Built once; the tests copy them.
fn packages() -> &'static [(String, Vec<u8>)] {
    static PACKAGES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(directory.path()).unwrap();
        let built = build(top, SPEC, &["_binary_payload w1.gzdio"]);
        built.into_iter().map(|(name, path)| (name, fs_err::read(path).unwrap())).collect()
    })
}

impl Fixture {
    fn clean() -> Self {
        Self::with_arguments(&[])
    }

    pub(crate) fn with_arguments(arguments: &[&str]) -> Self {
        Self::made(arguments, COMPS)
    }

    fn made(arguments: &[&str], comps: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        fs_err::create_dir(root.join("Packages")).unwrap();
        for (name, bytes) in packages() {
            fs_err::write(root.join(format!("Packages/{name}.rpm")), bytes).unwrap();
        }
        fs_err::write(root.join("comps.xml"), comps).unwrap();
        Invocation::new(Tool::CreaterepoC, &root)
            .args(if arguments.contains(&"--database") { &[][..] } else { &["--no-database"] })
            .args(["-q", "--simple-md-filenames", "--groupfile", "comps.xml"])
            .args(["--revision", "1795000000", "--set-timestamp-to-revision"])
            .args(arguments)
            .arg(".")
            .run()
            .unwrap();
        fs_err::remove_file(root.join("comps.xml")).unwrap();
        fs_err::write(root.join("repodata/repomd.xml.asc"), "signature").unwrap();
        let mut client = client("el6");
        // What rpmbuild writes is not signed yet.
        client.required_signature_tags.clear();
        let oracle = Oracle::default();
        Self {
            _directory: directory,
            root,
            client,
            base: "base-thing = 2-5",
            oracle,
            keyless: false,
            published_before: None,
        }
    }

    pub(crate) fn check(&self) -> Vec<Finding> {
        self.check_to(Depth::Payloads)
    }

    fn check_to(&self, depth: Depth) -> Vec<Finding> {
        let base = BaseProvides::parse(self.base, "base.txt".into()).unwrap();
        check_repository(&RepositoryCheck {
            signature: RepositorySignature::Present,
            root: &self.root,
            client: &self.client,
            verifier: (!self.keyless).then_some(&self.oracle as _),
            base: Some(&base),
            published_before: self.published_before,
            contract: None,
            depth,
            keys: Some(KEYS),
            histories: &[],
        })
        .unwrap()
    }

    fn remove(&self, path: &str) {
        fs_err::remove_file(self.root.join(path)).unwrap();
    }

    fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        let path = self.root.join(path);
        let text = fs_err::read_to_string(&path).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed, "the edit of {path} has no effect");
        fs_err::write(path, changed).unwrap();
    }

    /// Adds a file to repodata and to its list.
    fn list(&self, kind: &str, name: &str, bytes: &[u8]) {
        fs_err::write(self.root.join("repodata").join(name), bytes).unwrap();
        let (sum, size) = (hex::encode(Sha256::digest(bytes)), bytes.len());
        self.edit_repomd(|text| {
            let record = format!(
                "<data type=\"{kind}\"><checksum type=\"sha256\">{sum}</checksum>\
                 <location href=\"repodata/{name}\"/><timestamp>1</timestamp><size>{size}</size></data>"
            );
            text.replace("</repomd>", &format!("{record}</repomd>"))
        });
    }

    pub(crate) fn edit_repomd(&self, change: impl FnOnce(String) -> String) {
        self.edit("repodata/repomd.xml", change);
    }

    fn edit_primary(&self, change: impl FnOnce(String) -> String) {
        self.edit_kind("primary", change);
    }

    pub(crate) fn repack(
        &self,
        path: &Utf8Path,
        (packed, plain): (&[u8], &[u8]),
        (repacked, changed): (&[u8], &[u8]),
    ) {
        fs_err::write(path, repacked).unwrap();
        let sum = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        self.edit_repomd(|repomd| {
            repomd
                .replace(&sum(packed), &sum(repacked))
                .replace(&sum(plain), &sum(changed))
                .replace(&format!("<size>{}<", packed.len()), &format!("<size>{}<", repacked.len()))
                .replace(&format!("-size>{}<", plain.len()), &format!("-size>{}<", changed.len()))
        });
    }

    /// Edits a document and makes repomd.xml agree, so that nothing but the content is wrong.
    fn edit_kind(&self, kind: &str, change: impl FnOnce(String) -> String) {
        let path = self.root.join(format!("repodata/{kind}.xml.gz"));
        let packed = fs_err::read(&path).unwrap();
        let mut text = String::new();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut text).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed, "the edit of {kind}.xml has no effect");
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(changed.as_bytes()).unwrap();
        let repacked = encoder.finish().unwrap();
        self.repack(&path, (&packed, text.as_bytes()), (&repacked, changed.as_bytes()));
    }
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new(bytes, 1).read_to_end(&mut packed).unwrap();
    packed
}

fn gz(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// An advisory for one release of the package `clean`.
fn advisory(release: &str) -> String {
    format!(
        "<updates><update type=\"security\"><id>CESA-1</id><pkglist><collection>\
         <package name=\"clean\" epoch=\"0\" version=\"1\" release=\"{release}\" arch=\"noarch\"/>\
         </collection></pkglist></update></updates>"
    )
}

/// The first `from … to` in `text`, both included.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap() + to.len();
    &text[start..end]
}

pub(crate) type Poison = (&'static str, &'static str, fn() -> Fixture);

/// A clean fixture, spoiled.
fn spoiled(spoil: impl FnOnce(&mut Fixture)) -> Fixture {
    let mut fixture = Fixture::clean();
    spoil(&mut fixture);
    fixture
}

const POISONS: &[Poison] = &[
    ("EL6-REPO-001", "is not there", || spoiled(|it| it.remove("repodata/repomd.xml"))),
    ("EL6-REPO-001", "ends too early", || spoiled(|it| it.edit_repomd(|text| text.replace("</repomd>", "")))),
    ("EL6-REPO-001", "another root", || spoiled(|it| it.edit_repomd(|_| "<html></html>".to_owned()))),
    ("EL6-REPO-002", "at most 100000 are read", || {
        spoiled(|it| it.edit_repomd(|text| format!("{text}<!--{}-->", " ".repeat(100_000))))
    }),
    ("EL6-REPO-003", "is not there", || spoiled(|it| it.remove("repodata/repomd.xml.asc"))),
    ("EL6-REPO-003", "signed by a stranger", || spoiled(|it| it.oracle.refuse_repository = true)),
    ("EL6-REPO-004", "was published before", || spoiled(|it| it.published_before = Some(1 << 40))),
    ("EL6-REPO-005", "made by a key of the kind eddsa", || {
        let packet = crate::synthetic::signature_packet(22, 8);
        spoiled(|it| fs_err::write(it.root.join("repodata/repomd.xml.asc"), packet).unwrap())
    }),
    ("EL6-REPO-005", "is over SHA-224", || {
        let packet = crate::synthetic::signature_packet(1, 11);
        spoiled(|it| fs_err::write(it.root.join("repodata/repomd.xml.asc"), packet).unwrap())
    }),
    ("EL6-REPO-010", "other is not there", || spoiled(|it| it.remove("repodata/other.xml.gz"))),
    ("EL6-REPO-010", "at `../other.xml.gz`", || {
        spoiled(|it| it.edit_repomd(|text| text.replace("repodata/other", "../other")))
    }),
    ("EL6-REPO-011", "repomd.xml says 1", || {
        spoiled(|it| {
            it.edit_repomd(|text| text.replacen(between(&text, "<size>", "</size>"), "<size>1</size>", 1));
        })
    }),
    ("EL6-REPO-012", "sha256 is not what", || {
        spoiled(|it| {
            it.edit_repomd(|text| {
                text.replacen(
                    between(&text, "<checksum type", "</checksum>"),
                    "<checksum type=\"sha256\">00</checksum>",
                    1,
                )
            });
        })
    }),
    ("EL6-REPO-013", "of the decompressed file", || {
        spoiled(|it| {
            it.edit_repomd(|text| {
                let old = between(&text, "<open-checksum", "</open-checksum>").to_owned();
                text.replacen(&old, "<open-checksum type=\"sha256\">00</open-checksum>", 1)
            });
        })
    }),
    ("EL6-REPO-013", "bytes when decompressed", || {
        spoiled(|it| {
            it.edit_repomd(|text| {
                let old = between(&text, "<open-size>", "</open-size>").to_owned();
                text.replacen(&old, "<open-size>1</open-size>", 1)
            });
        })
    }),
    ("EL6-REPO-014", "is compressed as .xz", || Fixture::with_arguments(&["--general-compress-type", "xz"])),
    ("EL6-REPO-015", "of the kind `sha224`", || Fixture::with_arguments(&["--checksum", "sha224"])),
    ("EL6-REPO-016", "too early", || spoiled(|it| it.edit_primary(|text| text.replace("</metadata>", "")))),
    ("EL6-REPO-017", "lists no filelists", || {
        spoiled(|it| it.edit_repomd(|text| text.replace("type=\"filelists\"", "type=\"other-lists\"")))
    }),
    ("EL6-REPO-018", "primary_db is compressed as .xz", || {
        spoiled(|it| it.list("primary_db", "primary.sqlite.xz", &xz(b"SQLite")))
    }),
    ("EL6-REPO-019", "updateinfo is compressed as .xz", || {
        spoiled(|it| it.list("updateinfo", "updateinfo.xml.xz", &xz(b"<updates/>")))
    }),
    ("EL6-REPO-019", "updateinfo is not compressed", || {
        spoiled(|it| it.list("updateinfo", "updateinfo.xml", b"<updates/>"))
    }),
    ("EL6-REPO-020", "is not there", || {
        spoiled(|it| {
            it.remove("Packages/clean-libs.rpm");
        })
    }),
    ("EL6-REPO-021", "primary.xml says 1", || {
        spoiled(|it| {
            it.edit_primary(|text| {
                text.replacen(between(&text, "size package=\"", "\" "), "size package=\"1\" ", 1)
            });
        })
    }),
    ("EL6-REPO-022", "sha256 is not what primary.xml says", || {
        spoiled(|it| {
            let path = it.root.join("Packages/clean.rpm");
            let mut bytes = fs_err::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs_err::write(path, bytes).unwrap();
        })
    }),
    ("EL6-REPO-023", "primary.xml says clean-0:1-2.noarch", || {
        spoiled(|it| {
            it.edit_primary(|text| {
                let package = between(&text, "<name>clean</name>", "</package>").to_owned();
                text.replace(&package, &package.replacen("rel=\"1\"", "rel=\"2\"", 1))
            });
        })
    }),
    ("EL6-REPO-032", "provides that it has not (invented EQ 0:1)", || {
        spoiled(|it| {
            it.edit_primary(|text| {
                let entry = "<rpm:provides><rpm:entry name=\"invented\" flags=\"EQ\" epoch=\"0\" ver=\"1\"/>";
                text.replacen("<rpm:provides>", entry, 1)
            });
        })
    }),
    ("EL6-REPO-032", "not all of its provides (clean EQ 0:1-1", || {
        spoiled(|it| {
            it.edit_primary(|text| {
                let package = between(&text, "<name>clean</name>", "</package>").to_owned();
                let provides = between(&package, "<rpm:provides>", "</rpm:provides>");
                text.replace(&package, &package.replace(provides, ""))
            });
        })
    }),
    ("EL6-REPO-032", "its header at 1 to ", || {
        spoiled(|it| {
            it.edit_primary(|text| {
                let start = between(&text, "header-range start=\"", "\" ").to_owned();
                text.replacen(&start, "header-range start=\"1\" ", 1)
            });
        })
    }),
    ("EL6-REPO-032", "files that it has not (/usr/bin/invented)", || {
        spoiled(|it| {
            it.edit_primary(|text| text.replacen("</format>", "<file>/usr/bin/invented</file></format>", 1));
        })
    }),
    ("EL6-REPO-033", "says that it has 7 packages, and has 2", || {
        spoiled(|it| {
            it.edit_primary(|text| text.replacen(" packages=\"2\"", " packages=\"7\"", 1));
        })
    }),
    ("EL6-REPO-033", "that primary.xml does not list", || {
        spoiled(|it| {
            it.edit_kind("other", |text| {
                let id = between(&text, "pkgid=\"", "\" ").to_owned();
                text.replace(&id, "pkgid=\"0\" ")
            });
        })
    }),
    ("EL6-REPO-033", "files of clean", || {
        spoiled(|it| {
            it.edit_kind("filelists", |text| {
                text.replacen("</package>", "<file>/invented</file></package>", 1)
            });
        })
    }),
    ("EL6-REPO-001", "is no regular file", || {
        spoiled(|it| {
            it.remove("repodata/repomd.xml");
            fs_err::create_dir(it.root.join("repodata/repomd.xml")).unwrap();
        })
    }),
    ("EL6-REPO-013", "bytes when decompressed, which repomd.xml says", || {
        spoiled(|it| {
            it.edit_repomd(|text| {
                let old = between(&text, "<open-size>", "</open-size>").to_owned();
                text.replacen(&old, "<open-size>7</open-size>", 1)
            });
        })
    }),
    ("EL6-REPO-027", "group xen lists other", || {
        spoiled(|it| {
            it.edit_repomd(|text| text.replace("\"group_gz\"", "\"group_zip\""));
            it.list("group_gz", "g.xml.gz", &gz(&COMPS.replace(">clean<", ">other<")));
        })
    }),
    ("EL6-REPO-036", "its packet version is not 4", || spoiled(|it| it.oracle.form = Some("clean.rpm"))),
    ("EL6-REPO-037", "its newest timestamp is 9100000000", || {
        spoiled(|it| {
            it.edit_repomd(|text| {
                let old = between(&text, "<timestamp>", "</timestamp>").to_owned();
                text.replacen(&old, "<timestamp>9100000000</timestamp>", 1)
            });
        })
    }),
    ("EL6-REPO-034", "no key is known", || spoiled(|it| it.keyless = true)),
    ("EL6-REPO-024", "lies outside", || {
        spoiled(|it| {
            it.edit_primary(|text| text.replace("href=\"Packages/clean-libs", "href=\"../clean-libs"));
            it.remove("Packages/clean-libs.rpm");
        })
    }),
    ("EL6-REPO-025", "clean-0:1-1.noarch is listed twice", || {
        spoiled(|it| {
            it.edit_primary(|text| {
                let rest = &text[text.find("<name>clean</name>").unwrap()..];
                let package =
                    format!("<package type=\"rpm\">{}</package>", between(rest, "<name>", "</format>"));
                let text = text.replacen(" packages=\"2\"", " packages=\"3\"", 1);
                text.replace("</metadata>", &format!("{package}</metadata>"))
            });
        })
    }),
    ("EL6-REPO-026", "is not listed", || {
        spoiled(|it| fs_err::write(it.root.join("Packages/notes.txt"), "x").unwrap())
    }),
    ("EL6-REPO-026", "is not listed", || {
        spoiled(|it| {
            fs_err::copy(it.root.join("Packages/clean.rpm"), it.root.join("stray.rpm")).unwrap();
        })
    }),
    ("EL6-REPO-026", "is a link that leads nowhere", || {
        spoiled(|it| fs_err::os::unix::fs::symlink("nowhere", it.root.join("Packages/link")).unwrap())
    }),
    ("EL6-REPO-027", "group xen lists xen-doc", || {
        Fixture::made(&[], &COMPS.replace("</packagelist>", "<packagereq>xen-doc</packagereq></packagelist>"))
    }),
    ("EL6-REPO-028", "signed by a stranger", || spoiled(|it| it.oracle.refuse_package = Some("clean.rpm"))),
    ("EL6-REPO-031", "its digest is wrong", || spoiled(|it| it.oracle.altered = Some("clean.rpm"))),
    ("EL6-REPO-029", "is the only form of the groups", || {
        spoiled(|it| {
            it.edit_repomd(|text| text.replace("type=\"group", "type=\"other-group"));
            it.list("group_xz", "groups.xml.xz", &xz(COMPS.as_bytes()));
        })
    }),
    ("EL6-REPO-030", "CESA-1 names clean-0:1-2.noarch", || {
        spoiled(|it| it.list("updateinfo", "updateinfo.xml.gz", &gz(&advisory("2"))))
    }),
];

#[test]
fn clean_repositories_pass() {
    assert_eq!(Fixture::clean().check(), []);
    assert_eq!(Fixture::with_arguments(&["--checksum", "sha512"]).check(), []);
    // Every form that the client reads.
    assert_eq!(spoiled(|it| it.list("group_xz", "g.xml.xz", b"")).check(), []);
    assert_eq!(spoiled(|it| it.list("updateinfo", "u.xml.gz", &gz(&advisory("1")))).check(), []);
    let mut dated = Fixture::clean();
    dated.published_before = Some(1_000_000_000);
    assert_eq!(dated.check(), []);
}

#[test]
fn each_poison_trips_exactly_its_rule() {
    each_trips_its_rule(POISONS);
}

pub(crate) fn each_trips_its_rule(poisons: &[Poison]) {
    for (code, words, spoil) in poisons {
        let findings = spoil().check();
        let codes: BTreeSet<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, BTreeSet::from([*code]), "{words}: {findings:#?}");
        assert!(findings.iter().any(|finding| finding.message.contains(words)), "{findings:#?}");
    }
}

#[test]
fn no_rule_about_repositories_is_without_a_poison() {
    let poisoned: BTreeSet<_> = POISONS.iter().chain(databases::POISONS).map(|(code, ..)| *code).collect();
    let all: BTreeSet<_> = rules()
        .into_iter()
        .map(|rule| rule.code)
        .filter(|code| {
            let repo_file = code.starts_with("EL6-REPO-04");
            code.starts_with("EL6-REPO") && !repo_file
        })
        .collect();
    assert_eq!(poisoned, all);
}

#[test]
fn rules_about_packages_are_applied_to_each_of_them() {
    let mut fixture = Fixture::clean();
    fixture.client.required_signature_tags = vec![268];
    let found: Vec<_> =
        fixture.check().iter().map(|finding| (finding.code, finding.subject.clone())).collect();
    let expect = ["clean-libs", "clean"].map(|name| ("EL6-PKG-020", format!("Packages/{name}.rpm")));
    assert_eq!(found, expect);
    // What is there is a stranger's all the same.
    fixture.oracle =
        Oracle { refuse_package: Some("clean.rpm"), altered: Some("clean-libs.rpm"), ..Oracle::default() };
    let found: Vec<_> =
        fixture.check().iter().map(|finding| (finding.code, finding.subject.clone())).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains(&("EL6-REPO-028", "Packages/clean.rpm".to_owned())), "{found:?}");
}

/// What rpm 4.8 installs: the header is good, and the metadata are those of the altered file.
#[test]
fn a_payload_that_was_altered_and_indexed_again_is_found() {
    let fixture = Fixture::clean();
    let path = fixture.root.join("Packages/clean.rpm");
    let mut bytes = fs_err::read(&path).unwrap();
    let last = bytes.len() - 10;
    bytes[last] ^= 0x20;
    fs_err::write(&path, bytes).unwrap();
    Invocation::new(Tool::CreaterepoC, &fixture.root)
        .args(["-q", "--no-database", "--simple-md-filenames", "--revision=1795000000"])
        .args(["--set-timestamp-to-revision", "."])
        .run()
        .unwrap();
    fs_err::write(fixture.root.join("repodata/repomd.xml.asc"), "signature").unwrap();
    let codes = |depth| fixture.check_to(depth).iter().map(|finding| finding.code).collect::<Vec<_>>();
    assert_eq!(codes(Depth::Packages), [""; 0]);
    assert_eq!(codes(Depth::Payloads), ["EL6-FILE-001"]);
}

/// What was altered is found where whole packages are read; headers alone do not tell.
#[test]
fn whole_packages_are_compared_unless_headers_are_all_that_is_read() {
    let it = Fixture::clean();
    let path = it.root.join("Packages/clean.rpm");
    let mut bytes = fs_err::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs_err::write(path, bytes).unwrap();
    let codes = |depth| -> Vec<_> { it.check_to(depth).into_iter().map(|finding| finding.code).collect() };
    assert_eq!(codes(Depth::Packages), ["EL6-REPO-022"]);
    assert!(!codes(Depth::Headers).contains(&"EL6-REPO-022"));
}

#[test]
fn what_is_no_directory_is_an_error() {
    let fixture = Fixture::clean();
    let root = fixture.root.join("gone");
    let check = RepositoryCheck {
        signature: RepositorySignature::Present,
        root: &root,
        client: &fixture.client,
        verifier: None,
        base: None,
        published_before: None,
        contract: None,
        depth: Depth::Payloads,
        keys: None,
        histories: &[],
    };
    assert!(check_repository(&check).is_err());
}
