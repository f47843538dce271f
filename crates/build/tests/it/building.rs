use std::os::unix::fs::PermissionsExt as _;

use xen4centos_artifact::Sha256Digest;
use xen4centos_build::{
    BuildError, BuildRequest, BuildSource, Freshness, OptionChoice, Provenance, SourceOrigin, existing, load,
};

use crate::support::{Listener, Scratch, query, request, request_building, tree};

/// A C program, a manual page, a library that goes where the target says, and two subpackages.
pub(crate) fn program(scratch: &Scratch) -> BuildRequest {
    let mut request = request(
        "%package doc\nSummary: Its manual\nGroup: Documentation\nBuildArch: noarch\n%description doc\nManual.\n\n\
         %prep\n%setup -q -c -T\ncp %{SOURCE0} .\n\n\
         %build\ncc $RPM_OPT_FLAGS -g -o hello hello.c\nmake %{?_smp_mflags} -f /dev/null -n . || :\n\n\
         %install\ninstall -D -m 0755 hello %{buildroot}%{_libdir}/hello/hello\n\
         install -D -m 0755 hello %{buildroot}%{_initrddir}/hello\nmkdir -p %{buildroot}%{_mandir}/man1\n\
         printf '.TH HELLO 1\\n' > %{buildroot}%{_mandir}/man1/hello.1\n\n\
         %files\n%defattr(-,root,root,-)\n%{_libdir}/hello\n%{_initrddir}/hello\n\n\
         %files doc\n%defattr(-,root,root,-)\n%{_mandir}/man1/hello.1*\n\n\
         %changelog\n* Mon Sep 01 2014 Somebody <nobody@example.org> - 1.0-1\n- First\n",
    );
    request.spec = request.spec.replacen(
        "BuildArch: noarch\n",
        "Source0: hello.c\nBuildRequires: gcc no-such-package-anywhere\n",
        1,
    );
    let path = scratch.path().join("from-the-store");
    let text = b"#include <stdio.h>\nint main(void) { puts(__FILE__); return 0; }\n";
    fs_err::write(&path, text).unwrap();
    request.sources = vec![BuildSource {
        file: "hello.c".into(),
        path,
        sha256: digest(text),
        origin: SourceOrigin::InTree,
        detail: "specs/small/sources/hello.c".into(),
    }];
    request.options.insert("loud".into(), OptionChoice { value: true, by: "default".into() });
    request
}

pub(crate) fn digest(bytes: &[u8]) -> Sha256Digest {
    use sha2::Digest;
    Sha256Digest::from_bytes(sha2::Sha256::digest(bytes).into())
}

#[test]
fn packages_are_what_the_target_asks() {
    let scratch = Scratch::new();
    let request = program(&scratch);
    let listener = Listener::default();
    let result = scratch.build_heard_by(&request, &listener).unwrap();

    let names: Vec<&str> = result.rpms.iter().map(|rpm| rpm.path.file_name().unwrap()).collect();
    assert_eq!(names, ["small-1.0-1.el6.centos.alt.x86_64.rpm", "small-doc-1.0-1.el6.centos.alt.noarch.rpm"]);
    assert_eq!(result.srpm.path.file_name(), Some("small-1.0-1.el6.centos.alt.src.rpm"));
    let files = query(&result.rpms[0].path, &["--list"]);
    assert_eq!(files, "/etc/rc.d/init.d/hello\n/usr/lib64/hello\n/usr/lib64/hello/hello");
    // Manual pages are compressed although Debian's sh can not run rpm's script.
    assert_eq!(query(&result.rpms[1].path, &["--list"]), "/usr/share/man/man1/hello.1.gz");
    let said = "%{VENDOR}|%{PACKAGER}|%{DISTRIBUTION}|%{PAYLOADCOMPRESSOR}|%{FILEDIGESTALGO}|%{BUILDHOST}|%{PLATFORM}";
    assert_eq!(
        query(&result.rpms[0].path, &["--qf", said]),
        "CentOS|Somebody <nobody@example.org>|Xen4CentOS 6|xz|8|build.xen4centos.invalid|x86_64-redhat-linux-gnu"
    );
    assert_eq!(query(&result.srpm.path, &["--qf", "%{PAYLOADCOMPRESSOR} %{FILEDIGESTALGO}"]), "gzip 8");
    assert_eq!(query(&result.srpm.path, &["--list"]), "hello.c\nsmall.spec");
    let mut heard = listener.0.lock().unwrap().clone();
    // Binary packages are written at the same time, in any order.
    heard[7..9].sort();
    assert_eq!(
        heard,
        [
            "small: source package",
            "small: wrote small-1.0-1.el6.centos.alt.src.rpm",
            "small: start",
            "small: %prep",
            "small: %build",
            "small: %install",
            "small: %files",
            "small: wrote small-1.0-1.el6.centos.alt.x86_64.rpm",
            "small: wrote small-doc-1.0-1.el6.centos.alt.noarch.rpm",
            "small: %clean",
            "small: Finished { packages: 2 }",
        ]
    );
}

