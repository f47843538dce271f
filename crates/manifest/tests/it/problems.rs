use insta::assert_snapshot;

use crate::Copy;

const HELLO: &str = "specs/hello/package.toml";
const HERE: &str = "repo-templates/targets/here.toml";

/// Problems of the good project after edits of one file.
fn check(file: &str, edits: &[(&str, &str)]) -> String {
    let copy = Copy::new();
    for (from, to) in edits {
        copy.edit(file, from, to);
    }
    copy.problems()
}

/// Everything that one file can have wrong is reported in one run.
#[test]
fn hostile_package() {
    let copy = Copy::new();
    copy.write(HELLO, include_str!("../data/hostile/package.toml"));
    assert_snapshot!(copy.problems());
}

#[test]
fn hostile_target_and_client() {
    let copy = Copy::new();
    copy.write(HERE, include_str!("../data/hostile/target.toml"));
    copy.write("repo-templates/clients/el6.toml", include_str!("../data/hostile/client.toml"));
    assert_snapshot!(copy.problems());
}

#[test]
fn hostile_local_file() {
    let copy = Copy::new();
    copy.write("xen4centos.local.toml", include_str!("../data/hostile/local.toml"));
    assert_snapshot!(copy.problems());
}

/// Three errors of syntax, and what is wrong besides, without complaints about what could not be read.
#[test]
fn syntax_errors_do_not_hide_the_rest() {
    assert_snapshot!(check(
        HELLO,
        &[
            ("version = \"2.10\"\n", "version = 2.10.1\n"),
            ("license = \"GPLv3+\"", "license = \"GPLv3+"),
            ("file = \"hello.service\"", "file = \"hello.service\"\nfile = \"other\""),
            ("strip = 0", "strip = 11"),
        ]
    ));
}

#[test]
fn changelog_must_go_back_in_time_and_start_with_this_version() {
    assert_snapshot!(check(
        HELLO,
        &[
            ("2024-02-29", "2027-01-01"),
            ("version = \"2.10-3\"", "version = \"2.10-2\""),
            ("\"Greet on leap days\"", ""),
        ]
    ));
    assert_snapshot!(check(HELLO, &[("2024-02-29", "2023-02-29")]));
}

#[test]
fn packages_that_wait_for_one_another() {
    let copy = Copy::new();
    copy.edit(
        "specs/base/package.toml",
        "dist = false",
        "dist = false\nbuild-after = [\"hello\", \"nothing\"]",
    );
    assert_snapshot!(copy.problems());
}

#[test]
fn names_that_would_be_taken_for_one_another() {
    let copy = Copy::new();
    copy.edit(HELLO, "name = \"translations\"", "name = \"hello-service\"");
    copy.edit(HELLO, "file = \"one.patch\"", "file = \"hello.service\"");
    copy.edit(
        "specs/base/package.toml",
        "entries = [\"First\"]",
        "entries = [\"First\"]\n\n[[source]]\nname = \"patch-2.10.1\"\nurl = \"https://example.org/x\"\nunsigned = \"no\"\n\
         sha256 = \"31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b\"",
    );
    copy.edit(HERE, "directory = \"trial/x86_64\"", "directory = \"quickstart/x86_64/trial\"");
    assert_snapshot!(copy.problems());
}

#[test]
fn files_that_are_not_there() {
    let copy = Copy::new();
    for file in [
        "specs/hello/sources/hello.service",
        "specs/hello/patches/one.patch",
        "specs/hello/keys/hello.asc",
        "specs/hello/miniature/Makefile",
        "specs/hello/hello.spec.tera",
        "specs/base/package.toml",
        "repo-templates/comps.xml",
        "repo-templates/clients/el6.toml",
    ] {
        fs_err::remove_file(copy.root().join(file)).unwrap();
    }
    fs_err::remove_dir(copy.root().join("specs/hello/miniature")).unwrap();
    assert_snapshot!(copy.problems());
}

#[test]
fn key_may_come_from_elsewhere() {
    let copy = Copy::new();
    fs_err::remove_file(copy.root().join("specs/hello/keys/hello.asc")).unwrap();
    copy.edit(HELLO, "over = \"file\"", "over = \"file\"\nkey-url = \"https://example.org/key.asc\"");
    assert_eq!(copy.problems(), "no problem");
}

