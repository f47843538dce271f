#!/bin/sh
# Gives a kernel a boot entry under Xen, in the place of its own.
#
# By hand:               grub-bootxen.sh [--dry-run]      the default kernel; its entry becomes the default
# From %posttrans of the kernel: kver=VERSION in the environment, the kernel that was just installed; whether its entry
#                        becomes the default is for /etc/sysconfig/kernel to say
# Again, after the settings changed: kver=$(uname -r) grub-bootxen.sh
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

make_default=
if [ -z "${kver:-}" ]; then
    default=$(grubby --default-kernel) || fail "grubby does not know the default kernel"
    case $default in
        */vmlinuz-*) kver=${default##*/vmlinuz-} ;;
        '') fail "grubby finds no default entry whose kernel is there" ;;
        *) nothing_to_do "the default entry boots $default, which is no plain kernel" ;;
    esac
    # The new entry takes the place of the plain one, which was the default.
    make_default=--make-default
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

# An installer makes the boot loader's file after all packages.
menu=
for file in /boot/grub/grub.conf /boot/efi/EFI/redhat/grub.conf /etc/grub.conf; do
    [ -r "$root$file" ] && menu=$root$file && break
done
[ -n "$menu" ] || nothing_to_do "there is no grub.conf yet that could have an entry for $kver"

# Releases up to 6-4 had the option's name inside the value, and the file is the administrator's.
hypervisor_arguments=${XEN_KERNEL_MBARGS:-dom0_mem=1024M,max:1024M loglvl=all guest_loglvl=all}
hypervisor_arguments=${hypervisor_arguments#--mbargs=}

set -- --install --package kernel --multiboot=/boot/xen.gz "--mbargs=$hypervisor_arguments" \
    "--initrdfile=$initramfs" ${make_default:+"$make_default"}
[ -z "${LINUX_XEN_KERNEL_ARGS:-}" ] || set -- "$@" "--kernel-args=$LINUX_XEN_KERNEL_ARGS"

$run "$root/sbin/new-kernel-pkg" "$@" "$kver" || fail "new-kernel-pkg could not make the entry for $kver"
[ -z "$run" ] || exit 0

# new-kernel-pkg ends with 0 whatever grubby did.
grep -q "^[[:space:]]*module[[:space:]].*/vmlinuz-$kver\([[:space:]]\|\$\)" "$menu" ||
    fail "$menu has no entry for kernel $kver under Xen after new-kernel-pkg"
say "kernel $kver has an entry under Xen${make_default:+, the default one}, with: $hypervisor_arguments"
