//! Packages and what they need.

use super::Long;

pub(super) const ALL: &[Long] = &[
    Long {
        code: "EL6-PKG-001",
        row: "",
        matters: "rpm reads the lead, two headers and a payload, and stops at the first byte that is not what it must be",
        example: "a download that broke off: its header index counts 90 entries and the file ends at 40",
    },
    Long {
        code: "EL6-PKG-010",
        row: "payload zstd",
        matters: "rpm 4.8 has zlib, bzip2 and xz built in; a newer rpmbuild takes zstd by itself",
        example: "built on Fedora without the target's `_binary_payload`",
    },
    Long {
        code: "EL6-PKG-011",
        row: "file digests sha224",
        matters: "each file is digested again when it is unpacked, and a digest that rpm can not make is a mismatch",
        example: "`%_binary_filedigest_algorithm 11`",
    },
    Long {
        code: "EL6-PKG-012",
        row: "a file over 4 GiB",
        matters: "the header of rpm 4.8 has 32 bits for the size of a file, and the archive too",
        example: "a disk image of 5 GiB in %files",
    },
    Long {
        code: "EL6-PKG-013",
        row: "architecture `x86_64_v2`",
        matters: "yum compares the architecture with a list before it looks at anything else: the package does not exist for it",
        example: "`rpmbuild --target x86_64_v2`",
    },
    Long {
        code: "EL6-PKG-014",
        row: "`~` in a version",
        matters: "rpm 4.8 splits versions at characters that it does not know: 1.0~rc1 is 1.0 with more behind it, so the release candidate would replace the release",
        example: "`Version: 4.2.5~rc1`",
    },
    Long {
        code: "EL6-PKG-015",
        row: "scriptlet options (`%preun -e`)",
        matters: "the flags stand in the header as a feature that rpm 4.8 refuses to install",
        example: "`%preun -e` with macros in the script",
    },
    Long {
        code: "EL6-PKG-016",
        row: "file capabilities, `%pretrans`/`%posttrans` with `-p <lua>`",
        matters: "the interpreter is started as it is named; a relative name is not looked for on a path",
        example: "`%post -p <python>`",
    },
    Long {
        code: "EL6-PKG-017",
        row: "",
        matters: "the tags are those of rpm 4.19 and are passed over, so that what they were to stop or restart goes on",
        example: "`%preuntrans` that stops a service",
    },
    Long {
        code: "EL6-PKG-018",
        row: "file triggers",
        matters: "the index of a cache would be refreshed by the trigger alone: it stays old, and nobody is told",
        example: "`%filetriggerin -- /usr/lib64` that runs ldconfig",
    },
    Long {
        code: "EL6-PKG-020",
        row: "tag 1004 (MD5 of header+payload) absent",
        matters: "268 is what yum verifies; 1002 and 1004 are the only tags by which `rpm -K` on EL6 sees an altered payload",
        example: "a package signed by an rpm that leaves out 1002 and 1004 (`_rpmformat 6`)",
    },
    Long {
        code: "EL6-PKG-021",
        row: "signature header over 8192 bytes or over 32 tags",
        matters: "rpm reads the signature before it trusts anything, so it bounds it",
        example: "signatures of single files (`rpmsign --signfiles`)",
    },
    Long {
        code: "EL6-PKG-022",
        row: "signature Ed25519, ECDSA",
        matters: "rpm 4.8 verifies RSA, and DSA of 1024 bits, over SHA-1 and SHA-2 but SHA-224",
        example: "signed with gpg's default key of today, which is Ed25519",
    },
    Long {
        code: "EL6-PKG-030",
        row: "target, 2: only the `rpmlib()` names that this rpm lists",
        matters: "each rpmlib() name is a promise that the reader knows the format; rpm refuses what promises more than it knows",
        example: "`Requires: rpmlib(DynamicBuildRequires) <= 4.15.0-1` in a source package",
    },
    Long {
        code: "EL6-PKG-031",
        row: "rich dependencies in Requires/Conflicts",
        matters: "yum reads the first word of the condition as a comparison and stops: no other package of that transaction is installed either",
        example: "`Requires: (grub if xen)`",
    },
    Long {
        code: "EL6-PKG-032",
        row: "weak dependency tags",
        matters: "the tags are those of rpm 4.12, so what is recommended is never installed by itself",
        example: "`Recommends: xen-doc`",
    },
    Long {
        code: "EL6-PKG-033",
        row: "ELF linked against glibc newer than 2.12",
        matters: "the requirement is written by rpmbuild from the symbols that the program uses, and the C library of a host is never updated by a repository",
        example: "a tool compiled on Debian 12 asks for `libc.so.6(GLIBC_2.34)(64bit)`",
    },
    Long {
        code: "EL6-PKG-034",
        row: "",
        matters: "libstdc++ of gcc 4.4 ends at GLIBCXX_3.4.13",
        example: "a C++ tool compiled by gcc 11",
    },
];
