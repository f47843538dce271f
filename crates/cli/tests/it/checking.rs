//! `check`: what its rules say, what a target takes of what is found, and reports for machines.

use std::os::unix::ffi::OsStrExt as _;

use crate::{
    program::Call,
    workshop::{Directory, ProjectCopy, Work, project},
};

const TARGET: &str = "repo-templates/targets/small.toml";

/// The groups of the project name packages that the small target does not have.
fn waiver(subject: &str, expires: &str) -> String {
    format!(
        "\n[[waiver]]\ncode = \"EL6-REPO-027\"\nsubject = \"{subject}\"\nreason = \"no groups here\"\nexpires = {expires}\n"
    )
}

fn with_waivers(copy: &ProjectCopy, waivers: &str) {
    let text = fs_err::read_to_string(copy.path().join(TARGET)).unwrap();
    let text = text.split("\n[[waiver]]").next().unwrap();
    copy.write(TARGET, &format!("{text}{waivers}"));
}

#[test]
fn rules_are_listed_by_family_and_explained() {
    let list = Call::new(["check", "--list"]).run().ends_with(0);
    list.prints(["packages:\n", "  EL6-PKG-010  error    compression of the payload\n", "keys:\n"]);
    let rows = Call::new(["check", "--list", "--json"]).run().ends_with(0).json();
    assert_eq!((&rows[0]["code"], &rows[0]["family"]), (&"EL6-DEP-001".into(), &"dependencies".into()));
    Call::new(["check", "--explain", "key-5"]).run().ends_with(0).prints([
        "EL6-KEY-005 kind of a key (error, keys)\n",
        "what the client says:\n  Gpg Keys not imported",
        "row of EL6.md:\n  any Ed25519 key listed or bundled, even beside a good RSA key\n",
    ]);
    let json = Call::new(["check", "--explain", "EL6-KEY-005", "--json"]).run().ends_with(0).json();
    assert_eq!((&json["code"], &json["severity"]), (&"EL6-KEY-005".into(), &"error".into()));
    Call::new(["check", "--explain", "EL6-PGK-031"])
        .run()
        .ends_with(2)
        .says(["there is no rule `EL6-PGK-031`", "hint: the nearest are `EL6-PKG-031`"]);
    Call::new(["check", "--list", "--explain", "EL6-PKG-031"]).run().ends_with(2);
    Call::new(["check", "--json", "--format", "sarif"]).run().ends_with(2);
}

/// Nothing in the header tells of what the file names.
#[test]
fn payloads_are_looked_at_in_the_check_and_in_the_gate() {
    let copy = ProjectCopy::with_small_package("true");
    copy.edit("specs/small/small.spec.tera", "echo small >", "echo /home/me/rpmbuild/BUILD/small >");
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());
    let finding = "/usr/share/small/file has /home/me/rpmbuild/BUILD/small";
    with(&["release"]).ends_with(4).says(["EL6-FILE-020 path of the build", finding]);

    let built = with(&["build", "small", "--json"]).ends_with(0).json();
    let signed = Directory::new();
    with(&["sign", built[0]["directory"].as_str().unwrap(), "--output", signed.path.as_str()]).ends_with(0);
    let signed = signed.path.as_str();
    with(&["check", signed]).ends_with(4).prints(["error EL6-FILE-020 path of the build", finding]);
    with(&["check", "--headers-only", signed]).ends_with(0);
    // Of single packages only waivers of what they are called can be for nothing.
    let text = fs_err::read_to_string(copy.path().join(TARGET)).unwrap();
    copy.write(
        TARGET,
        &format!("{text}{}{}", waiver("small-*", "2099-01-01"), waiver("comps", "2099-01-01")),
    );
    let run = with(&["check", "--headers-only", signed]).ends_with(0);
    assert!(!run.stderr.contains("for `comps`"), "{run:?}");
    run.says(["the waiver of EL6-REPO-027 for `small-*` is for nothing that was found"]);
}

