//! Key files.

use super::Long;

pub(super) const ALL: &[Long] = &[
    Long {
        code: "EL6-KEY-001",
        row: "binary key",
        matters: "yum looks for the first line of an armour block, and for nothing else",
        example: "`gpg --export KEY > RPM-GPG-KEY-Xen`",
    },
    Long {
        code: "EL6-KEY-002",
        row: "",
        matters: "yum reads key files with a parser of its own, which stops at what it does not expect",
        example: "a key file that was cut when it was pasted",
    },
    Long {
        code: "EL6-KEY-003",
        row: "armour without its CRC line",
        matters: "newer gpg versions can leave the line out, and yum's parser wants it",
        example: "a key written by a tool that follows RFC 9580",
    },
    Long {
        code: "EL6-KEY-004",
        row: "two keys in one armour block",
        matters: "yum's parser takes the block for one key, and its import ends in a traceback",
        example: "`gpg --armor --export OLD NEW > RPM-GPG-KEY-Xen`",
    },
    Long {
        code: "EL6-KEY-005",
        row: "any Ed25519 key listed or bundled, even beside a good RSA key",
        matters: "yum imports all keys of a file or none, so that one that it has no name for ends the repository",
        example: "an RSA and an Ed25519 key in one file, each in its own block",
    },
    Long {
        code: "EL6-KEY-006",
        row: "signature RSA 2048–4096 with SHA-1/256/384/512, v3 or v4",
        matters: "RSA keys of other sizes were not tried on EL6, and those below 2048 bits can be broken",
        example: "`gpg --quick-generate-key Xen rsa8192`",
    },
    Long {
        code: "EL6-KEY-007",
        row: "expired key",
        matters: "packages are still taken, and repomd.xml.asc is refused, so that no host sees an update any more",
        example: "a key made for two years, three years ago",
    },
    Long {
        code: "EL6-KEY-008",
        row: "expired key",
        matters: "hosts get another key only by an update, which must reach them while the present one holds",
        example: "a key that ends in March, and a channel that is used until December",
    },
    Long {
        code: "EL6-KEY-009",
        row: "signature by a signing *subkey*",
        matters: "only signatures of the primary key are found in rpm's database of keys",
        example: "a primary key with the usage `cert` alone",
    },
    Long {
        code: "EL6-KEY-010",
        row: "signature by a signing *subkey*",
        matters: "gpg signs with the newest subkey that may sign unless the primary key is asked for with `!`",
        example: "`gpg --quick-add-key FINGERPRINT rsa4096 sign`",
    },
    Long {
        code: "EL6-KEY-011",
        row: "",
        matters: "gpg refuses the signature over repomd.xml of a key that was revoked, and whoever revoked it meant that",
        example: "a key file with the revocation certificate imported",
    },
    Long {
        code: "EL6-KEY-012",
        row: "signature by a signing *subkey*",
        matters: "the host has the key that the release package brought, and refuses what another one signed",
        example: "a channel signed by the new key, and a centos-release-xen that ships the old one",
    },
    Long {
        code: "EL6-KEY-013",
        row: "",
        matters: "what is signed by a secret that others have read is signed by anybody",
        example: "`gpg --export-secret-keys` where `--export` was meant",
    },
];
