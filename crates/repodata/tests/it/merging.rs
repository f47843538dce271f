//! Merged repositories, read back by us, by dnf and by createrepo_c.

use std::{fmt::Write as _, num::NonZeroUsize};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{
    Checksum, Ignored, Keep, MergeSettings, Package, Record, RepodataError, Repomd, Repository, Silent,
    Telling, difference, merge,
};

use crate::{
    Scratch, files, fixtures,
    querying::dnf,
    reading::{at, createrepo, made, serving},
};

/// A repository of so many made up packages with so many files each.
pub(crate) fn write_large(root: &Utf8Path, packages: usize, files: usize) {
    fs_err::create_dir(root.join("repodata")).unwrap();
    let mut texts = [String::from("<metadata>"), String::from("<filelists>"), String::from("<otherdata>")];
    for number in 0..packages {
        let head =
            format!("<package pkgid='{number}' name='p{number}' arch='noarch'><version ver='1' rel='1'/>");
        write!(
            texts[0],
            "<package><name>p{number}</name><arch>noarch</arch><version ver='1' rel='1'/><checksum type='sha256'>\
             {number}</checksum><location href='p{number}.rpm'/></package>"
        )
        .unwrap();
        texts[1].push_str(&head);
        for file in 0..files {
            write!(texts[1], "<file>/opt/some/directory/{number}/{file}</file>").unwrap();
        }
        texts[1].push_str("</package>");
        write!(texts[2], "{head}</package>").unwrap();
    }
    let mut repomd = Repomd { revision: "1".into(), ..Repomd::default() };
    for (text, (kind, root_element)) in
        texts.iter().zip([("primary", "metadata"), ("filelists", "filelists"), ("other", "otherdata")])
    {
        let text = format!("{text}</{root_element}>");
        fs_err::write(root.join("repodata").join(kind), &text).unwrap();
        let digits = Sha256::digest(text.as_bytes())
            .iter()
            .fold(String::new(), |all, byte| format!("{all}{byte:02x}"));
        repomd.records.push(Record {
            kind: kind.into(),
            checksum: Checksum { kind: "sha256".into(), value: digits },
            open_checksum: None,
            header_checksum: None,
            location: format!("repodata/{kind}"),
            timestamp: 1,
            size: Some(text.len() as u64),
            open_size: None,
            header_size: None,
            database_version: None,
        });
    }
    fs_err::write(root.join("repodata/repomd.xml"), repomd.to_xml()).unwrap();
}

fn settings(keep: Keep) -> MergeSettings {
    MergeSettings { keep, workers: NonZeroUsize::new(2).unwrap(), ..MergeSettings::for_el6(1_700_000_001) }
}

fn merged(output: &Utf8Path, places: &[&str], keep: Keep) -> Vec<Package> {
    let repositories: Vec<Repository> = places.iter().map(|place| at(place).unwrap()).collect();
    let done = merge(output, &repositories, &settings(keep), &Silent).unwrap();
    let repository = Repository::open(output).unwrap();
    repository.verify_documents().unwrap();
    let packages = repository.complete().unwrap();
    assert_eq!(packages.len(), done.kept);
    packages
}

#[test]
fn packages_stay_where_they_are_and_dnf_gets_them() {
    let (first, second, output) = (made(&["--no-database"]), made(&["--no-database"]), Scratch::new());
    // One lies below the output, by a name that has to be escaped; one elsewhere; one behind HTTP.
    let below = output.path().join("größe #1");
    fs_err::rename(first.path(), &below).unwrap();
    fs_err::create_dir(first.path()).unwrap();
    let renamed = |root: &Utf8Path, keep: &str| {
        for file in files(&root.join("Packages")) {
            if !file.file_name().unwrap().starts_with(keep) {
                fs_err::remove_file(file).unwrap();
            }
        }
        createrepo(root, &["--no-database"]);
    };
    renamed(&below, "everything-1");
    renamed(second.path(), "everything-empty");
    let third = made(&["--no-database"]);
    renamed(third.path(), "libstuff");
    let server = serving(third.path());
    let packages = merged(
        output.path(),
        &[below.as_str(), second.path().as_str(), server.url("").trim_end_matches('/')],
        Keep::EachVersion,
    );
    let places: Vec<(String, Option<String>)> =
        packages.iter().map(|package| (package.href.clone(), package.base.clone())).collect();
    let name = |name: &str| places.iter().find(|(href, _)| href.contains(name)).unwrap();
    assert_eq!(name("everything-1.2-3.el6.noarch").0, "größe #1/Packages/everything-1.2-3.el6.noarch.rpm");
    assert_eq!(name("everything-1.2-3.el6.noarch").1, None);
    assert_eq!(name("everything-empty").1, Some(format!("file://{}", second.path())));
    assert_eq!(name("libstuff").1, Some(server.url("").trim_end_matches('/').to_owned()));
    let (work, root) = (Scratch::new(), output.path());
    assert_eq!(dnf(work.path(), root, &["--file", "/opt/data/own-data"]), ["everything-7:1.2-3.el6.noarch"]);
    // dnf shows no other location than the repository's, and takes the package from where it is.
    let served = serving(second.path());
    for place in [second.path().as_str(), served.url("").trim_end_matches('/')] {
        let (work, output) = (Scratch::new(), Scratch::new());
        merged(output.path(), &[place], Keep::EachVersion);
        Invocation::new(Tool::Dnf, work.path())
            .args(["--quiet", "--assumeyes", "--releasever=6", "--repo=tried", "--setopt=reposdir=/none"])
            .arg(format!("--installroot={}/root", work.path()))
            .arg(format!("--repofrompath=tried,file://{}", output.path()))
            .args(["--setopt=gpgcheck=0", "--setopt=cachedir=/var/cache/dnf"])
            .args(["install", "--downloadonly", "everything-empty"])
            .run()
            .unwrap();
    }
}

