//! The gate of the published target: what this machine's compiler made for user space does not get to CentOS 6, what is
//! freestanding does.

use crate::workshop::{ProjectCopy, Work};

/// The published target with a channel that takes test doubles; nothing else about it is changed.
fn project_with_a_channel_for_doubles() -> ProjectCopy {
    let copy = ProjectCopy::new();
    let target = "repo-templates/targets/xen4centos-6.toml";
    copy.edit(target, "upstreams = \"release\"", "upstreams = \"miniature\"");
    copy.edit(target, "accepts = \"override\"", "accepts = \"miniature\"");
    copy.edit(target, "bits = 4096", "bits = 2048");
    copy.edit(
        target,
        "[repository]\n",
        "[option.xen]\nxend = false\nocaml = false\nqemu = false\nrombios = false\nseabios = false\nstubdom = false\n\n\
         [repository]\n",
    );
    copy
}

#[test]
fn only_freestanding_code_of_this_machine_gets_to_centos_6() {
    let copy = project_with_a_channel_for_doubles();
    let work = Work::new(copy.path());
    let channel = ["--target", "xen4centos-6", "--channel", "testing"];
    let with = |arguments: &[&str]| work.run(&[arguments, &channel[..]].concat());

    // glibc 2.12 has none of the symbols that this machine's compiler asks for. That is said before a build, and found
    // after one.
    with(&["release"]).ends_with(4).says([
        "can not run where client `el6` is (glibc 2.12)",
        "--without kernel:devel-tools --without kernel:perf --without xen:tools",
    ]);
    with(&["doctor"]).ends_with(5).prints(["option      xen:tools ON, can not be given"]);
    let built = with(&["build", "xen", "--json"]).ends_with(0).json();
    let built = built[0]["directory"].as_str().unwrap();
    with(&["publish", built]).ends_with(4).says(["client `el6` would refuse this", "GLIBC_2.", "xen-"]);
    let history = with(&["publish", "--history", "--json"]).ends_with(0).json();
    assert_eq!(history, serde_json::json!([]), "nothing of it was published");

    let report = with(&[
        "release",
        "--json",
        "--without=xen:tools",
        "--without=kernel:perf",
        "--without=kernel:devel-tools",
        "--without=kernel:linux-firmware",
    ])
    .ends_with(0)
    .says(["Planned xen without", "tools (by command line)", "against what client `el6` takes"])
    .json();
    let names: Vec<&str> = report["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["nevra"].as_str().unwrap().split("-3.4").next().unwrap().split("-4.2").next().unwrap())
        .collect();
    for expected in
        ["centos-release-xen-10:6-6.el6.centos.x86_64", "kernel", "kernel-devel", "xen-hypervisor"]
    {
        assert!(names.contains(&expected), "{expected} of {names:?}");
    }
    assert!(!names.contains(&"xen-runtime"));
    with(&["check"]).ends_with(0);
    // What a shell on a host can run, where yum's variables are nothing.
    with(&["install-test"]).ends_with(0).prints([
        "  rpm --import http://mirror.centos.org/centos/6/xen4-testing/x86_64/RPM-GPG-KEY-Xen4CentOS-6\n",
        "  yum install kernel xen-hypervisor\n",
    ]);
}
