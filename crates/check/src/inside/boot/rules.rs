//! The rules about what hosts boot, as far as they need contents.

use crate::{Rule, rule::rule_table};

rule_table! {
    HYPERVISOR "EL6-XEN-002" Error
        "image of the hypervisor"
        "Error 13: Invalid or unsupported executable format"
        "install xen.gz as the hypervisor's makefile makes it: a 32-bit program with a multiboot header, compressed by gzip";
    HYPERVISOR_VERSION "EL6-XEN-003" Error
        "version of the hypervisor"
        "nothing is said: `xl info` tells another version than `rpm -q xen-hypervisor`, and nobody knows which fixes are running"
        "build with XEN_VENDORVERSION set from the release, and install the image of this build";
    KERNEL "EL6-XEN-010" Error
        "image of the kernel"
        "Error 13: Invalid or unsupported executable format"
        "install arch/x86/boot/bzImage of the build";
    KERNEL_RELEASE "EL6-XEN-011" Error
        "release of the kernel"
        "FATAL: Could not load /lib/modules/…/modules.dep: No such file or directory"
        "let the package, EXTRAVERSION in the makefile, the names in /boot and the directory of the modules agree: VERSION-RELEASE.ARCH";
    XEN_NOTES "EL6-XEN-012" Error
        "kernel without what Xen looks for"
        "ERROR: Not a Xen-ELF image: No ELF notes or '__xen_guest' section found"
        "build with CONFIG_XEN=y, and do not strip the notes of vmlinux";
    CONTRACT "EL6-XEN-013" Error
        "configuration of a kernel for Xen"
        "what the finding says does not work"
        "ask for the value in kernel-configs/, and see `xen4centos kernel-config` for why it was lost";
    CONTRACT_MODULE "EL6-XEN-014" Error
        "module of a kernel for Xen"
        "FATAL: Module … not found"
        "package all of /lib/modules/RELEASE/kernel, and build the modules with the configuration that is installed";
    VERMAGIC "EL6-XEN-015" Error
        "kernel that a module was made for"
        "…: version magic '…' should be '…'"
        "build the module against this kernel, and install it into the directory of its release";
    MODULE_LIST "EL6-XEN-016" Error
        "list of modules"
        "FATAL: Could not open '/lib/modules/…': No such file or directory"
        "run depmod after the last module was installed or removed, and package modules.dep and modules.builtin";
    CLOSED "EL6-XEN-018" Warning
        "kernel that can not be looked into"
        "nothing is said: whether Xen can start it, and as what it was configured, is not known"
        "compress it by gzip, bzip2, xz or lzma (CONFIG_KERNEL_GZIP and its like)";
    COMPRESSED "EL6-XEN-019" Error
        "compressed module"
        "FATAL: Module … not found"
        "install modules as they are, or compressed by gzip: module-init-tools of CentOS 6 reads no others";
    EMBEDDED_CONFIG "EL6-XEN-017" Error
        "configuration inside the kernel"
        "nothing is said: /proc/config.gz and /boot/config-… tell of two kernels"
        "install the .config and the bzImage of one build";
}
