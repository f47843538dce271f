//! Merged repositories beside those that mergerepo_c merges from the same.

use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    time::{Duration, UNIX_EPOCH},
};

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};
use xen4centos_repodata::{
    Bases, Compression, Groups, IndexSettings, Keep, MergeSettings, Package, Record, Repository, Silent,
    Sources, Tags, merge, read_repomd,
};

use crate::{Scratch, fixtures::build_packages, indexed, reading::createrepo, settings};

/// A repository of packages by name and version, with their sources, written to disk so many seconds after 1970.
fn repository(packages: &[(&str, &str)], seconds: u64) -> Scratch {
    let scratch = Scratch::new();
    for (name, version) in packages {
        let spec = format!(
            "Name: {name}\nVersion: {version}\nRelease: 1\nSummary: {name} & co\nLicense: MIT\nBuildArch: noarch\n\
             Requires: other >= {version}, /usr/bin/own\nProvides: virtual({name}) = 1:{version}\n\
             %description\n<d>\n%install\nmkdir -p %{{buildroot}}/usr/bin %{{buildroot}}/opt/{name}/d\n\
             touch %{{buildroot}}/usr/bin/{name} %{{buildroot}}/opt/{name}/{version}\n\
             %files\n/usr/bin/{name}\n/opt/{name}\n%changelog\n* Sun Nov 01 2015 A <a@b> - {version}\n- first\n"
        );
        let built = Scratch::new();
        for (name, path) in build_packages(&built, &spec) {
            let target = scratch.path().join(name);
            fs_err::copy(path, &target).unwrap();
            let file = fs_err::File::options().write(true).open(target).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        }
    }
    createrepo(scratch.path(), &["--no-database"]);
    scratch
}

/// One version of each name in each, as `mergerepo_c` of several takes any one.
fn three() -> [Scratch; 3] {
    [
        repository(&[("a", "1.9"), ("b", "2")], 1_600_000_000),
        repository(&[("a", "1.10"), ("c", "1")], 1_500_000_000),
        repository(&[("a", "1.9"), ("b", "1"), ("d", "1")], 1_700_000_000),
    ]
}

fn open(root: &Utf8Path) -> Repository {
    Repository::open(root).unwrap()
}

fn ours(scratches: &[Scratch], settings: &MergeSettings) -> Vec<Package> {
    let output = Scratch::new();
    let repositories: Vec<Repository> = scratches.iter().map(|scratch| open(scratch.path())).collect();
    merge(output.path(), &repositories, settings, &Silent).unwrap();
    open(output.path()).verify_documents().unwrap();
    sorted(open(output.path()).complete().unwrap())
}

fn theirs(scratches: &[Scratch], arguments: &[&str]) -> Vec<Package> {
    let output = Scratch::new();
    let mut invocation = Invocation::new(Tool::MergerepoC, output.path()).args(["--no-database", "-o", "."]);
    for scratch in scratches {
        invocation = invocation.arg("--repo").arg(scratch.path().as_str());
    }
    invocation.args(arguments).run().unwrap();
    let mut packages = open(output.path()).complete().unwrap();
    // It escapes what it has read once more.
    for entry in packages.iter_mut().flat_map(|package| &mut package.changelog) {
        entry.author = entry.author.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&");
    }
    sorted(packages)
}

fn sorted(mut packages: Vec<Package>) -> Vec<Package> {
    packages.sort_by_key(|package| (package.base.clone(), package.href.clone()));
    packages
}

fn usual() -> MergeSettings {
    let workers = NonZeroUsize::new(2).unwrap();
    MergeSettings { workers, ..MergeSettings::for_el6(1_700_000_001) }
}

#[test]
fn the_same_packages_are_kept() {
    let scratches = three();
    let check = |settings: &MergeSettings, arguments: &[&str], count| {
        let (found, expected) = (ours(&scratches, settings), theirs(&scratches, arguments));
        let names = |list: &[Package]| {
            let name = |package: &Package| format!("{} {:?}", package.nevra, package.base);
            list.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(&found), names(&expected), "{arguments:?}");
        assert!(found == expected, "{arguments:?}");
        assert_eq!(found.len(), count, "{arguments:?}");
    };
    let keep = |keep| MergeSettings { keep, ..usual() };
    check(&keep(Keep::FirstRepository), &[], 8);
    check(&keep(Keep::FirstRepository), &["--method", "repo"], 8);
    check(&keep(Keep::NewestVersion), &["--method", "nvr"], 8);
    check(&keep(Keep::YoungestFile), &["--method", "ts"], 8);
    check(&keep(Keep::EachVersion), &["--all"], 12);
    let architectures = Some(BTreeSet::from(["x86_64".to_owned()]));
    check(&MergeSettings { architectures, ..usual() }, &["--archlist", "x86_64"], 4);
    check(&MergeSettings { bases: Bases::Omitted, ..usual() }, &["--omit-baseurl"], 8);
    let (search, replace) = (scratches[1].path().to_string(), "http://mirror/x".to_owned());
    let arguments = ["--repo-prefix-search", &search, "--repo-prefix-replace", &replace];
    let bases = Bases::Replaced { search: search.clone(), replace: replace.clone() };
    check(&MergeSettings { bases, ..usual() }, &arguments, 8);
}

