//! What `index` refuses, and the way out that it names: one that leads out.

use std::os::unix::fs::symlink;

use camino::Utf8Path;

use crate::{
    indexing::{here, index, put},
    reference::{Scratch, files},
};

/// Refused, with this said and a hint that is not of packages.
#[track_caller]
fn refused(here: &Utf8Path, arguments: &[&str], texts: &[&str]) {
    for more in [&[][..], &["--dry-run"]] {
        let said = index(here, &[arguments, more].concat()).ends_with(2).says(texts.iter().copied());
        assert!(!said.stderr.contains("--leave-out-bad"), "{}", said.stderr);
    }
}

#[test]
fn documents_that_are_not_there_are_no_bad_packages() {
    let scratch = here();
    let here = scratch.path();
    refused(here, &["--add", "foo=/nofile"], &["could not read `/nofile`, which is to be listed as `foo`"]);
    refused(here, &["-g", "nofile"], &["nofile`, which is to be listed as `group`"]);
    fs_err::write(here.join("u.xml"), "<updates/>").unwrap();
    index(here, &["--add", &format!("updateinfo={}", here.join("u.xml"))]).ends_with(0);
    let listed = files(&here.join("packages/repodata"));
    let listed = listed.iter().find(|path| path.as_str().contains("u.xml")).unwrap();
    fs_err::remove_file(listed).unwrap();
    let said = index(here, &[]).ends_with(2).says([
        &*format!("`updateinfo` can not stay listed: could not read `{listed}`"),
        "hint: put the file back, give another one (`--add updateinfo=FILE`), or list it no more (`--remove updateinfo`)",
    ]);
    assert!(!said.stderr.contains("--leave-out-bad"), "{}", said.stderr);
    index(here, &["--remove", "updateinfo"]).ends_with(0);
}

#[test]
fn all_bad_packages_are_named() {
    let scratch = here();
    let here = scratch.path();
    for number in 1..=1005 {
        fs_err::write(here.join(format!("packages/bad{number:04}.rpm")), "no package").unwrap();
    }
    let list = here.join("list");
    let missing: Vec<String> = (1..=1005).map(|number| format!("missing{number:04}.rpm")).collect();
    fs_err::write(&list, missing.join("\n")).unwrap();
    for more in [&[][..], &["--dry-run"]] {
        let said = index(here, more).ends_with(2).says([
            "error: 1005 packages can not be indexed\n",
            "packages/bad0001.rpm`\n",
            "packages/bad1000.rpm`\n",
            "  and 5 more\n",
            "hint: ",
            "--leave-out-bad",
        ]);
        assert!(!said.stderr.contains("bad1001.rpm"), "{}", said.stderr);
        let said = index(here, &[more, &["--pkglist", list.as_str()]].concat());
        said.ends_with(2).says([
            "`missing0001.rpm`\n",
            "`missing1000.rpm`\n",
            "  and 5 more\n",
            "--leave-out-bad",
        ]);
    }
    assert!(!here.join("packages/repodata").exists());
    index(here, &["--leave-out-bad"]).ends_with(0).says(["/packages: 1 package, 1005 left out\n"]);
    index(here, &["--dry-run", "--leave-out-bad"])
        .ends_with(0)
        .says(["Would index 1 package, 1005 left out\n"]);
    let empty = Scratch::new();
    fs_err::create_dir(empty.path().join("packages")).unwrap();
    index(empty.path(), &[]).ends_with(0).says(["/packages: 0 packages\n"]);
}

#[test]
fn a_header_that_is_not_the_one_that_was_built_is_named() {
    let scratch = here();
    let here = scratch.path();
    let path = here.join("packages/damaged.rpm");
    put(here, 0, "packages/damaged.rpm");
    let mut bytes = fs_err::read(&path).unwrap();
    let summary = bytes.windows(5).position(|window| window == b"Jerry").unwrap();
    bytes[summary] ^= 1;
    fs_err::write(&path, bytes).unwrap();
    index(here, &[]).ends_with(2).says([
        "package is damaged: the ",
        "SHA-256 of its header is `",
        path.as_str(),
        "hint: remove `",
        "--leave-out-bad",
    ]);
    index(here, &["--leave-out-bad"]).ends_with(0).says(["left out: package is damaged"]);
}

