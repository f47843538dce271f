//! What `index` makes of what it is given: packages that are no packages, ways out of the directory, and the same packages
//! in another order, at another time, by more threads.

use std::{
    collections::BTreeSet,
    os::unix::fs::symlink,
    time::{Duration, Instant},
};

use camino::Utf8Path;
use xen4centos_process::{Invocation, Tool};

use crate::{
    indexing::{here, index, put},
    program::Call,
    reference::{Metadata, Scratch, corpus, files, fixtures},
};

/// Where packages lie, by the metadata.
fn hrefs(root: &Utf8Path) -> BTreeSet<String> {
    let metadata = Metadata::read(root);
    let lines = metadata.parts["primary"].things.values().flatten();
    lines.filter_map(|line| line.strip_prefix("package/location@href = ")).map(str::to_owned).collect()
}

/// A lead and what follows it.
fn after_lead(bytes: &[u8]) -> Vec<u8> {
    [&fs_err::read(&fixtures::packages()[0]).unwrap()[..96], bytes].concat()
}

/// A header that announces so many entries and bytes.
fn header(entries: u32, bytes: u32) -> Vec<u8> {
    let magic = [0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
    [&magic[..], &entries.to_be_bytes(), &bytes.to_be_bytes(), &[0; 4096]].concat()
}

#[test]
fn bad_packages_are_named_with_the_reason() {
    let good = fs_err::read(&fixtures::packages()[0]).unwrap();
    let mut corrupt = good.clone();
    for byte in &mut corrupt[120..400] {
        *byte ^= 0xff;
    }
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("no bytes", Vec::new(), "file ends inside the lead"),
        ("no package", vec![b'x'; 5000], "not an rpm package"),
        ("zeros", vec![0; 5000], "not an rpm package"),
        ("half a lead", good[..50].to_vec(), "file ends inside the lead"),
        ("half a header", good[..1500].to_vec(), "file ends inside"),
        ("less than announced", good[..good.len() - 1].to_vec(), "bytes"),
        ("corrupt", corrupt, "because: "),
        ("huge", after_lead(&header(u32::MAX, u32::MAX)), "because: "),
        ("many", after_lead(&header(1 << 20, 1 << 28)), "because: "),
    ];
    for (name, bytes, reason) in cases {
        let scratch = here();
        let path = scratch.path().join("packages/bad.rpm");
        fs_err::write(&path, bytes).unwrap();
        let start = Instant::now();
        let run = index(scratch.path(), &[]).ends_with(2).says([path.as_str(), reason]);
        assert!(!run.stderr.contains("panicked"), "{name}: {}", run.stderr);
        assert!(!scratch.path().join("packages/repodata").exists(), "{name}");
        let run = index(scratch.path(), &["--leave-out-bad"]).ends_with(0).says([path.as_str(), reason]);
        assert_eq!(run.stderr.matches("warning: ").count(), 1, "{name}: {}", run.stderr);
        assert_eq!(hrefs(&scratch.path().join("packages")), BTreeSet::from(["good.rpm".to_owned()]));
        assert!(start.elapsed() < Duration::from_secs(20), "{name}");
    }
}

