//! `repo`: listing, querying, comparing and merging, from a directory and from the program's own server.

use camino::{Utf8Path, Utf8PathBuf};

use crate::workshop::{Published, Work, copy_tree, files_in};

/// A copy of the published repository without its userland packages, indexed again.
fn smaller(work: &Work) -> Utf8PathBuf {
    let copy = work.path().join("smaller");
    copy_tree(&work.channel().canonicalize_utf8().unwrap(), &copy);
    for package in files_in(&copy.join("Packages")) {
        if package.file_name().unwrap().starts_with("xen-runtime-") {
            fs_err::remove_file(package).unwrap();
        }
    }
    work.run(&["index", "--revision", "1900000000", copy.as_str()]).ends_with(0);
    copy
}

#[test]
fn packages_are_listed_from_a_directory_and_a_url() {
    let published = Published::get();
    let channel = published.channel();
    let listed = published.run(&["repo", "list", channel.as_str()]).ends_with(0).stdout;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 14);
    assert!(lines.is_sorted() && lines[0].starts_with("centos-release-xen-10:6-6."), "{listed}");
    let mut server = published.call(&["serve", "--port", "0"]).start();
    let url = server.first_line();
    assert_eq!(published.run(&["repo", "list", &url]).ends_with(0).stdout, listed);
    let rows = published.run(&["repo", "list", "--latest", "--json", &url]).ends_with(0).json();
    let location = rows[0]["location"].as_str().unwrap();
    assert!(location.starts_with(&url) && location.contains(".rpm"), "{location}");
    published
        .run(&["repo", "list", &format!("{url}nothing")])
        .ends_with(5)
        .says(["(404)", "nothing/repodata"]);
    server.kill();
    let line = ["repo", "list", channel.as_str(), "--format", "%{name} %{arch}"];
    published.run(&line).ends_with(0).prints(["xen x86_64\n"]);
    published
        .run(&["repo", "list", channel.as_str(), "--format", "%{x}"])
        .ends_with(2)
        .says(["there are: name,"]);
    published.run(&["repo", "list", "/nowhere"]).ends_with(2).says(["/nowhere/repodata/repomd.xml", "hint:"]);
    published.run(&["repo", "list", "ftp://x/y"]).ends_with(2).says(["`ftp://` is not supported"]);
}

#[test]
fn packages_are_found() {
    let published = Published::get();
    let channel = published.channel();
    let query = |arguments: &[&str]| {
        let all = [&["repo", "query", channel.as_str()], arguments].concat();
        published.run(&all).ends_with(0)
    };
    assert!(query(&["--whatprovides", "xen-runtime >= 4"]).stdout.starts_with("xen-runtime-0:4.2.5-39."));
    query(&["--whatrequires", "xen-runtime"]).prints(["xen-0:4.2.5-39."]);
    query(&["xen", "--requires"]).prints(["xen-runtime"]);
    query(&["centos-release-xen", "--files"]).prints(["/etc/yum.repos.d/"]);
    query(&["--file", "/etc/yum.repos.d/*"]).prints(["centos-release-xen-10:6-6."]);
    query(&["--changelog", "xen"]).prints(["Changelog of xen-4.2.5", "\n* "]);
    query(&["--info", "xen"]).prints(["Name         : xen\n", "License      : ", "Location     : "]);
    let rows = query(&["kernel*", "--provides", "--json"]).json();
    assert!(rows.as_array().unwrap().iter().all(|row| row["dependencies"].is_array()));
    assert_eq!(query(&["nothing"]).stdout, "");
    let wrong = ["repo", "query", channel.as_str(), "--whatprovides", "a ="];
    published.run(&wrong).ends_with(2).says(["found `a =`"]);
}

#[test]
fn differences_are_shown_and_can_be_asked_for() {
    let work = Work::published();
    let (channel, smaller) = (work.channel(), smaller(&work));
    let diff = |a: &Utf8Path, b: &Utf8Path, more: &[&str]| {
        work.run(&[&["repo", "diff", a.as_str(), b.as_str()], more].concat())
    };
    assert_eq!(diff(&channel, &channel, &["--exit-code"]).ends_with(0).stdout, "");
    diff(&channel, &channel, &["--summary"]).ends_with(0).prints(["no differences"]);
    diff(&channel, &smaller, &[]).ends_with(0).prints(["removed     xen-runtime-4.2.5", "repository\n    "]);
    let said = diff(&channel, &smaller, &["--exit-code", "--summary"]).ends_with(1);
    assert!(said.stdout.starts_with("1 removed, ") && said.stderr.is_empty(), "{said:?}");
    let found = diff(&smaller, &channel, &["--json", "--ignore", "revision,documents"]).ends_with(0).json();
    assert_eq!(found["added"].as_array().unwrap().len(), 1);
    assert_eq!((&found["replaced"], &found["repository"]), (&serde_json::json!([]), &serde_json::json!([])));
    diff(&channel, &smaller, &["--ignore", "x"])
        .ends_with(2)
        .says(["unknown difference `x`", "there are: summary"]);
}

