//! Our metadata and createrepo_c's, element by element and attribute by attribute.
//!
//! Differences that are allowed, and why:
//! - the order of packages: ours is that of the paths, byte by byte; createrepo_c's depends on its threads;
//! - packages whose names, versions, paths or dependencies hold characters that XML forbids are left out by both
//!   (or stop ours); packages whose *descriptive* texts hold characters that XML forbids: createrepo_c leaves the whole package
//!   out, we leave the characters out and report it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{BadPackages, Event, IndexSettings, Reporter, Repository};

use crate::{
    files, fixtures, indexed, real_packages, repository, settings,
    tree::{Node, document, parse},
};

#[derive(Default)]
struct Notes {
    cleaned: Mutex<BTreeSet<String>>,
    left_out: Mutex<Vec<String>>,
}

impl Reporter for Notes {
    fn event(&self, event: Event) {
        match event {
            Event::Cleaned { path, .. } => {
                self.cleaned.lock().unwrap().insert(path.file_name().unwrap().to_owned());
            }
            Event::LeftOut { error } => self.left_out.lock().unwrap().push(error.to_string()),
            _ => {}
        }
    }
}

fn createrepo(root: &Utf8Path, arguments: &[&str]) {
    Invocation::new(Tool::CreaterepoC, root)
        .args(["--quiet", "--no-database", "--workers", "1", "--revision", "1700000000"])
        .arg("--set-timestamp-to-revision")
        .args(arguments)
        .arg(".")
        .run()
        .unwrap();
}

/// Packages by digest.
fn packages(document: &Node) -> BTreeMap<String, Node> {
    let id = |package: &Node| match package.attributes.get("pkgid") {
        Some(id) => id.clone(),
        None => package.child("checksum").unwrap().text.clone(),
    };
    let packages: BTreeMap<String, Node> =
        document.children.iter().map(|package| (id(package), package.clone())).collect();
    assert_eq!(document.attributes["packages"], packages.len().to_string());
    packages
}

/// Indexes the packages with both programs and compares; names the packages that only we have.
fn check(files: &[Utf8PathBuf], settings: &IndexSettings) -> (Vec<String>, Notes) {
    let scratch = repository(files);
    let notes = Notes::default();
    createrepo(scratch.path(), &[]);
    let theirs = ["primary", "filelists", "other"].map(|kind| document(scratch.path(), kind));
    fs_err::remove_dir_all(scratch.path().join("repodata")).unwrap();
    indexed(scratch.path(), settings, &notes);
    let mut only_ours = Vec::new();
    for (theirs, kind) in theirs.iter().zip(["primary", "filelists", "other"]) {
        let ours = document(scratch.path(), kind);
        assert_eq!(ours.name, theirs.name);
        let (mut ours, theirs) = (packages(&ours), packages(theirs));
        for (id, expected) in &theirs {
            let found = ours.get(id).unwrap_or_else(|| panic!("{kind}: we lack {expected:?}"));
            assert_eq!(found, expected, "{kind}");
            ours.remove(id);
        }
        only_ours = ours.into_values().map(|package| name(&package)).collect();
        only_ours.sort();
    }
    (only_ours, notes)
}

fn name(package: &Node) -> String {
    package.attributes.get("name").cloned().unwrap_or_else(|| package.child("name").unwrap().text.clone())
}

#[test]
fn made_packages_are_described_alike() {
    let (only_ours, notes) = check(fixtures::packages(), &settings());
    assert_eq!(only_ours, [""; 0]);
    assert!(notes.cleaned.lock().unwrap().is_empty());
}

#[test]
fn real_packages_are_described_alike() {
    let settings = IndexSettings { bad_packages: BadPackages::LeaveOut, ..settings() };
    let (only_ours, notes) = check(&real_packages(), &settings);
    assert_eq!(only_ours, ["ruby2.6-rubygem-fast_gettext"]);
    let cleaned: Vec<String> = notes.cleaned.into_inner().unwrap().into_iter().collect();
    assert_eq!(cleaned, ["ruby2.6-rubygem-fast_gettext-2.0.1-1.1.x86_64.rpm"]);
    let left_out = notes.left_out.into_inner().unwrap();
    let left_out: Vec<&str> = left_out.iter().map(|error| error.split(" in `").next().unwrap()).collect();
    assert_eq!(
        left_out,
        [
            "dependency has a character that XML forbids: \"provide\\u{6}\"",
            "dependency has a character that XML forbids: \"ksym(default:\\u{2})\"",
        ]
    );
}

