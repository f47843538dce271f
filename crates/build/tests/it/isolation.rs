use std::net::TcpListener;

use xen4centos_build::{BuildError, Isolation, NetworkPolicy, Silent};
use xen4centos_process::{Invocation, Tool};

use crate::support::{Scratch, request_building};

fn knock(policy: NetworkPolicy) -> (Result<(), BuildError>, bool) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let scratch = Scratch::new();
    let mut request = request_building(&format!("/bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}'"));
    request.network = policy;
    let result = scratch.build(&request).map(|result| {
        let said = result.provenance.inputs.network;
        assert_eq!(said, policy);
    });
    (result, listener.accept().is_ok())
}

#[test]
fn build_does_not_reach_the_network() {
    let (result, reached) = knock(NetworkPolicy::Isolated);
    let error = result.unwrap_err().to_string();
    assert!(error.contains("/dev/tcp/127.0.0.1"), "{error}");
    assert!(!reached);
}

#[test]
fn build_reaches_it_when_that_is_allowed() {
    let (result, reached) = knock(NetworkPolicy::Allowed);
    result.unwrap();
    assert!(reached);
}

#[test]
fn environment_is_clean_and_the_same_everywhere() {
    let scratch = Scratch::new();
    let request = request_building(
        "test \"$PWD\" = /mnt/BUILD/small-1.0\ntest \"$LC_ALL\" = C.UTF-8\ntest \"$TZ\" = UTC\ntest \"$SOURCE_DATE_EPOCH\" = 1409529600\n\
         case \"$HOME\" in /mnt/home) ;; *) exit 1 ;; esac\ntest -z \"$CARGO_MANIFEST_DIR$USER\"\n\
         test \"$(ls /proc | grep -c '^[0-9]')\" -lt 20",
    );
    drop(scratch.build(&request).unwrap());
}

/// A key in a file of its own, one in a directory, and both again in a home that holds the build itself.
fn with_secrets(scratch: &Scratch) -> [camino::Utf8PathBuf; 3] {
    let home = scratch.path().join("home");
    fs_err::create_dir_all(home.join(".gnupg")).unwrap();
    fs_err::create_dir_all(scratch.path().join("keys")).unwrap();
    let [file, directory] = ["one.asc", "keys"].map(|name| scratch.path().join(name));
    for path in [&file, &directory.join("two.asc"), &home.join(".gnupg/three.asc")] {
        fs_err::write(path, "SECRET\n").unwrap();
    }
    [file, directory, home]
}

#[test]
fn build_finds_nothing_where_secrets_are() {
    let scratch = Scratch::new();
    let hidden = with_secrets(&scratch);
    let [file, directory, home] = &hidden;
    let look = format!(
        "set +x\ncat {file} {directory}/two.asc {home}/.gnupg/three.asc || :\nfind {directory} {home} -type f\n\
         umount {file} || :\numount {directory} || :\numount -l {directory} || :\n\
         unshare --mount --map-root-user umount {directory} || :\n\
         cat {file} {directory}/two.asc /proc/[0-9]*/root{directory}/two.asc || :\n"
    );
    let request = request_building(&look);
    let open = scratch.build(&request).unwrap();
    let log = fs_err::read_to_string(&open.log).unwrap();
    assert!(log.lines().filter(|line| *line == "SECRET").count() > 5, "the test looks well: {log}");
    assert!(!open.provenance.run.isolation.contains("hidden"));

    // The same inputs have the same key, whatever is hidden: so elsewhere.
    let elsewhere = Scratch::new();
    let held = elsewhere.build_without(&hidden, &request, &Silent).unwrap();
    let log = fs_err::read_to_string(&held.log).unwrap();
    assert!(!log.contains("SECRET") && !log.contains(&format!("\n{directory}/")), "{log}");
    assert!(held.provenance.run.isolation.ends_with("; paths hidden: 3"), "{:?}", held.provenance.run);
    assert!(file.is_file() && directory.join("two.asc").is_file(), "they are where they were");
    let packages = [open, held].map(|result| result.provenance.outputs);
    assert_eq!(packages[0], packages[1], "what a build sees is the same");
}

#[test]
fn build_in_a_hidden_home_sees_only_itself() {
    let scratch = Scratch::new();
    with_secrets(&scratch);
    let home = scratch.path().to_owned();
    let request = request_building(&format!(
        "set +x\nfind {home} -name '*.asc'\nls -d {home}/builds/small/.building/BUILD"
    ));
    let result = scratch.build_without(std::slice::from_ref(&home), &request, &Silent).unwrap();
    let log = fs_err::read_to_string(result.log).unwrap();
    assert!(!log.contains("/three.asc") && log.contains("/.building/BUILD\n"), "{log}");
}

#[test]
fn other_programs_are_held_in_the_same_way() {
    let scratch = Scratch::new();
    let home = scratch.path().to_owned();
    let [file, ..] = with_secrets(&scratch);
    let work = home.join("work");
    fs_err::create_dir(&work).unwrap();
    let held = Isolation::find("small", NetworkPolicy::Isolated, &work, &[home]).unwrap();
    let look = format!("cat {file}; pwd; env; cat /proc/net/dev; echo made > made");
    let output = held.wrap(Invocation::new(Tool::Sh, &work).args(["-c", &look])).run().unwrap().text();
    assert!(!output.contains("SECRET") && !output.contains("eth") && !output.contains("SHLVL"), "{output}");
    assert!(output.starts_with(work.as_str()), "{output}");
    assert_eq!(fs_err::read_to_string(work.join("made")).unwrap(), "made\n");
}
