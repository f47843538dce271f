//! Kernels that trip exactly one rule each, and clean twins.

use std::fmt::Write as _;

use camino::Utf8Path;
use xen4centos_check::check_payload;

use crate::{
    boot::{DEFINES, el6, expect, found, spec},
    boot_files::{Compression, Image, XEN_NOTES, gzip, module},
    built::build,
};

const CONFIG: &str =
    "CONFIG_XEN=y\nCONFIG_MODULES=y\nCONFIG_XEN_DEV_EVTCHN=m\nCONFIG_XENFS=y\n# CONFIG_OFF is not set\n";

/// Something of the contract is not there.
const WITHOUT: &str = "CONFIG_XEN=y\nCONFIG_MODULES=y\nCONFIG_XEN_DEV_EVTCHN=m\n";

/// A package of a kernel, of which each case has another release.
struct Kernel {
    provides: String,
    image: Vec<u8>,
    config: Option<String>,
    /// Paths below the directory of modules, with their bytes.
    files: Vec<(&'static str, Vec<u8>)>,
    directory: String,
    /// By which its files in /boot are called.
    release: String,
    /// Where the image is called otherwise.
    image_name: Option<&'static str>,
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
            bits: 64,
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
            release: release.to_owned(),
            image_name: None,
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
    ("32-bit", None, |release| Kernel::new(release, |image| image.bits = 32)),
    ("variant", None, |release| {
        let variant = format!("{release}.x86_64.debug");
        Kernel::new(&variant, |_| {})
    }),
    ("long", None, |release| {
        // As long as Linux lets one be.
        let long = format!("{release}.{}", "x".repeat(63 - release.len()));
        Kernel::new(&long, |_| {})
    }),
    ("zipped", None, |release| {
        with(release, |kernel| {
            for (path, zipped) in
                [(0, "kernel/drivers/xen/xen-evtchn.ko.gz"), (1, "kernel/fs/ext4/ext4.ko.gz")]
            {
                kernel.files[path].0 = zipped;
                kernel.files[path].1 = gzip(&kernel.files[path].1);
            }
            let list = b"kernel/drivers/xen/xen-evtchn.ko.gz:\nkernel/fs/ext4/ext4.ko.gz:\n";
            *kernel.file("modules.dep") = list.to_vec();
        })
    }),
    ("unnamed", None, |release| with(release, |kernel| kernel.provides.clear())),
    ("lzo", Some(("EL6-XEN-018", "is compressed in a way that is not known here")), |release| {
        Kernel::new(release, |image| image.by = Compression::Lzo)
    }),
    ("closed", Some(("EL6-XEN-019", "ext4.ko.xz is compressed")), |release| {
        with(release, |kernel| kernel.files[1].0 = "kernel/fs/ext4/ext4.ko.xz")
    }),
    ("zipped-for-another", Some(("EL6-XEN-015", "ext4.ko.gz is for `3.4.112-1 SMP`, not for")), |release| {
        with(release, |kernel| {
            kernel.files[1] = ("kernel/fs/ext4/ext4.ko.gz", gzip(&module(&["vermagic=3.4.112-1 SMP "])));
            let list = b"kernel/drivers/xen/xen-evtchn.ko:\nkernel/fs/ext4/ext4.ko.gz:\n";
            *kernel.file("modules.dep") = list.to_vec();
        })
    }),
    ("endless", Some(("EL6-XEN-016", "modules.dep is longer than any list of modules")), |release| {
        with(release, |kernel| kernel.file("modules.dep").resize(9 << 20, b'a'))
    }),
    (
        "endless-together",
        Some(("EL6-XEN-016", "modules.dep is longer than any list of modules")),
        |release| {
            with(release, |kernel| {
                kernel.file("modules.dep").resize(5 << 20, b' ');
                kernel.file("modules.builtin").resize(5 << 20, b'\n');
            })
        },
    ),
    ("no-list", Some(("EL6-XEN-016", "/modules.dep")), |release| {
        with(release, |kernel| kernel.files.retain(|(path, _)| *path != "modules.dep"))
    }),
    ("no-list-of-what-is-built-in", Some(("EL6-XEN-016", "/modules.builtin")), |release| {
        with(release, |kernel| kernel.files.retain(|(path, _)| *path != "modules.builtin"))
    }),
    ("no-config-inside", None, |release| Kernel::new(release, |image| image.config = None)),
    (
        "unknown",
        Some(("EL6-XEN-010", "can not be decompressed: it begins as no compression does")),
        |release| Kernel::new(release, |image| image.by = Compression::None),
    ),
    ("other-package", Some(("EL6-XEN-011", "is not the kernel of 3.4.113-1.other_package, which")), |_| {
        Kernel::new("3.4.113-1.other", |_| {})
    }),
    ("longer-package", Some(("EL6-XEN-011", "is not the kernel of")), |release| {
        let longer = format!("{release}0");
        Kernel::new(&longer, |_| {})
    }),
    ("no-release", Some(("EL6-XEN-011", "/boot/vmlinuz does not say a release in its name")), |release| {
        with(release, |kernel| kernel.image_name = Some("vmlinuz"))
    }),
    ("other-image-name", Some(("EL6-XEN-010", "/modules.builtin, and no /boot/vmlinuz-…")), |release| {
        with(release, |kernel| kernel.image_name = Some("bzImage"))
    }),
    ("no-files", Some(("EL6-XEN-010", "provides kernel-xen, and no /boot/vmlinuz-…")), |release| {
        with(release, |kernel| {
            (kernel.image_name, kernel.config) = (Some("image"), None);
            kernel.files.clear();
        })
    }),
    ("undeclared", Some(("EL6-XEN-013", "CONFIG_XENFS is not set, dom0 needs y or m: xl")), |release| {
        let mut kernel = Kernel::new(release, |image| image.config = Some(WITHOUT));
        (kernel.provides, kernel.config) = (String::new(), Some(WITHOUT.to_owned()));
        kernel
    }),
    ("module-of-what-is-built-in", Some(("EL6-XEN-014", "has a xenfs.ko (CONFIG_XENFS=y): xl")), |release| {
        with(release, |kernel| {
            let modinfo = format!("vermagic={release} SMP mod_unload modversions ");
            kernel.files.push(("kernel/drivers/xen/xenfs/xenfs.ko", module(&[&modinfo])));
            kernel.file("modules.dep").extend(b"kernel/drivers/xen/xenfs/xenfs.ko:\n");
        })
    }),
    (
        "built-in-module",
        Some((
            "EL6-XEN-014",
            "says in modules.builtin that the kernel has xen-evtchn.ko (CONFIG_XEN_DEV_EVTCHN=m): xl",
        )),
        |release| {
            with(release, |kernel| {
                kernel.file("modules.builtin").extend(b"kernel/drivers/xen/xen-evtchn.ko\n");
            })
        },
    ),
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
        Some((
            "EL6-XEN-014",
            "does not say in modules.builtin that the kernel has xenfs.ko (CONFIG_XENFS=y): xl",
        )),
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

/// What the cases find.
pub(crate) fn poisoned() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().filter_map(|(_, expected, _)| expected.map(|(code, _)| code))
}

/// Writes what a package of a release has below `root`, and returns its part of the spec.
fn kernel(root: &Utf8Path, name: &str, release: &str, kernel: &Kernel) -> String {
    let modules = format!("/lib/modules/{}", kernel.directory);
    let called = kernel.image_name.map_or_else(|| format!("vmlinuz-{}", kernel.release), str::to_owned);
    let mut files = vec![(format!("/boot/{called}"), kernel.image.clone())];
    files.extend(
        kernel
            .config
            .iter()
            .map(|config| (format!("/boot/config-{}", kernel.release), config.clone().into())),
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
    let (version, release) = release.split_once('-').unwrap();
    format!(
        "%package {name}\nVersion: {version}\nRelease: {release}\nSummary: Case\nAutoReqProv: no\n\
         {provides}\n%description {name}\nCase.\n%files {name}\n%license /usr/terms\n{list}"
    )
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

#[test]
fn kernels_of_nobody_in_particular() {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let mut plain = Kernel::new("3.4.113-1", |image| (image.notes, image.config) = (&[], None));
    (plain.provides, plain.config) = (String::new(), Some("CONFIG_MODULES=y\n".to_owned()));
    let part = kernel(&top.join("root"), "case", "3.4.113-1", &plain);
    let packages = build(top, &spec("1", "1", &part), &DEFINES);
    let findings = check_payload(&packages["cases-case"], &el6(), None).unwrap();
    assert_eq!(findings, [], "where nothing is said of kernels, one that knows nothing of Xen is one, too");
    let held = found(&packages["cases-case"], &el6());
    assert!(held.iter().any(|(code, _)| *code == "EL6-XEN-012"), "{held:?}");
}

#[test]
fn more_kernels_than_are_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    for number in 0..70 {
        let extra = top.join(format!("root/lib/modules/3.4.{number}/extra"));
        fs_err::create_dir_all(&extra).unwrap();
        fs_err::write(extra.join("a.ko"), module(&[&format!("vermagic=3.4.{number} SMP ")])).unwrap();
    }
    let part = "%package case\nSummary: Case\nAutoReqProv: no\nRequires: cases = 1-1\n%description case\nCase.\n\
                %files case\n/lib/modules/*\n";
    let packages = build(top, &spec("1", "1", part), &DEFINES);
    let found = found(&packages["cases-case"], &el6());
    expect("case", &found, Some(("EL6-XEN-011", "has modules or images of more than 64 releases")));
}
