//! What hosts boot.

use super::{Long, long};

pub(super) const ALL: &[Long] = long! {
    "EL6-XEN-001" ""
        "the boot entry names /boot/xen.gz: a link that leads nowhere stops the host at its boot loader, an old image boots without the fixes"
        "a link that still leads to the image of the last release";
    "EL6-XEN-002" ""
        "grub of CentOS 6 loads multiboot images of 32 bits, and nothing that Xen's makefile leaves beside them"
        "xen-syms was compressed and installed in the place of the image";
    "EL6-XEN-003" ""
        "the version that the hypervisor tells is how an administrator sees after an update whether the host has been rebooted into it"
        "a release without a compiler run: the tarball of the last build in the new package";
    "EL6-XEN-004" ""
        "the tools of one interface can not talk to the hypervisor of another, and only this number tells; a hypervisor without it is never asked for"
        "a spec of Xen 4.1 with a new version and the old `Provides: xen-hypervisor-abi = 4.1`";
    "EL6-XEN-005" ""
        "yum refuses the update, or keeps the old hypervisor for the sake of the tools"
        "xen-runtime of Xen 4.1 left in a repository with the hypervisor 4.2";
    "EL6-XEN-010" ""
        "grub and Xen both read the header of the image; what has none ends at the boot loader, in front of a console that nobody watches"
        "vmlinux installed as vmlinuz";
    "EL6-XEN-011" ""
        "modules, initramfs and boot entries are found by this name: where it is not the same everywhere, the root file system's driver is not found; where the package has another, nobody knows what is running"
        "a makefile whose EXTRAVERSION is that of the last release";
    "EL6-XEN-012" ""
        "Xen finds the entry and the page for its calls by ELF notes in the kernel inside the image; without them there is no dom0 and no paravirtual guest"
        "CONFIG_PARAVIRT_GUEST switched off, and CONFIG_XEN with it";
    "EL6-XEN-013" ""
        "a package with a kernel is booted as dom0 at the next restart, whatever it provides, and its configuration is what decides whether the host comes back"
        "CONFIG_XEN_NETDEV_BACKEND lost in an update of the fragments";
    "EL6-XEN-014" ""
        "xen.modules and xl load back ends by their names; the configuration only says that they were meant to be there"
        "a driver that is in a list of modules to be removed";
    "EL6-XEN-015" ""
        "a kernel refuses every module whose version magic is not its own: no disks, no network"
        "modules of a build that was begun again after the release was raised";
    "EL6-XEN-016" ""
        "initramfs tools and modprobe go by modules.dep until depmod has run on the host; modules.builtin nothing there can make"
        "a module deleted in %install after depmod had run";
    "EL6-XEN-017" ""
        "whoever looks for a reason looks into the one or the other"
        "a .config that was edited after the kernel was linked";
    "EL6-XEN-018" ""
        "what can not be read is not checked, and a host finds out"
        "CONFIG_KERNEL_LZO=y";
    "EL6-XEN-019" ""
        "modprobe and the initramfs pass over such files: no disks, no network; what gzip compressed is read (module-init-tools 3.9 is built with zlib) and looked into here"
        "INSTALL_MOD_STRIP=1 followed by a build root's habit of compressing modules by xz";
    "EL6-XEN-020" ""
        "new kernels boot without Xen, or not at all, and nothing is said before the next restart"
        "the script names /boot/xen.gz while the hypervisor installs /boot/xen-4.2.gz only";
};