#[test]
fn createrepo_reads_what_is_merged() {
    let (first, output) = (made(&["--no-database"]), Scratch::new());
    let below = output.path().join("sub");
    fs_err::rename(first.path(), &below).unwrap();
    fs_err::create_dir(first.path()).unwrap();
    fs_err::remove_dir_all(below.join("repodata")).unwrap();
    createrepo(&below, &["--no-database"]);
    let before = merged(output.path(), &[below.as_str()], Keep::All);
    createrepo(output.path(), &["--no-database", "--update", "--skip-stat"]);
    let mut after = Repository::open(output.path()).unwrap().complete().unwrap();
    let mut before = before;
    // createrepo_c escapes the authors of changelogs that it has read once more.
    for entry in after.iter_mut().flat_map(|package| &mut package.changelog) {
        entry.author = entry.author.replace("&#38;", "&");
    }
    before.sort_by_key(|package| package.href.clone());
    after.sort_by_key(|package| package.href.clone());
    assert!(before == after);
}

#[test]
fn what_is_kept_of_several_is_what_was_asked_for() {
    let build = |version: &str| {
        let scratch = Scratch::new();
        let built = Scratch::new();
        let spec = format!(
            "Name: a\nVersion: {version}\nRelease: 1\nSummary: s\nLicense: MIT\nBuildArch: noarch\n%description\nd\n%files\n"
        );
        for (name, path) in fixtures::build_packages(&built, &spec) {
            if !name.ends_with(".src.rpm") {
                fs_err::copy(path, scratch.path().join(name)).unwrap();
            }
        }
        createrepo(scratch.path(), &["--no-database"]);
        scratch
    };
    let scratches = [build("1.9"), build("1.10"), build("1.9")];
    let places: Vec<&str> = scratches.iter().map(|scratch| scratch.path().as_str()).collect();
    let versions = |keep| {
        let packages = merged(Scratch::new().path(), &places, keep);
        let number = |package: &Package| {
            let base = package.base.clone().unwrap();
            places.iter().position(|place| base.ends_with(place)).unwrap()
        };
        packages
            .iter()
            .map(|package| (package.nevra.evr.version.clone(), number(package)))
            .collect::<Vec<_>>()
    };
    let version = |version: &str, number| (version.to_owned(), number);
    assert_eq!(versions(Keep::EachVersion), [version("1.9", 0), version("1.10", 1)]);
    assert_eq!(versions(Keep::All), [version("1.9", 0), version("1.10", 1), version("1.9", 2)]);
    assert_eq!(versions(Keep::NewestVersion), [version("1.10", 1)]);
    // The same again gives the same bytes.
    let output = Scratch::new();
    let text = || {
        merged(output.path(), &places, Keep::All);
        fs_err::read_to_string(output.path().join("repodata/repomd.xml")).unwrap()
    };
    assert_eq!(text(), text());
}

