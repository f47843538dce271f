//! The main job as users meet it: from nothing, again, and after a change.

use std::{collections::BTreeMap, time::SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

use crate::workshop::{ProjectCopy, Published, Work, files_below};

type Times = BTreeMap<Utf8PathBuf, SystemTime>;

#[track_caller]
fn assert_untouched(before: &Times, after: &Times) {
    let other = |one: &Times, two: &Times| -> Vec<Utf8PathBuf> {
        one.iter().filter(|&(file, time)| two.get(file) != Some(time)).map(|(file, _)| file.clone()).collect()
    };
    assert_eq!((other(before, after), other(after, before)), (Vec::new(), Vec::new()));
}

/// When each file below a directory was last written.
fn times(directory: &Utf8Path) -> Times {
    let time = |file: Utf8PathBuf| {
        let written = fs_err::symlink_metadata(directory.join(&file)).unwrap().modified().unwrap();
        (file, written)
    };
    files_below(directory).into_iter().map(time).collect()
}

#[test]
fn nothing_becomes_a_repository() {
    let published = Published::get();
    let run = published
        .run
        .clone()
        .ends_with(0)
        .says(["Built xen: 7 packages", "Published 14 packages as state 1"]);
    let report = run.json();
    assert_eq!(report["target"], "local");
    assert_eq!(report["channel"], "quickstart");
    assert_eq!(report["changed"], true);
    assert_eq!(report["state"], 1);
    assert!(report["revision"].as_u64().unwrap() > 0);
    assert_eq!(report["repository"], published.channel().as_str());
    let key = report["key"].as_str().unwrap();
    assert!(key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    let rows = report["packages"].as_array().unwrap();
    assert_eq!(rows.len(), published.packages().len());
    for (package, row) in published.packages().iter().zip(rows) {
        let nevra = row["nevra"].as_str().unwrap().replace("10:", "");
        assert_eq!(package.file_stem().unwrap(), nevra);
        assert_eq!(row["sha256"].as_str().unwrap().len(), 64);
    }
    let metadata = published.channel().join("repodata");
    for file in ["repomd.xml", "repomd.xml.asc"] {
        assert!(metadata.join(file).is_file(), "{file}");
    }
    // Miniatures are without the patches for upstream's tree, and hosts are not told that they had them.
    run.says([
        "Not listed CESA-2026:X0001: nothing shows that xen-4.2.5-39.el6.centos.alt was built with its fix",
    ]);
    assert!(!files_below(&metadata).iter().any(|file| file.as_str().contains("updateinfo")));
}

#[test]
fn second_run_does_nothing_and_says_so() {
    let work = Work::published();
    // What was verified is known by its inode, too, which a copy does not keep.
    work.run(&["release"]).ends_with(0);
    let before = times(work.path());
    let report = work.run(&["release", "--json"]).ends_with(0).says(["Unchanged nothing to do"]).json();
    assert_eq!(report["changed"], false);
    assert_eq!(report["packages"].as_array().unwrap().len(), 14);
    assert_untouched(&before, &times(work.path()));
    let history = work.run(&["publish", "--history", "--json"]).ends_with(0).json();
    assert_eq!(history.as_array().unwrap().len(), 1);
    assert_eq!(history[0]["number"], 1);
}

#[test]
fn dry_run_shows_what_would_be_done_and_does_nothing() {
    let work = Work::published();
    let before = times(work.path());
    work.run(&["release", "--dry-run", "--without", "xen:docs"])
        .ends_with(0)
        .prints([
            "xen                  4.2.5-39.el6.centos.alt  out-of-date\n",
            "option docs is off, by command line",
        ])
        .prints(["kernel               3.4.113-1.el6.centos.alt published\n"]);
    let rows = work.run(&["release", "--dry-run", "--json"]).ends_with(0).json();
    assert_eq!(rows.as_array().unwrap().len(), 3);
    assert!(rows.as_array().unwrap().iter().all(|row| row["state"] == "published"));
    // The plan may note what it found out; what was made stays as it is.
    let made = |times: Times| -> Times {
        let parts = ["builds", "signed", "publish", "keys"];
        times.into_iter().filter(|(file, _)| parts.iter().any(|part| file.starts_with(part))).collect()
    };
    assert_untouched(&made(before), &made(times(work.path())));
}

#[test]
fn dry_run_of_a_new_work_directory_makes_no_key() {
    let copy = ProjectCopy::new();
    let work = Work::new(copy.path());
    work.run(&["release", "--dry-run", "centos-release-xen"])
        .ends_with(0)
        .prints(["centos-release-xen", "the first release makes"]);
    for part in ["keys", "builds", "signed", "publish"] {
        assert!(!work.path().join(part).exists(), "{part}");
    }
}

#[test]
fn status_names_the_reason() {
    let published = Published::get();
    let states = |arguments: &[&str]| published.run(arguments).ends_with(0).json();
    for row in states(&["status", "--json"]).as_array().unwrap() {
        assert_eq!((&row["state"], &row["reasons"]), (&"published".into(), &serde_json::json!([])));
    }
    let rows = states(&["status", "--json", "--without", "xen:docs"]);
    assert_eq!(rows[1]["state"], "published");
    assert_eq!(rows[2]["package"], "xen");
    assert_eq!(rows[2]["state"], "out-of-date");
    assert_eq!(rows[2]["reasons"][0], "option docs is off, by command line");
    assert!(rows[2]["off"].as_array().unwrap().contains(&"xend (by target local)".into()));
}

#[test]
fn status_sees_what_changed_in_the_project() {
    let copy = ProjectCopy::new();
    copy.edit("specs/xen/xen.spec.tera", "Descriptions of Xen's interfaces", "Words about Xen's interfaces");
    copy.edit("specs/centos-release-xen/sources/grub-bootxen.sh", "#!/bin/sh\n", "#!/bin/sh\n# Mended.\n");
    // The kernel did not change, although the project lies elsewhere.
    let work = Work::published().with_project(copy.path());
    work.run(&["status"]).ends_with(0).prints([
        "source grub-bootxen.sh changed",
        "the rendered spec changed",
        "kernel               3.4.113-1",
    ]);
    let rows = work.run(&["status", "--json"]).ends_with(0).json();
    let states: Vec<&str> =
        rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["out-of-date", "published", "out-of-date"]);
    work.run(&["render", "--diff", "xen"]).ends_with(0).prints([
        "--- xen.spec (built)",
        "+++ xen.spec (now)",
        "+Words about Xen's interfaces",
    ]);
    work.run(&["build", "--dry-run", "centos-release-xen"])
        .ends_with(0)
        .prints(["out-of-date\n", "source grub-bootxen.sh changed"]);
}

/// Two CI jobs at once, in one work directory.
#[test]
fn second_run_waits_for_the_first() {
    let copy = ProjectCopy::with_small_package("sleep 1");
    let work = Work::new(copy.path());
    let release = work.call(&["release", "--target", "small"]);
    let mut first = release.start();
    assert!(first.reaches(&["Building"]).is_some());
    release.run().ends_with(0).says(["Waiting for another run", "Unchanged"]);
    let history = work.run(&["publish", "--target", "small", "--history", "--json"]).ends_with(0).json();
    assert_eq!(history.as_array().unwrap().len(), 1);
}

#[test]
fn quiet_run_says_nothing() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    let run = work.run(&["release", "--target", "small", "--quiet", "--json"]).ends_with(0);
    assert_eq!(run.stderr, "");
    assert_eq!(run.json()["changed"], true);
}

