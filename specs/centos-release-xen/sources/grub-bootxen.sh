#!/bin/sh
# Gives a kernel a boot entry under Xen, in the place of its own.
#
# By hand:               grub-bootxen.sh [--dry-run]      the default kernel
# From %posttrans of the kernel: kver=VERSION in the environment, the kernel that was just installed
#
# What to do is in /etc/sysconfig/xen-kernel. Exit status 0: done, or nothing to do (which is said); 1: an entry
# was due and could not be made.

root=${GRUB_BOOTXEN_ROOT:-}     # where a test keeps its /boot and /etc
settings=$root/etc/sysconfig/xen-kernel
hypervisor=$root/boot/xen.gz
program=${0##*/}
run=

say() { echo "$program: $*"; }
nothing_to_do() { say "$*; nothing to do"; exit 0; }
fail() { say "$*" >&2; exit 1; }

case ${1:-} in
    '') ;;
    --dry-run) run="echo" ;;
    *) fail "unknown argument '$1'; usage: $program [--dry-run]" ;;
esac

[ -r "$settings" ] || nothing_to_do "$settings is not there"
# shellcheck source=xen-kernel.sysconfig
. "$settings" || fail "$settings can not be read"

case $(echo "${BOOT_XEN_AS_DEFAULT:-yes}" | tr '[:upper:]' '[:lower:]') in
    no) nothing_to_do "BOOT_XEN_AS_DEFAULT is no in $settings" ;;
esac

[ -e "$hypervisor" ] || nothing_to_do "$hypervisor is not there (package xen-hypervisor)"

if [ -z "${kver:-}" ]; then
    default=$(grubby --default-kernel) || fail "grubby does not know the default kernel"
    case $default in
        */vmlinuz-*) kver=${default##*/vmlinuz-} ;;
        *) nothing_to_do "the default entry boots $default, which is no plain kernel" ;;
    esac
fi

kernel=$root/boot/vmlinuz-$kver
initramfs=$root/boot/initramfs-$kver.img
config=$root/boot/config-$kver

[ -e "$kernel" ] || fail "$kernel is not there"
if [ -r "$config" ] && ! grep -q '^CONFIG_XEN_DOM0=y$' "$config"; then
    nothing_to_do "kernel $kver can not be a dom0 (no CONFIG_XEN_DOM0=y in $config)"
fi
# An entry without it boots to a panic: the root file system's driver is in there.
[ -s "$initramfs" ] || fail "$initramfs is not there or empty; make it with: dracut $initramfs $kver"

# Releases up to 6-4 had the option's name inside the value, and the file is the administrator's.
hypervisor_arguments=${XEN_KERNEL_MBARGS:-dom0_mem=1024M,max:1024M loglvl=all guest_loglvl=all}
hypervisor_arguments=${hypervisor_arguments#--mbargs=}

set -- --install --package kernel --multiboot=/boot/xen.gz "--mbargs=$hypervisor_arguments" \
    "--initrdfile=$initramfs"
[ -z "${LINUX_XEN_KERNEL_ARGS:-}" ] || set -- "$@" "--kernel-args=$LINUX_XEN_KERNEL_ARGS"

$run "$root/sbin/new-kernel-pkg" "$@" "$kver" || fail "new-kernel-pkg could not make the entry for $kver"
[ -n "$run" ] || say "kernel $kver boots under Xen, with: $hypervisor_arguments"