#[test]
fn groups_and_updates_are_merged() {
    let with = |comps: &str, updates: &str| {
        let scratch = Scratch::new();
        fs_err::write(scratch.path().join("comps.xml"), comps).unwrap();
        createrepo(scratch.path(), &["--no-database", "--groupfile", "comps.xml"]);
        let path = scratch.path().join("repodata/repomd.xml");
        let mut repomd = xen4centos_repodata::read_repomd(&path).unwrap();
        let mut record = repomd.records[0].clone();
        (record.kind, record.location) = ("updateinfo".into(), "repodata/u.xml".into());
        (record.size, record.open_size, record.open_checksum) = (None, None, None);
        let digits = Sha256::digest(updates.as_bytes())
            .iter()
            .fold(String::new(), |all, byte| format!("{all}{byte:02x}"));
        record.checksum = Checksum { kind: "sha256".into(), value: digits };
        repomd.records.push(record);
        fs_err::write(scratch.path().join("repodata/u.xml"), updates).unwrap();
        fs_err::write(path, repomd.to_xml()).unwrap();
        scratch
    };
    let group = |id: &str, name: &str| format!("<group><id>{id}</id><name>{name}</name></group>");
    let update = |id: &str| format!("<update type=\"security\"><id>{id}</id><title>t</title></update>");
    let comps = |body: String| format!("<?xml version=\"1.0\"?>\n<comps>{body}</comps>");
    let updates = |body: String| format!("<updates>{body}</updates>");
    let first = with(&comps(group("a", "first") + &group("b", "b")), &updates(update("U1")));
    let second =
        with(&comps(group("a", "second") + &group("c", "c")), &updates(update("U1") + &update("U2")));
    let output = Scratch::new();
    assert!(
        merged(output.path(), &[first.path().as_str(), second.path().as_str()], Keep::EachVersion).is_empty()
    );
    let repository = Repository::open(output.path()).unwrap();
    let text = |kind: &str| String::from_utf8(repository.document_bytes(kind).unwrap().unwrap()).unwrap();
    for kind in ["group", "group_gz"] {
        let text = text(kind);
        xen4centos_repodata::check_comps(Utf8Path::new("x"), text.as_bytes()).unwrap();
        assert!(text.contains("first") && !text.contains("second"), "{text}");
        assert_eq!(text.matches("<group>").count(), 3, "{text}");
    }
    let text = text("updateinfo");
    assert_eq!((text.matches("U1").count(), text.matches("U2").count()), (1, 1), "{text}");
    let kinds: Vec<String> = repository.repomd().records.iter().map(|record| record.kind.clone()).collect();
    assert_eq!(kinds, ["primary", "filelists", "other", "group", "group_gz", "updateinfo"]);
}

#[test]
fn nothing_changes_when_a_repository_is_bad() {
    let (good, bad, output) = (made(&["--no-database"]), made(&["--no-database"]), Scratch::new());
    merged(output.path(), &[good.path().as_str()], Keep::EachVersion);
    let repomd = fs_err::read(output.path().join("repodata/repomd.xml")).unwrap();
    let documents = files(&bad.path().join("repodata"));
    let other: &Utf8PathBuf = documents.iter().find(|path| path.as_str().contains("other")).unwrap();
    fs_err::write(other, b"").unwrap();
    let repositories = [at(good.path().as_str()).unwrap(), at(bad.path().as_str()).unwrap()];
    let error = merge(output.path(), &repositories, &settings(Keep::All), &Silent).unwrap_err();
    assert!(matches!(error, RepodataError::Mismatch { .. } | RepodataError::Content { .. }), "{error}");
    assert_eq!(fs_err::read(output.path().join("repodata/repomd.xml")).unwrap(), repomd);
    assert_eq!(files(output.path()), [output.path().join("repodata")]);
}

/// As repositories have them that hold a package in two directories.
#[test]
fn identical_packages_in_two_places_are_read() {
    let scratch = made(&["--no-database"]);
    let packages = files(&scratch.path().join("Packages"));
    fs_err::create_dir(scratch.path().join("again")).unwrap();
    for package in &packages {
        fs_err::copy(package, scratch.path().join("again").join(package.file_name().unwrap())).unwrap();
    }
    createrepo(scratch.path(), &["--no-database"]);
    let open = || Repository::open(scratch.path()).unwrap();
    assert_eq!(open().complete().unwrap().len(), 2 * packages.len());
    let found = difference(&open(), &open(), &Ignored::default(), Telling::Changes).unwrap();
    assert!(found.is_empty(), "{found:?}");
    let output = Scratch::new();
    let kept = merged(output.path(), &[scratch.path().as_str()], Keep::All);
    assert_eq!(kept.len(), 2 * packages.len());
    assert!(kept.iter().all(|package| !package.files.is_empty() || package.nevra.name != "everything"));
}
