//! The public key file that a client's `gpgkey=` names. yum on EL6 reads it with a parser of its own, which is
//! why a file that gpg likes can still end a repository.

use std::io::{BufReader, Read};

use pgp::{
    armor::Dearmor,
    composed::{Deserializable, SignedPublicKey},
    crypto::public_key::PublicKeyAlgorithm,
    types::KeyDetails,
};

use crate::{KeyFault, PublicKey};

/// The algorithms that yum's own key parser (pgpmsg.py) has names for.
const KNOWN_TO_EL6: [PublicKeyAlgorithm; 5] = [
    PublicKeyAlgorithm::RSA,
    PublicKeyAlgorithm::RSAEncrypt,
    PublicKeyAlgorithm::RSASign,
    PublicKeyAlgorithm::DSA,
    PublicKeyAlgorithm::ElgamalEncrypt,
];

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// Why yum on EL6 would not take a key file, or would take it and then refuse what the key signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileFault {
    /// Only armour is read.
    #[error("it is not armoured text: yum on EL6 says `No key found in given key data`")]
    Binary,
    /// No armour block of a public key.
    #[error("it has no block `{BEGIN}`")]
    Empty,
    /// A block begins and does not end, or is not base64.
    #[error("armour block {block} is damaged")]
    Damaged {
        /// From 1.
        block: usize,
    },
    /// The line with `=` and four characters is missing.
    #[error("armour block {block} has no CRC line: yum on EL6 does not read it")]
    NoChecksum {
        /// From 1.
        block: usize,
    },
    /// The line is there and wrong.
    #[error("the CRC line of armour block {block} is wrong")]
    WrongChecksum {
        /// From 1.
        block: usize,
    },
    /// Two keys in one block.
    #[error("armour block {block} holds {keys} keys: yum on EL6 crashes on more than one")]
    ManyKeys {
        /// From 1.
        block: usize,
        /// How many.
        keys: usize,
    },
    /// A subkey of a kind that yum on EL6 has no name for.
    #[error(
        "the key in armour block {block} carries a subkey of the kind {algorithm}, which yum on EL6 can not read"
    )]
    Subkey {
        /// From 1.
        block: usize,
        /// Its algorithm.
        algorithm: String,
    },
    /// A key that EL6 can not use, which ends the repository even beside a good one.
    #[error("the key in armour block {block} can not serve EL6: {fault}")]
    Key {
        /// From 1.
        block: usize,
        /// Why.
        fault: KeyFault,
    },
}

/// What yum on EL6 would refuse in a key file at `time` (seconds since 1970); nothing when it is good.
pub fn check_key_file_for_el6(bytes: &[u8], time: u32) -> Vec<KeyFileFault> {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN PGP")) else {
        return vec![KeyFileFault::Binary];
    };
    let blocks = blocks(text);
    if blocks.is_empty() {
        return vec![KeyFileFault::Empty];
    }
    let numbered = blocks.into_iter().zip(1..);
    numbered.flat_map(|(text, block)| check_block(text, block, time)).collect()
}

fn check_block(text: &str, block: usize, time: u32) -> Vec<KeyFileFault> {
    let Some((bytes, checksum)) = dearmor(text) else {
        return vec![KeyFileFault::Damaged { block }];
    };
    let mut faults = Vec::new();
    match checksum {
        None => faults.push(KeyFileFault::NoChecksum { block }),
        Some(found) if found != crc24(&bytes) => faults.push(KeyFileFault::WrongChecksum { block }),
        Some(_) => {}
    }
    let keys: Vec<_> =
        SignedPublicKey::from_bytes_many(&bytes[..]).map_or_else(|_| Vec::new(), Iterator::collect);
    let [key] = &keys[..] else {
        faults.push(KeyFileFault::ManyKeys { block, keys: keys.len() });
        return faults;
    };
    let subkeys = key.iter().flat_map(|key| &key.public_subkeys).map(|subkey| subkey.key.algorithm());
    faults.extend(
        subkeys
            .filter(|algorithm| !KNOWN_TO_EL6.contains(algorithm))
            .map(|algorithm| KeyFileFault::Subkey { block, algorithm: format!("{algorithm:?}") }),
    );
    if let Err(fault) = PublicKey::from_bytes(&bytes).and_then(|key| key.may_sign(time, None)) {
        faults.push(KeyFileFault::Key { block, fault });
    }
    faults
}

/// The armour blocks of public keys in a text, each with its first and last line; a block that does not end
/// goes on to the end of the text.
pub(crate) fn blocks(text: &str) -> Vec<&str> {
    let starts: Vec<usize> = text.match_indices(BEGIN).map(|(start, _)| start).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let cut = |(start, limit): (usize, usize)| {
        let rest = &text[start..limit];
        rest.find(END).map_or(rest, |end| &rest[..end + END.len()])
    };
    starts.iter().copied().zip(ends).map(cut).collect()
}

/// The bytes of a block, and the checksum that it states.
fn dearmor(text: &str) -> Option<(Vec<u8>, Option<u64>)> {
    let mut dearmor = Dearmor::new(BufReader::new(text.as_bytes()));
    let mut bytes = Vec::new();
    dearmor.read_header().ok()?;
    dearmor.read_to_end(&mut bytes).ok()?;
    Some((bytes, dearmor.checksum))
}

/// RFC 4880 6.1.
fn crc24(bytes: &[u8]) -> u64 {
    let mut crc: u32 = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    u64::from(crc & 0x00ff_ffff)
}