/// A maintainer's day: an advisory's patch, a release number, a changelog entry, and nothing in the program.
#[test]
fn security_update_builds_one_package_and_keeps_the_old_one() {
    let copy = ProjectCopy::new();
    let source = fs_err::read_to_string(copy.path().join("specs/xen/miniature/xen/hypervisor.c")).unwrap();
    let first = source.lines().next().unwrap();
    let patch = format!(
        "--- a/xen/hypervisor.c\n+++ b/xen/hypervisor.c\n@@ -1,1 +1,2 @@\n+const int mended = 1;\n {first}\n"
    );
    copy.write("specs/xen/patches/xsa108.patch", &patch);
    let package = "specs/xen/package.toml";
    copy.edit(package, "release = \"39\"", "release = \"40\"");
    let text = fs_err::read_to_string(copy.path().join(package)).unwrap();
    let (before, after) = text.split_once("[[changelog]]\n").unwrap();
    let update = "[[patch]]\nfile = \"xsa108.patch\"\nadvisory = \"XSA-108\"\nsummary = \"x2APIC reads\"\n\n\
                  [[changelog]]\ndate = \"2026-11-26\"\nauthor = \"Nobody <nobody@localhost>\"\n\
                  version = \"4.2.5-40\"\nentries = [\"XSA-108\"]\n\n";
    copy.write(package, &format!("{before}{update}[[changelog]]\n{after}"));

    let work = Work::published().with_project(copy.path());
    work.run(&["status"]).ends_with(0).prints([
        "version 4.2.5-40.el6.centos.alt (was 4.2.5-39.el6.centos.alt)",
        "source xsa108.patch is new",
    ]);
    // A patch that does not apply stops everything, and is named.
    copy.write("specs/xen/patches/xsa108.patch", &patch.replace(first, "int not_there;"));
    work.run(&["release"]).ends_with(4).says(["ADV-PATCH-002 xsa108.patch: "]);
    copy.write("specs/xen/patches/xsa108.patch", &patch);
    let run = work.run(&["release", "--json"]).ends_with(0).says(["Building xen"]);
    assert!(!run.stderr.contains("Building kernel"), "{}", run.stderr);
    assert_eq!(run.json()["state"], 2);
    let names: Vec<String> = files_below(&work.channel().canonicalize_utf8().unwrap())
        .into_iter()
        .filter_map(|file| file.file_name().map(str::to_owned))
        .collect();
    for release in ["39", "40"] {
        let name = format!("xen-hypervisor-4.2.5-{release}.el6.centos.alt.x86_64.rpm");
        assert!(names.contains(&name), "{name} of {names:?}");
    }
}
