use crate::{Rule, rule::rule_table};

rule_table! {
    BINARY "EL6-KEY-001" Error
        "key file without armour"
        "No key found in given key data"
        "export it with `gpg --armor --export FINGERPRINT`";
    DAMAGED "EL6-KEY-002" Error
        "damaged key file"
        "No key found in given key data"
        "export the key again";
    CHECKSUM "EL6-KEY-003" Error
        "CRC line of the armour"
        "No key found in given key data (the block is not read)"
        "export the key again with gpg 2.2, or let `xen4centos release` write it";
    MANY_KEYS "EL6-KEY-004" Error
        "two keys in one armour block"
        "yum crashes while it imports the key"
        "give each key a block or file of its own";
    KIND "EL6-KEY-005" Error
        "kind of a key"
        "Gpg Keys not imported, cannot verify repomd.xml: the repository is dead, even beside a good RSA key"
        "ship RSA keys only, and export them without subkeys of other kinds";
    BITS "EL6-KEY-006" Error
        "bits of an RSA key"
        "repomd.xml signature could not be verified for …"
        "make a key of 2048 to 4096 bits: `xen4centos sign --key new`";
    EXPIRED "EL6-KEY-007" Error
        "expired key"
        "repomd.xml signature could not be verified for … (packages are still accepted)"
        "extend the key with `gpg --quick-set-expire`, and publish a centos-release-xen that ships it";
    EXPIRES_SOON "EL6-KEY-008" Warning
        "key that ends before its channel"
        "nothing is said until it ends; then repomd.xml signature could not be verified for …"
        "extend the key while hosts still take updates, or set the channel's `lifetime-days`";
    PRIMARY_CAN_NOT_SIGN "EL6-KEY-009" Error
        "primary key that may not sign"
        "Public key for … is not installed"
        "make a key whose primary key signs: `xen4centos sign --key new`";
    SIGNING_SUBKEY "EL6-KEY-010" Warning
        "signing subkey"
        "Public key for … is not installed, for all that the subkey signs"
        "sign with the primary key, which gpg does for `FINGERPRINT!`, or revoke the subkey";
    REVOKED "EL6-KEY-011" Error
        "revoked key"
        "repomd.xml signature could not be verified for …"
        "ship the key that signs now, and sign the channel again with it";
    NOT_THE_SIGNER "EL6-KEY-012" Error
        "signed by a key that is not shipped"
        "Public key for … is not installed; repomd.xml signature could not be verified for …"
        "ship the key that signs in centos-release-xen, or sign with the one that is shipped";
    SECRET "EL6-KEY-013" Error
        "secret key"
        "No key found in given key data; and whoever reads the file can sign as the channel"
        "take it away from there, and export the public one with `gpg --armor --export FINGERPRINT`; where it was published, revoke it";
}