#[test]
fn the_list_of_documents_is_alike() {
    let scratch = repository(fixtures::packages());
    let comps = scratch.path().join("comps.xml");
    fs_err::write(&comps, "<comps><group><id>a</id></group></comps>\n").unwrap();
    createrepo(scratch.path(), &["--groupfile", "comps.xml"]);
    let repomd = || parse(&fs_err::read(scratch.path().join("repodata/repomd.xml")).unwrap());
    let theirs = repomd();
    fs_err::remove_dir_all(scratch.path().join("repodata")).unwrap();
    indexed(scratch.path(), &IndexSettings { comps: Some(comps), ..settings() }, &Notes::default());
    let ours = repomd();
    assert_eq!(ours.attributes, theirs.attributes);
    assert_eq!(ours.child("revision"), theirs.child("revision"));
    let shape = |repomd: &Node| {
        let data = repomd.children.iter().filter(|child| child.name == "data");
        data.map(|data| {
            (data.attributes.clone(), data.children.iter().map(|child| child.name.clone()).collect())
        })
        .collect::<Vec<(BTreeMap<String, String>, Vec<String>)>>()
    };
    assert_eq!(shape(&ours), shape(&theirs));
    Repository::open(scratch.path()).unwrap().verify_documents().unwrap();
}

#[test]
fn createrepo_reads_our_metadata() {
    let scratch = repository(fixtures::packages());
    indexed(scratch.path(), &settings(), &Notes::default());
    let before = document(scratch.path(), "primary");
    // With --update createrepo_c takes unchanged packages from the metadata that is there, which it must be
    // able to read; what it then writes is what it read.
    createrepo(scratch.path(), &["--update"]);
    assert_eq!(packages(&document(scratch.path(), "primary")), packages(&before));
}

#[test]
fn what_is_written_is_what_is_read_back() {
    let files = [fixtures::packages(), &real_packages()].concat();
    let scratch = repository(&files);
    let settings = IndexSettings { bad_packages: BadPackages::LeaveOut, ..settings() };
    indexed(scratch.path(), &settings, &Notes::default());
    let repository = Repository::open(scratch.path()).unwrap();
    let read_back = repository.complete().unwrap();
    assert_eq!(read_back.len(), files.len() - 2);
    for package in read_back {
        let path = repository.path_of(&package.href).unwrap();
        let relative = path.strip_prefix(scratch.path()).unwrap();
        let read = xen4centos_repodata::read_package(&path, relative.as_str()).unwrap();
        assert_eq!(package, read, "{path}");
    }
}

#[test]
fn dnf_finds_packages_and_gets_them() {
    let scratch = repository(fixtures::packages());
    // Clients escape hrefs themselves, so a name that needs it must stand there as it is.
    let odd = "Packages/größe 100%25 #1.rpm";
    fs_err::rename(&files(&scratch.path().join("Packages"))[0], scratch.path().join(odd)).unwrap();
    indexed(scratch.path(), &settings(), &Notes::default());
    let dnf = |arguments: &[&str]| {
        Invocation::new(Tool::Dnf, scratch.path())
            .args(["--quiet", "--assumeyes", "--releasever=6", "--repo=tried"])
            .arg(format!("--installroot={}/root", scratch.path()))
            .arg(format!("--repofrompath=tried,file://{}", scratch.path()))
            .args(["--setopt=reposdir=/none", "--setopt=gpgcheck=0", "--setopt=cachedir=/var/cache/dnf"])
            .args(arguments)
            .run()
            .unwrap()
            .text()
    };
    // One path is in primary, the other only in filelists.
    for path in ["/usr/bin/own-tool", "/opt/data/own-data"] {
        assert_eq!(dnf(&["repoquery", "--whatprovides", path]), "everything-7:1.2-3.el6.noarch");
    }
    assert_eq!(dnf(&["repoquery", "--whatrequires", "chkconfig"]), "everything-7:1.2-3.el6.noarch");
    let changes = dnf(&["repoquery", "--changelogs", "everything-empty"]);
    assert_eq!(changes.matches("\n* ").count() + usize::from(changes.starts_with("* ")), 10, "{changes}");
    assert!(dnf(&["repoquery", "--location", "everything"]).ends_with(odd));
    dnf(&["install", "--downloadonly", "everything-empty"]);
}
