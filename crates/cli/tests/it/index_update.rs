//! What an update says of itself: what became of the list, and what it can not keep.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use xen4centos_process::{Invocation, Tool};

use crate::{
    indexing::{here, index, put, run},
    program::{Call, Run},
    reference::{Scratch, files, odd},
    workshop::Work,
};

fn update(here: &Utf8Path, more: &[&str]) -> Run {
    index(here, &[&["--update"], more].concat()).ends_with(0)
}

#[test]
fn what_became_of_the_list_is_told() {
    let scratch = here();
    let here = scratch.path();
    put(here, 1, "packages/other.rpm");
    put(here, 2, "packages/third.rpm");
    update(here, &[]).says(["/packages: 3 packages (3 new, 0 replaced, 0 gone)\n"]);
    fs_err::remove_file(here.join("packages/other.rpm")).unwrap();
    fs_err::remove_file(here.join("packages/good.rpm")).unwrap();
    put(here, 1, "packages/good.rpm");
    put(here, 0, "packages/new.rpm");
    let dry = update(here, &["--dry-run"]);
    assert_eq!(dry.stdout, "would add new.rpm\nwould replace good.rpm\nwould remove other.rpm\n");
    dry.says(["Would index 3 packages (1 new, 1 replaced, 1 gone)\n"]);
    let changes = |json: &Value| ["changed", "added", "replaced", "removed"].map(|name| json[name].clone());
    let expected = [json!(true), json!(["new.rpm"]), json!(["good.rpm"]), json!(["other.rpm"])];
    assert_eq!(changes(&update(here, &["--dry-run", "--json"]).json()), expected);
    let done = index(here, &["--update", "--verbose", "--json"]).ends_with(0).json();
    assert_eq!((changes(&done), &done["read"]), (expected, &json!(2)));
    put(here, 2, "packages/more.rpm");
    let said = update(here, &["--verbose"]);
    said.says(["added more.rpm\n", "/packages: 4 packages (1 new, 0 replaced, 0 gone)\n"]);
    let same = update(here, &["--json"]).json();
    assert_eq!(changes(&same), [json!(false), json!([]), json!([]), json!([])]);
    update(here, &["--dry-run"]).says(["Unchanged nothing to write: 4 packages\n"]);
    // Without a cache it is known from the list.
    fs_err::remove_dir_all(here.join("cache")).unwrap();
    put(here, 0, "packages/last.rpm");
    let known = update(here, &["--json"]).json();
    assert_eq!(changes(&known), [json!(true), json!(["last.rpm"]), json!([]), json!([])]);
    for file in files(&here.join("packages")).iter().filter(|file| file.extension() == Some("rpm")) {
        fs_err::remove_file(file).unwrap();
    }
    update(here, &[]).says(["warning: no package is listed", "0 packages (0 new, 0 replaced, 5 gone)\n"]);
}

#[test]
fn a_package_that_another_one_takes_the_place_of_is_named() {
    let scratch = here();
    let here = scratch.path();
    put(here, 0, "packages/again.rpm");
    let arguments = ["--update", "--duplicated-nevra", "keep-last"];
    let left_out = here.join("packages/again.rpm");
    for _ in 0..3 {
        index(here, &arguments).ends_with(0).says([
            &*format!("warning: left out: `{left_out}`: "),
            "is there more than once",
            "1 package",
            ", 1 left out\n",
        ]);
        let json = index(here, &[&arguments[..], &["--json"]].concat()).ends_with(0).json();
        assert_eq!(json["left-out"][0]["package"], left_out.as_str());
        assert!(json["left-out"][0]["reason"].as_str().unwrap().contains("is there more than once"));
    }
    index(here, &["--update"]).ends_with(0).says(["is there more than once: `", "2 packages"]);
    update(here, &[]).says(["is there more than once: `", "Unchanged"]);
}

/// Texts with characters that XML forbids, in packages that are read once.
#[test]
fn what_is_left_out_of_texts_is_told_in_every_run() {
    let scratch = here();
    let here = scratch.path();
    let bell = odd::packages().iter().find(|path| path.as_str().contains("odd-bell-1-1")).unwrap();
    fs_err::copy(bell, here.join("packages/bell.rpm")).unwrap();
    let told = |run: Run| run.stderr.matches("characters that XML forbids are left out of").count();
    let first = told(update(here, &[]));
    assert!(first > 0);
    assert_eq!(told(update(here, &[]).says(["Unchanged"])), first);
    put(here, 1, "packages/other.rpm");
    assert_eq!(told(update(here, &["--dry-run"])), first);
    assert_eq!(told(update(here, &[]).says(["1 new"])), first);
    assert_eq!(told(update(here, &[]).says(["Unchanged"])), first);
    fs_err::remove_file(here.join("packages/bell.rpm")).unwrap();
    assert_eq!(told(update(here, &[])), 0);
}