#[test]
fn waivers_hold_in_the_check_and_in_the_gate() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    let with = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());

    // What holds no longer is said before anything is built.
    with_waivers(&copy, &waiver("comps", "2020-01-01"));
    let line = fs_err::read_to_string(copy.path().join(TARGET)).unwrap();
    let line = line[..line.find("[[waiver]]").unwrap()].lines().count() + 1;
    let place = format!("{TARGET}:{line}: the waiver of EL6-REPO-027 for `comps` expired on 2020-01-01");
    with(&["release"]).ends_with(2).says([place.as_str(), "hint: mend what it was for"]);
    assert!(!work.path().join("builds").exists());

    with_waivers(&copy, &(waiver("comps", "2099-01-01") + &waiver("kernel-*", "2099-12-31")));
    let unused = "the waiver of EL6-REPO-027 for `kernel-*` is for nothing that was found";
    with(&["release"]).ends_with(0).says([
        "EL6-REPO-027 comps: group",
        "(waived until 2099-01-01: no groups here)",
        unused,
    ]);
    with(&["check"]).ends_with(0).says([unused]).prints([
        "waived EL6-REPO-027",
        "reason:  no groups here (until 2099-01-01, repo-templates/targets/small.toml:",
        "0 errors, 0 warnings, ",
    ]);
    // What is found is not lost for that.
    with_waivers(&copy, &waiver("comps", "2020-01-01"));
    with(&["check"]).ends_with(2).says([place.as_str()]).prints(["warning EL6-REPO-027", "0 errors, "]);

    with_waivers(&copy, &waiver("comps", "2099-01-01"));
    let log = with(&["check", "--format", "sarif"]).ends_with(0).json();
    assert_eq!(log["runs"][0]["results"][0]["suppressions"][0]["kind"], "external");
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().unwrap().ends_with("/small/x86_64/comps"), "{uri}");
    with(&["check", "--format", "junit"])
        .ends_with(0)
        .prints(["<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ", "<skipped message=\"group "]);
    let findings = with(&["check", "--format", "json"]).ends_with(0).json();
    assert_eq!(findings, with(&["check", "--json"]).ends_with(0).json());
    assert_eq!(findings[0]["waived"]["reason"], "no groups here");
    let painted = with(&["check", "--color", "always"]).ends_with(0);
    painted.prints(["\u{1b}[1;36mwaived\u{1b}[0m EL6-REPO-027"]);
}

#[test]
fn key_files_and_single_packages_are_checked() {
    let directory = Directory::new();
    let key = directory.write("RPM-GPG-KEY-Xen", "no key");
    let package = directory.write("b.rpm", "no package");
    let work = Work::published();
    work.run(&["check", key.as_str()])
        .ends_with(4)
        .prints(["error EL6-KEY-001", "RPM-GPG-KEY-Xen: is no armoured"]);
    work.run(&["check", key.as_str(), package.as_str()]).ends_with(4).prints([
        "error EL6-PKG-001",
        "error EL6-KEY-001",
        "2 errors, 0 warnings",
    ]);
    let public = work.path().join("keys/local/public.asc");
    work.run(&["check", public.as_str()]).ends_with(0);
    // Keys are known by what they are, too; and what can not be looked at hides nothing.
    let binary = directory.write("key.gpg", [&[0x99, 1, 13, 4][..], &[0; 300]].concat());
    work.run(&["check", binary.as_str()])
        .ends_with(4)
        .prints(["error EL6-KEY-001"])
        .says(["client `local` would refuse this: 1 error\n"]);
    work.run(&["check", "--public-key", binary.as_str(), public.as_str()]).ends_with(2).says([
        "is no usable public key: it is no armoured text\n",
        "hint: export it with `gpg --armor --export FINGERPRINT`",
    ]);
    let packages = Directory::new();
    packages.write("b.rpm", "no package");
    fs_err::os::unix::fs::symlink("nowhere", packages.path.join("a.rpm")).unwrap();
    work.run(&["check", packages.path.as_str(), "/nowhere"])
        .ends_with(2)
        .prints(["error EL6-PKG-001", "b.rpm: file ends inside the lead"])
        .says(["could not read", "warning: `/nowhere` is not there\n"]);
    let empty = Work::new(&project());
    empty
        .run(&["check"])
        .ends_with(2)
        .says(["is not there", "hint: name a package, a key file or a repository;"]);
    // The whole channel of the quickstart, its release package and that one's key among it.
    work.run(&["check"]).ends_with(0).says(["client `local` takes it"]);
}