#[test]
fn packages_that_would_be_in_one_place_are_named() {
    let scratch = here();
    let here = scratch.path();
    for (package, name) in [(0, "packages/a/x.rpm"), (1, "packages/b/x.rpm")] {
        put(here, package, name);
    }
    let said = ["would be listed at `x.rpm`: `a/x.rpm` and `b/x.rpm`", "hint: cut fewer directories"];
    refused(here, &["--cut-dirs", "1"], &said);
    index(here, &["--cut-dirs", "1", "--excludes", "b/*"]).ends_with(0);
    put(here, 0, "packages/b/x.rpm");
    index(here, &["--cut-dirs", "1", "--duplicated-nevra", "keep-last", "-x", "good.rpm"]).ends_with(0);
}

#[test]
fn a_link_is_not_replaced() {
    let scratch = here();
    let here = scratch.path();
    let link = here.join("packages/repodata");
    // Nothing is read before: what is no package would be named.
    fs_err::write(here.join("packages/bad.rpm"), "no package").unwrap();
    fs_err::create_dir(here.join("elsewhere")).unwrap();
    for target in ["../elsewhere", "/nowhere"] {
        symlink(target, &link).unwrap();
        refused(here, &[], &[&format!("`{link}` is a symbolic link"), "hint: ", "--outputdir"]);
        assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
        fs_err::remove_file(&link).unwrap();
    }
}

#[test]
fn a_broken_list_is_told_of_once() {
    let scratch = here();
    let here = scratch.path();
    fs_err::create_dir(here.join("packages/repodata")).unwrap();
    fs_err::write(here.join("packages/repodata/repomd.xml"), "<repomd><data></repomd>").unwrap();
    let said =
        index(here, &[]).ends_with(2).says(["the list of the metadata that is there can not be read\n"]);
    let cause = said.stderr.lines().find(|line| line.contains("because: ")).unwrap().trim();
    let cause = cause.strip_prefix("because: ").unwrap();
    assert_eq!(said.stderr.matches(cause).count(), 1, "{}", said.stderr);
}

#[test]
fn words_of_createrepo_c_lead_to_ours() {
    let scratch = here();
    let here = scratch.path();
    for (words, text) in [
        (&["--xz"][..], "--general-compress-type xz"),
        (&["--basedir", "/x"], "name the directory itself"),
        (&["--basedir=/x"], "name the directory itself"),
        (&["-n", "x.rpm"], "--pkglist FILE"),
        (&["--deltas"], "delta packages are not made"),
        (&["--zck"], "zchunk is not written"),
        (&["--error-exit-val"], "--leave-out-bad"),
    ] {
        let said = index(here, words).ends_with(2).says([text, "is left out on purpose"]);
        assert!(!said.stderr.contains("similar") && !said.stderr.contains("[<"), "{}", said.stderr);
    }
    index(here, &["-s", "SHA256"])
        .ends_with(2)
        .says(["unknown checksum type `SHA256`: expected", "`sha512`"]);
    index(here, &["--help"]).ends_with(0);
}

/// It would be over a list that it was not made of.
#[test]
fn a_signature_without_its_list_is_not_taken_over() {
    let scratch = here();
    let here = scratch.path();
    let metadata = here.join("packages/repodata");
    index(here, &[]).ends_with(0);
    fs_err::remove_file(metadata.join("repomd.xml")).unwrap();
    fs_err::write(metadata.join("repomd.xml.asc"), "of others").unwrap();
    index(here, &[]).ends_with(0).says(["sign the new one"]);
    assert!(metadata.join("repomd.xml").exists() && !metadata.join("repomd.xml.asc").exists());
}

#[test]
fn badly_named_files_can_be_excluded_and_are_not_listed_by_name() {
    let scratch = here();
    let here = scratch.path();
    let name = "bad\u{7}name.rpm";
    put(here, 1, &format!("packages/{name}"));
    refused_name(here, &[]);
    index(here, &["--excludes", "bad*"]).ends_with(0).says(["1 package"]);
    let list = here.join("list");
    fs_err::write(&list, format!("good.rpm\n{name}\n")).unwrap();
    refused_name(here, &["--pkglist", list.as_str()]);
}

fn refused_name(here: &Utf8Path, arguments: &[&str]) {
    for more in [&[][..], &["--dry-run"]] {
        index(here, &[arguments, more].concat())
            .ends_with(2)
            .says(["bad\\u{7}name.rpm", "hint: rename the file"]);
    }
}

#[test]
fn groups_are_groups_in_whatever_form_they_are_given() {
    let scratch = here();
    let here = scratch.path();
    fs_err::write(here.join("comps.xml"), "no groups").unwrap();
    for kind in ["group", "group_gz"] {
        refused(here, &["--add", &format!("{kind}={}", here.join("comps.xml"))], &["comps.xml`"]);
    }
}
