//! Packages and what they need.

use super::{Long, long};

pub(super) const ALL: &[Long] = long! {
    "EL6-PKG-001" ""
        "rpm reads the lead, two headers and a payload, and stops at the first byte that is not what it must be"
        "a download that broke off: its header index counts 90 entries and the file ends at 40";
    "EL6-PKG-010" "payload zstd"
        "rpm 4.8 has zlib, bzip2 and xz built in; a newer rpmbuild takes zstd by itself"
        "built on Fedora without the target's `_binary_payload`";
    "EL6-PKG-011" "file digests sha224"
        "each file is digested again when it is unpacked, and a digest that rpm can not make is a mismatch"
        "`%_binary_filedigest_algorithm 11`";
    "EL6-PKG-012" "a file over 4 GiB"
        "the header of rpm 4.8 has 32 bits for the size of a file, and the archive too"
        "a disk image of 5 GiB in %files";
    "EL6-PKG-013" "architecture `x86_64_v2`"
        "yum compares the architecture with a list before it looks at anything else: the package does not exist for it"
        "`rpmbuild --target x86_64_v2`";
    "EL6-PKG-014" "`~` in a version"
        "rpm 4.8 splits versions at characters that it does not know: 1.0~rc1 is 1.0 with more behind it, so the release candidate would replace the release"
        "`Version: 4.2.5~rc1`";
    "EL6-PKG-015" "scriptlet options (`%preun -e`)"
        "the flags stand in the header as a feature that rpm 4.8 refuses to install"
        "`%preun -e` with macros in the script";
    "EL6-PKG-016" "file capabilities, `%pretrans`/`%posttrans` with `-p <lua>`"
        "the interpreter is started as it is named; a relative name is not looked for on a path"
        "`%post -p <python>`";
    "EL6-PKG-017" ""
        "the tags are those of rpm 4.19 and are passed over, so that what they were to stop or restart goes on"
        "`%preuntrans` that stops a service";
    "EL6-PKG-018" "file triggers"
        "the index of a cache would be refreshed by the trigger alone: it stays old, and nobody is told"
        "`%filetriggerin -- /usr/lib64` that runs ldconfig";
    "EL6-PKG-020" "tag 1004 (MD5 of header+payload) absent"
        "268 is what yum verifies; 1002 and 1004 are the only tags by which `rpm -K` on EL6 sees an altered payload"
        "a package signed by an rpm that leaves out 1002 and 1004 (`_rpmformat 6`)";
    "EL6-PKG-021" "signature header over 8192 bytes or over 32 tags"
        "rpm reads the signature before it trusts anything, so it bounds it"
        "signatures of single files (`rpmsign --signfiles`)";
    "EL6-PKG-022" "signature Ed25519, ECDSA"
        "rpm 4.8 verifies RSA, and DSA of 1024 bits, over SHA-1 and SHA-2 but SHA-224"
        "signed with gpg's default key of today, which is Ed25519";
    "EL6-PKG-023" ""
        "rpm compares the header with its digest before anything else, with or without a key"
        "a package with a byte changed on the way, or edited by a program that does not sign";
    "EL6-PKG-024" ""
        "a package is told by the parts of its name, which are cut apart at the dashes"
        "a version `1-0`, or a name with a `/`, by an rpm of today or by hand";
    "EL6-PKG-030" "target, 2: only the `rpmlib()` names that this rpm lists"
        "each rpmlib() name is a promise that the reader knows the format; rpm refuses what promises more than it knows"
        "`Requires: rpmlib(DynamicBuildRequires) <= 4.15.0-1` in a source package";
    "EL6-PKG-031" "rich dependencies in Requires/Conflicts"
        "yum reads the first word of the condition as a comparison and stops: no other package of that transaction is installed either"
        "`Requires: (grub if xen)`";
    "EL6-PKG-032" "weak dependency tags"
        "the tags are those of rpm 4.12, so what is recommended is never installed by itself"
        "`Recommends: xen-doc`";
    "EL6-PKG-033" "ELF linked against glibc newer than 2.12"
        "the requirement is written by rpmbuild from the symbols that the program uses, and the C library of a host is never updated by a repository"
        "a tool compiled on Debian 12 asks for `libc.so.6(GLIBC_2.34)(64bit)`";
    "EL6-PKG-034" ""
        "libstdc++ of gcc 4.4 ends at GLIBCXX_3.4.13"
        "a C++ tool compiled by gcc 11";
};
