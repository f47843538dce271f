use std::time::{Duration, Instant};

use xen4centos_build::{BuildError, HostRoot, NetworkPolicy, ProbeSettings, Requirement, base_requirements};

use crate::support::Scratch;

#[test]
fn tools_of_this_machine_are_found() {
    let requirements = base_requirements();
    let settings =
        ProbeSettings { requirements: &requirements, cache: None, network: NetworkPolicy::Isolated };
    let root = HostRoot::probe(&settings).unwrap();
    let facts = root.facts();
    assert_eq!(facts.kind, "host");
    assert!(facts.gcc_version.starts_with(&format!("{}.", facts.gcc_major)), "{facts:?}");
    for version in [&facts.binutils_version, &facts.make_version, &facts.rpm_version] {
        assert!(version.starts_with(|first: char| first.is_ascii_digit()), "{facts:?}");
    }
    assert!(!facts.capabilities["network"]);
    assert!(
        facts.capabilities.keys().eq(xen4centos_artifact::CAPABILITIES),
        "{:?}",
        facts.capabilities.keys()
    );
    assert_eq!(root.missing(&requirements), []);
    let details = root.details();
    assert!(details.libc_version.starts_with("2."), "{details:?}");
    for file in ["macros", "rpmrc", "brp-strip", "fileattrs/elf.attr", "find-requires"] {
        assert!(details.rpm_files.contains_key(&format!("/usr/lib/rpm/{file}")), "{file}");
    }
}

#[test]
fn what_is_missing_is_listed_with_its_package() {
    let requirements = [
        Requirement::command("make", "make", "make"),
        Requirement::command("no-such-command", "apt-name", "yum-name"),
        Requirement::header("no/such/header.h", "header-dev", "header-devel"),
    ];
    let settings =
        ProbeSettings { requirements: &requirements, cache: None, network: NetworkPolicy::Allowed };
    let root = HostRoot::probe(&settings).unwrap();
    assert!(root.facts().capabilities["network"]);
    let error = root.require("xen", &requirements).unwrap_err();
    assert!(matches!(error, BuildError::Missing { .. }));
    assert_eq!(
        error.to_string(),
        "this machine lacks what `xen` needs to be built: command `no-such-command`, header `no/such/header.h`"
    );
    assert_eq!(
        error.hint().unwrap(),
        "apt-get install apt-name header-dev, or on CentOS yum install header-devel yum-name"
    );
    root.require("xen", &requirements[..1]).unwrap();
}

#[test]
fn answers_are_kept_until_other_questions_are_asked() {
    let scratch = Scratch::new();
    let cache = scratch.path().join("cache/facts.json");
    let ask = |requirements: &[Requirement]| {
        let settings = ProbeSettings { requirements, cache: Some(&cache), network: NetworkPolicy::Isolated };
        HostRoot::probe(&settings).unwrap()
    };
    let first = ask(&[]);
    let written = fs_err::read(&cache).unwrap();
    let start = Instant::now();
    assert_eq!(ask(&[]), first);
    assert!(start.elapsed() < Duration::from_millis(60), "{:?}", start.elapsed());
    assert_eq!(fs_err::read(&cache).unwrap(), written);

    // What is kept is believed as long as the files it stands for look the same.
    let text = String::from_utf8(written).unwrap();
    let kept = text.replace(&format!("\"{}\"", first.facts().make_version), "\"9.9\"");
    fs_err::write(&cache, kept).unwrap();
    assert_eq!(ask(&[]).facts().make_version, "9.9");
    ask(&[Requirement::command("flex", "flex", "flex")]);
    assert_eq!(ask(&[]).facts().make_version, first.facts().make_version);

    let text = fs_err::read_to_string(&cache).unwrap();
    fs_err::write(&cache, text.replacen("\"size\":", "\"size\":1", 1).replace("debian", "other")).unwrap();
    assert_eq!(ask(&[]).facts(), first.facts());
}
