//! What `index` says of what it can not do or passes over, and options of its own.

use std::os::unix::fs::{MetadataExt as _, symlink};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    indexing::{here, index, put, run},
    reference::files,
};

/// Names of documents, without their digests.
fn documents(here: &Utf8Path) -> Vec<(String, Utf8PathBuf)> {
    let kind = |path: &Utf8PathBuf| path.file_name().unwrap().rsplit('-').next().unwrap().to_owned();
    let paths = files(&here.join("packages/repodata")).into_iter();
    paths.map(|path| (kind(&path), path)).filter(|(kind, _)| kind != "repomd.xml").collect()
}

#[test]
fn what_is_no_directory_is_named() {
    let scratch = here();
    let here = scratch.path();
    let package = here.join("packages/good.rpm");
    for more in [&[][..], &["--dry-run"]] {
        let call = |place: &str| run(here, &[&["index", place], more].concat()).ends_with(2);
        call(package.as_str()).says([&*format!("no directory `{package}`"), "hint: ", "--pkglist"]);
        call("/nowhere").says(["no directory `/nowhere`"]);
        let out = here.join("out");
        index(here, &[more, &["--outputdir", out.as_str()]].concat())
            .ends_with(2)
            .says([&*format!("no directory `{out}`"), "hint: name a directory that is there, or make it"]);
        assert!(!out.exists());
    }
}

#[test]
fn what_is_passed_over_is_named() {
    let scratch = here();
    let here = scratch.path();
    put(here, 1, "outside/o.rpm");
    let packages = here.join("packages");
    put(here, 1, "packages/deep/p.rpm");
    for (target, name) in [
        ("/nowhere", "dangling.rpm"),
        ("/dev/null", "device.rpm"),
        ("../outside", "elsewhere"),
        ("deep", "inside"),
        ("/nowhere", "no-package"),
        ("../outside", ".hidden"),
    ] {
        symlink(target, packages.join(name)).unwrap();
    }
    let said = index(here, &["--json"]).ends_with(0);
    assert_eq!(
        said.json()["passed-over"],
        serde_json::json!(["dangling.rpm", "device.rpm", "elsewhere"].map(|name| packages.join(name)))
    );
    assert_eq!(said.stderr.matches("warning: ").count(), 3, "{}", said.stderr);
    said.says(["dangling.rpm` is passed over: it leads to nothing", "elsewhere` is passed over: links to"]);
    for quiet in [&["--skip-symlinks"][..], &["-x", "d*.rpm", "-x", "elsewhere"]] {
        assert_eq!(index(here, quiet).ends_with(0).stderr.matches("warning: ").count(), 0);
    }
}

/// A dry run reads packages as an index does, so it knows which of them are none.
#[test]
fn a_dry_run_tells_what_an_index_would_do() {
    let scratch = here();
    let here = scratch.path();
    put(here, 0, "packages/again.rpm");
    put(here, 2, "packages/other.rpm");
    fs_err::write(here.join("packages/bad.rpm"), "no package").unwrap();
    index(here, &["--dry-run"]).ends_with(2).says(["packages/bad.rpm", "--leave-out-bad"]);
    let listed = |more: &[&str]| {
        let arguments = [&["--dry-run", "--json", "--leave-out-bad"], more].concat();
        index(here, &arguments).ends_with(0).json()["would-index"].clone()
    };
    assert_eq!(listed(&[]), serde_json::json!(["again.rpm", "good.rpm", "other.rpm"]));
    let last = listed(&["--duplicated-nevra", "keep-last", "--update"]);
    assert_eq!(last, serde_json::json!(["good.rpm", "other.rpm"]));
    index(here, &["--dry-run", "--leave-out-bad", "--duplicated-nevra", "refuse"]).ends_with(2);
    index(here, &["--dry-run", "--leave-out-bad", "--add", "updateinfo=/nowhere"]).ends_with(2);
    assert_eq!(files(here), [here.join("packages")], "nothing is written");
    assert!(!here.join("packages/repodata").exists());
    // Another run of the same says the same of what is there as the index itself.
    index(here, &["--leave-out-bad", "--revision", "1900000000"]).ends_with(0);
    index(here, &["--dry-run", "--leave-out-bad", "--revision", "1800000000"]).ends_with(2).says(["older"]);
}

#[test]
fn a_cache_that_is_named_is_filled_for_a_later_update() {
    let scratch = here();
    let here = scratch.path();
    let cache = here.join("kept");
    let named = ["--cachedir", cache.as_str()];
    index(here, &[]).ends_with(0);
    assert!(!cache.exists() && !here.join("cache").exists(), "nobody asked for one");
    for _ in 0..2 {
        // Without --update everything is read again.
        let said = index(here, &[&named[..], &["--json"]].concat()).ends_with(0);
        assert_eq!(said.json()["changed"], true);
    }
    let update = [&named[..], &["--update", "--json"]].concat();
    assert_eq!(index(here, &update).ends_with(0).json()["changed"], false);
}