#[test]
fn what_is_not_asked_for_again_is_told_of() {
    let scratch = here();
    let here = scratch.path();
    index(here, &["--database", "--content", "binary-x86_64", "--repo", "x"]).ends_with(0);
    let gone = [
        "the databases that were listed are listed no more: `--database`",
        "tags that the list had are not kept",
    ];
    update(here, &["--dry-run"]).says(gone);
    update(here, &[]).says(gone);
    let quiet = update(here, &[]).says(["Unchanged"]);
    assert!(!quiet.stderr.contains("warning"), "{}", quiet.stderr);
    index(here, &["--simple-md-filenames", "--retain-old-md", "3"])
        .ends_with(0)
        .says(["warning: files that are not named by their digest are replaced by the new ones"]);
}

#[test]
fn a_lock_of_createrepo_c_is_respected() {
    let scratch = here();
    let here = scratch.path();
    let lock = here.join("packages/.repodata");
    fs_err::create_dir(&lock).unwrap();
    for more in [&[][..], &["--dry-run"]] {
        index(here, more).ends_with(5).says([
            &*format!("createrepo_c is at work here: `{lock}` is its lock"),
            "hint: wait for it to end; if none runs, it was killed",
        ]);
    }
    assert!(!here.join("packages/repodata").exists() && lock.exists());
    fs_err::remove_dir(&lock).unwrap();
    index(here, &[]).ends_with(0);
}

#[test]
fn a_document_of_another_type_is_refused() {
    let scratch = here();
    let here = scratch.path();
    let file = here.join("updates.xml");
    fs_err::write(&file, "<?xml version=\"1.0\"?>\n<!-- x -->\n<updates></updates>\n").unwrap();
    let add = |kind: &str| index(here, &["--add", &format!("{kind}={file}")]);
    add("modules").ends_with(2).says(["modules are YAML, and there is XML in `"]);
    add("prestodelta")
        .ends_with(2)
        .says(["`<updates>` begins a document of the type `updateinfo`, not `prestodelta`, in `"]);
    add("updateinfo").ends_with(0);
    fs_err::write(&file, "<mine/>").unwrap();
    add("own").ends_with(0);
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let scratch = here();
    let here = scratch.path();
    fs_err::write(here.join("packages/bad.rpm"), "no package").unwrap();
    let json = index(here, &["--json"]).ends_with(2).says(["error: bad package"]).json();
    assert!(json["error"].as_str().unwrap().starts_with("bad package `"), "{json}");
    assert!(json["hint"].as_str().unwrap().contains("--leave-out-bad"), "{json}");
    assert_eq!(json["exit-code"], 2);
    let out = here.join("new/out");
    let merged = run(
        here,
        &["repo", "merge", "/nowhere", here.join("packages").as_str(), "-o", out.as_str(), "--json"],
    );
    assert!(merged.ends_with(2).json()["error"].is_string());
    assert!(!here.join("new").exists());
}

/// A repository of anybody's, far from any project, and a key of theirs.
#[test]
fn a_directory_outside_of_a_project_can_be_signed() {
    let scratch = here();
    let here = scratch.path();
    let work = Work::published();
    let key = work.path().join("keys/local/secret.asc");
    let outside = |more: &[&str]| {
        let arguments = [&["index", "packages", "--sign"], more].concat();
        Call::new(arguments).in_directory(here).env("XDG_CACHE_HOME", here.join("cache").as_str()).run()
    };
    outside(&[])
        .ends_with(2)
        .says(["outside of a project there is no key that signs unless one is named", "--gpg-key"]);
    assert!(!here.join("packages/repodata").exists());
    outside(&["--key", key.as_str()]).ends_with(0).says(["Signed", "/packages/repodata/repomd.xml with "]);
    let signature: Utf8PathBuf = here.join("packages/repodata/repomd.xml.asc");
    assert!(signature.is_file());
    // The list is signed; the packages, which somebody else built, are not.
    Call::new(["sign", "--verify", work.public_key().as_str(), here.join("packages").as_str()])
        .in_directory(&crate::workshop::project())
        .run()
        .ends_with(4)
        .prints([&*format!(" {}\n", here.join("packages"))])
        .says(["good.rpm` lacks header signature"]);
    // A signature that can not be made anew: what is gone is told.
    let other = Scratch::new();
    put(here, 1, "packages/other.rpm");
    let said = outside(&["--key", other.path().join("none.asc").as_str()]).ends_with(2);
    assert!(signature.is_file(), "the key is looked for first: {}", said.stderr);
    index(here, &[])
        .ends_with(0)
        .says(["is gone, because it signed the list that was replaced: sign the new one"]);
}