#[test]
fn a_repository_behind_a_url_is_checked_as_one_in_a_directory_is() {
    let work = Work::published();
    let mut server = work.call(&["serve", "--port", "0"]).start();
    let url = server.first_line();
    let findings = |place: &str, code| {
        let json = work.run(&["check", place, "--json"]).ends_with(code).json();
        let rows = json.as_array().unwrap().iter();
        rows.map(|row| format!("{} {} {}", row["code"], row["subject"], row["message"])).collect::<Vec<_>>()
    };
    assert_eq!(findings(&url, 0), findings(work.channel().as_str(), 0));

    let packages = work.channel().canonicalize_utf8().unwrap().join("Packages");
    let package = |name: &str| {
        let mut entries = packages.read_dir_utf8().unwrap().map(|entry| entry.unwrap().into_path());
        entries.find(|path| path.file_name().unwrap().starts_with(name)).unwrap()
    };
    let mut bytes = fs_err::read(package("xen-doc")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    // The file may be shared with other tests by a hard link.
    let changed = package("xen-doc");
    fs_err::remove_file(&changed).unwrap();
    fs_err::write(&changed, &bytes).unwrap();
    fs_err::remove_file(package("kernel-headers")).unwrap();
    bytes.extend([0; 9]);
    let longer = package("xen-licenses");
    fs_err::remove_file(&longer).unwrap();
    fs_err::write(&longer, &bytes).unwrap();
    let found = findings(&url, 4);
    for (code, name) in
        [("EL6-REPO-022", "xen-doc"), ("EL6-REPO-020", "kernel-headers"), ("EL6-REPO-021", "xen-licenses")]
    {
        assert!(found.iter().any(|row| row.contains(code) && row.contains(name)), "{code}: {found:#?}");
    }
    server.kill();
    work.run(&["check", &url]).ends_with(5).says([url.trim_end_matches('/')]);
}

/// What nobody verified is a finding, and not less where a program reads it; what is altered is found without a key.
#[test]
fn without_a_key_it_is_told_that_nothing_is_verified() {
    let work = Work::published();
    let package = work.channel().join("Packages/xen-licenses-4.2.5-39.el6.centos.alt.x86_64.rpm");
    // A machine that never saw the channel's key.
    let stranger = Work::new(&project());
    let check = |arguments: &[&str]| stranger.run(&[&["check"], arguments].concat());
    let rows = check(&[package.as_str(), "--json"]).ends_with(0).json();
    assert_eq!((&rows[0]["code"], &rows[0]["severity"]), (&"EL6-REPO-034".into(), &"warning".into()));
    check(&[work.channel().join("Packages").as_str()])
        .ends_with(0)
        .prints(["nor those of 13 other packages"]);
    check(&[package.as_str(), "--public-key", work.public_key().as_str(), "--json"])
        .ends_with(0)
        .prints(["[]"]);

    // The repository ships its key: what is altered, or signed by somebody else, is found.
    let channel = work.channel();
    check(&[channel.as_str()]).ends_with(0).says(["verified with the key that lies beside the packages, "]);
    let repomd = channel.join("repodata/repomd.xml");
    let text = fs_err::read_to_string(&repomd).unwrap();
    fs_err::remove_file(&repomd).unwrap();
    fs_err::write(&repomd, text.replacen("<revision>", "<revision>1", 1)).unwrap();
    check(&[channel.as_str()]).ends_with(4).prints(["error EL6-REPO-003"]);

    let mut bytes = fs_err::read(&package).unwrap();
    let place = bytes.windows(8).rposition(|window| window == b"licenses").unwrap();
    bytes[place] = b'L';
    let altered = Directory::new();
    let altered = altered.write("altered.rpm", bytes);
    check(&[altered.as_str(), "--headers-only"]).ends_with(4).prints(["error EL6-PKG-023"]);
}

#[test]
fn directories_are_looked_through_and_what_is_no_file_is_named() {
    let work = Work::published();
    let directory = Directory::new();
    let package =
        work.channel().join("Packages").read_dir_utf8().unwrap().next().unwrap().unwrap().into_path();
    let below = directory.path.join("sub/deep");
    fs_err::create_dir_all(&below).unwrap();
    fs_err::copy(&package, below.join("p.rpm")).unwrap();
    let check = |more: &[&str]| work.run(&[&["check", directory.path.as_str(), "--json"], more].concat());
    let key = work.channel().join("RPM-GPG-KEY-Xen4CentOS-quickstart");
    check(&["--public-key", key.as_str()]).ends_with(0);
    fs_err::write(below.join("bad.rpm"), "no package").unwrap();
    assert!(check(&[]).ends_with(4).stdout.contains("EL6-PKG-001"));
    fs_err::remove_file(below.join("bad.rpm")).unwrap();
    let fifo = directory.path.join("fifo.rpm");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, fifo.as_std_path(), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    check(&[]).ends_with(2).says([&*format!("`{fifo}` is no regular file")]);
    work.run(&["check", fifo.as_str()]).ends_with(2).says(["is no regular file"]);
    work.run(&["check", package.as_str(), "--public-key", fifo.as_str()])
        .ends_with(2)
        .says(["is no regular file"]);
    fs_err::remove_file(&fifo).unwrap();
    let odd = directory.path.as_std_path().join(std::ffi::OsStr::from_bytes(b"odd\xff.rpm"));
    fs_err::write(odd, "x").unwrap();
    check(&[]).ends_with(2).says(["file name is not UTF-8", "hint: rename it"]);
}
