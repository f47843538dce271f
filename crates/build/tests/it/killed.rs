//! A killed process leaves nothing running and nothing in the way.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_build::{BuildRequest, Freshness};
use xen4centos_process::{Invocation, ProcessError, StopFlag, Tool};

use crate::support::{Scratch, request_building, tree};

/// Where the test below tells the process that it starts what to build in.
const DIRECTORY: &str = "XEN4CENTOS_TEST_DIRECTORY";

/// Writes into `beat` until there is a file `gate`, both in the only directory that a build shares with us.
fn endless() -> BuildRequest {
    request_building("cd \"$TMPDIR\"\nwhile [ ! -e gate ]; do echo >> beat; sleep 0.02; done\ncd -")
}

fn shared(directory: &Utf8Path) -> Utf8PathBuf {
    directory.join("builds/small/.building/tmp")
}

/// Not a test of its own: the process that gets killed.
#[test]
fn build_that_gets_killed() {
    #[expect(clippy::disallowed_methods, reason = "one test hands this over to another")]
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let scratch = Scratch::new();
    let builds = Utf8Path::new(&directory).join("builds");
    let conditions = xen4centos_build::Conditions {
        builds: &builds,
        hidden: &[],
        reporter: &xen4centos_build::Silent,
        clock: &|| 0,
        program: "tests",
        project: &|| None,
        stop: &StopFlag::default(),
    };
    drop(xen4centos_build::build(&endless(), &conditions));
    drop(scratch);
}

fn beats(directory: &Utf8Path) -> u64 {
    fs_err::metadata(shared(directory).join("beat")).map_or(0, |file| file.len())
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn killed_build_leaves_nothing_and_is_taken_up_again() {
    let scratch = Scratch::new();
    let directory = scratch.path();
    let program = std::env::current_exe().unwrap();
    let kill = StopFlag::default();
    let builder = Invocation::new(Tool::Setpriv, directory)
        .args(["--pdeathsig", "KILL", "--"])
        .arg(program)
        .args(["--exact", "killed::build_that_gets_killed"])
        .env(DIRECTORY, directory.as_str())
        .stopped_by(&kill);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| builder.run());
        wait_until("%build begins", || beats(directory) > 0);
        kill.raise();
        assert!(matches!(running.join().unwrap(), Err(ProcessError::Stopped { .. })));
    });
    // The kernel needs a moment to end the children.
    let mut last = beats(directory);
    wait_until("the children end", || {
        std::thread::sleep(Duration::from_millis(200));
        let now = beats(directory);
        std::mem::replace(&mut last, now) == now
    });
    assert!(tree(&scratch.builds()).iter().any(|path| path.starts_with("small/.building/")));

    std::thread::scope(|scope| {
        let again = scope.spawn(|| scratch.build(&endless()).unwrap());
        wait_until("what was left is gone", || beats(directory) < last);
        wait_until("%build begins again", || beats(directory) > 0);
        fs_err::write(shared(directory).join("gate"), "").unwrap();
        assert_eq!(again.join().unwrap().freshness, Freshness::Built);
    });
    assert!(!tree(&scratch.builds()).iter().any(|path| path.contains(".building")));
}

#[test]
fn second_process_waits_and_takes_the_result() {
    let scratch = Scratch::new();
    let directory = scratch.path();
    let request = endless();
    let listener = crate::support::Listener::default();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| scratch.build(&request).unwrap());
        wait_until("%build begins", || beats(directory) > 0);
        let second = scope.spawn(|| scratch.build_heard_by(&request, &listener).unwrap());
        wait_until("the second waits", || !listener.0.lock().unwrap().is_empty());
        fs_err::write(shared(directory).join("gate"), "").unwrap();
        assert_eq!(first.join().unwrap().freshness, Freshness::Built);
        assert_eq!(second.join().unwrap().freshness, Freshness::Reused);
    });
    assert_eq!(*listener.0.lock().unwrap(), ["small: Waiting", "small: Reused"]);
}
