//! An empty root has no distribution: one package stands in for all of the base system that the repository's
//! packages name. Its scriptlet programs are recorders, so that the trial can say what the scriptlets asked for.

use std::{collections::BTreeSet, fmt::Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_process::{Invocation, Tool};

use crate::{HostRecord, TrialError, initramfs};

/// Where the recorders write, inside the root.
pub(crate) const RECORD: &str = "/var/log/stand-in.log";

/// Where the shell writes a line for each scriptlet that failed, inside the root: rpm and dnf go on after most of them
/// and end with status 0.
pub(crate) const FAILURES: &str = "/var/log/stand-in-failures.log";

/// What stands before the shell. rpm gives each scriptlet to its shell as a file of this name.
const SHELL: &str = r#"#!/bin/busybox sh
/bin/busybox sh "$@"
status=$?
case "$*" in
    */rpm-tmp.*) [ "$status" -eq 0 ] || echo "status $status" >> FAILURES ;;
esac
exit "$status"
"#;

/// Of the real `new-kernel-pkg`, others wait for two results, of the version that is the last argument: the initramfs,
/// and an entry under the hypervisor in the boot loader's file.
const NEW_KERNEL: &str = r#"
for version; do :; done
case "$*" in
    *--mkinitrd*)
        echo "stand-in" > "/boot/initramfs-$version.img"
        mkdir -p /boot/grub
        echo "default=0" >> /boot/grub/grub.conf ;;
    *--multiboot*)
        echo " module /vmlinuz-$version ro" >> /boot/grub/grub.conf ;;
esac
"#;

/// What busybox is in scriptlets.
const APPLETS: [&str; 11] = ["cat", "grep", "sed", "tr", "echo", "rm", "ln", "mkdir", "ls", "test", "awk"];

/// Programs that scriptlets run and that have no meaning in a root without a running system.
const RECORDERS: [&str; 9] = [
    "/sbin/chkconfig",
    "/sbin/depmod",
    "/sbin/grubby",
    "/sbin/ldconfig",
    "/sbin/new-kernel-pkg",
    "/sbin/service",
    "/sbin/weak-modules",
    "/sbin/install-info",
    "/usr/bin/qemu-img",
];

/// What the stand-in shall provide.
#[derive(Clone, Debug)]
pub struct StandInRequest<'a> {
    /// What CentOS 6 itself has, as a record: all that its packages are, give and own.
    pub base: &'a HostRecord,
    /// Every requirement of the packages under trial, as rpm prints it (`libc.so.6(GLIBC_2.34)(64bit)`). Of these
    /// the stand-in takes over the libraries that this machine really has.
    pub requirements: &'a BTreeSet<String>,
    /// What the packages under trial provide themselves, as rpm prints it.
    pub provided: &'a BTreeSet<String>,
}

/// The built stand-in: a directory with the package and its unsigned metadata.
#[derive(Clone, Debug)]
pub struct StandIn {
    package: Utf8PathBuf,
}

impl StandIn {
    /// Builds it with rpmbuild under `scratch`, which must exist.
    ///
    /// # Errors
    /// When there is no static busybox, or rpmbuild fails.
    pub fn build(request: &StandInRequest<'_>, scratch: &Utf8Path) -> Result<Self, TrialError> {
        let libraries = libraries_of_this_machine(scratch)?;
        let mut provides = given(request.base);
        provides.extend(host_libraries(request, &libraries));
        let spec = scratch.join("base-stand-in.spec");
        let busybox = initramfs::busybox()?;
        let tree = scratch.join("base-stand-in");
        write_scripts(&tree)?;
        fs_err::write(&spec, spec_text(&provides, &busybox, &tree)).map_err(TrialError::file(&spec))?;
        Invocation::new(Tool::Rpmbuild, scratch)
            .args(["-bb", "--nodeps", "--define"])
            .arg(format!("_topdir {scratch}/rpmbuild"))
            .arg("--define")
            .arg(format!("_dbpath {scratch}/rpmdb"))
            .args(["--define", "_build_id_links none", "--define", "__os_install_post %{nil}"])
            .arg(&spec)
            .run()
            .map_err(TrialError::StandIn)?;
        Ok(Self { package: scratch.join("rpmbuild/RPMS/x86_64/base-stand-in-6-1.x86_64.rpm") })
    }

    /// The package file.
    pub fn package(&self) -> &Utf8Path {
        &self.package
    }
}

