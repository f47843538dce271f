use std::{
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
};

use camino::{Utf8Path, Utf8PathBuf};
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
    let scratch = Scratch::in_sight();
    let hidden = with_secrets(&scratch);
    let [file, directory, home] = &hidden;
    let look = format!(
        "set +x\ncat {file} {directory}/two.asc {home}/.gnupg/three.asc || :\nfind {directory} {home} -type f || :\n\
         umount {file} || :\numount {directory} || :\numount -l {directory} || :\n\
         unshare --mount --map-root-user umount {directory} || :\n\
         cat {file} {directory}/two.asc /proc/[0-9]*/root{directory}/two.asc || :\n"
    );
    let request = request_building(&look);
    let open = scratch.build(&request).unwrap();
    let log = fs_err::read_to_string(&open.log).unwrap();
    let seen = log.lines().filter(|line| *line == "SECRET").count();
    assert!(seen > 5 || !scratch.is_in_sight(), "the test looks well: {log}");

    // The same inputs have the same key, whatever is hidden: so elsewhere.
    let elsewhere = Scratch::new();
    let held = elsewhere.build_without(&hidden, &request, &Silent).unwrap();
    let log = fs_err::read_to_string(&held.log).unwrap();
    assert!(!log.contains("SECRET") && !log.contains(&format!("\n{directory}/")), "{log}");
    let isolation = &held.provenance.run.isolation;
    assert!(isolation.contains("; private: /") && !isolation.contains("not hidden"), "{isolation}");
    assert!(file.is_file() && directory.join("two.asc").is_file(), "they are where they were");
    let packages = [open, held].map(|result| result.provenance.outputs);
    assert_eq!(packages[0], packages[1], "what a build sees is the same");
}

#[test]
fn build_in_a_hidden_home_sees_only_itself() {
    for scratch in [Scratch::new(), Scratch::in_sight()] {
        with_secrets(&scratch);
        let home = scratch.path().to_owned();
        let request = request_building(&format!(
            "set +x\nfind {home} -name '*.asc'\nls -d {home}/builds/small/.building/BUILD"
        ));
        let result = scratch.build_without(std::slice::from_ref(&home), &request, &Silent).unwrap();
        let log = fs_err::read_to_string(result.log).unwrap();
        assert!(!log.contains("/three.asc") && log.contains("/.building/BUILD\n"), "{log}");
    }
}

#[test]
fn other_programs_are_held_in_the_same_way() {
    let scratch = Scratch::in_sight();
    let home = scratch.path().to_owned();
    let [file, ..] = with_secrets(&scratch);
    let work = home.join("work");
    fs_err::create_dir(&work).unwrap();
    let look =
        format!("cat {file}; pwd; env; cat /proc/net/dev; echo made > made; (echo over > {file}) || :");
    for hidden in [vec![home], Vec::new()] {
        let held = Isolation::find("small", NetworkPolicy::Isolated, &work, &hidden).unwrap();
        let output = held.wrap(Invocation::new(Tool::Sh, &work).args(["-c", &look])).run().unwrap().text();
        assert!(hidden.is_empty() || !output.contains("SECRET"), "{output}");
        assert!(!output.contains("eth") && !output.contains("SHLVL"), "{output}");
        assert!(output.contains(&format!("{work}\n")), "{output}");
        assert_eq!(fs_err::read_to_string(work.join("made")).unwrap(), "made\n");
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "SECRET\n");
        fs_err::remove_file(work.join("made")).unwrap();
    }
}

/// What perl says of each of these sockets, held in `work` or not at all.
fn connect(sockets: &[Utf8PathBuf], held: Option<&Isolation>, work: &Utf8Path) -> String {
    let program = "use IO::Socket::UNIX; for (@ARGV) { print IO::Socket::UNIX->new(Peer => $_) ? \"CONNECTED\\n\" : \"$!\\n\" }";
    let shell = format!("exec perl -e '{program}' \"$@\"");
    let perl = Invocation::new(Tool::Sh, work).args(["-c", &shell, "perl"]).args(sockets);
    held.map_or_else(|| perl.clone(), |held| held.wrap(perl.clone())).run().unwrap().text()
}

