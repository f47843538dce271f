//! `check --hosts`: what hosts that are recorded in the tree, and one that is recorded here, would get.

use std::{collections::BTreeSet, fmt::Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use xen4centos_process::{Invocation, Output, ProcessError, Tool};

use crate::{
    program::{Call, Run},
    workshop::{Directory, ProjectCopy, Published, Work, files_in, project},
};

/// What the quickstart's user space asks of the machine that it was compiled on, and no CentOS 6 has.
const GLIBC_OF_TODAY: &str = "libc.so.6(GLIBC_2.34)(64bit)";

fn hosts() -> Utf8PathBuf {
    project().join("repo-templates/hosts")
}

fn check(hosts: &Utf8Path, repository: &Utf8Path, more: &[&str]) -> Run {
    let project = project();
    let all = ["--project", project.as_str(), "check", "--hosts", hosts.as_str(), repository.as_str()];
    Call::new(all.iter().chain(more)).run()
}

/// The recorded hosts, as if their glibc were that of this machine.
fn hosts_of_today() -> Directory {
    let directory = Directory::new();
    for path in files_in(&hosts()) {
        let text = fs_err::read_to_string(&path).unwrap();
        let glibc = "glibc-2.12-1.107.el6.x86_64\n";
        assert_eq!(text.matches(glibc).count(), 1, "{path}");
        let today = "\npackage glibc 0 2.12 1.107.el6 x86_64\nprovides rtld(GNU_HASH)\nfile /sbin/ldconfig\n\
                     provides libc.so.6(GLIBC_2.4)(64bit)\nprovides ";
        let text = format!("{}{today}{GLIBC_OF_TODAY}\n", text.replace(glibc, ""));
        directory.write(path.file_name().unwrap(), text);
    }
    directory
}

fn job<'r>(report: &'r Value, host: &str, job: &str) -> &'r Value {
    let host = report["hosts"].as_array().unwrap().iter().find(|one| one["host"] == host).unwrap();
    host["jobs"].as_array().unwrap().iter().find(|one| one["job"] == job).unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["package"].as_str().unwrap()).collect()
}

