//! What a second run of `index` finds, and what it says: nothing that has not changed is written again, and nothing that is
//! wrong is told only once.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::{
    indexing::{index, put},
    program::{Call, Run},
    reference::{Scratch, files},
};

/// Two packages.
fn here() -> Scratch {
    let scratch = Scratch::new();
    for (package, name) in [(0, "packages/a.rpm"), (1, "packages/b.rpm")] {
        put(scratch.path(), package, name);
    }
    scratch
}

/// Where none can be had.
fn homeless(here: &Utf8Path, arguments: &[&str]) -> Run {
    let packages = here.join("packages");
    Call::new(["index", packages.as_str()]).args(arguments).env("HOME", "").run()
}

/// All files of the metadata: names, contents and times.
fn state(here: &Utf8Path) -> Vec<(Utf8PathBuf, Vec<u8>, std::time::SystemTime)> {
    let read = |path: Utf8PathBuf| {
        let modified = fs_err::metadata(&path).unwrap().modified().unwrap();
        let bytes = fs_err::read(&path).unwrap();
        (path, bytes, modified)
    };
    files(&here.join("packages/repodata")).into_iter().map(read).collect()
}

#[test]
fn the_first_update_changes_nothing_where_nothing_has_changed() {
    for update in [index, homeless] {
        for form in [
            &[][..],
            &["--database", "--simple-md-filenames"],
            &["--set-timestamp-to-revision", "--revision", "1700000000"],
        ] {
            let scratch = here();
            let here = scratch.path();
            index(here, form).ends_with(0).says(["Indexed", "/packages: 2 packages\n"]);
            let before = state(here);
            let again = [&["--update"], form].concat();
            for _ in 0..2 {
                update(here, &again).ends_with(0).says(["Unchanged", "/packages: 2 packages\n"]);
                assert!(state(here) == before, "{form:?}");
            }
            // The cache that was written is lost.
            fs_err::remove_dir_all(here.join("cache")).unwrap_or_default();
            update(here, &again).ends_with(0).says(["Unchanged"]);
            assert!(state(here) == before && !here.join("packages/.repodata.new").exists());
            // What has changed is seen.
            put(here, 2, "packages/c.rpm");
            update(here, &again).ends_with(0).says(["Indexed", "/packages: 3 packages (1 "]);
            assert!(state(here) != before);
        }
    }
}

#[test]
fn an_update_changes_what_is_asked_for_and_what_is_damaged() {
    let scratch = here();
    let here = scratch.path();
    let changed = |arguments: &[&str]| {
        let said = index(here, &[&["--update", "--json"], arguments].concat()).ends_with(0);
        said.json()["changed"] == Value::Bool(true)
    };
    index(here, &["--revision", "1700000000"]).ends_with(0);
    assert!(!changed(&[]));
    assert!(!changed(&["--revision", "1700000000"]));
    assert!(changed(&["--revision", "1700000000", "--set-timestamp-to-revision"]), "files have other times");
    assert!(changed(&["--revision", "1700000001"]));
    assert!(changed(&["--content", "x"]) && !changed(&["--content", "x"]));
    // A document that is not what the list says, at its size.
    let primary =
        state(here).into_iter().find(|(path, ..)| path.as_str().ends_with("primary.xml.gz")).unwrap();
    let mut bytes = primary.1.clone();
    bytes[100] ^= 1;
    fs_err::write(&primary.0, bytes).unwrap();
    fs_err::remove_dir_all(here.join("cache")).unwrap();
    assert!(changed(&["--content", "x"]));
    Call::new(["repo", "list", here.join("packages").as_str()]).run().ends_with(0);
}

/// What is known of packages without a cache is what the metadata says of files of the same size and time.
#[test]
fn without_a_cache_packages_are_known_from_the_metadata() {
    let scratch = here();
    let here = scratch.path();
    homeless(here, &[]).ends_with(0);
    let other = here.join("packages/b.rpm");
    let modified = fs_err::metadata(&other).unwrap().modified().unwrap();
    // Nobody reads a file that is known: what is in this one is not noticed until its time is another.
    let mut bytes = fs_err::read(&other).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs_err::write(&other, bytes).unwrap();
    let file = fs_err::OpenOptions::new().append(true).open(&other).unwrap();
    file.file().set_modified(modified).unwrap();
    homeless(here, &["--update"])
        .ends_with(0)
        .says(["warning: packages are known from the metadata", "Unchanged"]);
    file.file().set_modified(modified + std::time::Duration::from_secs(2)).unwrap();
    homeless(here, &["--update", "--skip-stat"]).ends_with(0).says(["Unchanged"]);
    homeless(here, &["--update"]).ends_with(0).says(["Indexed"]);
}

