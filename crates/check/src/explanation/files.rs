//! The files in packages.

use super::{Long, long};

pub(super) const ALL: &[Long] = long! {
    "EL6-FILE-001" ""
        "rpm unpacks while it installs: what comes before the damage is on the host, the rest is not, and the package counts as not installed"
        "a disk that was full when the package was copied";
    "EL6-FILE-002" ""
        "rpm takes paths, modes and owners from the header and contents from the payload, and needs both for each file"
        "a payload that was put together by hand with cpio";
    "EL6-FILE-003" "below the table: only the *header* signature is verified at install"
        "the digest in the signed header is what ties a file to the signature; without a look at it an altered payload is found on the host or never"
        "one byte of a program was changed and the repository indexed again";
    "EL6-FILE-010" "ELF linked against glibc newer than 2.12"
        "without the requirement yum installs the package, and the program does not start"
        "`AutoReq: no` for a tool that was compiled on Debian 12";
    "EL6-FILE-011" ""
        "without the requirement yum installs the package, and the program does not start"
        "`AutoReq: no` for a C++ tool that was compiled by gcc 11";
    "EL6-FILE-012" ""
        "the library is there by chance, or is not: nothing keeps it when its package goes"
        "a plugin in a directory that `__requires_exclude_from` names";
    "EL6-FILE-013" ""
        "code that is changed in memory can not be shared or write-protected, and SELinux of CentOS 6 forbids it to most services"
        "an object without -fPIC in a library, linked with -Wl,-z,notext";
    "EL6-FILE-014" ""
        "one such library makes the stack of each program that loads it executable, which is what attacks on it need; SELinux forbids it to most services"
        "assembly without a note about its stack";
    "EL6-FILE-015" ""
        "the dynamic loader looks there before it looks into /usr/lib64, as root too"
        "libtool's -rpath into the build directory, or `-Wl,-rpath,$LIB:` with an empty last part";
    "EL6-FILE-016" ""
        "rpm compares the package's architecture with the machine's, not the programs'"
        "a cross-compiled helper in a noarch package";
    "EL6-FILE-017" ""
        "each program says for which kernel its C library was made, and the loader of glibc stops it on an older one"
        "a tool compiled on Debian 12 says 3.2.0, CentOS 6 boots 2.6.32 before it has ours";
    "EL6-FILE-018" ""
        "what the kernel can not read it does not start"
        "a program that was cut off when it was copied";
    "EL6-FILE-020" ""
        "a library that is looked for, a script that is run, a plugin that is loaded from such a path is missing on hosts, or is whatever a user puts there"
        "a .la file with libdir= in the build directory";
    "EL6-FILE-021" ""
        "the same sources give other bytes in another directory, and the path tells of the machine that they were built on"
        "a program that was not stripped";
    "EL6-FILE-030" ""
        "a fault in such a program gives its rights to any user of the host"
        "`%attr(4755,root,root)` for a helper that opens a device";
    "EL6-FILE-031" ""
        "what root reads or runs must be root's to change"
        "`chmod -R 777` in %install";
    "EL6-FILE-032" ""
        "rpm puts its own file in place of a changed one unless it is told to keep it"
        "/etc/logrotate.d/xen listed without %config";
    "EL6-FILE-033" ""
        "modules are found by the version of the interpreter in their path"
        "a module built on a machine with Python 3";
    "EL6-FILE-034" ""
        "files of an unknown owner become root's, and the service that was to write them can not"
        "`%attr(-,xenstore,xenstore)` without useradd in %pre";
    "EL6-FILE-040" ""
        "init and service start the file itself"
        "`install -m 0644` into /etc/rc.d/init.d";
    "EL6-FILE-041" ""
        "chkconfig --add in %post fails, and the service is started at no boot"
        "`# chkconfig: 2345 97` without the second priority";
    "EL6-FILE-042" ""
        "who looks at the list of services sees what each is for"
        "a script with `# chkconfig:` alone";
    "EL6-FILE-043" ""
        "chkconfig 1.3.49 orders services by their LSB headers, where they have one"
        "`### BEGIN INIT INFO` without `# Required-Start:`";
    "EL6-FILE-044" ""
        "a script whose interpreter is not there starts nothing, and its name is not in the message"
        "`#!/usr/bin/python3` in a script that rpm was told not to look at";
    "EL6-FILE-050" ""
        "most licences ask to be handed on with what they are for"
        "a subpackage without %license that requires nothing of its build";
};
