//! What clients and createrepo_c's own tools read from the metadata of `index`, with and without databases.

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};

use crate::{
    program::Call,
    reference::{Allowed, Metadata, Scratch, check, corpus, files},
};

/// Packages that both indexers list.
const EXCEPT: [&str; 10] = [
    "--excludes=odd-bell*",
    "--excludes=odd-nonchar*",
    "--excludes=odd-overlong*",
    "--excludes=odd-surrogate*",
    "--excludes=odd-beyond*",
    "--excludes=ruby2.6*",
    "--excludes=SpecCheck4*",
    "--excludes=xtables-addons*",
    // What createrepo_c makes of copies and of versions that are not whole in its own metadata is its own matter.
    "--excludes=named/*",
    "--excludes=built/*",
];

const REVISION: [&str; 2] = ["--revision=1700000000", "--set-timestamp-to-revision"];

/// All packages of the tests under other metadata.
fn packages() -> Scratch {
    let scratch = Scratch::new();
    link(corpus::everything(), scratch.path());
    scratch
}

fn link(from: &Utf8Path, to: &Utf8Path) {
    for path in files(from) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs_err::create_dir(&target).unwrap();
            link(&path, &target);
        } else {
            fs_err::hard_link(&path, &target).unwrap();
        }
    }
}

fn ours(root: &Utf8Path, databases: &str) {
    Call::new(["index", "--quiet", root.as_str(), databases]).args(EXCEPT).args(REVISION).run().ends_with(0);
}

fn createrepo(root: &Utf8Path, arguments: &[&str]) {
    Invocation::new(Tool::CreaterepoC, root)
        .args(["--quiet", "--workers=1"])
        .args(EXCEPT)
        .args(REVISION)
        .args(arguments)
        .arg(".")
        .run()
        .unwrap();
}

/// Our metadata, ours with databases, theirs.
fn all_three() -> [Scratch; 3] {
    let all = [packages(), packages(), packages()];
    ours(all[0].path(), "--no-database");
    ours(all[1].path(), "--database");
    createrepo(all[2].path(), &["--database"]);
    all
}

/// Fails with the first pair that is not alike.
#[track_caller]
fn same(ours: &[String], theirs: &[String]) {
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), theirs.len());
}

/// All that libsolv has read, by packages.
fn solvables(root: &Utf8Path) -> Vec<String> {
    let scratch = Scratch::new();
    let file = scratch.path().join("solv");
    Invocation::new(Tool::Repo2solv, scratch.path())
        .args(["-F", "-o", file.as_str(), root.as_str()])
        .run()
        .unwrap();
    let text = Invocation::new(Tool::Dumpsolv, scratch.path()).arg(file.as_str()).run().unwrap().text();
    let (_, packages) = text.split_once("\nsolvable ").unwrap();
    let mut packages: Vec<String> = packages
        .split("\nsolvable ")
        .map(|package| package.split_once('\n').unwrap().1.trim_end().to_owned())
        .collect();
    packages.sort();
    packages
}

#[test]
fn libsolv_reads_the_same() {
    let all = all_three();
    let [plain, with_databases, theirs] = [&all[0], &all[1], &all[2]].map(|root| solvables(root.path()));
    assert!(theirs.len() > 290, "{}", theirs.len());
    same(&plain, &theirs);
    same(&with_databases, &theirs);
}

#[test]
fn dnf_reads_the_same() {
    const FORMAT: &str = "%{name}-%{epoch}:%{version}-%{release}.%{arch} %{location} %{summary} %{size} %{installsize} %{buildtime} %{url} %{license} %{vendor} \
        %{packager} %{group} %{sourcerpm} %{requires} %{provides} %{conflicts} %{obsoletes} %{recommends} %{suggests} \
        %{supplements} %{enhances} %{files} %{description}";
    let said = all_three().map(|root| {
        let dnf = |arguments: &[&str]| {
            Invocation::new(Tool::Dnf, root.path())
                .args(["--quiet", "--releasever=6", "--repo=tried", "--setopt=reposdir=/none"])
                .arg(format!("--installroot={}/root", root.path()))
                .arg(format!("--repofrompath=tried,file://{}", root.path()))
                .args(arguments)
                .run()
                .unwrap()
                .text()
        };
        dnf(&["makecache"]);
        let mut lines: Vec<String> =
            dnf(&["repoquery", "--all", "--qf", FORMAT]).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    });
    assert!(said[2].len() > 290, "{}", said[2].len());
    same(&said[0], &said[2]);
    same(&said[1], &said[2]);
}

/// createrepo_c takes packages from old metadata instead of reading them: here it could not read them any more.
#[test]
fn createrepo_takes_packages_from_our_metadata() {
    for databases in ["--no-database", "--database"] {
        let scratch = packages();
        let root = scratch.path();
        ours(root, databases);
        let before = Metadata::read(root);
        for directory in ["fixtures", "generated"] {
            for path in files(&root.join(directory)) {
                let old = fs_err::metadata(&path).unwrap();
                fs_err::remove_file(&path).unwrap();
                fs_err::write(&path, vec![0; usize::try_from(old.len()).unwrap()]).unwrap();
                let file = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
                file.set_modified(old.modified().unwrap()).unwrap();
            }
        }
        createrepo(root, &["--update", databases, "--compress-type=gz"]);
        let mut allowed = vec![Allowed::PackageOrder, Allowed::Ampersands];
        if databases == "--database" {
            allowed.push(Allowed::DirectoryOrder);
        }
        check(&before, &Metadata::read(root), &allowed).unwrap_or_else(|difference| panic!("{difference}"));
    }
}

#[test]
fn databases_made_of_our_documents_are_our_databases() {
    let (plain, with_databases) = (packages(), packages());
    ours(plain.path(), "--no-database");
    ours(with_databases.path(), "--database");
    Invocation::new(Tool::SqliterepoC, plain.path())
        .args(["--quiet", "--compress-type=gz", "."])
        .run()
        .unwrap();
    let [theirs, ours] = [plain, with_databases].map(|scratch| {
        let mut metadata = Metadata::read(scratch.path());
        metadata.parts.retain(|name, _| name.contains("_db"));
        metadata
    });
    check(&ours, &theirs, &[Allowed::DirectoryOrder, Allowed::Ampersands])
        .unwrap_or_else(|difference| panic!("{difference}"));
}
