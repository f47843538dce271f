//! What differs between two repositories, kind by kind.

use allocation_counter::measure;
use camino::Utf8Path;
use xen4centos_repodata::{Change, Difference, Ignored, Replacement, Repository, Telling, difference};

use crate::{
    Scratch,
    fixtures::build_packages,
    reading::{createrepo, made},
};

/// A repository of packages: name, version, and lines of the spec besides.
fn repository(packages: &[(&str, &str, &str)], arguments: &[&str]) -> Scratch {
    let scratch = Scratch::new();
    fs_err::create_dir(scratch.path().join("p")).unwrap();
    for (name, evr, lines) in packages {
        let (version, release) = evr.split_once('-').unwrap();
        let summary = if lines.contains("Summary:") { "" } else { "Summary: s\n" };
        let end = if lines.contains("%files") { "" } else { "%description\nd\n%files\n" };
        let spec = format!(
            "Name: {name}\nVersion: {version}\nRelease: {release}\n{summary}License: MIT\nBuildArch: noarch\n{lines}\n{end}"
        );
        let built = Scratch::new();
        for (name, path) in build_packages(&built, &spec) {
            if !name.ends_with(".src.rpm") {
                fs_err::copy(path, scratch.path().join("p").join(name)).unwrap();
            }
        }
    }
    createrepo(scratch.path(), arguments);
    scratch
}

fn compare(before: &Utf8Path, after: &Utf8Path, ignored: &[&str]) -> Difference {
    let open = |root| Repository::open(root).unwrap();
    let ignored = Ignored::new(ignored.iter().copied()).unwrap();
    difference(&open(before), &open(after), &ignored, Telling::Changes).unwrap()
}

const FILES: &str =
    "%description\nd\n%install\nmkdir -p %{buildroot}/opt/a; touch %{buildroot}/opt/a/ONE\n%files\n/opt/a\n";
const LOG: &str = "%changelog\n* Sun Nov 01 2015 A <a@b> - 1\n- first\n";

const NEWER: &str =
    "%changelog\n* Mon Nov 02 2015 A <a@b> - 2\n- second\n\n* Sun Nov 01 2015 A <a@b> - 1\n- first\n";

/// Two repositories that differ in all ways.
fn two() -> (Scratch, Scratch) {
    let files = |name: &str, log: &str| FILES.replace("ONE", name) + log;
    let before = repository(
        &[
            ("same", "1-1", ""),
            ("gone", "1-1", ""),
            ("up", "1-1", &format!("Requires: a >= 1, b\n{}", files("one", LOG))),
            ("down", "2-1", ""),
            ("rebuilt", "1-1", "URL: http://a"),
            ("many", "1-1", ""),
            ("many", "2-1", ""),
        ],
        &["--content", "x"],
    );
    let after = repository(
        &[
            ("new", "1-1", ""),
            ("up", "1.10-1", &format!("Summary: t\nRequires: a >= 2, b\n{}", files("two", NEWER))),
            ("down", "1-1", ""),
            ("rebuilt", "1-1", "URL: http://b"),
            ("many", "3-1", ""),
        ],
        &[],
    );
    for file in crate::files(&before.path().join("p")) {
        let name = file.file_name().unwrap();
        if name.starts_with("same") || name.starts_with("many-2-1") {
            fs_err::copy(&file, after.path().join("p").join(name)).unwrap();
        }
    }
    createrepo(after.path(), &["--repo", "y", "--no-database"]);
    (before, after)
}

#[test]
fn every_package_that_differs_is_told() {
    let (before, after) = two();
    let found = compare(before.path(), after.path(), &["time"]);
    let names =
        |list: &[xen4centos_artifact::Nevra]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&found.added), ["new-1-1.noarch"]);
    assert_eq!(names(&found.removed), ["gone-1-1.noarch"]);
    let replaced: Vec<String> = found
        .replaced
        .iter()
        .map(|one| format!("{} {} {:?}", one.before, one.after.evr, one.replacement))
        .collect();
    assert_eq!(
        replaced,
        [
            "down-2-1.noarch 1-1 Downgrade",
            "many-1-1.noarch 3-1 Upgrade",
            "rebuilt-1-1.noarch 1-1 Rebuilt",
            "up-1-1.noarch 1.10-1 Upgrade",
        ]
    );
    let names: Vec<&str> = found.repository.iter().map(Change::name).collect();
    assert_eq!(names, ["documents", "tags"]);
}