#[test]
fn programs_are_stripped() {
    let scratch = Scratch::new();
    let mut request = program(&scratch);
    request.spec =
        request.spec.replace("%install\n", "%install\ntest -n \"$(readelf -S hello | grep debug_info)\"\n");
    let result = scratch.build(&request).unwrap();
    let out = scratch.path().join("out");
    fs_err::create_dir_all(&out).unwrap();
    // rpm unpacks for us, into a root of its own.
    let arguments = ["--nodeps", "--noscripts", "-i", "--root"];
    xen4centos_process::Invocation::new(xen4centos_process::Tool::Rpm, scratch.path())
        .args(arguments)
        .arg(&out)
        .arg(&result.rpms[0].path)
        .run()
        .unwrap();
    let program = fs_err::read(out.join("usr/lib64/hello/hello")).unwrap();
    assert!(!program.windows(11).any(|window| window == b".debug_info"));
}

#[test]
fn everything_is_beside_the_packages() {
    let scratch = Scratch::new();
    let mut request = program(&scratch);
    request.advisories.insert("hello.c".into(), "XSA-108".into());
    let result = scratch.build(&request).unwrap();
    let key = request.input_key().to_string();
    let expect = [
        format!("small/{key}/build.log"),
        format!("small/{key}/provenance.json"),
        format!("small/{key}/small-1.0-1.el6.centos.alt.src.rpm"),
        format!("small/{key}/small-1.0-1.el6.centos.alt.x86_64.rpm"),
        format!("small/{key}/small-doc-1.0-1.el6.centos.alt.noarch.rpm"),
        format!("small/{key}/small.spec"),
        "small/lock".to_owned(),
    ];
    assert_eq!(tree(&scratch.builds()), expect);
    let provenance = Provenance::read(&result.directory).unwrap();
    assert_eq!(provenance, result.provenance);
    let mode = |file: &str| fs_err::metadata(result.directory.join(file)).unwrap().permissions().mode();
    assert_eq!([mode("provenance.json"), mode("small.spec")], [mode("build.log"); 2]);
    assert_eq!(provenance.inputs.sources["hello.c"].origin, SourceOrigin::InTree);
    assert_eq!(provenance.inputs.options["loud"].by, "default");
    assert_eq!(provenance.run.started, 1_700_000_000);
    assert_eq!(provenance.run.program, "tests 1.0");
    assert_eq!(provenance.run.project.as_ref().unwrap().commit, "4711");
    assert_eq!(provenance.inputs.sources["hello.c"].advisory.as_deref(), Some("XSA-108"));
    assert_eq!(provenance.inputs.facts, request.facts);
    let mut updated = request.clone();
    updated.facts.gcc_version = "99.1".into();
    updated.details.rpm_files.remove("/usr/lib/rpm/macros");
    let changes = provenance.inputs.seen.changes(&updated.seen_facts());
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            format!("gcc {} → 99.1", request.facts.gcc_version),
            "rpm's own macros and scripts changed: /usr/lib/rpm/macros".to_owned()
        ]
    );
    assert!(provenance.run.isolation.contains("--net"));
    for output in &provenance.outputs {
        let bytes = fs_err::read(result.directory.join(&output.file)).unwrap();
        assert_eq!((bytes.len() as u64, digest(&bytes)), (output.size, output.sha256));
    }
}

