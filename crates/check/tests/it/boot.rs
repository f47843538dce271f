//! For every rule about what hosts boot a package that trips it and nothing else, and clean twins.

use std::{collections::BTreeSet, fmt::Write as _};

use camino::Utf8Path;
use xen4centos_check::{
    Depth, KernelContract, KernelRequirement, RepositoryCheck, check_payload, check_repository, check_rpm,
    rules,
};
use xen4centos_manifest::Client;
use xen4centos_process::{Invocation, Tool};

use crate::{
    boot_files::{Compression, Image, XEN_NOTES, gzip, hypervisor, module},
    built::build,
    client::client,
};

const CONFIG: &str =
    "CONFIG_XEN=y\nCONFIG_MODULES=y\nCONFIG_XEN_DEV_EVTCHN=m\nCONFIG_XENFS=y\n# CONFIG_OFF is not set\n";

const DEFINES: [&str; 4] =
    ["_binary_payload w1.gzdio", "debug_package %{nil}", "_build_id_links none", "__os_install_post %{nil}"];

fn contract() -> KernelContract {
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

fn el6() -> Client {
    let mut el6 = client("el6");
    // What rpmbuild writes is not signed yet, and licences are tried elsewhere.
    el6.required_signature_tags.clear();
    el6
}

/// A package of a kernel, of which each case has another release.
struct Kernel {
    provides: String,
    image: Vec<u8>,
    config: Option<String>,
    /// Paths below the directory of modules, with their bytes.
    files: Vec<(&'static str, Vec<u8>)>,
    directory: String,
}

impl Kernel {
    fn new(release: &str, change: impl FnOnce(&mut Image<'_>)) -> Self {
        let mut image = Image {
            release,
            banner: release,
            notes: XEN_NOTES,
            config: Some(CONFIG),
            by: Compression::Gzip,
            rest: "",
            alignment: 4,
        };
        change(&mut image);
        let modinfo = format!("vermagic={release} SMP mod_unload modversions ");
        Self {
            provides: format!("Provides: kernel-xen = {release}\nProvides: kernel-uname-r = {release}"),
            image: image.bytes(),
            config: Some(CONFIG.to_owned()),
            files: vec![
                ("kernel/drivers/xen/xen-evtchn.ko", module(&["license=GPL", &modinfo])),
                ("kernel/fs/ext4/ext4.ko", module(&[&modinfo])),
                ("modules.dep", b"kernel/drivers/xen/xen-evtchn.ko:\nkernel/fs/ext4/ext4.ko:\n".to_vec()),
                ("modules.builtin", b"kernel/drivers/xen/xenfs/xenfs.ko\n".to_vec()),
            ],
            directory: release.to_owned(),
        }
    }

    fn file(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.files.iter_mut().find(|(path, _)| path.ends_with(name)).unwrap().1
    }
}

type Case = (&'static str, Option<(&'static str, &'static str)>, fn(&str) -> Kernel);

fn with(release: &str, change: impl FnOnce(&mut Kernel)) -> Kernel {
    let mut kernel = Kernel::new(release, |_| {});
    change(&mut kernel);
    kernel
}

const KERNELS: &[Case] = &[
    ("clean", None, |release| Kernel::new(release, |_| {})),
    ("by-xz", None, |release| Kernel::new(release, |image| image.by = Compression::Xz)),
    ("aligned", None, |release| {
        // Beside a note that asks for eight bytes, notes still follow one another in steps of four.
        Kernel::new(release, |image| {
            image.alignment = 8;
            image.notes = &[(7, b"2.6\0"), (1, &[0; 8]), (2, &[0; 8]), (5, b"xen-3.0\0")];
        })
    }),
    ("talkative", None, |release| {
        Kernel::new(release, |image| image.rest = " needs Linux version 2.4.0 or newer")
    }),
    ("lzo", Some(("EL6-XEN-018", "is compressed in a way that is not known here")), |release| {
        Kernel::new(release, |image| image.by = Compression::Lzo)
    }),
    ("compressed", Some(("EL6-XEN-019", "ext4.ko.gz is compressed")), |release| {
        with(release, |kernel| kernel.files[1].0 = "kernel/fs/ext4/ext4.ko.gz")
    }),
    ("endless", Some(("EL6-XEN-016", "modules.dep is longer than any list of modules")), |release| {
        with(release, |kernel| kernel.file("modules.dep").resize(17 << 20, b'a'))
    }),
    ("no-config-inside", None, |release| Kernel::new(release, |image| image.config = None)),
    ("plain", None, |release| {
        // A kernel that promises nothing about Xen.
        let mut kernel = Kernel::new(release, |image| (image.notes, image.config) = (&[], None));
        kernel.provides.clear();
        kernel.config = Some("CONFIG_MODULES=y\n".to_owned());
        kernel
    }),
    ("no-image", Some(("EL6-XEN-010", "is no bzImage")), |release| {
        with(release, |kernel| kernel.image = b"MZ".repeat(1000))
    }),
    ("cut-image", Some(("EL6-XEN-010", "is shorter than its header says")), |release| {
        with(release, |kernel| kernel.image.truncate(kernel.image.len() - 100))
    }),
    ("damaged-image", Some(("EL6-XEN-010", "can not be decompressed")), |release| {
        with(release, |kernel| kernel.image[1060..1090].fill(0x55))
    }),
    ("other-image", Some(("EL6-XEN-011", "calls itself 3.4.112-1")), |release| {
        Kernel::new(release, |image| image.release = "3.4.112-1")
    }),
    ("other-kernel", Some(("EL6-XEN-011", "has the kernel 3.4.112-1 inside")), |release| {
        Kernel::new(release, |image| image.banner = "3.4.112-1")
    }),
    (
        "other-provide",
        Some(("EL6-XEN-011", "provides kernel-uname-r = 3.4.112-1, the kernel is")),
        |release| {
            let from = format!("kernel-uname-r = {release}");
            with(release, |kernel| {
                kernel.provides = kernel.provides.replace(&from, "kernel-uname-r = 3.4.112-1");
            })
        },
    ),
    ("no-notes", Some(("EL6-XEN-012", "has no notes for Xen")), |release| {
        Kernel::new(release, |image| image.notes = &[])
    }),
    ("no-entry", Some(("EL6-XEN-012", "has no note of an entry for Xen")), |release| {
        Kernel::new(release, |image| image.notes = &XEN_NOTES[1..])
    }),
    ("no-page", Some(("EL6-XEN-012", "has no note of a hypercall page for Xen")), |release| {
        Kernel::new(release, |image| image.notes = &[(1, &[0; 8]), (5, b"xen-3.0")])
    }),
    ("interface", Some(("EL6-XEN-012", "asks for the interface `xen-2.0` of Xen")), |release| {
        Kernel::new(release, |image| image.notes = &[(1, &[0; 8]), (2, &[0; 8]), (5, b"xen-2.0\0")])
    }),
    ("broken-contract", Some(("EL6-XEN-013", "CONFIG_XENFS is not set, dom0 needs y or m: xl")), |release| {
        const WITHOUT: &str = "CONFIG_XEN=y\nCONFIG_MODULES=y\nCONFIG_XEN_DEV_EVTCHN=m\n";
        let mut kernel = Kernel::new(release, |image| image.config = Some(WITHOUT));
        kernel.config = Some(WITHOUT.to_owned());
        kernel
    }),
    ("no-config", Some(("EL6-XEN-013", "has no /boot/config-")), |release| {
        with(release, |kernel| kernel.config = None)
    }),
    ("no-module", Some(("EL6-XEN-014", "has no xen-evtchn.ko (CONFIG_XEN_DEV_EVTCHN=m): xl")), |release| {
        with(release, |kernel| {
            kernel.files.remove(0);
            *kernel.file("modules.dep") = b"kernel/fs/ext4/ext4.ko:\n".to_vec();
        })
    }),
    (
        "not-built-in",
        Some(("EL6-XEN-014", "modules.builtin has no xenfs.ko (CONFIG_XENFS=y): xl")),
        |release| with(release, |kernel| kernel.file("modules.builtin").clear()),
    ),
    ("other-magic", Some(("EL6-XEN-015", "ext4.ko is for `3.4.112-1 SMP`, not for")), |release| {
        with(release, |kernel| *kernel.file("ext4.ko") = module(&["vermagic=3.4.112-1 SMP "]))
    }),
    ("no-magic", Some(("EL6-XEN-015", "ext4.ko has no version magic")), |release| {
        with(release, |kernel| *kernel.file("ext4.ko") = module(&["license=GPL"]))
    }),
    ("two-magics", Some(("EL6-XEN-015", "other modules for")), |release| {
        with(release, |kernel| *kernel.file("ext4.ko") = module(&[&format!("vermagic={release} mod_unload")]))
    }),
    ("listed", Some(("EL6-XEN-016", "names kernel/fs/xfs/xfs.ko, not in the package")), |release| {
        with(release, |kernel| {
            kernel.file("modules.dep").extend(b"kernel/fs/xfs/xfs.ko: kernel/fs/ext4/ext4.ko\n");
        })
    }),
    ("unlisted", Some(("EL6-XEN-016", "does not name kernel/fs/ext4/ext4.ko")), |release| {
        with(release, |kernel| *kernel.file("modules.dep") = b"kernel/drivers/xen/xen-evtchn.ko:\n".to_vec())
    }),
    ("other-config", Some(("EL6-XEN-017", "differ in CONFIG_HZ")), |release| {
        with(release, |kernel| kernel.config = Some(format!("{CONFIG}CONFIG_HZ=100\n")))
    }),
];

/// Writes what a package has below `root`, and returns its part of the spec.
fn kernel(root: &Utf8Path, name: &str, release: &str, kernel: &Kernel) -> String {
    let modules = format!("/lib/modules/{}", kernel.directory);
    let mut files = vec![(format!("/boot/vmlinuz-{release}"), kernel.image.clone())];
    files.extend(
        kernel.config.iter().map(|config| (format!("/boot/config-{release}"), config.clone().into())),
    );
    files.extend(kernel.files.iter().map(|(path, bytes)| (format!("{modules}/{path}"), bytes.clone())));
    let mut list = String::new();
    for (path, bytes) in files {
        let file = root.join(&path[1..]);
        fs_err::create_dir_all(file.parent().unwrap()).unwrap();
        fs_err::write(file, bytes).unwrap();
        writeln!(list, "{path}").unwrap();
    }
    let provides = &kernel.provides;
    format!(
        "%package {name}\nSummary: Case\nAutoReqProv: no\nRequires: cases = 1-1\n{provides}\n%description {name}\nCase.\n%files {name}\n{list}"
    )
}

fn spec(version: &str, release: &str, parts: &str) -> String {
    format!(
        "Name: cases\nVersion: {version}\nRelease: {release}\nSummary: Cases\nLicense: none\n%description\nCases.\n\
         %install\ncp -a %{{_topdir}}/root/. %{{buildroot}}/\nmkdir -p %{{buildroot}}/usr\n\
         echo terms > %{{buildroot}}/usr/terms\n%files\n%license /usr/terms\n{parts}"
    )
}

fn found(path: &Utf8Path, client: &Client) -> Vec<(&'static str, String)> {
    let mut findings = check_rpm(path, client).unwrap();
    findings.extend(check_payload(path, client, Some(&contract())).unwrap());
    findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
}

fn expect(name: &str, found: &[(&'static str, String)], expected: Option<(&str, &str)>) {
    let Some((code, words)) = expected else {
        assert_eq!(found, [], "{name}");
        return;
    };
    assert_eq!(found.len(), 1, "{name}: {found:#?}");
    assert_eq!(found[0].0, code, "{name}: {found:#?}");
    assert!(found[0].1.contains(words), "{name}: {}", found[0].1);
}

#[test]
fn each_kernel_trips_exactly_its_rule() {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let mut parts = String::new();
    for (name, _, make) in KERNELS {
        let release = format!("3.4.113-1.{}", name.replace('-', "_"));
        parts.push_str(&kernel(&top.join("root"), name, &release, &make(&release)));
    }
    // A package of modules for a kernel that is elsewhere.
    let extra = top.join("root/lib/modules/3.4.113-2/extra");
    fs_err::create_dir_all(&extra).unwrap();
    fs_err::write(extra.join("a.ko"), module(&["vermagic=3.4.113-1 SMP "])).unwrap();
    parts.push_str(
        "%package kmod\nSummary: Case\nAutoReqProv: no\nRequires: cases = 1-1\n%description kmod\nCase.\n\
         %files kmod\n/lib/modules/3.4.113-2/extra/a.ko\n",
    );
    let packages = build(top, &spec("1", "1", &parts), &DEFINES);
    for (name, expected, _) in KERNELS {
        expect(name, &found(&packages[&format!("cases-{name}")], &el6()), *expected);
    }
    let kmod = found(&packages["cases-kmod"], &el6());
    expect("kmod", &kmod, Some(("EL6-XEN-015", "a.ko is for `3.4.113-1 SMP`, not for 3.4.113-2")));
}

#[test]
fn a_kernel_without_the_directory_of_its_modules() {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let mut made = Kernel::new("3.4.113-1", |_| {});
    made.directory = "3.4.113-2".to_owned();
    made.provides.clear();
    made.files.retain(|(path, _)| path.starts_with("modules"));
    *made.file("modules.dep") = Vec::new();
    let part = kernel(&top.join("root"), "case", "3.4.113-1", &made);
    let packages = build(top, &spec("1", "1", &part), &DEFINES);
    let found = found(&packages["cases-case"], &el6());
    expect("case", &found, Some(("EL6-XEN-011", "/boot/vmlinuz-3.4.113-1 has no /lib/modules/3.4.113-1")));
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
        writeln!(part, "Provides: xen-hypervisor-abi = {}", self.abi).unwrap();
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
    Invocation::new(Tool::CreaterepoC, &repository).args(["-q", "--no-database", "."]).run().unwrap();
    let check = RepositoryCheck {
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
    // Nothing here is signed, and `1` is no version of two numbers.
    let passed_over = ["EL6-REPO-003", "EL6-XEN-004"];
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
    let kernels = KERNELS.iter().filter_map(|(_, expected, _)| *expected);
    let hypervisors = HYPERVISORS.iter().filter_map(|(_, expected, _)| *expected);
    let mut poisoned: BTreeSet<_> = kernels.chain(hypervisors).map(|(code, _)| code).collect();
    poisoned.extend(["EL6-XEN-005", "EL6-XEN-020"]);
    let all: BTreeSet<_> =
        rules().into_iter().map(|rule| rule.code).filter(|code| code.starts_with("EL6-XEN")).collect();
    assert_eq!(poisoned, all);
}