/// Agents listen in /tmp, container services in /run, others anywhere.
#[test]
fn sockets_of_the_machine_are_out_of_reach() {
    let scratches = [
        tempfile::tempdir_in("/tmp"),
        tempfile::tempdir_in("/run"),
        tempfile::tempdir_in("/dev/shm"),
        tempfile::tempdir_in(Scratch::in_sight().path().parent().unwrap()),
    ];
    // Not everybody may write in all of them.
    let directories: Vec<_> = scratches.into_iter().flatten().collect();
    let paths: Vec<Utf8PathBuf> = directories
        .iter()
        .map(|directory| Utf8Path::from_path(directory.path()).unwrap().join("agent"))
        .collect();
    let _listeners: Vec<_> = paths.iter().map(|path| UnixListener::bind(path).unwrap()).collect();
    let work = Scratch::new();
    assert_eq!(connect(&paths, None, work.path()).matches("CONNECTED").count(), paths.len());
    let held = Isolation::find("small", NetworkPolicy::Isolated, work.path(), &[]).unwrap();
    let said = connect(&paths, Some(&held), work.path());
    assert!(!said.contains("CONNECTED") && said.lines().count() == paths.len(), "{said}");
}

/// The tree that is published, the results of others, the sources, the machine itself.
#[test]
fn build_writes_only_in_its_own_directory() {
    let scratch = Scratch::in_sight();
    let own = ["publish/Packages", "builds/other/0123", "builds/small/failed", "store", "signed", "specs"];
    let mut places: Vec<Utf8PathBuf> = own.map(|place| scratch.path().join(place)).into();
    for place in &places {
        fs_err::create_dir_all(place).unwrap();
        fs_err::write(place.join("rpm"), "good").unwrap();
    }
    places.extend(["/etc", "/usr/bin", "/var/lib", "/"].map(Utf8PathBuf::from));
    let attempt = |place: &Utf8PathBuf| {
        format!(
            "echo > {place}/xen4centos-EVIL && echo WRITTEN\nif [ -e {place}/rpm ]; then\n\
             mv {place}/rpm {place}/rpm2 || :\necho evil > {place}/rpm && echo WRITTEN\n\
             mount -o remount,rw / || :\nunshare --mount --map-root-user mount -o remount,bind,rw {place} || :\nfi\n"
        )
    };
    let attempts: Vec<String> = places.iter().map(attempt).collect();
    let attempts = attempts.concat();
    let result = scratch.build(&request_building(&format!("set +ex\n{attempts}set -e"))).unwrap();
    let log = fs_err::read_to_string(&result.log).unwrap();
    assert!(!scratch.is_in_sight() || !log.contains("\nWRITTEN"), "{log}");
    for place in &places {
        assert!(!place.join("xen4centos-EVIL").exists(), "{place}: {log}");
    }
    for place in &places[..own.len()] {
        assert_eq!(fs_err::read_to_string(place.join("rpm")).unwrap(), "good", "{log}");
    }
    let isolation = &result.provenance.run.isolation;
    assert!(isolation.ends_with("; the rest is read-only"), "{isolation}");
}

/// Where the test below tells the process that it starts that it is somebody else.
const SOMEBODY: &str = "XEN4CENTOS_TEST_SOMEBODY";

/// Those who are not root hold builds in user namespaces, under stricter rules for mounts.
#[test]
fn somebody_holds_builds_as_root_does() {
    #[expect(clippy::disallowed_methods, reason = "one test hands this over to another")]
    let is_somebody = std::env::var(SOMEBODY).is_ok();
    let directory = Scratch::new();
    let owner = std::os::unix::fs::MetadataExt::uid(&fs_err::metadata(directory.path()).unwrap());
    if is_somebody || owner != 0 {
        // The other tests of this file run as somebody anyway.
        return;
    }
    let program = directory.path().join("tests");
    fs_err::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs_err::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    Invocation::new(Tool::Setpriv, directory.path())
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"])
        .arg(&program)
        .arg("isolation::")
        .env(SOMEBODY, "1")
        .env("TMPDIR", directory.path().as_str())
        .run()
        .unwrap();
}
