//! Boots under the real qemu, with a double in the hypervisor's place that is compiled here: every way in which a
//! boot ends, in seconds. The real hypervisor and kernel are too large to be built in a test.

use std::{io::Read as _, io::Write as _, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Stdin, Tool};
use xen4centos_trial::{BootReport, BootRequest, ModuleState, TrialError, boot, newest_kernel};

const KERNEL: &str = "3.4.0-trial";

/// As little as depmod takes for a module; what `BUS` exports, the other one needs.
const MODULE: &str = "
__attribute__((section(\".modinfo\"), used)) static const char license[] = \"license=GPL\";
#ifdef BUS
__attribute__((section(\"__ksymtab_strings\"), used)) static const char name[] = \"trial_bus\";
void trial_bus(void) { }
#else
void trial_bus(void);
void start(void) { trial_bus(); }
#endif
";

struct Host {
    _directory: tempfile::TempDir,
    path: Utf8PathBuf,
}

impl Host {
    /// A root with a kernel, its modules, and the hypervisor's double; `outcome` is how its boot ends.
    fn new(outcome: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(directory.path()).unwrap().to_owned();
        let host = Self { _directory: directory, path };
        let modules = host.root().join(format!("lib/modules/{KERNEL}/kernel"));
        for directory in [host.root().join("boot"), modules.clone()] {
            fs_err::create_dir_all(directory).unwrap();
        }
        fs_err::write(host.root().join(format!("boot/vmlinuz-{KERNEL}")), "no kernel").unwrap();
        let source = host.path.join("module.c");
        fs_err::write(&source, MODULE).unwrap();
        for (name, flag) in [("trial-bus", "-DBUS"), ("xen-netback", "-UBUS"), ("unwanted", "-UBUS")] {
            host.gcc(&["-c", flag, source.as_str(), "-o", modules.join(format!("{name}.ko")).as_str()]);
        }
        host.build_hypervisor(outcome);
        host
    }

    fn root(&self) -> Utf8PathBuf {
        self.path.join("root")
    }

    fn gcc(&self, arguments: &[&str]) {
        Invocation::new(Tool::Gcc, &self.path).args(arguments).run().unwrap();
    }

    fn build_hypervisor(&self, outcome: &str) {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/hypervisor.c");
        let flags = "-m32 -march=i686 -O1 -Wall -Wextra -Werror -ffreestanding -fno-pie -fno-stack-protector \
                     -fno-asynchronous-unwind-tables -nostdlib -static -no-pie -Wl,--build-id=none \
                     -Wl,-Ttext=0x100000 -Wl,--section-start=.multiboot=0xff000";
        let outcome = format!("-DOUTCOME={outcome}");
        let mut arguments: Vec<&str> = flags.split_whitespace().collect();
        arguments.extend([outcome.as_str(), source, "-o", "xen"]);
        self.gcc(&arguments);
        let plain = fs_err::read(self.path.join("xen")).unwrap();
        let file = fs_err::File::create(self.root().join("boot/xen.gz")).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        encoder.write_all(&plain).unwrap();
        encoder.finish().unwrap();
    }

    fn boot(&self, seconds: u64) -> Result<BootReport, TrialError> {
        boot(&BootRequest {
            root: &self.root(),
            kernel: None,
            modules: &["xen-evtchn".to_owned(), "xen_netback".to_owned()],
            may_lack_device: &["xen_netback"],
            memory_mib: 64,
            cpu: "qemu64",
            time_limit: Duration::from_secs(seconds),
            scratch: &self.path.join("machine"),
        })
    }

    fn serial(&self) -> String {
        fs_err::read_to_string(self.path.join("machine/serial.log")).unwrap()
    }

    /// What the program cpio finds in the initramfs, a line each.
    fn initramfs(&self) -> String {
        let file = fs_err::File::open(self.path.join("machine/initramfs.gz")).unwrap();
        let mut archive = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut archive).unwrap();
        let list = ["--list", "--verbose", "--numeric-uid-gid", "--quiet"];
        Invocation::new(Tool::Cpio, &self.path).args(list).stdin(Stdin::Bytes(archive)).run().unwrap().text()
    }
}

/// Generous, because the machine may be busy; a boot that ends by itself does not wait for it.
const PATIENCE: u64 = 120;

#[test]
fn a_good_boot_is_reported_as_the_machine_told_it() {
    let host = Host::new("GOOD");
    let mut report = host.boot(PATIENCE).unwrap();
    // The double names the module as the kernel's file does; it was asked for with an underscore.
    assert_eq!(report.modules.pop().unwrap().1, ModuleState::Failed("not tried".to_owned()));
    assert_eq!(report.failures(), [""; 0], "{}", host.serial());
    assert!(report.completed && !report.timed_out);
    assert_eq!(report.kernel.as_deref(), Some(KERNEL));
    assert_eq!(report.xen.as_deref(), Some("0.0-double"));
    assert_eq!(report.serial_log, host.path.join("machine/serial.log"));

    let serial = host.serial();
    let line = |start: &str| serial.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(line("(XEN) module "), 2, "kernel and initramfs: {serial}");
    assert!(serial.contains(&format!("vmlinuz-{KERNEL} console=hvc0")), "{serial}");
    assert!(serial.contains("dom0_mem=32M"), "half of the memory: {serial}");
}

#[test]
fn the_initramfs_has_devices_and_only_the_modules_that_are_needed() {
    let host = Host::new("FAULT");
    host.boot(PATIENCE).unwrap();
    let listing = host.initramfs();
    let entry = |name: &str| listing.lines().find(|line| line.split_whitespace().any(|word| word == name));
    for (name, start, device) in [("dev/console", "crw-------", "5, 1"), ("dev/null", "crw-------", "1, 3")] {
        let line = entry(name).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.starts_with(start) && line.contains(device), "{line}");
    }
    assert!(entry("init").unwrap().starts_with("-rwxr-xr-x"), "{listing}");
    assert!(listing.contains("bin/sh -> busybox"), "{listing}");
    let modules = format!("lib/modules/{KERNEL}");
    assert!(entry(&format!("{modules}/modules.dep")).is_some(), "{listing}");
    assert!(entry(&format!("{modules}/kernel/xen-netback.ko")).is_some(), "{listing}");
    assert!(entry(&format!("{modules}/kernel/trial-bus.ko")).is_some(), "a dependency: {listing}");
    assert!(!listing.contains("unwanted.ko"), "{listing}");
}

#[test]
fn a_hypervisor_that_hangs_after_its_banner_is_switched_off() {
    let host = Host::new("HANG");
    let report = host.boot(3).unwrap();
    assert!(report.timed_out);
    let failures = report.failures();
    assert!(
        failures[0].starts_with("the kernel did not reach user space; the last line was `(XEN) "),
        "{failures:?}"
    );
    let last = failures.last().unwrap();
    assert!(last.starts_with("the machine did not switch itself off within "), "{failures:?}");
}

#[test]
fn a_fault_that_resets_the_machine_ends_it_at_once() {
    let host = Host::new("FAULT");
    let report = host.boot(PATIENCE).unwrap();
    assert!(!report.timed_out && !report.completed);
    assert_eq!(host.serial().matches("Xen version").count(), 1, "it must not start again");
    assert!(report.failures().contains(&"user space did not come to its end".to_owned()));
}

#[test]
fn what_can_not_be_booted_is_an_error_and_no_report() {
    let host = Host::new("GOOD");
    let hypervisor = host.root().join("boot/xen.gz");
    fs_err::write(&hypervisor, "no gzip").unwrap();
    assert!(matches!(host.boot(PATIENCE), Err(TrialError::Damaged { path, .. }) if path == hypervisor));
    fs_err::remove_file(&hypervisor).unwrap();
    assert!(matches!(host.boot(PATIENCE), Err(TrialError::Missing { what: "hypervisor", .. })));

    let error = newest_kernel(&host.path).unwrap_err();
    assert!(error.hint().unwrap().contains("kernel"), "{error}");
}

#[test]
fn the_newest_kernel_is_the_newest_by_rpms_order() {
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(directory.path()).unwrap();
    fs_err::create_dir(root.join("boot")).unwrap();
    for release in ["3.4.9-1.el6.x86_64", "3.4.113-2.el6.x86_64", "3.4.113-10.el6.x86_64"] {
        fs_err::write(root.join(format!("boot/vmlinuz-{release}")), "").unwrap();
    }
    assert_eq!(newest_kernel(root).unwrap(), "3.4.113-10.el6.x86_64");
}
