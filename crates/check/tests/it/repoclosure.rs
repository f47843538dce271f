//! Requirements, beside what `dnf repoclosure` says of the same packages.

use std::collections::BTreeSet;

use camino::Utf8Path;
use xen4centos_check::{BaseProvides, PackageFacts, Provision};
use xen4centos_process::{Invocation, Tool};

use crate::relations::{Beside, REGULAR, Repository, plain, with};

/// What dnf finds unmet in the first of the repositories, which may take what it needs from the others: the last part of
/// each package's file name, and each requirement.
fn repoclosure(roots: &[&Utf8Path]) -> BTreeSet<(String, String)> {
    let root = roots[0];
    let mut lines = Vec::new();
    let names = ["x", "y"];
    let repositories = names.iter().zip(roots);
    // It ends with 1 where something is unmet.
    let _ = Invocation::new(Tool::Dnf, root)
        .args(["-q", "--releasever=6", "--forcearch=x86_64", "--setopt=reposdir=/nowhere"])
        .arg(format!("--setopt=cachedir={root}/cache"))
        .arg(format!("--installroot={root}/host"))
        .args(repositories.clone().map(|(name, root)| format!("--repofrompath={name},file://{root}")))
        .args(repositories.map(|(name, _)| format!("--repo={name}")))
        .args(["repoclosure", "--check=x"])
        .run_logged(&root.join("dnf.log"), |line| lines.push(line.to_owned()));
    assert!(lines.iter().any(|line| line.contains("unresolved deps")), "{lines:#?}");
    let mut found = BTreeSet::new();
    let mut package = String::new();
    for line in &lines {
        if let Some(name) = line.strip_prefix("package: ") {
            name.split_whitespace().next().unwrap_or_default().clone_into(&mut package);
        } else if let Some(wanted) = line.strip_prefix("    ") {
            found.insert((package.clone(), wanted.to_owned()));
        }
    }
    found
}

/// What we find unmet, in the same form.
fn unmet(repository: &Repository, base: BaseProvides) -> BTreeSet<(String, String)> {
    let findings = repository.check(&Beside { base, ..Beside::default() }).into_iter();
    let unmet = findings.filter(|finding| finding.code == "EL6-DEP-001").map(|finding| {
        let name = finding.subject.strip_prefix("Packages/").unwrap().strip_suffix(".rpm").unwrap();
        (name.to_owned(), finding.message.strip_prefix("requires ").unwrap().to_owned())
    });
    unmet.collect()
}

#[test]
fn closure_is_that_of_dnf() {
    let repository = Repository::of(&[
        plain(
            "a 2.0-3; gives q = 1:2.0-3; needs b; needs b = 1; needs b = 1-2; needs b = 1-3; needs b > 1-1; needs b > 1",
        ),
        plain("b 1-2; gives v; gives w = 5; gives p = 1-1"),
        with(
            "c 1-1; needs v > 3; needs w >= 5; needs w > 5; needs w < 5-9",
            &[("/opt/c", REGULAR, "c", 0, 0)],
        ),
        plain("d 1-1; needs /opt/c; needs /opt/d; needs q = 2.0; needs q = 1:2.0; needs q > 5; needs q < 5"),
        plain("e 1-1; needs p = 1; needs p = 1-2; needs p >= 1; needs nothing; needs b <= 1; needs b < 1"),
        plain("f 1-1; needs c = 1-1; needs e(x86-64)"),
        // What obsoletes gives nothing by that, and what is obsoleted can still be had by itself.
        plain("g 1-1; obsoletes h; obsoletes i < 2"),
        plain("h 1-1; gives hh = 1"),
        plain("j 1-1; needs h; needs hh; needs i; needs i < 2; conflicts b"),
    ]);
    let mut own = unmet(&repository, BaseProvides::default());
    // rpm and yum compare no releases where one side has none, and then 5 is not below 5; libsolv takes any release.
    assert!(own.remove(&("c-1-1.x86_64".to_owned(), "w < 5-9".to_owned())));
    assert!(own.len() > 8, "{own:#?}");
    assert_eq!(own, repoclosure(&[&repository.root]));
}

#[test]
fn closure_with_a_base_is_that_of_dnf() {
    let repository = Repository::of(&[
        plain(
            "a 1-1; needs lib.so.1; needs lib.so.1(V2); needs lib.so.2; needs l = 2; needs l > 1:1; needs /opt/l",
        ),
        plain("b 1-1; needs /opt/m; needs m >= 1; needs m < 1; needs old; needs old = 3-1"),
    ]);
    let base = Repository::of(&[
        with("l 2-1; gives lib.so.1; gives lib.so.1(V1); needs gone", &[("/opt/l", REGULAR, "l", 0, 0)]),
        plain("m 1-7; obsoletes old; gives old = 3"),
        plain("m 1-6"),
    ]);
    let (mut l, mut m) = (facts("l-2-1.x86_64"), facts("m-1-7.x86_64"));
    l.provides.extend(["lib.so.1", "lib.so.1(V1)"].map(|name| Provision::exactly(name, "")));
    l.requires.push(Provision::exactly("gone", ""));
    m.provides.push(Provision::exactly("old", "3"));
    m.obsoletes.push(Provision::exactly("old", ""));
    let mut beside = BaseProvides::default();
    for package in [l, m, facts("m-1-6.x86_64")] {
        beside.add_package(package);
    }
    beside.add_file("/opt/l");
    let own = unmet(&repository, beside);
    assert_eq!(own, repoclosure(&[&repository.root, &base.root]));
    assert_eq!(own.len(), 5, "{own:#?}");
}

/// A package that gives itself.
fn facts(nevra: &str) -> PackageFacts {
    let mut package = PackageFacts::new(nevra.parse().unwrap());
    package.provides.push(Provision::exactly(&package.nevra.name, package.nevra.evr.to_string()));
    package
}