#[test]
fn repositories_are_merged() {
    let work = Work::published();
    let (channel, smaller) = (work.channel(), smaller(&work));
    let output = work.path().join("merged");
    let merge = |more: &[&str]| {
        let all = ["repo", "merge", "--output", output.as_str(), smaller.as_str(), channel.as_str()];
        work.run(&[&all, more].concat())
    };
    merge(&[]).ends_with(0).says(["Merged 14 packages", "13 left out"]);
    let places = work.run(&["repo", "query", output.as_str(), "--location"]).ends_with(0).stdout;
    let canonical = channel.canonicalize_utf8().unwrap();
    assert_eq!(places.lines().filter(|line| line.starts_with(&format!("file://{smaller}/"))).count(), 13);
    assert!(places.contains(&format!("file://{canonical}/Packages/xen-runtime-")), "{places}");
    let merged = merge(&["--simple", "--json"]).ends_with(0).json();
    assert_eq!((&merged["kept"], &merged["dropped"]), (&27.into(), &0.into()));
    merge(&["--method", "nvr", "--revision", "1"]).ends_with(2).says(["revision 1 is older"]);
    merge(&["--simple", "--all"]).ends_with(2);
    merge(&["--omit-baseurl", "--all", "--archlist", "none"]).ends_with(0);
    let places = work.run(&["repo", "list", output.as_str(), "--format", "%{location}"]).ends_with(0).stdout;
    let prefix = format!("{output}/");
    assert!(
        places.lines().all(|line| line.starts_with(&prefix) && line.ends_with(".noarch.rpm")),
        "{places}"
    );
}

/// Copies a repository as mirrors do: with other times.
#[test]
fn times_of_files_are_no_difference() {
    let work = Work::published();
    let channel = work.channel();
    let copy = work.path().join("copy");
    copy_tree(&channel.canonicalize_utf8().unwrap(), &copy);
    for package in files_in(&copy.join("Packages")) {
        let file = fs_err::OpenOptions::new().append(true).open(package).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    work.run(&["index", copy.as_str()]).ends_with(0);
    let diff = |more: &[&str]| {
        let all = ["repo", "diff", channel.as_str(), copy.as_str(), "--ignore", "revision,documents"];
        work.run(&[&all, more].concat())
    };
    assert_eq!(diff(&["--exit-code"]).ends_with(0).stdout, "");
    diff(&["--file-times", "--exit-code"]).ends_with(1).prints(["redescribed", "time: "]);
}

#[test]
fn the_place_of_metadata_stands_for_its_repository() {
    let published = Published::get();
    let channel = published.channel();
    let listed = published.run(&["repo", "list", channel.as_str()]).ends_with(0).stdout;
    let server = published.call(&["serve", "--port", "0"]).start();
    let mut server = server;
    let url = server.first_line();
    for place in
        [format!("{url}repodata/"), format!("{url}repodata/repomd.xml"), format!("{channel}/repodata")]
    {
        assert_eq!(published.run(&["repo", "list", &place]).ends_with(0).stdout, listed, "{place}");
    }
    published.run(&["repo", "list", "/nowhere/repodata"]).ends_with(2).says(["/nowhere/repodata/repodata"]);
    server.kill();
}

#[test]
fn a_repository_is_not_replaced_by_what_it_is_merged_into() {
    let work = Work::published();
    let (channel, smaller) = (work.channel(), smaller(&work));
    let before = fs_err::read(smaller.join("repodata/repomd.xml")).unwrap();
    let again = format!("{smaller}/../smaller");
    let merge = |more: &[&str]| {
        work.run(&[&["repo", "merge", smaller.as_str(), channel.as_str(), "-o", &again], more].concat())
    };
    merge(&[]).ends_with(2).says(["would take the place of", "smaller`", "hint: ", "--replace-source"]);
    assert_eq!(fs_err::read(smaller.join("repodata/repomd.xml")).unwrap(), before);
    merge(&["--replace-source"]).ends_with(0).says(["Merged 14 packages"]);
}