#[test]
fn everything_that_differs_in_a_package_is_told() {
    let (before, after) = two();
    let found = compare(before.path(), after.path(), &["time"]);
    let up = &found.replaced[3].changes;
    let list = |name: &str| {
        up.iter().find_map(|change| match change {
            Change::List { name: found, added, removed } if found == name => {
                Some((added.join(","), removed.join(",")))
            }
            _ => None,
        })
    };
    let pair = |added: &str, removed: &str| Some((added.to_owned(), removed.to_owned()));
    assert_eq!(list("requires"), pair("a >= 2", "a >= 1"));
    assert_eq!(list("provides"), pair("up = 1.10-1", "up = 1-1"));
    assert_eq!(list("files"), pair("/opt/a/two", "/opt/a/one"));
    assert_eq!(list("changelog"), pair("A <a@b> - 2\n- second", ""));
    assert_eq!(up[0], Change::Field { name: "summary".into(), before: "s".into(), after: "t".into() });
    let place = |name: &str| up.iter().position(|change| change.name() == name).unwrap();
    assert!(place("changelog") < place("href"));
}

#[test]
fn what_is_ignored_is_no_difference() {
    let (before, after) = (made(&["--no-database"]), made(&["--no-database", "--revision", "3"]));
    // The packages were copied at different times, and lie elsewhere.
    fs_err::rename(after.path().join("Packages"), after.path().join("q")).unwrap();
    createrepo(after.path(), &["--no-database", "--baseurl", "http://x"]);
    let found = compare(before.path(), after.path(), &["time"]);
    assert!(found.added.is_empty() && found.removed.is_empty());
    assert_eq!(found.replaced.len(), 4);
    for replaced in &found.replaced {
        assert_eq!(replaced.replacement, Replacement::Described);
        let names: Vec<&str> = replaced.changes.iter().map(Change::name).collect();
        assert_eq!(names, ["href", "base"]);
    }
    let found = compare(before.path(), after.path(), &["time", "href", "base", "revision"]);
    assert!(found.is_empty(), "{found:?}");
    assert!(Ignored::new(["nonsense"]).unwrap_err().to_string().contains("there are: summary, "));
}

#[test]
fn groups_are_compared_by_their_ids() {
    let groups = |body: &str| format!("<?xml version=\"1.0\"?>\n<comps>\n{body}</comps>\n");
    let group = |id: &str, name: &str| format!("<group>\n<id>{id}</id>\n<name>{name}</name>\n</group>\n");
    let with = |text: &str| {
        let scratch = Scratch::new();
        fs_err::write(scratch.path().join("comps.xml"), text).unwrap();
        createrepo(scratch.path(), &["--no-database", "--groupfile", "comps.xml"]);
        scratch
    };
    let before = with(&groups(&(group("core", "Core") + &group("old", "Old"))));
    let after = with(&groups(&(group("new", "New") + &group("core", "Kern"))));
    let list = |name: &str, added: &str, removed: &str| Change::List {
        name: name.into(),
        added: vec![added.into()],
        removed: vec![removed.into()],
    };
    assert_eq!(
        compare(before.path(), after.path(), &[]).repository,
        [
            list("groups", "group `new`", "group `old`"),
            list("group `core`", "<name>Kern</name>", "<name>Core</name>"),
        ]
    );
}

/// Of a package only a digest is held: memory does not grow with what is said of it.
#[test]
fn memory_does_not_grow_with_files() {
    let scratch = Scratch::new();
    crate::merging::write_large(scratch.path(), 2000, 200);
    let mut found = None;
    let spent = measure(|| found = Some(compare(scratch.path(), scratch.path(), &[])));
    assert!(found.unwrap().is_empty());
    // 2,000 packages with 200 files each take some 40 MB as values.
    assert!(spent.bytes_max < 12_000_000, "{spent:?}");
}
