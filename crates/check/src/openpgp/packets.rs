//! Packets (RFC 4880, 4.2 and 5), as far as a key file and a detached signature have them.

use sha1::{Digest as _, Sha1};

pub(crate) const SIGNATURE: u8 = 2;
pub(crate) const SECRET_KEY: u8 = 5;
pub(crate) const PUBLIC_KEY: u8 = 6;
pub(crate) const PUBLIC_SUBKEY: u8 = 14;

/// The last eight bytes of a fingerprint.
pub(crate) type KeyId = [u8; 8];

/// All packets with their tags; `None` where the bytes are none.
pub(crate) fn packets(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut packets = Vec::new();
    while let Some(first) = bytes.first() {
        let (tag, length, head) = match first {
            0xc0.. => new_length(bytes).map(|(length, head)| (first & 0x3f, length, head))?,
            0x80.. => old_length(bytes).map(|(length, head)| ((first >> 2) & 0x0f, length, head))?,
            _ => return None,
        };
        let end = head.checked_add(length)?;
        packets.push((tag, bytes.get(head..end)?));
        bytes = &bytes[end..];
    }
    Some(packets)
}

/// What the first packet is of a kind whose beginning is here and looks like one of version 4, whole or not.
pub(crate) fn first_packet(bytes: &[u8]) -> Option<u8> {
    let (tag, head) = match bytes.first()? {
        first @ 0xc0.. => (first & 0x3f, new_length(bytes)?.1),
        first @ 0x80.. => ((first >> 2) & 0x0f, old_length(bytes)?.1),
        _ => return None,
    };
    (bytes.get(head) == Some(&4)).then_some(tag)
}

/// Length of the body, and bytes before it. Lengths in parts are for data, not for keys and signatures.
fn new_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let (length, size) = subpacket_length(bytes.get(1..)?)?;
    (!(224..255).contains(bytes.get(1)?)).then_some((length, 1 + size))
}

fn old_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let size = [1, 2, 4].get(usize::from(bytes[0] & 3))?;
    let digits = bytes.get(1..1 + size)?;
    let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
    Some((length, 1 + size))
}

/// Length, and bytes that say it (5.2.3.1).
fn subpacket_length(bytes: &[u8]) -> Option<(usize, usize)> {
    match (*bytes.first()?, bytes) {
        (first @ 0..=191, _) => Some((usize::from(first), 1)),
        (255, [_, a, b, c, d, ..]) => Some((u32::from_be_bytes([*a, *b, *c, *d]) as usize, 5)),
        (255, _) => None,
        (first, [_, second, ..]) => Some(((usize::from(first) - 192) * 256 + usize::from(*second) + 192, 2)),
        _ => None,
    }
}

/// A primary key or subkey of version 4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyPacket {
    /// Seconds since 1970.
    pub(crate) created: u64,
    /// RFC 4880, 9.1.
    pub(crate) algorithm: u8,
    /// Of the first number: the modulus of an RSA key.
    pub(crate) bits: u32,
    pub(crate) id: KeyId,
}

impl KeyPacket {
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let [4, a, b, c, d, algorithm, rest @ ..] = body else { return None };
        let bits = rest.get(..2).map_or(0, |bits| u32::from(u16::from_be_bytes([bits[0], bits[1]])));
        let length = u16::try_from(body.len()).ok()?.to_be_bytes();
        let fingerprint = Sha1::new().chain_update([0x99]).chain_update(length).chain_update(body).finalize();
        let id = fingerprint.as_slice().last_chunk()?;
        Some(Self {
            created: u64::from(u32::from_be_bytes([*a, *b, *c, *d])),
            algorithm: *algorithm,
            bits,
            id: *id,
        })
    }
}

/// What a signature of version 4 says of itself and of a key; it is not verified here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignaturePacket {
    /// RFC 4880, 5.2.1.
    pub(crate) kind: u8,
    pub(crate) created: u64,
    /// Seconds from the creation of the key.
    pub(crate) key_lifetime: Option<u64>,
    /// The first byte of the key flags: 2 may sign.
    pub(crate) key_flags: Option<u8>,
    pub(crate) issuer: Option<KeyId>,
}

impl SignaturePacket {
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        if let [3, 5, kind, a, b, c, d, rest @ ..] = body {
            let created = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
            return Some(Self {
                kind: *kind,
                created,
                issuer: rest.first_chunk().copied(),
                ..Self::default()
            });
        }
        let [4, kind, _, _, rest @ ..] = body else { return None };
        let mut packet = Self { kind: *kind, ..Self::default() };
        let (hashed, rest) = area(rest)?;
        let (unhashed, _) = area(rest)?;
        packet.take(hashed, true)?;
        packet.take(unhashed, false)?;
        Some(packet)
    }

    /// What is not hashed could have been written by anyone; only the issuer is commonly found there.
    fn take(&mut self, mut bytes: &[u8], hashed: bool) -> Option<()> {
        while !bytes.is_empty() {
            let (length, size) = subpacket_length(bytes)?;
            let end = size.checked_add(length)?;
            let (kind, body) = bytes.get(size..end)?.split_first()?;
            bytes = &bytes[end..];
            let number = || body.first_chunk().map(|number| u64::from(u32::from_be_bytes(*number)));
            match (kind & 0x7f, hashed) {
                (2, true) => self.created = number()?,
                (9, true) => self.key_lifetime = number().filter(|lifetime| *lifetime != 0),
                (27, true) => self.key_flags = Some(body.first().copied().unwrap_or(0)),
                (16, _) => self.issuer = self.issuer.or(body.first_chunk().copied()),
                (33, _) if body.first() == Some(&4) => {
                    self.issuer = self.issuer.or(body.last_chunk().copied());
                }
                _ => {}
            }
        }
        Some(())
    }
}

fn area(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::from(u16::from_be_bytes(*bytes.first_chunk()?));
    Some((bytes.get(2..2 + length)?, &bytes[2 + length..]))
}

/// A key id as gpg and rpm write it.
pub(crate) fn shown(id: KeyId) -> String {
    hex::encode_upper(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, version in 3_u8..5) {
            packets(&bytes);
            let body = [&[version][..], &bytes].concat();
            KeyPacket::read(&body);
            SignaturePacket::read(&body);
        }
    }

    #[test]
    fn lengths_of_all_forms() {
        let check = |head: &[u8], length: usize| {
            let bytes = [head, &vec![0; length]].concat();
            let found = packets(&bytes).map(|found| (found.len(), found[0].0, found[0].1.len()));
            assert_eq!(found, Some((1, 2, length)), "{head:?}");
        };
        check(&[0xc2, 5], 5);
        check(&[0xc2, 192, 8], 200);
        check(&[0xc2, 255, 0, 0, 0, 7], 7);
        check(&[0x88, 5], 5);
        check(&[0x89, 1, 0], 256);
        check(&[0x8a, 0, 0, 0, 3], 3);
        assert_eq!(packets(&[0xc2, 224, 0]), None);
        assert_eq!(packets(&[0xc2, 5, 1]), None);
    }
}
