use camino::Utf8Path;
use xen4centos_build::{BuildError, Conditions, Silent, build};
use xen4centos_process::{Invocation, StopFlag, Tool};

use crate::support::{Scratch, request, request_building, tree};

/// Temporary names differ from run to run.
fn without_names(text: &str, scratch: &Scratch) -> String {
    let text = text.replace(scratch.path().as_str(), "[scratch]");
    text.split('\n')
        .map(|line| match line.split_once("rpm-tmp.") {
            Some((before, rest)) => format!("{before}rpm-tmp.X{}", &rest[6..]),
            None => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn error_shows_the_lines_that_matter_and_the_log() {
    let scratch = Scratch::new();
    let request = request_building(
        "for n in $(seq 300); do echo \"  CC noise-$n.o\"; done\n\
         printf 'int main(void) { return wrong; }\\n' > bad.c\n\
         printf 'bad:\\n\\tcc -o bad bad.c\\n' > Makefile\nmake bad",
    );
    let error = scratch.build(&request).unwrap_err();
    let log = format!("builds/small/failed/{}.log", &request.input_key().to_string()[..16]);
    let expect = format!(
        "building `small` failed in %build:
    cc -o bad bad.c
    bad.c: In function ‘main’:
    bad.c:1:25: error: ‘wrong’ undeclared (first use in this function)
        1 | int main(void) {{ return wrong; }}
          |                         ^~~~~
    bad.c:1:25: note: each undeclared identifier is reported only once for each function it appears in
    make: *** [Makefile:2: bad] Error 1
    …
    error: Bad exit status from /mnt/tmp/rpm-tmp.X (%build)
the whole log is `[scratch]/{log}`"
    );
    assert_eq!(without_names(&error.to_string(), &scratch).replace("\n  ", "\n    "), expect);
    let kept = fs_err::read_to_string(scratch.path().join(&log)).unwrap();
    assert!(kept.contains("noise-300.o"));
    assert_eq!(tree(&scratch.path().join("builds/small")).len(), 2, "the log and the lock");
}

#[test]
fn unpackaged_file_is_named() {
    let scratch = Scratch::new();
    let request = request("%install\ninstall -D /dev/null %{buildroot}/usr/bin/forgotten\n\n%files\n");
    let error = scratch.build(&request).unwrap_err().to_string();
    assert!(error.contains("/usr/bin/forgotten"), "{error}");
}

#[test]
fn package_that_ignores_the_target_is_refused() {
    let scratch = Scratch::new();
    let mut request = request_building("");
    request.spec = format!(
        "%global _binary_payload w9.gzdio\n{}",
        request.spec.replace("Summary:", "Vendor: Somebody Else\nSummary:").replace("1%{?dist}", "1")
    );
    let error = scratch.build(&request).unwrap_err();
    let BuildError::Wrong { complaints, log, .. } = &error else { panic!("{error}") };
    let lines: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    let (noarch, source) = ("small-1.0-1.noarch.rpm", "small-1.0-1.src.rpm");
    assert_eq!(
        lines,
        [
            format!("{noarch}: vendor is `Somebody Else`, asked for was `CentOS`"),
            format!(
                "{noarch}: source package is `{source}`, asked for was `small-1.0-1.el6.centos.alt.src.rpm`"
            ),
            format!("{noarch}: dist tag is ``, asked for was `.el6.centos.alt`"),
            format!("{noarch}: payload compression is `gzip`, asked for was `xz`"),
            format!("{source}: vendor is `Somebody Else`, asked for was `CentOS`"),
            format!("{source}: version is `1.0-1`, asked for was `1.0-1.el6.centos.alt`"),
        ]
    );
    assert!(log.exists());
}

#[test]
fn feature_that_the_client_lacks_is_refused() {
    let scratch = Scratch::new();
    let mut request = request_building("");
    request.spec = request.spec.replace("Summary:", "Requires: (bash if perl)\nSummary:");
    let error = scratch.build(&request).unwrap_err().to_string();
    assert!(error.contains("required feature of rpm is `rpmlib(RichDependencies)`"), "{error}");
}

#[test]
fn late_build_is_killed() {
    let scratch = Scratch::new();
    let mut request = request_building("sleep 600");
    request.time_limit = std::time::Duration::from_millis(1500);
    let error = scratch.build(&request).unwrap_err();
    assert!(error.to_string().starts_with("the build of `small` was broken off in %build"), "{error}");
    assert!(error.hint().unwrap().contains("timeout-minutes"));
}

/// Where the test below tells the process that it starts where its full disk is.
const DISK: &str = "XEN4CENTOS_TEST_DISK";

/// Not a test of its own: what runs in the mount namespace that has a small disk.
#[test]
fn build_on_a_small_disk() {
    #[expect(clippy::disallowed_methods, reason = "one test hands this over to another")]
    let Ok(disk) = std::env::var(DISK) else { return };
    let builds = Utf8Path::new(&disk).join("builds");
    let conditions = Conditions {
        builds: &builds,
        hidden: &[],
        reporter: &Silent,
        clock: &|| 0,
        program: "tests",
        project: &|| None,
        stop: &StopFlag::default(),
    };
    let error = build(&request_building("false"), &conditions).unwrap_err();
    assert!(matches!(error, BuildError::Failed { .. }), "{error}");
    let full = request_building("head -c 100M /dev/zero > big || rm big-enough");
    let error = build(&full, &conditions).unwrap_err();
    assert!(matches!(error, BuildError::NoSpace { .. }), "{error}");
    assert!(!error.is_build_failure());
    assert!(error.to_string().contains("No space left on device"), "{error}");
    assert_eq!(
        error.hint().unwrap(),
        format!("make room there and run the same command again (`df {builds}/small`)")
    );
}

#[test]
fn full_disk_is_no_fault_of_the_package() {
    let scratch = Scratch::new();
    let program = std::env::current_exe().unwrap();
    let disk = "mount -t tmpfs -o size=64m disk \"$PWD\" && exec \"$@\"";
    Invocation::new(Tool::Unshare, scratch.path())
        .args(["--mount", "--map-root-user", "--", "sh", "-c", disk, "sh"])
        .arg(program)
        .args(["--exact", "failing::build_on_a_small_disk"])
        .env(DISK, scratch.path().as_str())
        .run()
        .unwrap();
}
