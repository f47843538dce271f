//! Installs with the real dnf from a repository that the real rpmbuild, gpg, rpmsign and createrepo_c made: what a
//! trial says must not depend on the project's own signing and indexing.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

mod boot;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};
use xen4centos_trial::{
    HostRecord, InstallReport, InstallRequest, StandIn, StandInRequest, TrialError, install,
};

const RELEASE_SPEC: &str = "\
Name: example-release
Version: 1
Release: 1
Summary: Repository file and key
License: none
BuildArch: noarch
Requires: centos-release = 6
%description
x
%install
install -D -m 0644 %{_sourcedir}/example.repo %{buildroot}/etc/yum.repos.d/example.repo
install -D -m 0644 %{_sourcedir}/key.asc %{buildroot}/etc/pki/rpm-gpg/KEY
%files
/etc/yum.repos.d/example.repo
/etc/pki/rpm-gpg/KEY
";

const TOOL_SPEC: &str = "\
Name: example-tool
Version: 1
Release: 1
Summary: A package with a scriptlet
License: none
BuildArch: noarch
Requires(post): chkconfig
%description
x
%install
mkdir -p %{buildroot}/usr/share/example
%files
/usr/share/example
%post
/sbin/chkconfig --add example
sh -c 'exit 1' || :
";

const REPOSITORY_FILE: &str = "[example]\nname=example\nbaseurl=http://192.0.2.1/nowhere/\nenabled=1\ngpgcheck=1\n\
                               repo_gpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/KEY\n";

struct Bench {
    _directory: tempfile::TempDir,
    path: Utf8PathBuf,
}

impl Bench {
    fn new() -> Self {
        Self::with_tool(TOOL_SPEC)
    }

    /// `tool` is the spec of the package `example-tool`.
    fn with_tool(tool: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(directory.path()).unwrap().to_owned();
        for name in ["gnupg", "rpmbuild/SOURCES", "repository/Packages", "scratch"] {
            fs_err::create_dir_all(path.join(name)).unwrap();
        }
        let bench = Self { _directory: directory, path };
        bench.make_repository(tool);
        bench
    }

    fn run(&self, tool: Tool, arguments: &[&str]) -> String {
        let gnupg = self.path.join("gnupg");
        Invocation::new(tool, &self.path).env("GNUPGHOME", gnupg).args(arguments).run().unwrap().text()
    }

    fn make_repository(&self, tool: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let private = std::fs::Permissions::from_mode(0o700);
        fs_err::set_permissions(self.path.join("gnupg"), private).unwrap();
        let user = "Trial <trial@example.invalid>";
        self.run(
            Tool::Gpg,
            &["--batch", "--passphrase", "", "--quick-generate-key", user, "rsa2048", "sign", "never"],
        );
        let key = self.run(Tool::Gpg, &["--armor", "--export", user]) + "\n";
        for place in ["key.asc", "rpmbuild/SOURCES/key.asc"] {
            fs_err::write(self.path.join(place), &key).unwrap();
        }
        fs_err::write(self.path.join("rpmbuild/SOURCES/example.repo"), REPOSITORY_FILE).unwrap();
        let topdir = format!("_topdir {}/rpmbuild", self.path);
        let gpg_name = format!("_gpg_name {user}");
        for (name, spec) in [("example-release", RELEASE_SPEC), ("example-tool", tool)] {
            let file = format!("{name}.spec");
            fs_err::write(self.path.join(&file), spec).unwrap();
            self.run(Tool::Rpmbuild, &["-bb", "--nodeps", "--define", &topdir, &file]);
            let package = format!("rpmbuild/RPMS/noarch/{name}-1-1.noarch.rpm");
            self.run(
                Tool::Rpmsign,
                &["--define", &gpg_name, "--define", "__gpg /usr/bin/gpg", "--addsign", &package],
            );
            let target = self.path.join(format!("repository/Packages/{name}-1-1.noarch.rpm"));
            fs_err::rename(self.path.join(package), target).unwrap();
        }
        self.run(Tool::CreaterepoC, &["--quiet", "repository"]);
        self.run(Tool::Gpg, &["--batch", "--armor", "--detach-sign", "repository/repodata/repomd.xml"]);
    }

