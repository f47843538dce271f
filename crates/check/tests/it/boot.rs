//! For every rule about what hosts boot a package that trips it and nothing else, and clean twins.

use std::{collections::BTreeSet, fmt::Write as _};

use camino::Utf8Path;
use xen4centos_check::{
    Depth, KernelContract, KernelRequirement, RepositoryCheck, RepositorySignature, check_payload,
    check_repository, check_rpm, rules,
};
use xen4centos_manifest::Client;
use xen4centos_process::{Invocation, Tool};

use crate::{
    boot_files::{gzip, hypervisor},
    built::build,
    client::client,
    kernels,
};

pub(crate) const DEFINES: [&str; 4] =
    ["_binary_payload w1.gzdio", "debug_package %{nil}", "_build_id_links none", "__os_install_post %{nil}"];

pub(crate) fn contract() -> KernelContract {
    let requirement = |symbol: &str, values: &[&str], module: Option<&str>| KernelRequirement {
        symbol: symbol.to_owned(),
        needed_by: "dom0 needs".to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        module: module.map(str::to_owned),
        why: "xl".to_owned(),
    };
    KernelContract {
        requirements: vec![
            requirement("XEN", &["y"], None),
            requirement("XEN_DEV_EVTCHN", &["y", "m"], Some("xen-evtchn")),
            requirement("XENFS", &["y", "m"], Some("xenfs")),
            requirement("OFF", &["n"], None),
        ],
    }
}

pub(crate) fn el6() -> Client {
    let mut el6 = client("el6");
    // What rpmbuild writes is not signed yet, and licences are tried elsewhere.
    el6.required_signature_tags.clear();
    el6
}

pub(crate) fn spec(version: &str, release: &str, parts: &str) -> String {
    format!(
        "Name: cases\nVersion: {version}\nRelease: {release}\nSummary: Cases\nLicense: none\n%description\nCases.\n\
         %install\ncp -a %{{_topdir}}/root/. %{{buildroot}}/\nmkdir -p %{{buildroot}}/usr\n\
         echo terms > %{{buildroot}}/usr/terms\n%files\n%license /usr/terms\n{parts}"
    )
}

pub(crate) fn found(path: &Utf8Path, client: &Client) -> Vec<(&'static str, String)> {
    let mut findings = check_rpm(path, client).unwrap();
    findings.extend(check_payload(path, client, Some(&contract())).unwrap());
    findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
}

