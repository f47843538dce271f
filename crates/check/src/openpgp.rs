//! The first bytes of OpenPGP signature packets (RFC 4880, 4.2 and 5.2): enough to say which algorithms a client
//! must know. Whether a signature is good is for the verifier.

pub(crate) mod certificate;
pub(crate) mod packets;

/// What a signature packet was made with, by the numbers of RFC 4880.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignatureAlgorithms {
    /// Section 9.1: 1 RSA, 17 DSA, 19 ECDSA, 22 `EdDSA`.
    pub(crate) key: u8,
    /// Section 9.4.
    pub(crate) hash: u8,
}

/// Reads the head of the first packet; `None` where it is no signature of version 3 or 4.
pub(crate) fn signature_algorithms(bytes: &[u8]) -> Option<SignatureAlgorithms> {
    let (body, _) = signature_body(bytes)?;
    let (key, hash) = match body.first()? {
        3 => (body.get(15)?, body.get(16)?),
        4 => (body.get(2)?, body.get(3)?),
        _ => return None,
    };
    Some(SignatureAlgorithms { key: *key, hash: *hash })
}

/// Whether the first packet is a signature that ends where it says, and holds the numbers of its algorithm.
pub(crate) fn is_whole_signature(bytes: &[u8]) -> bool {
    let whole = || {
        let (body, length) = signature_body(bytes)?;
        let (key, mut rest) = signature_numbers(body.get(..length)?)?;
        // RFC 4880 5.2.2: one number for RSA, two for DSA; forms of other keys are not known here.
        let numbers = match key {
            1..=3 => 1,
            17 => 2,
            _ => return Some(()),
        };
        for _ in 0..numbers {
            let (bits, after) = rest.split_first_chunk::<2>()?;
            rest = after.get(usize::from(u16::from_be_bytes(*bits)).div_ceil(8)..)?;
        }
        rest.is_empty().then_some(())
    };
    whole().is_some()
}

/// The algorithm of the key, and what follows the first bytes of the digest.
fn signature_numbers(body: &[u8]) -> Option<(u8, &[u8])> {
    /// Length of the attributes at the front, and what follows them.
    fn attributes(bytes: &[u8]) -> Option<&[u8]> {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        rest.get(usize::from(u16::from_be_bytes(*length))..)
    }
    match body.first()? {
        3 => Some((*body.get(15)?, body.get(19..)?)),
        4 => {
            let rest = attributes(attributes(body.get(4..)?)?)?;
            Some((*body.get(2)?, rest.get(2..)?))
        }
        _ => None,
    }
}

/// What follows the head of the first packet, and how long it says that it is.
fn signature_body(bytes: &[u8]) -> Option<(&[u8], usize)> {
    const SIGNATURE: u8 = 2;
    let (first, rest) = bytes.split_first()?;
    let number = |bytes: &[u8]| bytes.iter().fold(0_usize, |number, byte| (number << 8) | usize::from(*byte));
    let (length, start) = if first & 0xc0 == 0xc0 && first & 0x3f == SIGNATURE {
        match *rest.first()? {
            short @ 0..=191 => (usize::from(short), 1),
            long @ 192..=223 => ((usize::from(long) - 192) * 256 + usize::from(*rest.get(1)?) + 192, 2),
            255 => (number(rest.get(1..5)?), 5),
            _ => return None,
        }
    } else if first & 0xc0 == 0x80 && (first >> 2) & 0x0f == SIGNATURE {
        match [1, 2, 4].get(usize::from(first & 3)) {
            Some(bytes) => (number(rest.get(..*bytes)?), *bytes),
            None => (rest.len(), 0),
        }
    } else {
        return None;
    };
    Some((rest.get(start..)?, length))
}

/// The name that client files use for a public key algorithm.
pub(crate) fn key_algorithm_name(number: u8) -> String {
    match number {
        1..=3 => "rsa".to_owned(),
        17 => "dsa".to_owned(),
        19 => "ecdsa".to_owned(),
        22 | 27 | 28 => "eddsa".to_owned(),
        other => format!("algorithm {other}"),
    }
}

/// What people call a hash algorithm.
pub(crate) fn hash_name(number: u32) -> String {
    match number {
        1 => "MD5".to_owned(),
        2 => "SHA-1".to_owned(),
        8 => "SHA-256".to_owned(),
        9 => "SHA-384".to_owned(),
        10 => "SHA-512".to_owned(),
        11 => "SHA-224".to_owned(),
        other => format!("algorithm {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_packets_of_both_versions() {
        let check = |bytes: &[u8], expect: Option<(u8, u8)>| {
            let found = signature_algorithms(bytes).map(|found| (found.key, found.hash));
            assert_eq!(found, expect, "{bytes:?}");
        };
        check(&[0xc2, 10, 4, 0, 1, 8, 0], Some((1, 8)));
        check(&[0x89, 1, 0, 4, 0, 17, 2], Some((17, 2)));
        check(&[0x88, 20, 3, 5, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 10], Some((1, 10)));
        check(&[0xc2, 20, 5, 0, 1, 8], None);
        check(&[0x99, 1, 0, 4, 0, 1, 8], None);
        check(&[], None);
        check(&[0xc2], None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            signature_algorithms(&bytes);
            is_whole_signature(&bytes);
        }
    }
}