#[test]
fn recorded_hosts_take_the_quickstart() {
    let (hosts, published) = (hosts_of_today(), Published::get());
    let channel = published.channel();
    let report = check(&hosts.path, &channel, &["--json"]).ends_with(0).json();
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    let update = job(&report, "plain", "yum update");
    assert_eq!(names(&update["install"]), ["kernel-3.4.113-1.el6.centos.alt.x86_64"]);
    assert_eq!(update["update"][0]["installed"], "kernel-firmware-2.6.32-358.el6.noarch");
    let install = job(&report, "plain", "yum install xen kernel");
    let from = |origin: &str| {
        let all = install["install"].as_array().unwrap().iter().filter(|one| one["from"] == origin);
        all.map(|one| one["package"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        from("base"),
        [
            "bridge-utils-1.2-10.el6.x86_64",
            "kpartx-0.4.9-64.el6.x86_64",
            "pciutils-3.1.10-2.el6.x86_64",
            "qemu-img-2:0.12.1.2-2.355.el6.x86_64",
        ]
    );
    assert_eq!(from("repository").len(), 6, "{install}");
    let update = job(&report, "dom0", "yum update");
    assert_eq!(update["update"].as_array().unwrap().len(), 7, "{update}");
    assert_eq!((&update["remove"], &update["refused"]), (&Value::Array(vec![]), &Value::Array(vec![])));

    check(&hosts.path, &channel, &[]).ends_with(0).says(["3 hosts: none refuses"]).prints([
        "dom0 (205 packages)\n  yum update\n    install  kernel-3.4.113-1.el6.centos.alt.x86_64 (repository)\n",
        "    update   xen-4.2.2-23.el6.centos.alt.x86_64 by xen-4.2.5-39.el6.centos.alt.x86_64 (repository)\n",
        "  yum install xen kernel\n    install  bridge-utils-1.2-10.el6.x86_64 (base)\n",
    ]);
    // Those of CentOS 6 would not: the quickstart is for this machine.
    let line = format!("nothing provides {GLIBC_OF_TODAY} needed by xen-");
    let refused = check(&self::hosts(), &channel, &[]).ends_with(4);
    refused.prints(["    refused  ", "with --skip-broken:\n", "error EL6-HOST-001 ", "  plain.txt: ", &line]);
    check(&self::hosts(), &channel, &["--format", "junit"]).ends_with(4).prints(["plain.txt"]);

    let mut server = published.call(&["serve", "--port", "0"]).start();
    let url = server.first_line();
    let of_url = check(&hosts.path, Utf8Path::new(&url), &["--json"]).ends_with(0).json();
    assert_eq!(of_url, report);
    server.kill();
}

/// What of requirements the published target's base meets, and what CentOS 6.4 has not.
#[test]
fn the_base_of_the_target_meets_what_centos_6_has() {
    let met = "perl(:MODULE_COMPAT_5.10.1), perl(Getopt::Std), perl(:WITH_64BIT), ocaml(Pervasives) = 0123456789, \
               libstdc++.so.6(CXXABI_1.3.3)(64bit), libstdc++.so.6(GLIBCXX_3.4.30)(64bit), libc.so.6(GLIBC_2.34)(64bit), \
               libgcc_s.so.1(GCC_4.3.0)(64bit), libz.so.1(ZLIB_1.2.2.4)(64bit), libuuid.so.1(UUID_1.0)(64bit), \
               libcrypto.so.10(libcrypto.so.10)(64bit), libblkid.so.1(BLKID_2.17)(64bit), libaudit.so.1()(64bit), /bin/ksh, \
               /usr/bin/ocamlrun, /usr/bin/python2.6, dracut-kernel >= 002-18, grubby >= 7.0.4-1, udev >= 059, \
               python(abi) = 2.6, /sbin/new-kernel-pkg, findutils = 1:4.4.2-6.el6";
    let unmet = [
        "dracut-kernel >= 004-304",
        "libcrypto.so.10(OPENSSL_1.0.1)(64bit)",
        "libgcc_s.so.1(GCC_7.0.0)(64bit)",
        "libstdc++.so.6(CXXABI_1.3.9)(64bit)",
        "libuuid.so.1(UUID_2.20)(64bit)",
        "libz.so.1(ZLIB_1.2.9)(64bit)",
        "perl(:MODULE_COMPAT_5.36.0)",
        "perl(XML::Parser)",
    ];
    let directory = Directory::new();
    let requires = format!("Requires: {met}, {}", unmet.join(", "));
    build(&directory.path, &[("asks".to_owned(), "1-1".to_owned(), requires)]);
    Call::new(["index", directory.path.as_str()]).run().ends_with(0);
    let project = project();
    let target = ["--project", project.as_str(), "check", "--target", "xen4centos-6"];
    let report =
        Call::new(target.iter().chain(&[directory.path.as_str(), "--json"])).run().ends_with(4).json();
    let findings = report.as_array().or_else(|| report["findings"].as_array()).unwrap();
    let findings = findings.iter().filter(|finding| finding["code"] == "EL6-DEP-001");
    let found: BTreeSet<&str> = findings.map(|finding| finding["message"].as_str().unwrap()).collect();
    let expected: Vec<String> = unmet.iter().map(|wanted| format!("requires {wanted}")).collect();
    assert_eq!(found, expected.iter().map(String::as_str).collect());

    // A host's own record is a base as well.
    let host = directory.write("host.txt", "package z 0 1 1 noarch\nprovides libz.so.1(ZLIB_1.2.9)(64bit)\n");
    let base = project.join("repo-templates/stand-in/base.txt");
    let with = ["--base", base.as_str(), "--base", host.as_str()];
    let run = Call::new(target.iter().chain(&with).chain(&[directory.path.as_str()])).run().ends_with(4);
    assert!(!run.stdout.contains("ZLIB_1.2.9") && run.stdout.contains("UUID_2.20"), "{run:?}");
}

/// Packages `name [epoch:]version-release` with lines of their own, as one spec.
fn spec(packages: &[(String, String, String)]) -> String {
    let mut text =
        "Name: none\nVersion: 1\nRelease: 1\nSummary: x\nLicense: none\n%description\nx\n".to_owned();
    for (name, evr, lines) in packages {
        let (epoch, rest) = evr.split_once(':').unwrap_or(("0", evr));
        let (version, release) = rest.split_once('-').unwrap();
        let epoch = if epoch == "0" { String::new() } else { format!("Epoch: {epoch}\n") };
        write!(
            text,
            "%package -n {name}\n{epoch}Version: {version}\nRelease: {release}\nSummary: x\nAutoReqProv: no\n\
             {lines}\n%description -n {name}\nx\n%files -n {name}\n"
        )
        .unwrap();
    }
    text
}

/// Builds packages into a directory.
fn build(directory: &Utf8Path, packages: &[(String, String, String)]) {
    fs_err::create_dir_all(directory).unwrap();
    let path = directory.join("all.spec");
    fs_err::write(&path, spec(packages)).unwrap();
    Invocation::new(Tool::Rpmbuild, directory)
        .args(["-bb", "--quiet", "--target", "x86_64", "--define"])
        .arg(format!("_topdir {directory}/top"))
        .args(["--define", "_rpmfilename %%{NAME}.rpm", "--define"])
        .arg(format!("_rpmdir {directory}"))
        .arg(&path)
        .run()
        .unwrap();
}

/// A release of the repository, as small as hosts can tell it from the real one, with lines added to one package.
fn release(version: &str, added: (&str, &str)) -> Directory {
    let directory = Directory::new();
    let xen = format!("{version}-1.el6");
    let own = [
        ("kernel", "3.4.113-1.el6", "Requires: kernel-firmware >= 3.4.113-1.el6".to_owned()),
        ("kernel-firmware", "3.4.113-1.el6", "Conflicts: kernel-firmware < 3.4.113-1.el6".to_owned()),
        ("centos-release-xen", "10:6-6.el6", "Requires: centos-release = 6".to_owned()),
        ("xen", &xen, format!("Requires: xen-runtime = {xen}\nRequires: kpartx, python(abi) = 2.6")),
        ("xen-runtime", &xen, format!("Requires: xen-libs = {xen}, xen-hypervisor-abi = 4.2, /bin/sh")),
        ("xen-libs", &xen, "Requires: libc.so.6(GLIBC_2.12)(64bit)".to_owned()),
        ("xen-hypervisor", &xen, "Provides: xen-hypervisor-abi = 4.2".to_owned()),
        ("xen-licenses", &xen, String::new()),
    ];
    let packages = own.map(|(name, evr, lines)| {
        let more = if name == added.0 { added.1 } else { "" };
        (name.to_owned(), evr.to_owned(), format!("{lines}\n{more}"))
    });
    build(&directory.path, &packages);
    Call::new(["index", directory.path.as_str()]).run().ends_with(0);
    directory
}

/// A version, the package with more lines, those, and the findings: code, host, and words of the message.
type Poison =
    (&'static str, (&'static str, &'static str), &'static [(&'static str, &'static str, &'static str)]);

const POISONS: [Poison; 7] = [
    ("4.2.5", ("", ""), &[]),
    (
        "4.2.5",
        ("xen-libs", "Requires: nobody = 1"),
        &[
            ("EL6-HOST-001", "dom0.txt", "yum update: nothing provides nobody = 1 needed by xen-libs-4.2.5"),
            ("EL6-HOST-001", "libvirt.txt", "yum install xen kernel: nothing provides nobody = 1 needed by"),
            ("EL6-HOST-001", "plain.txt", "yum install xen kernel: nothing provides nobody = 1 needed by"),
        ],
    ),
    (
        "4.2.5",
        ("xen-libs", "Conflicts: (bash and nobody)"),
        &[
            (
                "EL6-HOST-001",
                "dom0.txt",
                "yum update: Invalid version flag in `(bash and nobody)` of xen-libs-4.2.5",
            ),
            ("EL6-HOST-001", "libvirt.txt", "yum install xen kernel: Invalid version flag in"),
            ("EL6-HOST-001", "plain.txt", "yum install xen kernel: Invalid version flag in"),
        ],
    ),
    (
        "4.2.5",
        ("kernel-firmware", "Conflicts: libvirt < 1.0"),
        &[
            (
                "EL6-HOST-001",
                "libvirt.txt",
                "yum update: package kernel-firmware-3.4.113-1.el6.x86_64 conflicts with libvirt < 1.0 provided by \
                 libvirt-0.10.2-18.el6.x86_64 (it would take removing libvirt-0.10.2-18.el6.x86_64",
            ),
            (
                "EL6-HOST-001",
                "libvirt.txt",
                "kernel-firmware-3.4.113-1.el6.x86_64 excludes libvirt-0.10.2-18.el6.x86_64, which is installed",
            ),
        ],
    ),
    (
        "4.2.1",
        ("", ""),
        &[(
            "EL6-HOST-002",
            "dom0.txt",
            "has xen-4.2.2-23.el6.centos.alt.x86_64, the repository has xen-4.2.1-1",
        )],
    ),
    // Half of it is newer.
    (
        "4.2.1",
        ("kernel", "Requires: xen-libs = 4.2.1"),
        &[
            (
                "EL6-HOST-001",
                "dom0.txt",
                "replacing xen-libs-4.2.2-23.el6.centos.alt.x86_64 by xen-libs-4.2.1-1.el6.x86_64",
            ),
            ("EL6-HOST-002", "dom0.txt", "has xen-libs-4.2.2-23.el6.centos.alt.x86_64"),
        ],
    ),
    (
        "4.2.5",
        ("kernel-firmware", "Obsoletes: libvirt < 1"),
        &[(
            "EL6-HOST-003",
            "libvirt.txt",
            "yum update: removes libvirt-0.10.2-18.el6.x86_64, which kernel-firmware-3.4.113-1.el6.x86_64 obsoletes",
        )],
    ),
];

#[test]
fn each_poison_is_found_on_the_hosts_that_it_is_for() {
    let mut tripped = BTreeSet::new();
    for (version, added, expected) in POISONS {
        let repository = release(version, added);
        let run = check(&hosts(), &repository.path, &["--json"]);
        let report = run.json();
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().map(|finding| {
            ["code", "subject", "message"].map(|key| finding[key].as_str().unwrap().to_owned())
        });
        let found: Vec<[String; 3]> = found.collect();
        for (code, host, words) in expected {
            let is_it = |one: &[String; 3]| one[0] == *code && one[1] == *host && one[2].contains(words);
            assert!(found.iter().any(is_it), "{code} {host} {words}: {found:#?}");
        }
        let wanted: BTreeSet<(&str, &str)> = expected.iter().map(|(code, host, _)| (*code, *host)).collect();
        let got: BTreeSet<(&str, &str)> = found.iter().map(|one| (&*one[0], &*one[1])).collect();
        assert_eq!(got, wanted, "{added:?}: {found:#?}");
        let refuses = wanted.iter().any(|(code, _)| *code == "EL6-HOST-001");
        run.ends_with(if refuses { 4 } else { 0 });
        tripped.extend(wanted.into_iter().map(|(code, _)| code));
    }
    let rules = Call::new(["check", "--list", "--json"]).run().ends_with(0).json();
    let codes = rules.as_array().unwrap().iter().map(|rule| rule["code"].as_str().unwrap());
    let codes: BTreeSet<&str> = codes.filter(|code| code.starts_with("EL6-HOST")).collect();
    assert_eq!(tripped, codes, "no rule about hosts is without a poison");
}

/// What hosts of the tree find of one record with these jobs.
fn jobs_of(jobs: &str, repository: &Utf8Path, more: &[&str]) -> Run {
    let directory = Directory::new();
    let plain = fs_err::read_to_string(hosts().join("libvirt.txt")).unwrap();
    let plain: String = plain
        .lines()
        .filter(|line| !line.starts_with('#'))
        .fold(jobs.to_owned(), |text, line| text + "\n" + line);
    directory.write("host.txt", plain + "\n");
    check(&directory.path, repository, &[&["--json"], more].concat())
}

#[test]
fn rpm_of_hosts_refuses_what_metadata_do_not_tell() {
    let repository = release("4.2.5", ("xen-libs", "Requires: (bash if nobody)"));
    let of =
        |target: &str| jobs_of("# job: install xen\n# job: update", &repository.path, &["--target", target]);
    let report = of("xen4centos-6").ends_with(4).json();
    let refused = job(&report, "host", "yum install xen");
    let reasons: Vec<&str> =
        refused["refused"].as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons.len(), 2, "{refused}");
    assert!(
        reasons[0].starts_with("Invalid version flag in `(bash if nobody)` of xen-libs-4.2.5-1.el6"),
        "{refused}"
    );
    assert!(
        reasons[1].starts_with("rpmlib(RichDependencies) <= 4.12.0-1 is needed by xen-libs-"),
        "{refused}"
    );
    assert_eq!(names(&refused["install"]), [""; 0], "nothing of it is done: {refused}");
    let update = job(&report, "host", "yum update");
    assert_eq!(update["refused"], Value::Array(vec![]), "a package that does not come is nobody's trouble");
    let today = of("local").ends_with(4).json();
    assert_eq!(job(&today, "host", "yum install xen")["refused"].as_array().unwrap().len(), 1);
}

/// Packages that nobody has indexed are what a repository of them would be.
#[test]
fn a_directory_of_packages_is_tried_as_a_repository() {
    let repository = release("4.2.5", ("xen-libs", "Requires: bash"));
    let of = || jobs_of("# job: install xen", &repository.path, &[]).ends_with(0).json();
    let indexed = of();
    fs_err::remove_dir_all(repository.path.join("repodata")).unwrap();
    assert_eq!(of(), indexed);
    assert!(!repository.path.join("repodata").exists());
}

#[test]
fn what_an_old_version_obsoletes_is_not_obsoleted() {
    let (old, new) =
        (release("4.2.4", ("xen-licenses", "Obsoletes: libvirt < 1")), release("4.2.5", ("", "")));
    let with =
        |also: &[&str]| jobs_of("# job: update", if also.is_empty() { &old.path } else { &new.path }, also);
    let alone = with(&[]).ends_with(0).json();
    assert_eq!(names(&job(&alone, "host", "yum update")["remove"]), ["libvirt-0.10.2-18.el6.x86_64"]);
    let both = with(&["--also", old.path.as_str()]).ends_with(0).json();
    assert_eq!(names(&job(&both, "host", "yum update")["remove"]), [""; 0], "{both}");
}

#[test]
fn jobs_name_packages_as_yum_takes_them() {
    let repository = release("4.2.5", ("xen-runtime", "Provides: xl-tools = 4"));
    let jobs = ["xen.x86_64", "xen-hyp*", "xen-libs-4.2.5", "xl-tools", "/usr/bin/qemu-img", "nobody"];
    let all: Vec<String> = jobs.iter().map(|name| format!("# job: install {name}")).collect();
    let report = jobs_of(&all.join("\n"), &repository.path, &[]).ends_with(4).json();
    for (name, package) in [
        ("xen.x86_64", "xen-4.2.5-1.el6.x86_64"),
        ("xen-hyp*", "xen-hypervisor-4.2.5-1.el6.x86_64"),
        ("xen-libs-4.2.5", "xen-libs-4.2.5-1.el6.x86_64"),
        ("xl-tools", "xen-runtime-4.2.5-1.el6.x86_64"),
    ] {
        let told = job(&report, "host", &format!("yum install {name}"));
        assert!(names(&told["install"]).contains(&package), "{told}");
        assert_eq!(told["refused"], Value::Array(vec![]), "{told}");
    }
    // The host has it already.
    let told = job(&report, "host", "yum install /usr/bin/qemu-img");
    assert_eq!((&told["refused"], &told["install"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    let told = job(&report, "host", "yum install nobody");
    assert_eq!(told["refused"].as_array().unwrap().len(), 1, "{told}");
}

#[test]
fn what_is_no_record_is_told() {
    let published = Published::get();
    let hosts = Directory::new();
    let channel = published.channel();
    check(&hosts.path, &channel, &[]).ends_with(2).says(["has no records of hosts", "hint: record one with"]);
    let path = hosts.write("a.txt", "bash-4.1.2-14.el6.x86_64\nbash\n");
    let line = format!("{path}:2: expected `name-version-release.arch`, found `bash`");
    check(&hosts.path, &channel, &[]).ends_with(2).says([line.as_str(), "hint: README.md"]);
    check(&hosts.path, &channel, &["--headers-only"]).ends_with(2);
    Call::new(["check", "--also", "x"]).run().ends_with(2);
}

/// The command that README.md gives to administrators, as far as it is the format.
fn recording() -> String {
    let page = fs_err::read_to_string(project().join("README.md")).unwrap();
    let line = page.lines().find(|line| line.starts_with("    rpm -qa --qf '")).unwrap();
    line.split('\'').nth(1).unwrap().to_owned()
}

/// A root with nothing in it but the database of rpm.
struct Root {
    directory: Directory,
}

impl Root {
    fn with(packages: &[Utf8PathBuf]) -> Self {
        let root = Self { directory: Directory::new() };
        root.directory.write(".rpmmacros", "%_dbpath /var/lib/rpm\n");
        root.directory.write("dnf.conf", "[main]\nplugins=0\nbest=1\ninstall_weak_deps=0\ngpgcheck=0\n");
        root.rpm(
            ["-i", "--justdb", "--nodeps", "--nosignature"]
                .into_iter()
                .chain(packages.iter().map(|path| path.as_str())),
        );
        root
    }

    fn run(&self, invocation: Invocation) -> Result<Output, ProcessError> {
        use std::os::unix::fs::MetadataExt as _;
        let is_root = fs_err::metadata(&self.directory.path).unwrap().uid() == 0;
        let invocation = if is_root {
            invocation
        } else {
            invocation.wrapped_by(Tool::Unshare, ["--map-root-user", "--"])
        };
        invocation.run()
    }

    fn rpm<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        let root = self.directory.path.join("root");
        fs_err::create_dir_all(&root).unwrap();
        self.run(
            Invocation::new(Tool::Rpm, &self.directory.path)
                .args(["--root", root.as_str(), "--dbpath", "/var/lib/rpm"])
                .args(arguments),
        )
        .unwrap()
        .text()
    }

    fn installed(&self) -> BTreeSet<String> {
        let format = "%{NAME}-%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}.%{ARCH}\n";
        self.rpm(["-qa", "--qf", format]).lines().map(str::to_owned).collect()
    }

    /// Has dnf do in the database what it would do with packages.
    fn dnf(&self, repositories: &[&Utf8Path], arguments: &[&str]) -> Result<Output, ProcessError> {
        let scratch = &self.directory.path;
        let mut dnf = Invocation::new(Tool::Dnf, scratch)
            .args([
                "-y",
                "--releasever=6",
                "--forcearch=x86_64",
                "--disablerepo=*",
                "--setopt=tsflags=justdb",
            ])
            .arg(format!("--installroot={scratch}/root"))
            .arg(format!("--config={scratch}/dnf.conf"))
            .arg(format!("--setopt=reposdir={scratch}/none"))
            .arg(format!("--setopt=cachedir={scratch}/cache"))
            .arg(format!("--setopt=logdir={scratch}"))
            .arg(format!("--setopt=persistdir={scratch}/state"));
        for (number, repository) in repositories.iter().enumerate() {
            dnf = dnf.arg(format!("--repofrompath=r{number},file://{repository}"));
        }
        self.run(dnf.args(arguments))
    }
}

/// Builds the packages of `base.txt` that a host has, and a repository of the others.
fn centos() -> (Directory, Vec<Utf8PathBuf>) {
    const LACKS: [&str; 5] = ["kpartx", "bridge-utils", "qemu-img", "pciutils", "python-lxml"];
    let text = fs_err::read_to_string(project().join("repo-templates/stand-in/base.txt")).unwrap();
    let (mut installed, mut offered) = (Vec::new(), Vec::new());
    for block in text.split("\n\n").filter(|block| block.starts_with("package ")) {
        let mut lines = block.lines();
        let words: Vec<&str> = lines.next().unwrap().split(' ').collect();
        let ["package", name, epoch, version, release, _] = words[..] else { panic!("{block}") };
        let given = lines.map(|line| line.split_once(' ').unwrap().1);
        let mut given: Vec<String> = given.map(|given| format!("Provides: {given}\n")).collect();
        if name == "glibc" {
            given.push(format!("Provides: {GLIBC_OF_TODAY}\n"));
        }
        let package = (name.to_owned(), format!("{epoch}:{version}-{release}"), given.concat());
        if LACKS.contains(&name) { offered.push(package) } else { installed.push(package) }
    }
    for (name, evr, lines) in [
        ("kernel", "2.6.32-358.el6", "Requires: kernel-firmware >= 2.6.32-358.el6"),
        ("kernel-firmware", "2.6.32-358.el6", ""),
        ("libvirt", "0.10.2-18.el6", "Requires: dnsmasq >= 2.41"),
        ("dnsmasq", "2.48-13.el6", ""),
    ] {
        installed.push((name.to_owned(), evr.to_owned(), lines.to_owned()));
    }
    let directory = Directory::new();
    build(&directory.path.join("installed"), &installed);
    build(&directory.path.join("offered"), &offered);
    Call::new(["index", directory.path.join("offered").as_str()]).run().ends_with(0);
    let packages = files_in(&directory.path.join("installed"));
    (directory, packages.into_iter().filter(|path| path.extension() == Some("rpm")).collect())
}

/// The same host, recorded as README.md says, for the solver, and as a database for dnf.
#[test]
fn dnf_does_what_is_told() {
    let channel = Published::get().channel().canonicalize_utf8().unwrap();
    let (directory, packages) = centos();
    let offered = directory.path.join("offered");
    for job in ["install xen kernel", "update"] {
        let root = Root::with(&packages);
        let hosts = Directory::new();
        let record = root.rpm(["-qa", "--qf", &recording()]);
        hosts.write("host.txt", format!("# job: {job}\n{record}\n"));
        let report =
            check(&hosts.path, &channel, &["--also", offered.as_str(), "--json"]).ends_with(0).json();
        let told = self::job(&report, "host", &format!("yum {job}"));
        let mut expect = root.installed();
        for one in told["update"].as_array().unwrap() {
            assert!(expect.remove(one["installed"].as_str().unwrap()), "{one}");
        }
        expect.extend(names(&told["update"]).into_iter().chain(names(&told["install"])).map(str::to_owned));
        assert_eq!(told["remove"], Value::Array(vec![]));

        let before = root.installed();
        let words: Vec<&str> = job.split(' ').collect();
        root.dnf(&[&channel, &offered], &words).unwrap();
        assert_eq!(root.installed(), expect, "{job}");
        assert_ne!(before, expect);
    }
    // Both refuse, too.
    let poisoned = release("4.2.5", ("kernel-firmware", "Conflicts: libvirt < 1"));
    let root = Root::with(&packages);
    let hosts = Directory::new();
    let record = root.rpm(["-qa", "--qf", &recording()]);
    hosts.write("host.txt", format!("# job: install xen kernel\n{record}\n"));
    check(&hosts.path, &poisoned.path, &["--also", offered.as_str()]).ends_with(4).prints(["EL6-HOST-001"]);
    let refused = root.dnf(&[&poisoned.path, &offered], &["install", "xen", "kernel"]).unwrap_err();
    assert!(refused.to_string().contains("conflicts with libvirt < 1"), "{refused}");
}

#[test]
fn refusals_are_waived_by_the_name_of_the_record() {
    let copy = ProjectCopy::new();
    let target = "repo-templates/targets/local.toml";
    let text = fs_err::read_to_string(copy.path().join(target)).unwrap();
    let waiver = "\n[[waiver]]\ncode = \"EL6-HOST-001\"\nsubject = \"*.txt\"\nmessage = \"*GLIBC*\"\n\
                  reason = \"for this machine only\"\nexpires = 2099-01-01\n";
    copy.write(target, &format!("{text}{waiver}"));
    let work = Work::published().with_project(copy.path());
    let with = |arguments: &[&str]| work.run(&[&["check", "--target", "local"], arguments].concat());
    let run = with(&["--hosts", hosts().as_str()]).ends_with(0);
    run.says(["3 hosts: none refuses more than is waived"]).prints(["waived EL6-HOST-001"]);
    // Where no host is tried nothing is said of it.
    let run = with(&[]).ends_with(0);
    assert!(!run.stderr.contains("EL6-HOST"), "{run:?}");
}