/// Writes the shell's and the recorders' scripts below `tree`, as they lie in a root.
fn write_scripts(tree: &Utf8Path) -> Result<(), TrialError> {
    let shell = SHELL.replace("FAILURES", FAILURES);
    let shells = ["/bin/sh", "/bin/bash"].map(|path| (path, shell.clone()));
    let recorders = RECORDERS.map(|program| {
        let more = if program == "/sbin/new-kernel-pkg" { NEW_KERNEL } else { "" };
        (program, format!("#!/bin/sh\necho \"{program} $*\" >> {RECORD}\n{more}"))
    });
    for (path, text) in shells.into_iter().chain(recorders) {
        let path = tree.join(&path[1..]);
        let directory = path.parent().unwrap_or(tree);
        fs_err::create_dir_all(directory).map_err(TrialError::file(directory))?;
        fs_err::write(&path, text).map_err(TrialError::file(&path))?;
    }
    Ok(())
}

/// What the packages of a record are, give and own.
fn given(base: &HostRecord) -> BTreeSet<String> {
    let mut given = BTreeSet::new();
    for package in base.packages() {
        given.insert(format!("{} = {}", package.nevra.name, package.nevra.evr));
        given.extend(package.provides.iter().chain(&package.files).cloned());
    }
    given
}

/// Library requirements that the packages do not meet among themselves and this machine does. One of a library
/// that nobody has stays open, and dnf will say so.
fn host_libraries(request: &StandInRequest<'_>, libraries: &BTreeSet<String>) -> BTreeSet<String> {
    let of_this_machine = |requirement: &&String| {
        let soname = requirement.split('(').next().unwrap_or_default();
        let special = matches!(soname, "rtld");
        special || (soname.contains(".so") && libraries.contains(soname))
    };
    let open = request.requirements.difference(request.provided);
    open.filter(of_this_machine).cloned().collect()
}

fn libraries_of_this_machine(scratch: &Utf8Path) -> Result<BTreeSet<String>, TrialError> {
    let output =
        Invocation::new(Tool::Ldconfig, scratch).arg("-p").run().map_err(TrialError::StandIn)?.text();
    let names = output.lines().filter_map(|line| line.trim_start().split_once(" (").map(|(name, _)| name));
    Ok(names.map(str::to_owned).collect())
}

fn spec_text(provides: &BTreeSet<String>, busybox: &Utf8Path, tree: &Utf8Path) -> String {
    let mut text = String::from(
        "Name: base-stand-in\nVersion: 6\nRelease: 1\nSummary: Stand-in for the base system, for a trial only\n\
         License: none\nAutoReqProv: no\nProvides: bundled-for-trial\n",
    );
    // A path that is a file of the package is provided by being there; rpm takes it as a provide, too.
    for provide in provides {
        writeln!(text, "Provides: {provide}").expect("writing to a string does not fail");
    }
    text.push_str("%description\nNever publish this.\n%install\n");
    writeln!(text, "cp -R {tree}/. %{{buildroot}}/\ninstall -D {busybox} %{{buildroot}}/bin/busybox")
        .expect("as above");
    for applet in APPLETS {
        writeln!(text, "ln -s busybox %{{buildroot}}/bin/{applet}").expect("as above");
    }
    // A device node would need root. What is written to this one stays in it, which a trial can bear.
    text.push_str("mkdir -p %{buildroot}/dev %{buildroot}/var/log\n: > %{buildroot}/dev/null\n");
    text.push_str(
        "%files\n%defattr(0755,root,root)\n/bin/*\n%attr(0666,root,root) /dev/null\n%dir /var/log\n",
    );
    for program in RECORDERS {
        writeln!(text, "{program}").expect("as above");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|&item| item.to_owned()).collect()
    }

    #[test]
    fn only_libraries_that_exist_are_taken_over() {
        let requirements =
            set(&["libc.so.6(GLIBC_2.34)(64bit)", "libxenctrl.so.4.2()(64bit)", "libnone.so.1()(64bit)"]);
        let request = StandInRequest {
            base: &record("setup-2.8.14-20.el6.noarch"),
            requirements: &requirements,
            provided: &set(&["libxenctrl.so.4.2()(64bit)"]),
        };
        let taken = host_libraries(&request, &set(&["libc.so.6"]));
        assert_eq!(taken, set(&["libc.so.6(GLIBC_2.34)(64bit)"]));
    }

    fn record(text: &str) -> HostRecord {
        HostRecord::parse("base.txt".into(), text).unwrap()
    }

    #[test]
    fn all_that_packages_of_the_base_have_is_given() {
        let base = record(
            "# note\n\npackage findutils 1 4.4.2 6.el6 x86_64\nprovides find = 1\nfile /usr/bin/find\nsetup-2.8.14-20.el6.noarch",
        );
        assert_eq!(
            given(&base),
            set(&["findutils = 1:4.4.2-6.el6", "find = 1", "/usr/bin/find", "setup = 2.8.14-20.el6"])
        );
    }
}