pub(crate) fn expect(name: &str, found: &[(&'static str, String)], expected: Option<(&str, &str)>) {
    let Some((code, words)) = expected else {
        assert_eq!(found, [], "{name}");
        return;
    };
    assert_eq!(found.len(), 1, "{name}: {found:#?}");
    assert_eq!(found[0].0, code, "{name}: {found:#?}");
    assert!(found[0].1.contains(words), "{name}: {}", found[0].1);
}

/// A hypervisor's package, as files and links in /boot.
struct Hypervisor {
    abi: &'static str,
    image: Vec<u8>,
    name: &'static str,
    links: &'static [(&'static str, &'static str)],
    /// A file that is no hypervisor.
    extra: Option<&'static str>,
}

impl Hypervisor {
    fn new() -> Self {
        Self {
            abi: "4.2",
            image: gzip(&hypervisor(0x1bad_b002, "\0Xen\0.5-38.el6")),
            name: "xen-4.2.5-38.el6.gz",
            links: &[("xen.gz", "xen-4.2.5-38.el6.gz"), ("xen-4.2.gz", "xen-4.2.5-38.el6.gz")],
            extra: None,
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut made = Self::new();
        change(&mut made);
        made
    }

    fn saying(text: &str) -> Self {
        Self::with(|made| made.image = gzip(&hypervisor(0x1bad_b002, text)))
    }

    fn check(&self) -> Vec<(&'static str, String)> {
        let directory = tempfile::tempdir().unwrap();
        let top = Utf8Path::from_path(directory.path()).unwrap();
        let boot = top.join("root/boot");
        fs_err::create_dir_all(&boot).unwrap();
        fs_err::write(boot.join(self.name), &self.image).unwrap();
        if let Some(extra) = self.extra {
            fs_err::write(boot.join(extra), gzip(b"symbols")).unwrap();
        }
        for (link, target) in self.links {
            fs_err::os::unix::fs::symlink(target, boot.join(link)).unwrap();
        }
        let mut part =
            "%package hypervisor\nSummary: Case\nRequires: cases = 4.2.5-38.el6.centos\n".to_owned();
        if !self.abi.is_empty() {
            writeln!(part, "Provides: xen-hypervisor-abi = {}", self.abi).unwrap();
        }
        part.push_str("%description hypervisor\nCase.\n%files hypervisor\n/boot/*\n");
        let packages = build(top, &spec("4.2.5", "38.el6.centos", &part), &DEFINES);
        found(&packages["cases-hypervisor"], &el6())
    }
}

type HypervisorCase = (&'static str, Option<(&'static str, &'static str)>, fn() -> Hypervisor);

const HYPERVISORS: &[HypervisorCase] = &[
    ("clean", None, Hypervisor::new),
    ("whole-release", None, || Hypervisor::saying("\0.5-38.el6.centos")),
    ("link-to-link", None, || {
        Hypervisor::with(|made| {
            made.links = &[("xen.gz", "xen-4.2.gz"), ("xen-4.2.gz", "/boot/xen-4.2.5-38.el6.gz")];
        })
    }),
    ("chain", None, || {
        Hypervisor::with(|made| {
            made.links = &[
                ("xen.gz", "xen-4.gz"),
                ("xen-4.gz", "../boot/xen-4.2.gz"),
                ("xen-4.2.gz", "xen-4.2.5.gz"),
                ("xen-4.2.5.gz", "xen-4.2.5-38.el6.gz"),
            ];
        })
    }),
    ("for-debugging", None, || {
        Hypervisor::with(|made| {
            (made.abi, made.name, made.links) = ("", "xen-4.2.5-38.el6-debug.gz", &[]);
        })
    }),
    ("symbols", None, || Hypervisor::with(|made| made.extra = Some("xen-syms-4.2.5-38.el6.gz"))),
    (
        "dangling",
        Some(("EL6-XEN-001", "/boot/xen.gz leads to xen-4.2.5-37.el6.gz, which is no image")),
        || Hypervisor::with(|made| made.links = &[("xen.gz", "xen-4.2.5-37.el6.gz")]),
    ),
    ("no-name", Some(("EL6-XEN-001", "has no /boot/xen.gz")), || {
        Hypervisor::with(|made| made.links = &[("xen-4.2.gz", "xen-4.2.5-38.el6.gz")])
    }),
    ("other-name", Some(("EL6-XEN-001", "/boot/xen-4.2.5-3.gz is called by another version")), || {
        Hypervisor::with(|made| (made.name, made.links) = ("xen-4.2.5-3.gz", &[("xen.gz", "xen-4.2.5-3.gz")]))
    }),
    ("no-gzip", Some(("EL6-XEN-002", "can not be decompressed")), || {
        Hypervisor::with(|made| made.image = hypervisor(0x1bad_b002, "\0.5-38.el6"))
    }),
    ("no-program", Some(("EL6-XEN-002", "is no 32-bit program")), || {
        Hypervisor::with(|made| made.image = gzip(b"\0.5-38.el6\0"))
    }),
    ("no-multiboot", Some(("EL6-XEN-002", "has no multiboot header")), || {
        Hypervisor::with(|made| made.image = gzip(&hypervisor(0x1bad_b003, "\0.5-38.el6")))
    }),
    ("other-version", Some(("EL6-XEN-003", "is 4.2.5-37.el6, the package is 4.2.5-38.el6.centos")), || {
        Hypervisor::saying("\0.5-37.el6")
    }),
    ("longer-version", Some(("EL6-XEN-003", "is 4.2.5-380")), || Hypervisor::saying("\0.5-380")),
    ("no-version", Some(("EL6-XEN-003", "does not say its version")), || Hypervisor::saying("Xen")),
    ("no-interface", Some(("EL6-XEN-004", "does not provide xen-hypervisor-abi = 4.2")), || {
        Hypervisor::with(|made| made.abi = "")
    }),
    (
        "for-debugging-of-another",
        Some(("EL6-XEN-001", "/boot/xen-4.2.4-38.el6-debug.gz is called by another")),
        || {
            Hypervisor::with(|made| {
                (made.abi, made.name, made.links) = ("", "xen-4.2.4-38.el6-debug.gz", &[]);
            })
        },
    ),
    (
        "other-interface",
        Some(("EL6-XEN-004", "provides xen-hypervisor-abi = 4.1, the version is 4.2.5")),
        || {
            // The image says what comes after the interface.
            Hypervisor::with(|made| made.abi = "4.1")
        },
    ),
];

#[test]
fn each_hypervisor_trips_exactly_its_rule() {
    for (name, expected, make) in HYPERVISORS {
        expect(name, &make().check(), *expected);
    }
}

const REPOSITORY: &str = "
%package tools
Summary: Tools
Requires: cases = 1-1 xen-hypervisor-abi @TOOLS@
%description tools
Tools.
%package hypervisor
Summary: Hypervisor
Requires: cases = 1-1
Provides: xen-hypervisor-abi = 1.0
%description hypervisor
Hypervisor.
%post hypervisor
/usr/bin/grub-bootxen.sh
%package script
Summary: Script
Requires: cases = 1-1
%description script
Script.
%files tools
%files hypervisor
/boot/xen.gz
%files script
@SCRIPT@
";

/// What is wrong with a repository whose tools want an interface and whose script says something and stands somewhere.
fn repository(tools: &str, script: &str, place: &str) -> Vec<(&'static str, String)> {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let root = top.join("root");
    fs_err::create_dir_all(root.join("boot")).unwrap();
    fs_err::create_dir_all(root.join("usr/bin")).unwrap();
    fs_err::write(root.join("boot/xen.gz"), gzip(&hypervisor(0x1bad_b002, "\0-1"))).unwrap();
    fs_err::write(root.join(&place[1..]), script).unwrap();
    let parts = REPOSITORY.replace("@TOOLS@", tools).replace("@SCRIPT@", place);
    let packages = build(top, &spec("1", "1", &parts), &DEFINES);
    let repository = top.join("repository");
    fs_err::create_dir(&repository).unwrap();
    for path in packages.values() {
        fs_err::copy(path, repository.join(path.file_name().unwrap())).unwrap();
    }
    Invocation::new(Tool::CreaterepoC, &repository)
        .args(["-q", "--no-database", "--revision=1795000000", "--set-timestamp-to-revision", "."])
        .run()
        .unwrap();
    let check = RepositoryCheck {
        signature: RepositorySignature::Present,
        root: &repository,
        client: &el6(),
        verifier: None,
        base: None,
        histories: &[],
        published_before: None,
        contract: None,
        depth: Depth::Packages,
        keys: None,
    };
    let findings = check_repository(&check).unwrap().into_iter();
    // Nothing here is signed, `1` is no version of two numbers, and the closure says of an ABI what EL6-XEN-005 does.
    let passed_over = ["EL6-REPO-003", "EL6-XEN-004", "EL6-DEP-001"];
    findings
        .filter(|finding| !passed_over.contains(&finding.code))
        .map(|finding| (finding.code, format!("{}: {}", finding.subject, finding.message)))
        .collect()
}

#[test]
fn what_belongs_together_is_in_the_repository() {
    const PLACE: &str = "/usr/bin/grub-bootxen.sh";
    expect("clean", &repository("= 1.0", "hypervisor=$root/boot/xen.gz\n", PLACE), None);
    expect("at least", &repository(">= 0.9", "", PLACE), None);
    let tools = repository("= 1.1", "", PLACE);
    let words = "cases-tools.rpm: requires xen-hypervisor-abi = 1.1, the newest hypervisor has xen-hypervisor-abi = 1.0";
    expect("tools", &tools, Some(("EL6-XEN-005", words)));
    let script = repository("= 1.0", "boot /boot/xen-4.2.gz\n", PLACE);
    let words = "cases-script.rpm: /usr/bin/grub-bootxen.sh names /boot/xen-4.2.gz, which no package has";
    expect("script", &script, Some(("EL6-XEN-020", words)));
    let nowhere = repository("= 1.0", "boot /boot/xen.gz\n", "/usr/bin/bootxen");
    let words = "cases-hypervisor.rpm: runs /usr/bin/grub-bootxen.sh, which no package has";
    expect("nowhere", &nowhere, Some(("EL6-XEN-020", words)));
}

#[test]
fn no_rule_about_booting_is_without_a_poison() {
    let hypervisors = HYPERVISORS.iter().filter_map(|(_, expected, _)| expected.map(|(code, _)| code));
    let mut poisoned: BTreeSet<_> = kernels::poisoned().chain(hypervisors).collect();
    poisoned.extend(["EL6-XEN-005", "EL6-XEN-020"]);
    let all: BTreeSet<_> =
        rules().into_iter().map(|rule| rule.code).filter(|code| code.starts_with("EL6-XEN")).collect();
    assert_eq!(poisoned, all);
}