#[test]
fn files_have_the_time_of_the_revision_if_that_is_wanted() {
    let scratch = here();
    let here = scratch.path();
    let groups = here.join("comps.xml");
    fs_err::write(&groups, "<comps/>").unwrap();
    let wanted = ["--set-timestamp-to-revision", "--groupfile", groups.as_str(), "--database"];
    index(here, &[&wanted[..], &["--revision", "1600000000"]].concat()).ends_with(0);
    let documents = documents(here);
    assert_eq!(documents.len(), 8);
    for (_, path) in documents {
        assert_eq!(fs_err::metadata(&path).unwrap().mtime(), 1_600_000_000, "{path}");
    }
    let list = here.join("packages/repodata/repomd.xml");
    assert!(fs_err::metadata(list).unwrap().mtime() > 1_700_000_000, "as createrepo_c has it");
    index(here, &[&wanted[..], &["--revision", "soon"]].concat())
        .ends_with(2)
        .says(["takes the time from a revision that is one", "hint: give `--revision` seconds since 1970"]);
}

#[test]
fn revisions_of_another_time_are_told_of_or_asked_for() {
    let scratch = here();
    let here = scratch.path();
    let revision = |more: &[&str]| {
        let said = index(here, &[&["--json"], more].concat()).ends_with(0);
        (said.json()["revision"].as_u64().unwrap(), said.stderr.matches("in the future").count())
    };
    assert_eq!(revision(&["--revision", "1700000000"]), (1_700_000_000, 0));
    // Milliseconds, by mistake.
    assert_eq!(revision(&["--revision", "1700000000000"]), (1_700_000_000_000, 1));
    assert_eq!(revision(&[]), (1_700_000_000_001, 1));
    assert_eq!(revision(&["--update"]).1, 1);
    index(here, &["--revision", "1700000000"]).ends_with(2).says([
        "is older than 1700000000001",
        "hint: ",
        "--allow-older-revision",
    ]);
    assert_eq!(revision(&["--revision", "1700000000", "--allow-older-revision"]), (1_700_000_000, 0));
    revision(&["--revision", "1700000000000"]);
    assert!(revision(&["--allow-older-revision"]).0 < 1_700_000_000_000, "the clock's");
}

#[test]
fn old_files_go_when_nothing_has_changed_too() {
    let scratch = here();
    let here = scratch.path();
    let update = |more: &[&str]| index(here, &[&["--update"], more].concat()).ends_with(0);
    update(&[]);
    for (package, name) in [(1, "packages/b.rpm"), (2, "packages/c.rpm"), (3, "packages/d.rpm")] {
        put(here, package, name);
        update(&["--retain-old-md", "9"]);
    }
    let count = || documents(here).len();
    assert_eq!(count(), 4 * 3);
    update(&["--retain-old-md", "9"]).says(["Unchanged"]);
    assert_eq!(count(), 4 * 3);
    update(&["--retain-old-md", "2"]).says(["Unchanged"]);
    assert_eq!(count(), 3 * 3);
    update(&["--retain-old-md-by-age", "1h"]).says(["Unchanged"]);
    assert_eq!(count(), 3 * 3);
    update(&["--retain-old-md", "0"]).says(["Unchanged"]);
    assert_eq!(count(), 3);
    run(here, &["repo", "list", here.join("packages").as_str()]).ends_with(0);
}

#[test]
fn kinds_of_documents_are_refused_with_the_reason() {
    let scratch = here();
    let here = scratch.path();
    let add = |text: &str| index(here, &["--add", text]).ends_with(2);
    add("primary=x").says(["`primary` is made from the packages"]);
    add("filelists_db=x").says(["`filelists_db` is made from the packages"]);
    add("a/b=x").says(["letters, digits"]);
    add("updateinfo").says(["expected a type and a file"]);
    let updates = here.join("updateinfo.xml");
    fs_err::write(&updates, "<updates>").unwrap();
    add(&format!("updateinfo={updates}")).says([updates.as_str()]);
    let remove = |kind: &str| index(here, &["--remove", kind]);
    remove("primary").ends_with(2).says(["`primary` is made from the packages, and always listed"]);
    remove("other_db").ends_with(2).says(["databases are listed only where they are asked for"]);
    remove("updateinfo")
        .ends_with(0)
        .says(["no document of the type `updateinfo` is listed, so none is removed"]);
}
