//! Key files.

use super::{Long, long};

pub(super) const ALL: &[Long] = long! {
    "EL6-KEY-001" "binary key"
        "yum looks for the first line of an armour block, and for nothing else"
        "`gpg --export KEY > RPM-GPG-KEY-Xen`";
    "EL6-KEY-002" ""
        "yum reads key files with a parser of its own, which stops at what it does not expect"
        "a key file that was cut when it was pasted";
    "EL6-KEY-003" "armour without its CRC line"
        "newer gpg versions can leave the line out, and yum's parser wants it"
        "a key written by a tool that follows RFC 9580";
    "EL6-KEY-004" "two keys in one armour block"
        "yum's parser takes the block for one key, and its import ends in a traceback"
        "`gpg --armor --export OLD NEW > RPM-GPG-KEY-Xen`";
    "EL6-KEY-005" "any Ed25519 key listed or bundled, even beside a good RSA key"
        "yum imports all keys of a file or none, so that one that it has no name for ends the repository"
        "an RSA and an Ed25519 key in one file, each in its own block";
    "EL6-KEY-006" "signature RSA 2048–4096 with SHA-1/256/384/512, v3 or v4"
        "RSA keys of other sizes were not tried on EL6, and those below 2048 bits can be broken"
        "`gpg --quick-generate-key Xen rsa8192`";
    "EL6-KEY-007" "expired key"
        "packages are still taken, and repomd.xml.asc is refused, so that no host sees an update any more"
        "a key made for two years, three years ago";
    "EL6-KEY-008" "expired key"
        "hosts get another key only by an update, which must reach them while the present one holds"
        "a key that ends in March, and a channel that is used until December";
    "EL6-KEY-009" "signature by a signing *subkey*"
        "only signatures of the primary key are found in rpm's database of keys"
        "a primary key with the usage `cert` alone";
    "EL6-KEY-010" "signature by a signing *subkey*"
        "gpg signs with the newest subkey that may sign unless the primary key is asked for with `!`"
        "`gpg --quick-add-key FINGERPRINT rsa4096 sign`";
    "EL6-KEY-011" ""
        "gpg refuses the signature over repomd.xml of a key that was revoked, and whoever revoked it meant that"
        "a key file with the revocation certificate imported";
    "EL6-KEY-012" "signature by a signing *subkey*"
        "the host has the key that the release package brought, and refuses what another one signed"
        "a channel signed by the new key, and a centos-release-xen that ships the old one";
    "EL6-KEY-013" ""
        "what is signed by a secret that others have read is signed by anybody"
        "`gpg --export-secret-keys` where `--export` was meant";
};