/// Neither the walk nor a list of packages leads out of the directory. createrepo_c follows both.
#[test]
fn nothing_outside_of_the_directory_is_listed() {
    let scratch = here();
    let here = scratch.path();
    put(here, 1, "outside/o.rpm");
    put(here, 2, "packages/.hidden/h.rpm");
    symlink("../outside", here.join("packages/linked")).unwrap();
    let theirs = || {
        Invocation::new(Tool::CreaterepoC, here)
            .args(["--quiet", "--no-database", "packages"])
            .run()
            .unwrap();
        hrefs(&here.join("packages"))
    };
    let walked = [".hidden/h.rpm", "good.rpm", "linked/o.rpm"].map(str::to_owned);
    assert_eq!(theirs(), BTreeSet::from(walked));
    index(here, &[]).ends_with(0);
    let ours = BTreeSet::from(["good.rpm".to_owned()]);
    assert_eq!(hrefs(&here.join("packages")), ours);

    let list = here.join("list");
    let outside = here.join("outside/o.rpm");
    for line in ["../outside/o.rpm", "a/../../outside/o.rpm", outside.as_str(), "missing.rpm", "linked", ""] {
        fs_err::write(&list, format!("./good.rpm\r\n{line}\ngood.rpm\n")).unwrap();
        let listed = ["--pkglist", list.as_str()];
        let run = index(here, &listed);
        if line.is_empty() {
            run.ends_with(0);
        } else {
            let is_inside = ["missing.rpm", "linked"].contains(&line);
            let hint =
                if is_inside { "hint: paths in a list" } else { "hint: index a directory that holds all" };
            run.ends_with(2).says([line, hint]);
        }
        index(here, &[&listed[..], &["--leave-out-bad"]].concat()).ends_with(0).says([line]);
        assert_eq!(hrefs(&here.join("packages")), ours, "{line}");
    }
}

/// Links and pipes, whose names end as those of packages do.
#[test]
fn links_to_what_is_no_package_do_no_harm() {
    let scratch = here();
    let here = scratch.path();
    for (target, name) in [("/dev/zero", "device.rpm"), ("/etc", "directory.rpm"), ("loop.rpm", "loop.rpm")] {
        symlink(target, here.join("packages").join(name)).unwrap();
    }
    index(here, &[]).ends_with(0);
    symlink("/etc/passwd", here.join("packages/passwd.rpm")).unwrap();
    index(here, &[]).ends_with(2).says(["packages/passwd.rpm", "not an rpm package"]);
    index(here, &["--skip-symlinks"]).ends_with(0);
    assert_eq!(hrefs(&here.join("packages")), BTreeSet::from(["good.rpm".to_owned()]));
}

/// Copies the packages, newest first or last, with their times.
fn copied(newest_first: bool) -> Scratch {
    fn all(directory: &Utf8Path, found: &mut Vec<camino::Utf8PathBuf>) {
        for path in files(directory) {
            if path.is_dir() { all(&path, found) } else { found.push(path) }
        }
    }
    let scratch = Scratch::new();
    let mut paths = Vec::new();
    all(corpus::everything(), &mut paths);
    if newest_first {
        paths.reverse();
    }
    for path in paths {
        let target = scratch.path().join("packages").join(path.strip_prefix(corpus::everything()).unwrap());
        fs_err::create_dir_all(target.parent().unwrap()).unwrap();
        fs_err::hard_link(path, target).unwrap();
    }
    scratch
}

/// Every file of the metadata.
fn bytes(here: &Utf8Path) -> Vec<(String, Vec<u8>)> {
    let read =
        |path: camino::Utf8PathBuf| (path.file_name().unwrap().to_owned(), fs_err::read(path).unwrap());
    files(&here.join("packages/repodata")).into_iter().map(read).collect()
}

#[test]
fn the_same_packages_give_the_same_bytes() {
    let (first, second) = (copied(false), copied(true));
    let call = |here: &Utf8Path, workers: &str, zone: &str, arguments: &[&str]| {
        Call::new(["index", "--quiet", here.join("packages").as_str(), "--leave-out-bad", "--database"])
            .args(["--revision=1700000000", "--retain-old-md=0", workers])
            .args(arguments)
            .env("TZ", zone)
            .run()
            .ends_with(0);
        bytes(here)
    };
    // Those that are slow have fewer packages.
    let cases: [&[&str]; 4] = [
        &[],
        &["--general-compress-type=bz2", "--excludes=generated/*"],
        &["--general-compress-type=xz", "--excludes=generated/*"],
        &[],
    ];
    let expected = cases.map(|arguments| call(first.path(), "--workers=1", "UTC", arguments));
    // At another time by the clock, too.
    for (expected, arguments) in expected.iter().zip(cases) {
        assert_eq!(expected.len(), 7);
        let found = call(second.path(), "--workers=4", "Asia/Tokyo", arguments);
        for ((name, expected), (other_name, found)) in expected.iter().zip(&found) {
            assert_eq!(name, other_name, "{arguments:?}");
            assert!(expected == found, "{arguments:?}: other bytes in {name}");
        }
    }
}