#[test]
fn same_inputs_are_built_once() {
    let scratch = Scratch::new();
    let request = request_building("");
    assert_eq!(existing(&request, &scratch.builds()).unwrap(), None);
    let first = scratch.build(&request).unwrap();
    assert_eq!(first.freshness, Freshness::Built);
    let mut hurried = request.clone();
    hurried.jobs = 7;
    let second = scratch.build(&hurried).unwrap();
    assert_eq!(second.freshness, Freshness::Reused);
    assert_eq!(
        (&first.rpms, &first.srpm, &first.provenance),
        (&second.rpms, &second.srpm, &second.provenance)
    );

    // A result that lost bytes is no result.
    let package = &first.rpms[0].path;
    let bytes = fs_err::read(package).unwrap();
    fs_err::write(package, &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(scratch.build(&request).unwrap().freshness, Freshness::Built);
    assert_eq!(fs_err::read(package).unwrap(), bytes);
}

/// As a power failure, a full disk or a hand may leave it.
#[test]
fn half_a_result_is_built_anew() {
    let scratch = Scratch::new();
    let request = request_building("");
    let directory = scratch.build(&request).unwrap().directory;
    let files = tree(&directory);
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files.iter().filter(|file| *file != "build.log") {
        fs_err::write(directory.join(file), "").unwrap();
        assert_eq!(existing(&request, &scratch.builds()).unwrap(), None, "{file}");
        assert_eq!(scratch.build(&request).unwrap().freshness, Freshness::Built, "{file}");
        fs_err::remove_file(directory.join(file)).unwrap();
        assert_eq!(existing(&request, &scratch.builds()).unwrap(), None, "{file}");
        assert_eq!(scratch.build(&request).unwrap().freshness, Freshness::Built, "{file}");
    }
    assert_eq!(tree(&directory), files);
}

#[test]
fn carried_away_result_is_compared_with_its_provenance() {
    let scratch = Scratch::new();
    let built = scratch.build(&request_building("")).unwrap();
    let elsewhere = scratch.path().join("elsewhere");
    fs_err::rename(&built.directory, &elsewhere).unwrap();
    let carried = load(&elsewhere).unwrap();
    assert_eq!((carried.provenance, carried.rpms[0].sha256), (built.provenance, built.rpms[0].sha256));

    let package = &carried.rpms[0].path;
    let mut bytes = fs_err::read(package).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs_err::write(package, bytes).unwrap();
    assert!(matches!(load(&elsewhere), Err(BuildError::Damaged { .. })));
}

#[test]
fn every_input_has_its_own_key() {
    let scratch = Scratch::new();
    let base = program(&scratch);
    let changes: [fn(&mut BuildRequest); 11] = [
        |request| request.spec.push('\n'),
        |request| request.sources[0].sha256 = Sha256Digest::from_bytes([0; 32]),
        |request| request.sources[0].file = "other.c".into(),
        |request| request.sources[0].origin = SourceOrigin::Override,
        |request| request.target.vendor = "Other".into(),
        |request| drop(request.target.macros.insert("_sbindir".into(), "/sbin".into())),
        |request| request.options.get_mut("loud").unwrap().value = false,
        |request| request.facts.gcc_version = "4.4.7".into(),
        |request| request.source_date_epoch += 1,
        |request| request.details.libc_version = "2.12".into(),
        |request| request.details.rpm_files.clear(),
    ];
    let mut keys: Vec<_> = changes
        .iter()
        .map(|change| {
            let mut request = base.clone();
            change(&mut request);
            request.input_key()
        })
        .collect();
    keys.push(base.input_key());
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), changes.len() + 1);

    let mut same = base.clone();
    same.sources[0].path = "/elsewhere".into();
    same.sources[0].detail = "moved".into();
    same.options.get_mut("loud").unwrap().by = "command line".into();
    same.jobs = 99;
    same.advisories.insert("hello.c".into(), "XSA-1".into());
    // What it neither names nor sees.
    same.facts.capabilities.insert("ocaml".into(), true);
    same.facts.python3 = "python3.99".into();
    assert_eq!(same.input_key(), base.input_key());

    // Nothing of this one is compiled.
    let scripts = request_building("");
    let mut same = scripts.clone();
    same.facts.gcc_version = "4.4.7".into();
    same.details.libc_version = "2.12".into();
    assert_eq!(same.input_key(), scripts.input_key());
    same.facts.rpm_version = "4.8.0".into();
    assert_ne!(same.input_key(), scripts.input_key());
}

#[test]
fn changed_source_is_noticed() {
    let scratch = Scratch::new();
    let request = program(&scratch);
    fs_err::write(&request.sources[0].path, "int main(void) { return 1; }").unwrap();
    let error = scratch.build(&request).unwrap_err();
    assert!(matches!(error, BuildError::SourceChanged { .. }), "{error}");
    assert_eq!(tree(&scratch.builds()), ["small/lock"]);
}

#[test]
fn names_and_paths_that_rpm_would_misread_are_refused() {
    let scratch = Scratch::new();
    let mut request = request_building("");
    request.spec_file = "../small.spec".into();
    assert!(matches!(scratch.build(&request), Err(BuildError::FileName { .. })));
    let request = request_building("");
    assert!(matches!(existing(&request, "/tmp/100%".into()), Err(BuildError::UnusablePath { .. })));
    assert!(matches!(existing(&request, "relative".into()), Err(BuildError::UnusablePath { .. })));
}
