//! What `index --dry-run` says is what the index then does.

use std::{collections::BTreeMap, io::Read as _, os::unix::fs::symlink};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    program::{Call, Run},
    reference::{Scratch, files, fixtures},
};

/// A directory as it is found, and how it is indexed.
struct Case {
    name: &'static str,
    found: fn(&Utf8Path),
    arguments: &'static str,
    /// The exit code of both.
    code: i32,
}

const fn case(name: &'static str, found: fn(&Utf8Path), arguments: &'static str, code: i32) -> Case {
    Case { name, found, arguments, code }
}

fn put(here: &Utf8Path, package: usize, name: &str) {
    let path = here.join("packages").join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::copy(&fixtures::packages()[package], path).unwrap();
}

fn write(here: &Utf8Path, name: &str, text: &str) {
    fs_err::create_dir_all(here.join(name).parent().unwrap()).unwrap();
    fs_err::write(here.join(name), text).unwrap();
}

/// `{here}` stands for the directory of the test.
fn index(here: &Utf8Path, arguments: &str) -> Run {
    let words = arguments.split_whitespace().map(|word| word.replace("{here}", here.as_str()));
    let words: Vec<String> =
        ["index".to_owned(), here.join("packages").into()].into_iter().chain(words).collect();
    Call::new(words).env("XDG_CACHE_HOME", here.join("cache").as_str()).run()
}

fn indexed(here: &Utf8Path, arguments: &str) {
    index(here, arguments).ends_with(0);
}

/// All files with what is in them.
fn tree(directory: &Utf8Path) -> BTreeMap<Utf8PathBuf, Vec<u8>> {
    let inside = |path: Utf8PathBuf| {
        if path.is_dir() && !path.is_symlink() {
            tree(&path).into_iter().chain([(path, Vec::new())]).collect()
        } else {
            BTreeMap::from([(path.clone(), fs_err::read(&path).unwrap_or_default())])
        }
    };
    files(directory).into_iter().flat_map(inside).collect()
}

