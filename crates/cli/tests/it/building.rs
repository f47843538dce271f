//! What a build gets to see, and what is said when it fails.

use std::{net::TcpListener, os::unix::net::UnixListener};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};

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

/// Agents of the maintainer and services of the machine, where such are.
struct Agents {
    _listeners: Vec<UnixListener>,
    directories: Vec<tempfile::TempDir>,
}

impl Agents {
    fn new() -> Self {
        // Not everybody may write in /run.
        let directories: Vec<_> = ["/tmp", "/run"].into_iter().flat_map(tempfile::tempdir_in).collect();
        let listener =
            |directory: &tempfile::TempDir| UnixListener::bind(directory.path().join("agent")).unwrap();
        Self { _listeners: directories.iter().map(listener).collect(), directories }
    }

    /// A shell command that says `CONNECTED` for each of them that it reaches.
    fn probe(&self) -> String {
        let sockets: Vec<String> = self
            .directories
            .iter()
            .map(|directory| format!("{}/agent", directory.path().display()))
            .collect();
        let perl =
            r#"for (@ARGV) { print IO::Socket::UNIX->new(Peer => $_) ? "CONNECTED\n" : "NOT THERE\n" }"#;
        format!("perl -MIO::Socket::UNIX -e '{perl}' {}", sockets.join(" "))
    }
}

#[test]
fn builds_reach_no_agent() {
    let agents = Agents::new();
    let probe = agents.probe();
    let unheld = Invocation::new(Tool::Sh, "/").args(["-c", &probe]).run().unwrap().text();
    assert_eq!(unheld.matches("CONNECTED").count(), agents.directories.len());
    let copy = ProjectCopy::with_small_package(&probe);
    let work = Work::new(copy.path());
    let rows = work.run(&["build", "--target", "small", "--json"]).ends_with(0).json();
    let log =
        fs_err::read_to_string(format!("{}/build.log", rows[0]["directory"].as_str().unwrap())).unwrap();
    let lines = |text| log.lines().filter(|line| *line == text).count();
    assert_eq!((lines("CONNECTED"), lines("NOT THERE")), (0, agents.directories.len()), "{log}");
}

/// What is published, what other builds made, and the project.
#[test]
fn builds_change_nothing_of_anybody() {
    let copy = ProjectCopy::with_small_package("COMMANDS");
    let work = Work::new(copy.path());
    let spec = "specs/small/small.spec.tera";
    copy.edit(spec, "COMMANDS", "true");
    work.run(&["release", "--target", "small"]).ends_with(0);
    let before = |directory: &Utf8Path| files_below(directory);
    let (project, published) = (before(copy.path()), before(&work.path().join("publish")));
    let evil = format!(
        "set +e\nfor place in {0}/publish/small/x86_64/Packages {0}/builds/small/* {0}/generated {0}/store {0}/signed \
         {1}/specs/small; do\n[ -d $place ] && echo SEEN $place && echo > $place/EVIL\ndone\nset -e",
        work.path(),
        copy.path()
    );
    copy.edit(spec, "\ntrue\n", &format!("\n{evil}\n"));
    work.run(&["build", "small", "--target", "small"]).ends_with(0);
    assert_eq!(before(copy.path()), project);
    assert_eq!(before(&work.path().join("publish")), published);
    let evil = |file: &Utf8PathBuf| file.file_name() == Some("EVIL");
    assert!(!files_below(work.path()).iter().any(evil));
}

/// Which program and which state of the project a package comes from, and what its patches are for.
#[test]
fn provenance_says_what_a_package_was_made_from() {
    let copy = ProjectCopy::with_small_package("true");
    copy.write("specs/small/patches/fix.patch", "--- /dev/null\n+++ b/file\n@@ -0,0 +1 @@\n+fixed\n");
    let patch = "[[patch]]\nfile = \"fix.patch\"\nstrip = 1\nadvisory = \"XSA-108\"\nsummary = \"Fixes\"\n\n[[changelog]]";
    copy.edit("specs/small/package.toml", "[[changelog]]", patch);
    copy.edit("specs/small/small.spec.tera", "{{ source_lines }}", "{{ source_lines }}\n{{ patch_lines }}");
    copy.edit("specs/small/small.spec.tera", "-c -T\n", "-c -T\n{{ patch_commands }}\n");
    let work = Work::new(copy.path());
    let mut first = true;
    let mut provenance = || {
        let spec = "specs/small/small.spec.tera";
        if !std::mem::take(&mut first) {
            copy.edit(spec, "echo small >", "echo  small >");
        }
        let rows = work.run(&["build", "--target", "small", "--json"]).ends_with(0).json();
        let file = format!("{}/provenance.json", rows[0]["directory"].as_str().unwrap());
        serde_json::from_slice::<serde_json::Value>(&fs_err::read(file).unwrap()).unwrap()
    };
    let said = provenance();
    assert_eq!(said["run"]["program"], concat!("xen4centos ", env!("CARGO_PKG_VERSION")));
    assert!(said["run"]["project"].is_null(), "{said}");
    assert_eq!(said["inputs"]["sources"]["fix.patch"]["advisory"], "XSA-108");

    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@localhost"];
        Invocation::new(Tool::Git, copy.path()).args(identity).args(arguments).run().unwrap().text()
    };
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=All"]);
    let said = provenance();
    assert_eq!(said["run"]["project"]["commit"], git(&["rev-parse", "HEAD"]));
    assert_eq!(said["run"]["project"]["work-tree"], "changed");
}

/// What was found out about the machine stands in a file, and so can be made another machine.
#[test]
fn only_what_a_package_sees_of_the_machine_makes_it_out_of_date() {
    let work = Work::published();
    let states = || {
        let rows = work.run(&["status", "--json"]).ends_with(0).json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["package"].as_str().unwrap(), row["state"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let file = work.path().join("host-root.json");
    let change = |from: &str, to: &str| {
        let text = fs_err::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs_err::write(&file, text.replace(from, to)).unwrap();
    };
    let published = ["centos-release-xen published", "kernel published", "xen published"];
    assert_eq!(states(), published);
    change("\"latex\":", "\"latex\":true,\"was-latex\":");
    change("\"capabilities\":{", "\"capabilities\":{\"of-the-future\":true,");
    assert_eq!(states(), published);
    change("\"make_version\":\"", "\"make_version\":\"99.");
    assert_eq!(states(), ["centos-release-xen published", "kernel out-of-date", "xen out-of-date"]);
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
    let agents = Agents::new();
    let probes = format!(
        "ifneq ($(findstring CONNECTED,$(shell {})),)\n$(error it reached an agent)\nendif\n\
         REACHED := $(shell bash -c ': < /dev/tcp/127.0.0.1/{port}' 2>&1 || echo cut off)\n\
         ifeq ($(findstring cut off,$(REACHED)),)\n$(error it reached the network)\nendif\n\
         ifneq ($(shell cat {key} 2>/dev/null),)\n$(error it read the key)\nendif\n",
        agents.probe().replace('$', "$$")
    );
    let text = fs_err::read_to_string(copy.path().join(makefile)).unwrap();
    copy.write(makefile, &format!("{probes}{text}"));
    let work = Work::new(copy.path());
    let configure = |arguments: &[&str]| work.call(&[&["kernel-config"], arguments].concat());
    configure(&["--allow-network"]).run().ends_with(2).says(["it reached the network"]);
    configure(&[]).env("XEN4CENTOS_KEY", key.as_str()).run().ends_with(0);
    fs_err::remove_dir_all(work.path().join("kernel-config")).unwrap();
    configure(&[]).env("HOME", home.path.as_str()).run().ends_with(0);
}
