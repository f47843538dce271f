//! The boot helper of centos-release-xen, run against a root with recorders in the place of grubby and new-kernel-pkg.
//! The bugs that its historic releases had are tests here.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, ProcessError, Tool};

const KERNEL: &str = "3.4.113-1.el6.centos.alt.x86_64";

struct Host {
    _directory: tempfile::TempDir,
    root: Utf8PathBuf,
}

impl Host {
    /// A host with Xen, one kernel that can be dom0 and its initramfs, whose default entry boots `default`.
    fn new(default: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap().to_owned();
        let host = Self { _directory: directory, root };
        host.write("boot/xen.gz", "hypervisor");
        host.write(&format!("boot/vmlinuz-{KERNEL}"), "kernel");
        host.write(&format!("boot/initramfs-{KERNEL}.img"), "initramfs");
        host.write(&format!("boot/config-{KERNEL}"), "CONFIG_XEN=y\nCONFIG_XEN_DOM0=y\n");
        host.write(
            "etc/sysconfig/xen-kernel",
            &fs_err::read_to_string(source("xen-kernel.sysconfig")).unwrap(),
        );
        host.program("bin/grubby", &format!("echo {default}"));
        // As the real one, it knows the file of its boot loader.
        host.write("boot/grub/grub.conf", "default=0\ntitle CentOS\n\tkernel /vmlinuz-2.6.32\n");
        let body = format!(
            "for a; do echo \"$a\"; done > {0}/called\nprintf 'title Xen\\n\\tkernel /xen.gz\\n\\tmodule /vmlinuz-%s ro\\n' \
             \"$a\" >> {0}/boot/grub/grub.conf",
            host.root
        );
        host.program("sbin/new-kernel-pkg", &body);
        host
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn program(&self, path: &str, body: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(path, &format!("#!/bin/sh\n{body}\n"));
        fs_err::set_permissions(self.root.join(path), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn remove(&self, path: &str) {
        fs_err::remove_file(self.root.join(path)).unwrap();
    }

    fn run(&self, kver: Option<&str>, arguments: &[&str]) -> Result<String, ProcessError> {
        let mut invocation = Invocation::new(Tool::Sh, &self.root)
            .env("PATH", format!("{}/bin:/usr/bin:/bin", self.root))
            .env("GRUB_BOOTXEN_ROOT", self.root.as_str())
            .arg(source("grub-bootxen.sh"))
            .args(arguments);
        if let Some(kver) = kver {
            invocation = invocation.env("kver", kver);
        }
        invocation.run().map(|output| output.text())
    }

    /// The arguments that new-kernel-pkg was called with; `None` when it was not.
    fn called(&self) -> Option<Vec<String>> {
        let text = fs_err::read_to_string(self.root.join("called")).ok()?;
        Some(text.lines().map(|line| line.replace(self.root.as_str(), "")).collect())
    }
}

fn source(name: &str) -> Utf8PathBuf {
    let project = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    project.join("specs/centos-release-xen/sources").join(name).canonicalize_utf8().unwrap()
}

fn full_call(extra: &[&str]) -> Vec<String> {
    let mut call = vec![
        "--install".to_owned(),
        "--package".to_owned(),
        "kernel".to_owned(),
        "--multiboot=/boot/xen.gz".to_owned(),
        "--mbargs=dom0_mem=1024M,max:1024M loglvl=all guest_loglvl=all".to_owned(),
        format!("--initrdfile=/boot/initramfs-{KERNEL}.img"),
    ];
    call.extend(extra.iter().map(|&argument| argument.to_owned()));
    call.push(KERNEL.to_owned());
    call
}

#[test]
fn by_hand_the_default_kernel_gets_an_entry() {
    let host = Host::new(&format!("/boot/vmlinuz-{KERNEL}"));
    let said = host.run(None, &[]).unwrap();
    assert_eq!(host.called(), Some(full_call(&["--make-default"])));
    assert!(said.contains(&format!("kernel {KERNEL} has an entry under Xen, the default one")), "{said}");
}

#[test]
fn a_new_kernel_gets_its_initramfs_when_xen_is_the_default_already() {
    let host = Host::new("/boot/xen.gz");
    host.run(Some(KERNEL), &[]).unwrap();
    assert_eq!(host.called(), Some(full_call(&[])));
}

#[test]
fn by_hand_it_can_be_run_twice() {
    let host = Host::new("/boot/xen.gz");
    assert!(host.run(None, &[]).unwrap().contains("nothing to do"));
    assert_eq!(host.called(), None);
}

#[test]
fn settings_of_the_historic_release_keep_their_meaning() {
    let host = Host::new("/boot/xen.gz");
    host.write(
        "etc/sysconfig/xen-kernel",
        "BOOT_XEN_AS_DEFAULT=\"yes\"\nXEN_KERNEL_MBARGS=\"--mbargs=dom0_mem=2048M\"\n\
         LINUX_XEN_KERNEL_ARGS=\"console=hvc0 quiet\"\n",
    );
    host.run(Some(KERNEL), &[]).unwrap();
    let call = host.called().unwrap();
    assert!(call.contains(&"--mbargs=dom0_mem=2048M".to_owned()), "{call:?}");
    assert!(call.contains(&"--kernel-args=console=hvc0 quiet".to_owned()), "{call:?}");
}

#[test]
fn what_there_is_to_leave_alone_is_left_alone() {
    let no = Host::new("/boot/xen.gz");
    no.write("etc/sysconfig/xen-kernel", "BOOT_XEN_AS_DEFAULT=No\n");
    let without_settings = Host::new("/boot/xen.gz");
    without_settings.remove("etc/sysconfig/xen-kernel");
    let without_xen = Host::new("/boot/xen.gz");
    without_xen.remove("boot/xen.gz");
    let base_kernel = Host::new("/boot/xen.gz");
    base_kernel.write(&format!("boot/config-{KERNEL}"), "CONFIG_XEN=y\n# CONFIG_XEN_DOM0 is not set\n");
    let without_boot_loader = Host::new("/boot/xen.gz");
    without_boot_loader.remove("boot/grub/grub.conf");
    for host in [no, without_settings, without_xen, base_kernel, without_boot_loader] {
        assert!(host.run(Some(KERNEL), &[]).unwrap().contains("nothing to do"));
        assert_eq!(host.called(), None);
    }
}

#[test]
fn an_entry_that_would_not_boot_is_refused() {
    for missing in [format!("boot/vmlinuz-{KERNEL}"), format!("boot/initramfs-{KERNEL}.img")] {
        let host = Host::new("/boot/xen.gz");
        host.remove(&missing);
        let error = host.run(Some(KERNEL), &[]).unwrap_err().to_string();
        assert!(error.contains("exited with status 1") && error.contains(&missing), "{error}");
        assert_eq!(host.called(), None);
    }
}

#[test]
fn failures_of_the_boot_loaders_tools_are_not_hidden() {
    let host = Host::new("/boot/xen.gz");
    host.program("sbin/new-kernel-pkg", "exit 3");
    assert!(host.run(Some(KERNEL), &[]).is_err());
    let host = Host::new("/boot/xen.gz");
    host.program("bin/grubby", "exit 1");
    assert!(host.run(None, &[]).is_err());
    let nothing = Host::new("");
    assert!(nothing.run(None, &[]).unwrap_err().to_string().contains("no default entry"));
}

/// new-kernel-pkg says that all is well whatever grubby did.
#[test]
fn entry_that_was_not_made_is_noticed() {
    let host = Host::new("/boot/xen.gz");
    host.program("sbin/new-kernel-pkg", "exit 0");
    let error = host.run(Some(KERNEL), &[]).unwrap_err().to_string();
    assert!(error.contains("has no entry for kernel"), "{error}");
}

#[test]
fn a_dry_run_shows_the_call() {
    let host = Host::new("/boot/xen.gz");
    let said = host.run(Some(KERNEL), &["--dry-run"]).unwrap();
    assert!(said.contains("new-kernel-pkg --install") && said.contains(KERNEL), "{said}");
    assert_eq!(host.called(), None);
    assert!(host.run(Some(KERNEL), &["--bad"]).is_err());
}