#[test]
fn what_others_put_beside_the_metadata_stays_whatever_it_is_called() {
    use std::os::unix::ffi::OsStrExt as _;
    let scratch = here();
    let here = scratch.path();
    index(here, &[]).ends_with(0);
    let repodata = here.join("packages/repodata");
    let odd = repodata.as_std_path().join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    fs_err::create_dir(&odd).unwrap();
    for file in [odd.join("x"), repodata.join("primary.xml.orig").into(), repodata.join("other.notes").into()]
    {
        fs_err::write(file, "theirs").unwrap();
    }
    fs_err::write(repodata.join("filelists.xml.gz"), "of a state before").unwrap();
    put(here, 1, "packages/other.rpm");
    index(here, &[]).ends_with(0);
    for file in [odd.join("x"), repodata.join("primary.xml.orig").into(), repodata.join("other.notes").into()]
    {
        assert_eq!(fs_err::read_to_string(file).unwrap(), "theirs");
    }
    assert!(!repodata.join("filelists.xml.gz").exists());
}

/// Whoever can write into a repository must not be able to keep an index waiting, or fill its memory.
#[test]
fn a_listed_document_that_is_no_file_any_more_is_refused() {
    let scratch = here();
    let here = scratch.path();
    let file = here.join("u.xml");
    fs_err::write(&file, "<updates/>").unwrap();
    index(here, &["--add", &format!("updateinfo={file}")]).ends_with(0);
    let listed =
        files(&here.join("packages/repodata")).into_iter().find(|path| path.as_str().contains("u.xml"));
    let listed = listed.unwrap();
    let again = |texts: &[&str]| index(here, &[]).ends_with(2).says(texts.iter().copied());
    fs_err::remove_file(&listed).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &listed).unwrap();
    again(&["`updateinfo` can not stay listed", "is no regular file", "--remove updateinfo"]);
    fs_err::remove_file(&listed).unwrap();
    fs_err::File::create(&listed).unwrap().set_len(1 << 40).unwrap();
    again(&["size is `1099511627776` where repomd.xml says "]);
}

fn createrepo_c(here: &Utf8Path) {
    let theirs = Invocation::new(Tool::CreaterepoC, here).args(["--quiet", "--no-database", "packages"]);
    theirs.run().unwrap();
}

/// createrepo_c lists a package whose end is missing.
#[test]
fn what_was_refused_does_not_come_back_by_the_list_of_others() {
    let scratch = here();
    let here = scratch.path();
    put(here, 1, "packages/cut.rpm");
    let path = here.join("packages/cut.rpm");
    let bytes = fs_err::read(&path).unwrap();
    fs_err::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let left_out = ["1 package", ", 1 left out\n", "cut.rpm"];
    update(here, &["--leave-out-bad"]).says(left_out);
    createrepo_c(here);
    update(here, &["--leave-out-bad"]).says(left_out);
    createrepo_c(here);
    index(here, &["--update"]).ends_with(2).says(["cut.rpm"]);
}

/// Where the list has packages by digests of another kind, they are the same all the same.
#[test]
fn what_was_replaced_is_known_under_another_checksum() {
    let scratch = here();
    let here = scratch.path();
    put(here, 1, "packages/other.rpm");
    update(here, &[]);
    fs_err::remove_file(here.join("packages/good.rpm")).unwrap();
    put(here, 2, "packages/good.rpm");
    let json = update(here, &["--checksum", "sha1", "--json"]).json();
    assert_eq!(
        [&json["added"], &json["replaced"], &json["removed"]],
        [&json!([]), &json!(["good.rpm"]), &json!([])]
    );
}

#[test]
fn what_is_gone_has_its_path_with_and_without_a_cache() {
    let scratch = here();
    let here = scratch.path();
    let arguments = ["--location-prefix", "../pool", "--json"];
    for has_cache in [true, false] {
        put(here, 1, "packages/sub/gone.rpm");
        update(here, &arguments);
        fs_err::remove_file(here.join("packages/sub/gone.rpm")).unwrap();
        if !has_cache {
            fs_err::remove_dir_all(here.join("cache")).unwrap();
        }
        assert_eq!(update(here, &arguments).json()["removed"], json!(["sub/gone.rpm"]));
    }
}