/// What was read and written is what was written at first, to the byte.
#[test]
fn a_repository_merged_onto_itself_is_the_same() {
    let scratch = repository(&[("a", "1.9"), ("a", "1.10"), ("b", "1")], 1_600_000_000);
    fs_err::remove_dir_all(scratch.path().join("repodata")).unwrap();
    for (compression, database) in [
        (Compression::Gzip, Some(Compression::Bzip2)),
        (Compression::Xz, None),
        (Compression::None, Some(Compression::None)),
    ] {
        indexed(scratch.path(), &IndexSettings { compression, database, ..settings() }, &Silent);
        let repomd = || fs_err::read_to_string(scratch.path().join("repodata/repomd.xml")).unwrap();
        let before = repomd();
        let settings = MergeSettings {
            compression,
            database,
            sources: Sources::Replace,
            ..MergeSettings::for_el6(1_700_000_000)
        };
        merge(scratch.path(), &[open(scratch.path())], &settings, &Silent).unwrap();
        assert_eq!(repomd(), before);
        open(scratch.path()).verify_documents().unwrap();
    }
}

/// Lists a document of this kind, in these bytes.
fn list(root: &Utf8Path, kind: &str, name: &str, bytes: &[u8]) {
    let path = root.join("repodata/repomd.xml");
    let mut repomd = read_repomd(&path).unwrap();
    fs_err::write(root.join("repodata").join(name), bytes).unwrap();
    repomd.records.retain(|record| record.kind != kind);
    repomd.records.push(Record {
        kind: kind.into(),
        checksum: crate::reading::sha256(bytes),
        open_checksum: None,
        header_checksum: None,
        location: format!("repodata/{name}"),
        timestamp: 1,
        size: Some(bytes.len() as u64),
        open_size: None,
        header_size: None,
        database_version: None,
    });
    fs_err::write(path, repomd.to_xml()).unwrap();
}

#[test]
fn documents_of_other_kinds_are_kept() {
    let scratches = [repository(&[], 1), repository(&[], 1)];
    let [first, second] = [scratches[0].path(), scratches[1].path()];
    createrepo(second, &["--no-database", "--content", "theirs", "--distro", "cpe:/o:x,X", "--repo", "r"]);
    list(first, "modules", "0123-modules.yaml", b"---\na: 1\n...");
    list(second, "modules", "modules.yaml", b"b: 2\n");
    list(second, "productid", "productid", b"one");
    list(second, "../x", "x", b"nothing leads out of repodata");
    list(second, "prestodelta", "prestodelta.xml", b"<prestodelta/>");
    let output = Scratch::new();
    let tags = Tags { content: vec!["own".into()], ..Tags::default() };
    let settings = MergeSettings { groups: Groups::Omitted, tags, ..usual() };
    merge(output.path(), &[open(first), open(second)], &settings, &Silent).unwrap();
    let merged = open(output.path());
    merged.verify_documents().unwrap();
    let tags = &merged.repomd().tags;
    assert_eq!(
        (&tags.content[..], &tags.repo[..]),
        (&["own".into(), "theirs".into()][..], &["r".into()][..])
    );
    assert_eq!(tags.distro, [(Some("cpe:/o:x".into()), "X".into())]);
    let kinds: Vec<&str> = merged.repomd().records.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds, ["primary", "filelists", "other", "modules", "productid"]);
    let text = |kind: &str| String::from_utf8(merged.document_bytes(kind).unwrap().unwrap()).unwrap();
    assert_eq!(text("modules"), "---\na: 1\n...\n---\nb: 2\n");
    assert_eq!(text("productid"), "one");
    assert!(merged.repomd().record("modules").unwrap().location.ends_with("-modules.yaml.gz"));
}

#[test]
fn what_can_not_stand_in_metadata_is_not_written() {
    let scratch = Scratch::new();
    crate::merging::write_large(scratch.path(), 1, 0);
    let primary = fs_err::read_to_string(scratch.path().join("repodata/primary")).unwrap();
    for (old, new, id) in
        [(">0</checksum>", ">0&quot;&gt;</checksum>", "0&quot;&gt;"), ("<name>p0", "<name>p\u{1}0", "0")]
    {
        let primary = primary.replace(old, new);
        list(scratch.path(), "primary", "primary", primary.as_bytes());
        for (kind, root) in [("filelists", "filelists"), ("other", "otherdata")] {
            let text = format!(
                "<{root}><package pkgid='{id}' name='p0' arch='noarch'><version ver='1' rel='1'/></package></{root}>"
            );
            list(scratch.path(), kind, kind, text.as_bytes());
        }
        let output = Scratch::new();
        let error = merge(output.path(), &[open(scratch.path())], &usual(), &Silent).unwrap_err().to_string();
        assert!(error.contains("is no number in") || error.contains("that XML forbids in"), "{error}");
        assert_eq!(crate::files(output.path()).len(), 0);
    }
}
