//! Data in, rows out, on a copy of the real project's data.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_advisory::{Opening, Row, Verdict, matrix};
use xen4centos_manifest::{NotAffected, Project};

/// Noon of 2026-12-01.
const NOW: u64 = 1_796_126_400;

const PATCH: &str = "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-old\n+new\n";

const ADVISORY: &str = r#"id = "CESA-2026:X0001"
title = "xen: MSRs of the x2APIC"
type = "security"
severity = "important"
fixes = ["XSA-108"]
cves = ["CVE-2026-1234"]
public = 2026-12-01T12:00:00Z
reboot = true
description = ["A guest read what was not its own."]

[[package]]
name = "xen"
fixed-in = "39"
patches = ["xsa108.patch"]
"#;

struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        let project = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for part in ["specs", "repo-templates", "advisories"] {
            copy_tree(&project.join(part), &copy.root().join(part));
        }
        copy.undo_the_update();
        copy
    }

    /// As upstream released it last: without the update that brings upstream's later commits.
    fn undo_the_update(&self) {
        let path = self.root().join("specs/xen/package.toml");
        let text = fs_err::read_to_string(&path).unwrap().replacen("release = \"39\"", "release = \"38\"", 1);
        let is_of_update = |block: &&str| {
            block.contains("[[patch]]\ncommit = ") || block.contains("\nversion = \"4.2.5-39\"\n")
        };
        let kept: Vec<&str> = text.split("\n\n").filter(|block| !is_of_update(block)).collect();
        fs_err::write(&path, kept.join("\n\n")).unwrap();
        fs_err::remove_file(self.root().join("advisories/CESA-2026-X0001.toml")).unwrap();
    }

    fn root(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.0.path().to_owned()).unwrap()
    }

    /// With a release of xen that has a patch for XSA-108.
    fn patched() -> Self {
        let copy = Self::new();
        let path = copy.root().join("specs/xen/package.toml");
        let text = fs_err::read_to_string(&path).unwrap().replace("release = \"38\"", "release = \"39\"");
        let entry = "[[patch]]\nfile = \"xsa108.patch\"\nadvisory = \"XSA-108\"\nsummary = \"s\"\n\n[[changelog]]\n\
                     date = \"2026-12-01\"\nauthor = \"A <a@b.c>\"\nversion = \"4.2.5-39\"\nentries = [\"XSA-108\"]\n\n";
        fs_err::write(path, text.replacen("[[changelog]]", &format!("{entry}[[changelog]]"), 1)).unwrap();
        fs_err::create_dir_all(copy.root().join("specs/xen/patches")).unwrap();
        fs_err::write(copy.root().join("specs/xen/patches/xsa108.patch"), PATCH).unwrap();
        copy
    }

    fn rows(&self) -> Vec<Row> {
        let project = Project::load(&self.root(), NOW).unwrap_or_else(|problems| panic!("{problems}"));
        matrix(&project, project.target("xen4centos-6").unwrap())
    }

    fn verdict(&self, issue: &str) -> Verdict {
        let mut rows: Vec<Row> = self.rows().into_iter().filter(|row| row.is_about(issue)).collect();
        assert_eq!(rows.len(), 1, "{issue}: {rows:?}");
        rows.remove(0).verdict
    }
}

fn copy_tree(from: &Utf8Path, to: &Utf8Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in from.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), &target).unwrap();
        }
    }
}

fn fixed(release: &str, advisory: Option<&str>, upstream: Option<&str>) -> Verdict {
    let [advisory, upstream] = [advisory, upstream].map(|text| text.map(str::to_owned));
    Verdict::Fixed { release: release.to_owned(), advisory, upstream }
}

#[test]
fn what_upstream_mended_is_in_our_first_release() {
    let copy = Copy::patched();
    assert_eq!(copy.verdict("XSA-33"), fixed("xen-4.2.5-38.el6.centos.alt", None, Some("4.2.2")));
    assert_eq!(copy.verdict("CVE-2014-4021"), fixed("xen-4.2.5-38.el6.centos.alt", None, Some("4.2.5")));
}

#[test]
fn what_is_known_is_open_or_no_fault_of_ours() {
    let copy = Copy::new();
    assert_eq!(copy.verdict("XSA-108"), Verdict::Open(Opening::Affected));
    assert_eq!(copy.verdict("XSA-39"), Verdict::Open(Opening::UnderInvestigation));
    assert_eq!(copy.verdict("xsa-64"), Verdict::NotAffected(NotAffected::VulnerableCodeNotPresent));
    assert!(matches!(copy.verdict("XSA-161"), Verdict::Statement(_)));
    let rows = copy.rows();
    assert!(rows.iter().filter(|row| row.issue == "XSA-155").count() == 2, "xen and kernel");
    let issues: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.issue.as_str()).collect();
    assert_eq!(issues.len(), 148);
}

#[test]
fn upstreams_later_release_is_not_ours() {
    let copy = Copy::new();
    let path = copy.root().join("advisories/known/xsa.toml");
    let text = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, text.replacen("released-in = \"4.2.2\"", "released-in = \"4.2.10\"", 1)).unwrap();
    assert_eq!(copy.verdict("XSA-33"), Verdict::Open(Opening::Later { released_in: "4.2.10".to_owned() }));
}

#[test]
fn a_patch_counts_when_an_advisory_says_in_which_release_it_came() {
    let copy = Copy::patched();
    let patch = "xsa108.patch".to_owned();
    assert_eq!(copy.verdict("XSA-108"), Verdict::Open(Opening::Unannounced { patch }));
    fs_err::write(copy.root().join("advisories/CESA-2026-X0001.toml"), ADVISORY).unwrap();
    let announced = fixed("xen-4.2.5-39.el6.centos.alt", Some("CESA-2026:X0001"), None);
    assert_eq!(copy.verdict("CVE-2014-7188"), announced);
    assert_eq!(copy.verdict("CVE-2026-1234"), announced);
    assert_eq!(copy.verdict("XSA-107"), Verdict::NotAffected(NotAffected::VulnerableCodeNotPresent));
}