#[test]
fn client_that_can_not_take_the_packages() {
    assert_snapshot!(check(HERE, &[("w6.xzdio", "w19.zstdio"), ("file-digest = 8", "file-digest = 11")]));
}

#[test]
fn directory_that_is_no_project() {
    let directory = tempfile::tempdir().unwrap();
    let copy = Copy { directory };
    assert!(copy.problems().contains("specs:1:1: can not be read"), "{}", copy.problems());
}

#[test]
fn file_that_is_not_text() {
    let copy = Copy::new();
    fs_err::write(copy.root().join(HELLO), [0xff, 0xfe]).unwrap();
    let problems = copy.problems();
    assert!(problems.starts_with("specs/hello/package.toml:1:1: can not be read"), "{problems}");
    assert_eq!(problems.lines().count(), 1, "{problems}");
}

/// Whatever is cut off or put in the place of a value: problems, or none, and no panic.
#[test]
fn spoiled_files_are_survived() {
    let copy = Copy::new();
    for file in [HELLO, HERE, "repo-templates/clients/el6.toml"] {
        let path = copy.root().join(file);
        let good = fs_err::read_to_string(&path).unwrap();
        let mut spoiled: Vec<String> =
            (0..good.len()).step_by(17).filter_map(|end| good.get(..end)).map(str::to_owned).collect();
        for line in good.lines().filter(|line| line.contains(" = ")) {
            let key = line.split(" = ").next().unwrap();
            let values = ["7", "{}", "[]", "\"\"", "[[{}]]", "2026-01-01", "\"\\u0000é/%{x}\"", "-1", ""];
            spoiled.extend(values.map(|value| good.replace(line, &format!("{key} = {value}"))));
        }
        for text in spoiled {
            fs_err::write(&path, text).unwrap();
            copy.problems();
        }
        fs_err::write(&path, good).unwrap();
    }
    assert_eq!(copy.problems(), "no problem");
}

/// Whatever becomes text of a spec or the value of a macro is held to what rpm reads as itself.
#[test]
fn values_that_rpm_would_run() {
    let copy = Copy::new();
    copy.edit(HELLO, "version = \"2.10-2\"", "version = \"2.10-2%(touch pwned)\"");
    copy.edit(HELLO, "advisory = \"XSA-1\"", "advisory = \"XSA-1 %(touch pwned)\"");
    copy.edit(HERE, "vendor = \"", "vendor = \"%(touch pwned)");
    copy.edit(HERE, "packager = \"", "packager = \"a \\\\");
    copy.edit(HERE, "distribution = \"", "distribution = \"{");
    assert_snapshot!(copy.problems());
}

#[test]
fn newest_changelog_entry_may_name_the_epoch() {
    let base = "specs/base/package.toml";
    assert_eq!(check(base, &[("version = \"6-1.el6\"", "version = \"10:6-1.el6\"")]), "no problem");
    assert_snapshot!(check(base, &[("version = \"6-1.el6\"", "version = \"1:6-1.el6\"")]));
}

/// What the command line can say, the file of one machine can.
#[test]
fn local_file_overrides_what_the_command_line_can() {
    let copy = Copy::new();
    copy.write("file", "");
    copy.write(
        "xen4centos.local.toml",
        "[source-override]\n\"one.patch\" = \"file\"\n\"hello/two.patch\" = \"file\"\n\
         \"hello.service\" = \"file\"\n\"hello/translations\" = \"file\"\n",
    );
    assert_eq!(copy.problems(), "no problem");
}

#[test]
fn local_file_means_one_source_each_time() {
    let copy = Copy::new();
    copy.write("file", "");
    copy.write("specs/base/sources/hello.service", "");
    copy.edit(
        "specs/base/package.toml",
        "entries = [\"First\"]",
        "entries = [\"First\"]\n[[source]]\nfile = \"hello.service\"",
    );
    copy.write(
        "xen4centos.local.toml",
        "[source-override]\n\"one.patch\" = \"file\"\n\"hello/one.patch\" = \"file\"\n\
         \"hello.service\" = \"file\"\n\"base/one.patch\" = \"file\"\n\"helo/one.patch\" = \"file\"\n\
         \"tow.patch\" = \"file\"\n",
    );
    assert_snapshot!(copy.problems());
}