    fn stand_in(&self, base: &str) -> StandIn {
        let base = HostRecord::parse("base.txt".into(), base).unwrap();
        let request =
            StandInRequest { base: &base, requirements: &BTreeSet::new(), provided: &BTreeSet::new() };
        StandIn::build(&request, &self.path.join("scratch")).unwrap()
    }

    fn install(&self, stand_in: &StandIn, root: &str) -> Result<InstallReport, TrialError> {
        install(&InstallRequest {
            repository: self.path.join("repository").as_str(),
            key: &self.path.join("key.asc"),
            release_package: "example-release",
            packages: &["example-tool".to_owned()],
            stand_in,
            root: &self.path.join(root),
            scratch: &self.path.join("scratch").join(root),
            log: &self.path.join("logs").join(root),
        })
    }
}

const BASE: &str = "centos-release-6-4.el6.centos.10.x86_64\nchkconfig-1.3.49.3-2.el6.x86_64\n";

#[test]
fn a_signed_repository_installs_and_a_changed_one_does_not() {
    let bench = Bench::new();
    let stand_in = bench.stand_in(BASE);
    let report = bench.install(&stand_in, "good").unwrap();
    assert_eq!(report.packages, ["example-release-1-1.noarch", "example-tool-1-1.noarch"]);
    assert!(
        report.scriptlet_calls.contains(&"/sbin/chkconfig --add example".to_owned()),
        "{:?}",
        report.scriptlet_calls
    );

    // One more blank at the end of the signed file.
    let repomd = bench.path.join("repository/repodata/repomd.xml");
    let text = fs_err::read_to_string(&repomd).unwrap();
    fs_err::write(&repomd, text.clone() + " ").unwrap();
    let error = bench.install(&stand_in, "changed-metadata").unwrap_err();
    assert!(matches!(error, TrialError::Install { .. }), "{error}");
    fs_err::write(&repomd, text).unwrap();

    // Metadata that are right and signed, over a package that nobody signed.
    let package = "repository/Packages/example-tool-1-1.noarch.rpm";
    bench.run(Tool::Rpmsign, &["--delsign", package]);
    fs_err::remove_dir_all(bench.path.join("repository/repodata")).unwrap();
    bench.run(Tool::CreaterepoC, &["--quiet", "repository"]);
    bench.run(Tool::Gpg, &["--batch", "--armor", "--detach-sign", "repository/repodata/repomd.xml"]);
    let error = bench.install(&stand_in, "unsigned-package").unwrap_err();
    let TrialError::Install { packages, said, .. } = &error else { panic!("{error}") };
    assert_eq!(packages, "packages: example-tool");
    assert!(said.contains("Package example-tool-1-1.noarch.rpm is not signed"), "{said}");
}

#[test]
fn a_base_that_lacks_a_requirement_is_said() {
    let bench = Bench::new();
    let error =
        bench.install(&bench.stand_in("centos-release-5-9.el5.centos.1.x86_64\n"), "root").unwrap_err();
    let hint = error.hint().unwrap();
    let TrialError::Install { packages, said, log } = error else { panic!("{error}") };
    assert_eq!(packages, "release package: example-release");
    assert!(said.contains("centos-release = 6") && !said.contains("--installroot"), "{said}");
    assert!(hint.ends_with(log.as_str()), "{hint}");
    let log = fs_err::read_to_string(log).unwrap();
    assert!(log.contains("--installroot") && log.contains("centos-release = 6"), "{log}");
}

/// dnf ends well after it, and so would an administrator think.
#[test]
fn a_scriptlet_that_fails_is_no_good_installation() {
    let bench = Bench::with_tool(&(TOOL_SPEC.to_owned() + "exit 7\n"));
    let error = bench.install(&bench.stand_in(BASE), "root").unwrap_err();
    let TrialError::Scriptlet { packages, said, .. } = &error else { panic!("{error}") };
    assert_eq!(packages, "packages: example-tool");
    assert!(said.contains("%post(example-tool-1-1.noarch)") && said.contains('7'), "{said}");
}
