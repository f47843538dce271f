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

say "kernel $(uname -r)"
if [ -d /proc/xen ]; then
    mount -t xenfs xenfs /proc/xen 2>/dev/null
    say "capabilities $(cat /proc/xen/capabilities 2>/dev/null)"
    version=/sys/hypervisor/version
    say "xen $(cat $version/major 2>/dev/null).$(cat $version/minor 2>/dev/null)$(cat $version/extra 2>/dev/null)"
fi

while read -r module; do
    [ -n "$module" ] || continue
    loaded_as=$(echo "$module" | tr - _)
    if grep -q "/$module\.ko\$" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; then
        say "module $module built-in"
    elif message=$(modprobe "$module" 2>&1) && grep -q "^$loaded_as " /proc/modules; then
        say "module $module loaded"
    else
        say "module $module failed $message"
    fi
done < /modules.list

say "end"
sync
poweroff -f
