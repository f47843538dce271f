#!/bin/busybox sh
# The first and only process of the boot test: says what it finds, one line a fact, and switches the machine off.
# Every line that counts starts with X4C, because the hypervisor writes to the same console.

/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox --install -s /bin
PATH=/bin
export PATH

say() { echo "X4C $*"; }

# Between two underscores or two hyphens there is no difference in a module's name; /proc/modules writes underscores.
plain() { echo "$1" | tr - _; }

release=$(uname -r)
say "kernel $release"
if [ -d /proc/xen ]; then
    # A module in most kernels. What does not load here is seen by what can not be read.
    modprobe xenfs 2>/dev/null
    mount -t xenfs xenfs /proc/xen 2>/dev/null
    say "capabilities $(cat /proc/xen/capabilities 2>/dev/null)"
    version=/sys/hypervisor/version
    say "xen $(cat $version/major 2>/dev/null).$(cat $version/minor 2>/dev/null)$(cat $version/extra 2>/dev/null)"
fi

# The state of one module. modprobe tells a failure in words only; insmod exits with the kernel's error number.
state() {
    if tr - _ < "/lib/modules/$release/modules.builtin" 2>/dev/null | grep -q "/$1\.ko\$"; then
        echo built-in
    elif message=$(modprobe "$1" 2>&1) && grep -q "^$1 " /proc/modules; then
        echo loaded
    else
        # shellcheck disable=SC2001 # POSIX sh replaces nothing inside a word
        file=$(grep -o "^[^:]*/$(echo "$1" | sed 's/_/[-_]/g')\.ko:" "/lib/modules/$release/modules.dep")
        status=0
        [ -z "$file" ] || insmod "/lib/modules/$release/${file%:}" 2>/dev/null || status=$?
        # ENODEV of include/asm-generic/errno-base.h.
        if [ "$status" -eq 19 ]; then echo no-device; else echo "failed $message"; fi
    fi
}

while read -r module; do
    [ -n "$module" ] && say "module $module $(state "$(plain "$module")")"
done < /modules.list

say "end"
sync
poweroff -f