/// The hrefs of primary.xml.
fn listed(here: &Utf8Path) -> Vec<String> {
    let packages = here.join("packages");
    let list = fs_err::read_to_string(packages.join("repodata/repomd.xml")).unwrap();
    let hrefs = |text: &str| {
        let parts = text.split("<location href=\"").skip(1);
        parts.map(|part| part.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let primary = hrefs(&list).into_iter().find(|href| href.ends_with("primary.xml.gz")).unwrap();
    let mut text = String::new();
    let file = fs_err::File::open(packages.join(primary)).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    hrefs(&text)
}

/// Errors, warnings and hints, where the place in which metadata is written is the place where it is read.
fn told(run: &Run) -> Vec<String> {
    let is_told = |line: &&str| ["error", "warning", "hint"].iter().any(|word| line.contains(word));
    let lines = run.stderr.lines().filter(is_told);
    lines.map(|line| line.replace(".repodata.new", "repodata").replace(".repodata.old", "repodata")).collect()
}

fn compare(Case { name, found, arguments, code }: &Case) {
    let scratch = Scratch::new();
    let here = scratch.path();
    put(here, 0, "a.rpm");
    put(here, 1, "b.rpm");
    found(here);
    let before = tree(here);
    let dry = index(here, &format!("{arguments} --dry-run --json"));
    assert!(tree(here) == before, "{name}: something was written");
    let run = index(here, arguments);
    assert_eq!((dry.code, run.code), (Some(*code), Some(*code)), "{name}\n{}\n{}", dry.stderr, run.stderr);
    assert_eq!(told(&dry), told(&run), "{name}");
    assert!(*code == 0 || !told(&run).is_empty(), "{name}: {}", run.stderr);
    if *code == 0 {
        assert_eq!(dry.json()["would-index"], serde_json::json!(listed(here)), "{name}");
    }
}

fn nothing(_: &Utf8Path) {}

fn bad(here: &Utf8Path) {
    write(here, "packages/aa.rpm", "no package");
}

fn twice(here: &Utf8Path) {
    put(here, 0, "again.rpm");
}

fn foreign(here: &Utf8Path) {
    write(here, "packages/repodata/index.html", "theirs");
}

fn dangling(here: &Utf8Path) {
    symlink("/nowhere", here.join("packages/repodata")).unwrap();
}

fn unreadable(here: &Utf8Path) {
    write(here, "packages/repodata/repomd.xml", "<x");
}

fn newer(here: &Utf8Path) {
    indexed(here, "--revision 1900000000");
}

/// As a killed index leaves it on file systems that can not exchange directories.
fn moved_away(here: &Utf8Path) {
    newer(here);
    let packages = here.join("packages");
    fs_err::rename(packages.join("repodata"), packages.join(".repodata.old")).unwrap();
}

/// The list has a document that is newer than its revision.
fn newer_document(here: &Utf8Path) {
    write(here, "data.txt", "data");
    indexed(here, "--revision 1700000000 --add foo={here}/data.txt");
    let list = here.join("packages/repodata/repomd.xml");
    let text = fs_err::read_to_string(&list).unwrap();
    let (before, document) = text.split_once("<data type=\"foo\">").unwrap();
    let document = document.replace("<timestamp>1700000000", "<timestamp>1900000000");
    fs_err::write(&list, format!("{before}<data type=\"foo\">{document}")).unwrap();
    indexed(here, "--update --revision 1700000000 --allow-older-revision");
}

/// Other metadata knows what is in a file that can no longer be read as a package.
fn known_elsewhere(here: &Utf8Path) {
    indexed(here, "--changelog-limit 0 --outputdir {here}");
    let path = here.join("packages/b.rpm");
    let metadata = fs_err::metadata(&path).unwrap();
    fs_err::write(&path, vec![0; usize::try_from(metadata.len()).unwrap()]).unwrap();
    let file = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
    file.file().set_modified(metadata.modified().unwrap()).unwrap();
}

fn known_and_damaged(here: &Utf8Path) {
    write(here, "foo/data.txt", "data");
    indexed(here, "--simple-md-filenames --add foo={here}/foo/data.txt");
    write(here, "packages/repodata/data.txt.gz", "other");
}

fn two_of_a_name(here: &Utf8Path) {
    write(here, "foo/data.txt", "data");
    write(here, "bar/data.txt", "other data");
    write(here, "bar/primary.xml", "no primary");
    write(here, "comps.xml", "<comps/>");
    write(here, "bar/comps.xml", "more");
}

fn listed_simply(here: &Utf8Path) {
    two_of_a_name(here);
    indexed(here, "--simple-md-filenames --add foo={here}/foo/data.txt");
}

fn updated(here: &Utf8Path) {
    bad(here);
    indexed(here, "--update --leave-out-bad");
}

#[test]
fn a_dry_run_says_what_the_run_does() {
    let cases = [
        case("packages", nothing, "", 0),
        case("some packages", nothing, "-x a*", 0),
        case("a bad package", bad, "", 2),
        case("without a bad package", bad, "--leave-out-bad", 0),
        case("all of one name", twice, "", 0),
        case("the last of one name", twice, "--duplicated-nevra keep-last", 0),
        case("none of one name", twice, "--duplicated-nevra refuse", 2),
        case("a directory of others", foreign, "", 2),
        case("a link that leads nowhere", dangling, "", 2),
        case("a list that can not be read", unreadable, "", 2),
        case("a list that nobody needs", unreadable, "--discard-additional-metadata", 0),
        case("an older revision", newer, "--revision 1800000000", 2),
        case("what a killed index moved away", moved_away, "--revision 1800000000", 2),
        case("nothing new", updated, "--update --leave-out-bad", 0),
        case("something new", updated, "--update --leave-out-bad -x a.rpm", 0),
        case("what was left out is wanted", updated, "--update", 2),
        case("a newer document", newer_document, "--revision 1700000000", 2),
        case("a newer document, and nothing new", newer_document, "--revision 1700000000 --update", 0),
        case("a damaged package", known_elsewhere, "--changelog-limit 0", 2),
        case("that is known", known_elsewhere, "--changelog-limit 0 --update --update-md-path {here}", 0),
        case("metadata that is not there", nothing, "--update --update-md-path {here}/nowhere", 0),
        case("a kept document is damaged", known_and_damaged, "", 2),
        case("it goes", known_and_damaged, "--remove foo", 0),
        case("it is not there", nothing, "--remove foo", 0),
        case("a file that is not there", nothing, "--add foo={here}/nowhere", 2),
        case(
            "two documents of one name",
            two_of_a_name,
            "--simple-md-filenames --add foo={here}/foo/data.txt --add bar={here}/bar/data.txt",
            2,
        ),
        case("one is primary's", two_of_a_name, "--simple-md-filenames --add bar={here}/bar/primary.xml", 2),
        case(
            "one is that of groups",
            two_of_a_name,
            "--simple-md-filenames --groupfile {here}/comps.xml --add bar={here}/bar/comps.xml",
            2,
        ),
        case(
            "digests tell them apart",
            two_of_a_name,
            "--add foo={here}/foo/data.txt --add bar={here}/bar/data.txt",
            0,
        ),
        case("one is kept", listed_simply, "--simple-md-filenames --add bar={here}/bar/data.txt", 2),
        case("both are the same", listed_simply, "--simple-md-filenames --add bar={here}/foo/data.txt", 0),
        case("it takes its place", listed_simply, "--simple-md-filenames --add foo={here}/bar/data.txt", 0),
        case("an option that does nothing", nothing, "--channel testing", 2),
        case("no directory to write to", nothing, "--outputdir {here}/nowhere", 2),
    ];
    for case in &cases {
        compare(case);
    }
}
