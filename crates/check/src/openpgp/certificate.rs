use super::packets::{KeyId, KeyPacket, PUBLIC_KEY, PUBLIC_SUBKEY, SIGNATURE, SignaturePacket, packets};

/// What may be done with a key, in its flags.
const MAY_SIGN: u8 = 2;

/// A primary key with what it says of itself. Its signatures are not verified here: the verifier does that, and what is
/// read must be refused by none of them.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) primary: KeyPacket,
    pub(crate) subkeys: Vec<Subkey>,
    pub(crate) is_revoked: bool,
    newest: SignaturePacket,
}

/// A key that the primary key has bound to itself.
#[derive(Clone, Debug)]
pub(crate) struct Subkey {
    pub(crate) key: KeyPacket,
    pub(crate) may_sign: bool,
    pub(crate) is_revoked: bool,
}

impl Certificate {
    /// All keys in one block; `None` where the bytes are no keys of version 4.
    pub(crate) fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for (tag, body) in packets(bytes)? {
            match (tag, all.last_mut()) {
                (PUBLIC_KEY, _) => {
                    let newest = SignaturePacket::default();
                    let primary = KeyPacket::read(body)?;
                    all.push(Self { primary, subkeys: Vec::new(), is_revoked: false, newest });
                }
                (PUBLIC_SUBKEY, Some(key)) => {
                    let subkey = KeyPacket::read(body)?;
                    key.subkeys.push(Subkey { key: subkey, may_sign: false, is_revoked: false });
                }
                (SIGNATURE, Some(key)) => key.take(SignaturePacket::read(body)),
                _ => {}
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// Signatures of strangers say nothing here.
    fn take(&mut self, signature: Option<SignaturePacket>) {
        let Some(signature) = signature.filter(|it| it.issuer == Some(self.primary.id)) else { return };
        match signature.kind {
            // Of a user id, or of the key itself.
            0x10..=0x13 | 0x1f if signature.created >= self.newest.created => self.newest = signature,
            0x18 => {
                if let Some(subkey) = self.subkeys.last_mut() {
                    subkey.may_sign = signature.key_flags.unwrap_or(0) & MAY_SIGN != 0;
                }
            }
            0x20 => self.is_revoked = true,
            0x28 => {
                if let Some(subkey) = self.subkeys.last_mut() {
                    subkey.is_revoked = true;
                }
            }
            _ => {}
        }
    }

    pub(crate) const fn id(&self) -> KeyId {
        self.primary.id
    }

    /// When it ends, in seconds since 1970; `None` means never.
    pub(crate) fn expires(&self) -> Option<u64> {
        self.newest.key_lifetime.map(|lifetime| self.primary.created + lifetime)
    }

    /// A key without flags may do everything (RFC 4880, 5.2.3.21).
    pub(crate) fn primary_may_sign(&self) -> bool {
        self.newest.key_flags.is_none_or(|flags| flags & MAY_SIGN != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Bodies of the right kinds, with anything in them.
        #[test]
        fn no_packets_make_it_panic(bodies: Vec<(u8, Vec<u8>)>) {
            let mut bytes = Vec::new();
            for (kind, body) in bodies {
                let tag = [PUBLIC_KEY, PUBLIC_SUBKEY, SIGNATURE][usize::from(kind % 3)];
                let body = [&[4][..], &body[..body.len().min(100)]].concat();
                bytes.extend([0xc0 | tag, u8::try_from(body.len()).unwrap()]);
                bytes.extend(body);
            }
            if let Some(keys) = Certificate::read_all(&bytes) {
                for key in keys {
                    key.expires();
                }
            }
        }
    }
}
