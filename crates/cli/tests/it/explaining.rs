//! `explain`: a published package and all that it was made of.

use camino::Utf8PathBuf;
use serde_json::Value;

use crate::workshop::{ProjectCopy, Published, Work, files_in};

/// The only result of a package's builds.
fn result(work: &Work, package: &str) -> Utf8PathBuf {
    let results = files_in(&work.path().join("builds").join(package));
    results.into_iter().find(|path| path.join("provenance.json").is_file()).unwrap()
}

fn broken(work: &Work, package: &str) -> Vec<String> {
    let run = work.run(&["explain", package, "--json"]).ends_with(4);
    let rows = run.json();
    let broken = rows[0]["broken"].as_array().unwrap().iter();
    broken.map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_step_of_a_published_package_is_shown() {
    let published = Published::get();
    published.run(&["explain", "xen-hypervisor"]).ends_with(0).prints([
        "xen-hypervisor-4.2.5-39.el6.centos.alt.x86_64\n",
        "  published     in channel quickstart: state 1 (",
        "  signed        by ",
        ": the day of the package or of the key, whenever it is signed\n",
        "  build root    host, ",
        "  option        tools on (by ",
        "  spec          xen.spec, sha256 ",
        "with its sources in xen-4.2.5-39.el6.centos.alt.src.rpm\n",
        "  source        xen-4.2.5-tree.tar.gz, a test double, sha256 ",
    ]);
    let kernel = "kernel-3.4.113-1.el6.centos.alt.x86_64";
    for name in ["kernel", "kernel.x86_64", "kernel-3.4.113-1.el6.centos.alt", &format!("{kernel}.rpm")] {
        let rows = published.run(&["explain", name, "--json"]).ends_with(0).json();
        assert_eq!((rows.as_array().unwrap().len(), &rows[0]["package"]), (1, &Value::from(kernel)));
        assert_eq!(rows[0]["broken"], Value::Array(vec![]));
        assert_eq!(rows[0]["build"]["sources"]["kernel-x86_64.config"]["origin"], "generated");
    }
    let with_epoch = published.run(&["explain", "centos-release-xen-6-6.el6.centos", "--json"]).ends_with(0);
    assert_eq!(with_epoch.json()[0]["package"], "centos-release-xen-10:6-6.el6.centos.x86_64");
    published
        .run(&["explain", "xen-hyper"])
        .ends_with(2)
        .says(["channel `quickstart` has no package `xen-hyper`", "hint: it has: centos-release-xen-10:6-6"]);
    published.run(&["explain", "xen", "--channel", "trial"]).ends_with(2).says(["nothing was published"]);
}

#[test]
fn an_older_package_is_explained_with_its_advisory() {
    let copy = ProjectCopy::with_small_package("true");
    let work = Work::new(copy.path());
    let run = |arguments: &[&str]| work.run(&[arguments, &["--target", "small"]].concat());
    run(&["release"]).ends_with(0);
    copy.write("specs/small/patches/fix.patch", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n");
    copy.edit("specs/small/package.toml", "release = \"1\"", "release = \"2\"");
    copy.edit("specs/small/package.toml", "version = \"1.0-1\"", "version = \"1.0-2\"");
    let patch = "[[patch]]\nfile = \"fix.patch\"\nadvisory = \"XSA-7\"\nsummary = \"x\"\n\n[[changelog]]";
    copy.edit("specs/small/package.toml", "[[changelog]]", patch);
    copy.edit("specs/small/small.spec.tera", "\n%build", "\n{{ patch_commands }}\n%build");
    copy.edit("specs/small/small.spec.tera", "{{ source_lines }}", "{{ source_lines }}\n{{ patch_lines }}");
    run(&["release"]).ends_with(0);
    run(&["explain", "small"]).ends_with(0).prints([
        "small-1.0-2.",
        "state 2 (",
        "  patch         fix.patch for XSA-7, of the project, sha256 ",
        "  advisories    XSA-7\n",
        "  proven        in the tree that was built: fix.patch\n",
    ]);
    run(&["explain", "small-1.0-1"]).ends_with(0).prints(["small-1.0-1.", "state 1 (", "), state 2 ("]);
}

#[test]
fn a_step_that_does_not_hold_is_told() {
    let work = Work::published();
    let result = result(&work, "xen");
    fs_err::remove_file(result.join("build.log")).unwrap();
    work.write(result.join("xen.spec").strip_prefix(work.path()).unwrap().as_str(), "Name: xen\n");
    assert_eq!(
        broken(&work, "xen-libs"),
        [
            format!("a file of its build has changed: {result}/xen.spec"),
            format!("the log of its build is gone: {result}/build.log"),
        ]
    );
    work.run(&["explain", "xen-libs"]).ends_with(4).prints(["  BROKEN        the log of its build"]).says([
        "error: 2 steps of the way back do not hold",
        "hint: what a build left is in the work directory of the machine that ran it",
    ]);
    fs_err::remove_dir_all(&result).unwrap();
    let gone = broken(&work, "xen-libs");
    assert!(gone.len() == 1 && gone[0].ends_with("is not on this machine"), "{gone:?}");

    let package = work.channel().join("Packages/xen-libs-4.2.5-39.el6.centos.alt.x86_64.rpm");
    let mut bytes = fs_err::read(&package).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs_err::remove_file(&package).unwrap();
    fs_err::write(&package, bytes).unwrap();
    let changed = broken(&work, "xen-libs");
    assert!(
        changed.iter().any(|text| text.contains("the published file has changed: its sha256 is")),
        "{changed:?}"
    );
    fs_err::remove_dir_all(work.path().join("signed")).unwrap();
    assert!(broken(&work, "perf").iter().any(|text| text.starts_with("where it was signed is not known")));
}

/// An advisory says that the release has its fix: that must have been looked for before it was built.
#[test]
fn what_is_announced_was_proven() {
    let copy = crate::proofs::announced(&crate::proofs::fix());
    let work = Work::new(copy.path());
    work.run(&["release"]).ends_with(0);
    work.run(&["explain", "xen-hypervisor"]).ends_with(0).prints([
        "  announced     by CESA-2026:X0001\n",
        "  proven        in the tree that was built: xsa108.patch\n",
    ]);
    fs_err::remove_file(result(&work, "xen").join("proof.json")).unwrap();
    let broken = broken(&work, "xen-hypervisor");
    let expected = "nothing beside its build shows that `xsa108.patch`, which is announced, is in it";
    assert_eq!(broken, [expected]);
}
