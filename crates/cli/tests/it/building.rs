//! What a build gets to see, and what is said when it fails.

use std::net::TcpListener;

use crate::program::Call;
use crate::workshop::{Directory, ProjectCopy, Work, files_below};

#[test]
fn failing_build_shows_its_lines_and_its_log() {
    let copy = ProjectCopy::with_small_package("echo 'this is where it goes wrong: 4711'\nfalse");
    let work = Work::new(copy.path());
    let run = work.run(&["release", "--target", "small"]).ends_with(3).says([
        "building `small` failed in %build",
        "this is where it goes wrong: 4711",
        "the whole log is `",
    ]);
    let (_, rest) = run.stderr.split_once("the whole log is `").unwrap();
    let log = fs_err::read_to_string(rest.split_once('`').unwrap().0).unwrap();
    assert!(log.contains("this is where it goes wrong: 4711"));
    assert!(!work.path().join("publish/small").exists(), "nothing is published");

    // Mended, it goes on.
    copy.edit("specs/small/small.spec.tera", "\nfalse\n", "\ntrue\n");
    work.run(&["release", "--target", "small"]).ends_with(0).prints(["small-1.0-1.el6.centos.alt.noarch"]);
}

/// The miniature of a real package, broken as an upstream release may be.
#[test]
fn failing_compiler_is_quoted() {
    let copy = ProjectCopy::new();
    let file = "specs/xen/miniature/xen/hypervisor.c";
    let text = fs_err::read_to_string(copy.path().join(file)).unwrap();
    copy.write(file, &format!("{text}\nint broken(void) {{ return no_such_name; }}\n"));
    Work::new(copy.path())
        .run(&["build", "xen", "--without", "xen:docs", "--without", "xen:tools"])
        .ends_with(3)
        .says(["building `xen` failed in %build", "error: ", "no_such_name", "the whole log is `"]);
}

#[test]
fn spec_that_rpm_does_not_take_is_wrong_data() {
    let copy = ProjectCopy::with_small_package("true");
    copy.edit("specs/small/small.spec.tera", "License: MIT\n", "License: MIT\nLicence: MIT\n");
    Work::new(copy.path()).run(&["render", "--target", "small"]).says(["small", "Licence"]).ends_with(2);
}

#[test]
fn template_that_names_what_does_not_exist_is_wrong_data() {
    let copy = ProjectCopy::with_small_package("echo {{ package.nam }}");
    Work::new(copy.path())
        .run(&["render", "--target", "small"])
        .ends_with(2)
        .says(["specs/small/small.spec.tera", "package.nam"]);
}

/// A server on this machine's loopback, which a build must not reach, and does reach where that is allowed on purpose:
/// so the probe works.
#[test]
fn builds_see_no_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let probe =
        format!("if bash -c ': < /dev/tcp/127.0.0.1/{port}'; then echo REACHED; else echo CUT OFF; fi");
    let copy = ProjectCopy::with_small_package(&probe);
    let work = Work::new(copy.path());
    let log_of = |arguments: &[&str]| {
        let rows = work.run(arguments).ends_with(0).json();
        assert_eq!(rows[0]["fresh"], true);
        fs_err::read_to_string(format!("{}/build.log", rows[0]["directory"].as_str().unwrap())).unwrap()
    };
    let log = log_of(&["build", "--target", "small", "--json"]);
    assert!(log.lines().any(|line| line == "CUT OFF"), "{log}");
    assert!(listener.accept().is_err(), "the build reached the network");
    let log = log_of(&["build", "--target", "small", "--json", "--allow-network"]);
    assert!(log.lines().any(|line| line == "REACHED"), "{log}");
    assert!(listener.accept().is_ok());
}

/// The target's own key, one that the run is given, and the maintainer's home, in which the work directory lies.
#[test]
fn builds_see_no_key() {
    let home = Directory::new();
    let key = home.write("other/key.asc", "SECRET");
    home.write(".gnupg/private-keys-v1.d/key", "SECRET");
    let passphrase = Directory::new();
    let file = passphrase.write("passphrase", "SECRET");
    let work = home.path.join("work");
    let look =
        format!("set +x\ncat {file} {key} || :\nfind {0} -name '*ke*' -not -path '*/builds/*'", home.path);
    let copy = ProjectCopy::with_small_package(&look);
    let places = ["--project", copy.path().as_str(), "--work", work.as_str()];
    let release = ["release", "--target", "small", "--json"];
    Call::new(places.iter().chain(&release))
        .env("HOME", home.path.as_str())
        .env("XEN4CENTOS_PASSPHRASE_FILE", file.as_str())
        .run()
        .ends_with(0);
    assert!(work.join("keys/small/secret.asc").is_file());
    let results = files_below(&work.join("builds/small"));
    let log = results.iter().find(|file| file.file_name() == Some("build.log")).unwrap();
    let log = fs_err::read_to_string(work.join("builds/small").join(log)).unwrap();
    assert!(!log.contains("SECRET") && !log.contains("secret.asc") && !log.contains("private-keys"), "{log}");
    assert!(log.contains("find:") || log.contains("cat: "), "it has looked: {log}");
}

/// The configuration step is the tree's own makefile.
#[test]
fn configuration_step_sees_no_key_and_no_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let home = Directory::new();
    let key = home.write("key.asc", "SECRET");
    let copy = ProjectCopy::new();
    let makefile = "specs/kernel/miniature/Makefile";
    let probes = format!(
        "REACHED := $(shell bash -c ': < /dev/tcp/127.0.0.1/{port}' 2>&1 || echo cut off)\n\
         ifeq ($(findstring cut off,$(REACHED)),)\n$(error it reached the network)\nendif\n\
         ifneq ($(shell cat {key} 2>/dev/null),)\n$(error it read the key)\nendif\n"
    );
    let text = fs_err::read_to_string(copy.path().join(makefile)).unwrap();
    copy.write(makefile, &format!("{probes}{text}"));
    let work = Work::new(copy.path());
    let configure = |arguments: &[&str]| work.call(&[&["kernel-config"], arguments].concat());
    configure(&["--allow-network"]).run().ends_with(2).says(["it reached the network"]);
    configure(&[]).run().ends_with(2).says(["it read the key"]);
    configure(&[]).env("XEN4CENTOS_KEY", key.as_str()).run().ends_with(0);
    fs_err::remove_dir_all(work.path().join("kernel-config")).unwrap();
    configure(&[]).env("HOME", home.path.as_str()).run().ends_with(0);
}