/// What is remembered changes nothing but the time that it takes.
#[test]
fn an_update_gives_the_bytes_of_a_new_index() {
    let (updated, new) = (here(), here());
    let index = |here: &Utf8Path, update: &[&str]| {
        index(here, &[&["--database", "--revision=1700000000", "--retain-old-md=0"], update].concat())
            .ends_with(0);
        bytes(here)
    };
    let update = ["--update", "--cachedir", updated.path().as_str()];
    index(updated.path(), &update);
    assert!(files(updated.path()).iter().any(|path| path.extension() == Some("packages")));
    for scratch in [&updated, &new] {
        put(scratch.path(), 1, "packages/deep/added.rpm");
    }
    assert!(index(updated.path(), &update) == index(new.path(), &[]));
    for scratch in [&updated, &new] {
        fs_err::remove_file(scratch.path().join("packages/good.rpm")).unwrap();
    }
    assert!(index(updated.path(), &update) == index(new.path(), &[]));
}

#[test]
fn an_update_without_news_says_so_and_writes_nothing() {
    let scratch = here();
    let here = scratch.path();
    index(here, &["--update"]).ends_with(0).says(["Indexed"]);
    let inode = || {
        use std::os::unix::fs::MetadataExt as _;
        fs_err::metadata(here.join("packages/repodata")).unwrap().ino()
    };
    let (before, place) = (bytes(here), inode());
    let run = index(here, &["--update"]).ends_with(0).says(["Unchanged", "packages"]);
    assert!(!run.stderr.contains("Indexed"), "{}", run.stderr);
    assert_eq!(index(here, &["--update", "--json"]).ends_with(0).json()["changed"], false);
    assert_eq!((before, place), (bytes(here), inode()));
    put(here, 1, "packages/news.rpm");
    assert_eq!(index(here, &["--update", "--json"]).ends_with(0).json()["changed"], true);
}

#[test]
fn options_of_our_own() {
    let scratch = here();
    let here = scratch.path();
    put(here, 0, "packages/again.rpm");
    let refused = index(here, &["--duplicated-nevra", "refuse"]);
    refused.ends_with(2).says(["packages/good.rpm", "hint: "]);
    index(here, &["--dry-run"]).ends_with(0).prints(["would index again.rpm", "would index good.rpm"]);
    assert!(!here.join("packages/repodata").exists());
    let listed = |arguments: &[&str]| {
        let said = index(here, arguments).ends_with(0).stderr;
        (hrefs(&here.join("packages")).len(), said.matches("more than once").count())
    };
    assert_eq!(listed(&[]), (2, 1));
    assert_eq!(listed(&["--duplicated-nevra", "keep-last"]), (1, 1));
    // createrepo_c's patterns know no sets.
    assert_eq!(listed(&["--excludes", "[a-f]*.rpm"]), (2, 1));
    index(here, &["--skip-stat"]).ends_with(2);
    index(here, &["--distro="]).ends_with(2).says(["expected a name"]);
    index(here, &["--checksum", "md5"]).ends_with(2).says(["unknown checksum type `md5`"]);
    index(here, &["--retain-old-md", "1", "--retain-old-md-by-age", "2h"]).ends_with(2);
    // Groups that are compressed are listed open and compressed by us, which createrepo_c does not.
    let groups = b"<comps><group><id>a</id></group></comps>";
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, groups).unwrap();
    let file = here.join("groups.xml.gz");
    fs_err::write(&file, encoder.finish().unwrap()).unwrap();
    index(here, &["--groupfile", file.as_str()]).ends_with(0);
    let metadata = Metadata::read(&here.join("packages"));
    for kind in ["group", "group_gz"] {
        assert_eq!(metadata.parts[kind].things["text"], ["<comps><group><id>a</id></group></comps>"]);
    }
}
