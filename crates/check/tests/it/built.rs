//! The same poisons as rpmbuild makes them today: what a maintainer would really write.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_check::check_rpm;
use xen4centos_process::{Invocation, Tool};

use crate::client::client;

/// One package without poison, and subpackages with one each.
pub(crate) const SPEC: &str = r"
Name: clean
Version: 1
Release: 1
Summary: Clean
License: none
BuildArch: noarch
%description
Clean.
%package rich
Summary: Rich
Requires: (bash if clean)
%description rich
Rich.
%package weak
Summary: Weak
Recommends: bash
%description weak
Weak.
%package tilde
Summary: Tilde
Version: 1~rc1
%description tilde
Tilde.
%package expand
Summary: Expand
%description expand
Expand.
%package trigger
Summary: Trigger
%description trigger
Trigger.
%install
mkdir -p %{buildroot}/usr/share/clean
echo clean > %{buildroot}/usr/share/clean/file
echo terms > %{buildroot}/usr/share/clean/terms
%post
true
%preun expand -e
echo %%{_libdir}
%filetriggerin trigger -- /usr/lib64
true
%files
%dir /usr/share/clean
/usr/share/clean/file
%license /usr/share/clean/terms
%files rich
%files weak
%files tilde
%files expand
%files trigger
";

/// Builds a spec in `top` and returns the packages by their names.
pub(crate) fn build(top: &Utf8Path, spec: &str, defines: &[&str]) -> BTreeMap<String, Utf8PathBuf> {
    fs_err::create_dir_all(top).unwrap();
    let spec_path = top.join("a.spec");
    fs_err::write(&spec_path, spec).unwrap();
    let mut rpmbuild = Invocation::new(Tool::Rpmbuild, top).args(["-bb", "--quiet", "--define"]);
    rpmbuild = rpmbuild.arg(format!("_topdir {top}"));
    for define in ["_binary_filedigest_algorithm 8", "_rpmfilename %%{NAME}.rpm"].iter().chain(defines) {
        rpmbuild = rpmbuild.args(["--define", define]);
    }
    rpmbuild.arg(&spec_path).run().unwrap();
    let rpms = fs_err::read_dir(top.join("RPMS")).unwrap();
    rpms.map(|entry| {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        (path.file_stem().unwrap().to_owned(), path)
    })
    .collect()
}

#[test]
fn poisons_of_rpmbuild() {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let mut packages = build(&top.join("xz"), SPEC, &["_binary_payload w1.xzdio"]);
    let zstd = build(&top.join("zstd"), SPEC, &["_binary_payload w1.zstdio"]);
    packages.insert("zstd".to_owned(), zstd["clean"].clone());
    // What rpmbuild writes is not signed yet.
    let mut el6 = client("el6");
    el6.required_signature_tags.clear();
    let expect: BTreeMap<_, Option<&str>> = BTreeMap::from([
        ("clean", None),
        ("clean-rich", Some("EL6-PKG-031")),
        ("clean-weak", Some("EL6-PKG-032")),
        ("clean-tilde", Some("EL6-PKG-014")),
        ("clean-expand", Some("EL6-PKG-015")),
        ("clean-trigger", Some("EL6-PKG-018")),
        ("zstd", Some("EL6-PKG-010")),
    ]);
    for (name, code) in expect {
        let findings = check_rpm(&packages[name], &el6).unwrap();
        let codes: BTreeSet<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, code.into_iter().collect(), "{name}: {findings:#?}");
    }
    let local = client("local");
    for (name, path) in &packages {
        let findings = check_rpm(path, &local).unwrap();
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["EL6-PKG-020"], "{name}: a client of today minds only that it is not signed");
    }
}
