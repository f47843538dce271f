//! What is found in a repository, beside what `dnf repoquery` finds in the same.

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{DependencyKind, Detail, Query, Repository, Specification, Template, Versions};

use crate::{
    Scratch,
    fixtures::build_packages,
    reading::{createrepo, made},
};

pub(crate) fn dnf(scratch: &Utf8Path, root: &Utf8Path, arguments: &[&str]) -> Vec<String> {
    let said = Invocation::new(Tool::Dnf, scratch)
        .args(["--quiet", "--assumeyes", "--releasever=6", "--repo=tried"])
        .arg(format!("--installroot={scratch}/root"))
        .arg(format!("--repofrompath=tried,file://{root}"))
        .args(["--setopt=reposdir=/none", "--setopt=gpgcheck=0", "--setopt=cachedir=/var/cache/dnf"])
        .args(["--setopt=metadata_expire=0", "repoquery"])
        .args(arguments)
        .run()
        .unwrap()
        .text();
    said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn packages(repository: &Repository, query: &Query) -> Vec<String> {
    let found = query.run(repository).unwrap();
    let mut found: Vec<String> = found
        .iter()
        .map(|package| {
            let (nevra, evr) = (&package.nevra, &package.nevra.evr);
            format!("{}-{}:{}.{}", nevra.name, evr.epoch, evr.version_release(), nevra.arch)
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Two spec files more: several versions of one name, and what depends on it in many ways.
const VERSIONS: [&str; 3] = ["1.0-1", "1.9-1", "1.10-0.1"];

use DependencyKind::{Conflicts, Obsoletes, Provides, Recommends, Requires, Suggests};

/// What is asked for.
const WHATS: [(DependencyKind, &str); 42] = [
    (Provides, "virtual"),
    (Provides, "virtual = 2:1-1"),
    (Provides, "virtual = 2:1"),
    (Provides, "virtual < 2:1"),
    (Provides, "virtual >= 3"),
    (Provides, "plain"),
    (Provides, "plain = 3"),
    (Provides, "feature >= 1:1.9"),
    (Provides, "feature > 1:1.9"),
    (Provides, "feature < 1.9"),
    (Provides, "tool(x)"),
    (Provides, "every*"),
    (Provides, "EVERY*"),
    (Requires, "EVERYTHING"),
    (Provides, "/usr/bin/own-tool"),
    (Provides, "/opt/data/own-data"),
    (Provides, "/opt/v-*"),
    (Provides, "nothing-has-this"),
    (Requires, "versioned"),
    (Requires, "versioned = 1.9"),
    (Requires, "versioned = 1.9-1"),
    (Requires, "versioned-1.9-1"),
    (Requires, "versioned-1.9-1.noarch"),
    (Requires, "everything"),
    (Requires, "everything-empty"),
    (Requires, "feature"),
    (Requires, "feature < 1:1.5"),
    (Requires, "tool(x)"),
    (Requires, "nothing"),
    (Requires, "a"),
    (Requires, "/opt/data/own-data"),
    (Requires, "chkconfig"),
    (Requires, "lib*"),
    (Conflicts, "enemy"),
    (Conflicts, "enemy > 2"),
    (Conflicts, "other"),
    (Conflicts, "other = 1.5"),
    (Obsoletes, "older"),
    (Obsoletes, "older = 1:0.9-1"),
    (Obsoletes, "versioned = 1.0"),
    (Recommends, "everything"),
    (Suggests, "virtual"),
];

fn repository() -> Scratch {
    let scratch = made(&["--no-database"]);
    for version in VERSIONS {
        let (version, release) = version.split_once('-').unwrap();
        let spec = format!(
            "Name: versioned\nVersion: {version}\nRelease: {release}\nSummary: s\nLicense: MIT\nBuildArch: noarch\n\
             Provides: feature = 1:{version}, tool(x), /opt/given\nRequires: /opt/data/own-data, feature >= 1:{version}\n\
             Conflicts: other < {version}\n%description\nd\n%install\nmkdir -p %{{buildroot}}/opt/v-{version}\n\
             %files\n/opt/v-{version}\n%package extra\nSummary: e\nRequires: versioned = {version}-{release}\n\
             Requires: (tool(x) or nothing)\nRecommends: everything\nSuggests: virtual > 1\n\
             Obsoletes: versioned < {version}\n\
             %description extra\ne\n%files extra\n"
        );
        let built = Scratch::new();
        for (name, path) in build_packages(&built, &spec) {
            fs_err::copy(path, scratch.path().join("Packages").join(name)).unwrap();
        }
    }
    createrepo(scratch.path(), &["--no-database"]);
    scratch
}

#[test]
fn the_same_is_found_as_dnf_finds() {
    let scratch = repository();
    let repository = Repository::open(scratch.path()).unwrap();
    let work = Scratch::new();
    let options = |kind| match kind {
        Provides => "--whatprovides",
        Requires => "--whatrequires",
        Conflicts => "--whatconflicts",
        Obsoletes => "--whatobsoletes",
        Recommends => "--whatrecommends",
        _ => "--whatsuggests",
    };
    for (kind, asked) in WHATS {
        let query = Query { what: vec![(kind, vec![asked.to_owned()])], ..Query::default() };
        let expected = dnf(work.path(), scratch.path(), &[options(kind), asked]);
        assert_eq!(packages(&repository, &query), expected, "{kind:?} {asked}");
    }
    let names = [
        "versioned",
        "versioned.noarch",
        "versioned-1.9",
        "versioned-1.9-1",
        "versioned-1.9-1.noarch",
        "versioned-0:1.9-1.noarch",
        "versioned-*",
        "v*-1.*",
        "every*",
        "EVERY*",
        "Versioned-1.9",
        "versioned.NOARCH",
        "everything.src",
        "*",
        "none",
        "everything-7:1.2",
    ];
    for name in names {
        let query = Query { packages: vec![Specification::parse(name)], ..Query::default() };
        assert_eq!(packages(&repository, &query), dnf(work.path(), scratch.path(), &[name]), "{name}");
        let latest = Query { versions: Versions::Latest(std::num::NonZeroUsize::MIN), ..query };
        let expected = dnf(work.path(), scratch.path(), &["--latest-limit=1", name]);
        assert_eq!(packages(&repository, &latest), expected, "latest {name}");
    }
    // Paths in place of names: what owns them. `/opt/given` is only provided.
    for path in [
        "/opt/data/own-data",
        "/usr/bin/own-tool",
        "/usr/bin/*",
        "*/own-tool",
        "/OPT/v-1.9",
        "/nowhere",
        "/opt/given",
    ] {
        let query = Query { packages: vec![Specification::parse(path)], ..Query::default() };
        assert_eq!(packages(&repository, &query), dnf(work.path(), scratch.path(), &[path]), "{path}");
    }
    for path in ["/opt/data/own-data", "/usr/bin/*", "/opt/v-1.9", "/OPT/v-1.9", "/nowhere"] {
        let query = Query { files: vec![path.to_owned()], ..Query::default() };
        assert_eq!(
            packages(&repository, &query),
            dnf(work.path(), scratch.path(), &["--file", path]),
            "{path}"
        );
    }
}

#[test]
fn lists_of_packages_are_those_that_dnf_prints() {
    let scratch = repository();
    let repository = Repository::open(scratch.path()).unwrap();
    let work = Scratch::new();
    for name in ["everything", "versioned-extra", "everything.noarch", "libstuff++-devel"] {
        let query = Query { packages: vec![Specification::parse(name)], ..Query::default() };
        for (kind, option) in [
            (DependencyKind::Provides, "--provides"),
            (DependencyKind::Requires, "--requires"),
            (DependencyKind::Conflicts, "--conflicts"),
            (DependencyKind::Obsoletes, "--obsoletes"),
            (DependencyKind::Recommends, "--recommends"),
        ] {
            let found = query.run(&repository).unwrap();
            let mut lines: Vec<String> = found
                .iter()
                .flat_map(|package| package.dependencies.of(kind).iter().map(ToString::to_string))
                .collect();
            lines.sort();
            lines.dedup();
            assert_eq!(lines, dnf(work.path(), scratch.path(), &[option, name]), "{name} {option}");
        }
        if name == "everything" {
            // dnf shows the files of source packages with a slash that they do not have.
            continue;
        }
        let files = Query { detail: Detail::Files, ..query.clone() }.run(&repository).unwrap();
        let mut files: Vec<String> =
            files.iter().flat_map(|package| package.files.iter().map(|file| file.path.clone())).collect();
        files.sort();
        files.dedup();
        assert_eq!(files, dnf(work.path(), scratch.path(), &["--list", name]), "{name}");
    }
    let query = Query {
        packages: vec![Specification::parse("everything-empty")],
        detail: Detail::Changelogs,
        ..Query::default()
    };
    assert_eq!(query.run(&repository).unwrap()[0].changelog.len(), 10);
}

#[test]
fn lines_are_made_of_placeholders() {
    let scratch = repository();
    let repository = Repository::open(scratch.path()).unwrap();
    let query = Query { packages: vec![Specification::parse("versioned-1.9")], ..Query::default() };
    let package = &query.run(&repository).unwrap()[0];
    let template = Template::parse("%{nevra}\\t%{epoch} %{license} 100% %{location}").unwrap();
    let expected =
        format!("versioned-1.9-1.noarch\t0 MIT 100% {}/Packages/versioned-1.9-1.noarch.rpm", scratch.path());
    assert_eq!(template.render(&repository, package), expected);
    for wrong in ["%{nothing}", "%{name"] {
        assert!(Template::parse(wrong).is_err(), "{wrong}");
    }
}