#[test]
fn bad_packages_are_named_in_every_run() {
    let scratch = here();
    let here = scratch.path();
    let bad = here.join("packages/bad.rpm");
    fs_err::write(&bad, "no package").unwrap();
    put(here, 0, "packages/again.rpm");
    let arguments = ["--update", "--leave-out-bad", "--duplicated-nevra", "keep-last"];
    for (number, verb) in ["Indexed", "Unchanged", "Unchanged"].into_iter().enumerate() {
        let said = index(here, &arguments).ends_with(0);
        said.says([
            verb,
            "/packages: 2 packages",
            ", 2 left out\n",
            &format!("warning: left out: bad package `{bad}`"),
        ]);
        if number == 1 {
            fs_err::remove_dir_all(here.join("cache")).unwrap();
        }
        let json = index(here, &[&arguments[..], &["--json"]].concat()).ends_with(0).json();
        assert_eq!((&json["packages"], &json["changed"]), (&Value::from(2), &Value::Bool(false)));
        let left_out = json["left-out"].as_array().unwrap();
        let of_bad = left_out.iter().find(|one| one["package"] == bad.as_str()).unwrap();
        assert!(of_bad["reason"].as_str().unwrap().starts_with("bad package `"), "{json}");
        assert_eq!(left_out.len(), 2);
    }
    // It was mended, as far as its size and time tell.
    put(here, 2, "packages/bad.rpm");
    let json = index(here, &[&arguments[..], &["--json"]].concat()).ends_with(0).json();
    assert_eq!((&json["packages"], json["left-out"].as_array().map(Vec::len)), (&Value::from(3), Some(1)));
}

#[test]
fn a_signature_that_goes_is_told_of() {
    let scratch = here();
    let here = scratch.path();
    index(here, &["--update"]).ends_with(0);
    let signature = here.join("packages/repodata/repomd.xml.asc");
    fs_err::write(&signature, "signature").unwrap();
    let unchanged = index(here, &["--update", "--json"]).ends_with(0).json();
    assert_eq!(unchanged["signature-dropped"], Value::Bool(false));
    assert!(signature.exists());
    put(here, 2, "packages/c.rpm");
    let said = index(here, &["--update", "--json"]).ends_with(0);
    assert_eq!(said.json()["signature-dropped"], Value::Bool(true));
    said.says([&*format!("warning: `{signature}` is gone"), "sign the new one"]);
    assert!(!signature.exists());
}

#[test]
fn a_revision_of_a_time_to_come_is_taken_back() {
    let scratch = here();
    let here = scratch.path();
    index(here, &["--revision", "4102444800"]).ends_with(0);
    let kept = index(here, &["--update", "--json"]).ends_with(0).json();
    assert_eq!((&kept["changed"], &kept["revision"]), (&Value::Bool(false), &4_102_444_800_u64.into()));
    let back = index(here, &["--update", "--allow-older-revision", "--json"]).ends_with(0).json();
    assert_eq!(back["changed"], Value::Bool(true));
    assert!(back["revision"].as_u64().unwrap() < 4_102_444_800, "{back}");
}

#[test]
fn kinds_of_any_name_can_be_removed() {
    let scratch = here();
    let here = scratch.path();
    index(here, &["--remove", "foo.bar"]).ends_with(0);
    index(here, &["--remove", "primary_zck"]).ends_with(2).says(["is made from the packages"]);
}

#[test]
fn an_index_that_writes_the_same_replaces_no_state() {
    let scratch = here();
    let here = scratch.path();
    let documents = || -> Vec<Utf8PathBuf> { state(here).into_iter().map(|(path, ..)| path).collect() };
    index(here, &[]).ends_with(0);
    let first = documents();
    put(here, 2, "packages/c.rpm");
    index(here, &[]).ends_with(0);
    index(here, &[]).ends_with(0);
    let there = documents();
    assert!(first.iter().all(|path| there.contains(path)), "clients with the first list: {there:#?}");
}