/// A package that can not be read does not hide what is wrong with overrides of another.
#[test]
fn unknown_override_beside_a_broken_package() {
    let copy = Copy::new();
    copy.write("file", "");
    copy.edit("specs/base/package.toml", "dist = false", "dist = false false");
    copy.write(
        "xen4centos.local.toml",
        "[source-override]\n\"hello/oen.patch\" = \"file\"\n\"base/x\" = \"file\"\nx = \"file\"\n",
    );
    assert_snapshot!(copy.problems());
}

#[test]
fn names_of_files_that_are_generated() {
    let copy = Copy::new();
    let key = "RPM-GPG-KEY-Xen4CentOS-quickstart";
    let files = ["CentOS-Xen.repo", key, "hello-x86_64.config", "hello.spec", "hello-2.10-tree.tar.gz"];
    let names = ["CentOS-Xen.repo", "signing-key", "kernel_config"];
    let of_file = files.map(|file| ("own-".to_owned() + &file.replace('.', "-"), file.to_owned()));
    let of_name = names.map(|name| (name.to_owned(), format!("{name}.own")));
    let mut sources = String::new();
    for (name, file) in of_file.into_iter().chain(of_name) {
        copy.write(&format!("specs/hello/sources/{file}"), "");
        sources.extend(["[[source]]\nname = \"", &name, "\"\nfile = \"", &file, "\"\n"]);
    }
    copy.edit(HELLO, "[[patch]]\nfile = \"one.patch\"", &format!("{sources}[[patch]]\nfile = \"one.patch\""));
    assert_snapshot!(copy.problems());
}

/// Each of several files, broken in a way of its own, is heard in the same run.
#[test]
fn all_problems_of_all_files_in_one_run() {
    let copy = Copy::new();
    let base = "specs/base/package.toml";
    copy.edit(base, "dist = false", "dist = false\nbuild-after = [\"hello\"]\ncolour = 1");
    copy.edit(base, "2026-11-23", "2026-11-24");
    copy.edit(HELLO, "41ea72e0f516c", "41ea72e0f51");
    copy.edit(HELLO, "23E3 222C", "23E3");
    copy.edit(HELLO, "2024-02-29", "2024-02-30");
    copy.edit(HELLO, "file = \"one.patch\"", "file = \"patch-2.10.1.xz\"");
    copy.edit(HELLO, "name = \"translations\"", "name = \"hello-2.10.tar.gz\"");
    copy.edit(HELLO, "url = \"https://example.org/two.patch\"", "url = \"ftp://example.org/two.patch\"");
    copy.edit(HERE, "client = \"el6\"", "client = \"el9\"");
    copy.edit(HERE, "accepts = \"miniature\"", "accepts = \"anything\"");
    let other = fs_err::read_to_string(copy.root().join(HERE)).unwrap();
    copy.write("repo-templates/targets/there.toml", &other);
    copy.write("repo-templates/clients/el6.toml", "name = \"el6\"\nsummary = [\n");
    copy.write("xen4centos.local.toml", "[option.helo]\nshout = true\n");
    assert_snapshot!(copy.problems());
}

#[test]
fn waivers_say_what_why_and_until_when() {
    let with = |text: &str| {
        let copy = Copy::new();
        let target = fs_err::read_to_string(copy.root().join(HERE)).expect("the good target");
        copy.write(HERE, &format!("{target}\n{text}"));
        copy.problems()
    };
    let good = "[[waiver]]\ncode = \"EL6-PKG-032\"\nsubject = \"hello-*\"\nreason = \"for the docs\"\nexpires = 2027-01-01\n";
    assert_eq!(with(good), "no problem");
    assert_snapshot!(with(
        "[[waiver]]\ncode = \"pkg-32\"\nsubject = \"\"\nexpires = \"soon\"\n[[waiver]]\nuntil = 2027-01-01\n"
    ));
}

#[test]
fn base_is_a_list_or_a_repository_and_origins_are_other_channels() {
    let edits = [
        (
            "comps = \"comps.xml\"",
            "comps = \"comps.xml\"\nbase = [\"gone.txt\", \"../up.txt\", \"ftp://example.org/6/\", \"comps.xml\", \"comps.xml\"]",
        ),
        ("default = true", "default = true\nfrom = [\"quickstart\", \"trail\", \"trial\", \"trial\"]"),
    ];
    assert_snapshot!(check(HERE, &edits));
}
