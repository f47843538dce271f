//! The engine beside createrepo_c over all packages of the tests: every element and attribute, every row; and what other
//! readers make of it. Differences that are meant are listed in `reference/allowed.rs`.

use std::{collections::BTreeSet, sync::Mutex};

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{BadPackages, Compression, Event, IndexSettings, Reporter, Repository, index};

use crate::{
    Scratch, files, fixtures, indexed, real_packages,
    reference::{Allowed, Metadata, check, corpus},
    repository, settings,
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
        .args(["--quiet", "--workers", "1", "--revision", "1700000000"])
        .arg("--set-timestamp-to-revision")
        .args(arguments)
        .arg(".")
        .run()
        .unwrap();
}

#[test]
fn all_packages_are_described_alike() {
    let root = corpus::everything();
    let (ours, theirs) = (Scratch::new(), Scratch::new());
    createrepo(root, &["--database", "--compress-type=gz", "--outputdir", theirs.path().as_str()]);
    let notes = Notes::default();
    let settings = IndexSettings {
        database: Some(Compression::Gzip),
        bad_packages: BadPackages::LeaveOut,
        output: Some(ours.path().to_owned()),
        ..settings()
    };
    drop(index(root, &settings, &notes).unwrap());
    let [ours, theirs] = [ours, theirs].map(|scratch| Metadata::read(scratch.path()));
    check(&ours, &theirs, &Allowed::OF_PACKAGES).unwrap_or_else(|difference| panic!("{difference}"));
    let cleaned: Vec<String> = notes.cleaned.into_inner().unwrap().into_iter().collect();
    assert_eq!(
        cleaned,
        [
            "odd-bell-1-1.noarch.rpm",
            "odd-bell-author-1-1.noarch.rpm",
            "odd-nonchar-1-1.noarch.rpm",
            "ruby2.6-rubygem-fast_gettext-2.0.1-1.1.x86_64.rpm",
        ]
    );
    let mut left_out = notes.left_out.into_inner().unwrap();
    left_out.sort();
    let left_out: Vec<&str> = left_out.iter().map(|error| error.split(" in `").next().unwrap()).collect();
    assert_eq!(
        left_out,
        [
            "dependency has a character that XML forbids: \"a\\u{7}bell\\u{7}b\"",
            "dependency has a character that XML forbids: \"ksym(default:\\u{2})\"",
            "dependency has a character that XML forbids: \"provide\\u{6}\"",
            "path has a character that XML forbids: \"\\u{7}bell\\u{7}\"",
            "path has a character that XML forbids: \"\\u{fffe}\\u{ffff}abc\"",
        ]
    );
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
