//! What a public key says of itself, read from its own signatures, and the set of keys that a verification trusts.

use pgp::{
    composed::{Deserializable, SignedPublicKey},
    crypto::public_key::PublicKeyAlgorithm,
    packet::{self, Signature, SignatureType},
    ser::Serialize,
    types::{Duration, KeyDetails, SignedUser, Tag},
};
use xen4centos_artifact::Fingerprint;

use crate::signature::convert;

/// Smallest and largest RSA key that EL6 was seen to accept, in bits.
pub(crate) const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=4096;

/// Why a key can not sign for, or be trusted by, a CentOS 6 client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The other half, which nobody but the signer may have.
    #[error("it is a secret key")]
    Secret,
    /// The bytes hold no key, or not only one.
    #[error("it does not hold exactly one OpenPGP key")]
    NotOneKey,
    /// Another packet version than 4.
    #[error("it is no version 4 key")]
    Version,
    /// EL6 can not verify DSA-2048, ECDSA or Ed25519.
    #[error("its primary key is {0}, EL6 needs RSA")]
    Algorithm(String),
    /// Too small to be safe, or larger than what EL6 was seen to accept.
    #[error("its primary key has {0} bits, EL6 takes RSA keys of 2048 to 4096")]
    Bits(u32),
    /// No user id that the key itself certified and did not revoke.
    #[error("it has no user id with a valid self-signature")]
    NotCertified,
    /// It was revoked.
    #[error("it was revoked")]
    Revoked,
    /// Its primary key may only certify, so a subkey would sign, which EL6 refuses.
    #[error("its primary key is not allowed to sign: a subkey would do it, and EL6 does not accept that")]
    PrimaryCannotSign,
    /// Its time is over (or has not come yet).
    #[error("it is valid from {created} to {expires} (seconds since 1970), not at {time}")]
    Expired {
        /// Creation, seconds since 1970.
        created: u32,
        /// End, seconds since 1970.
        expires: u32,
        /// When it should have served.
        time: u32,
    },
    /// Another key than the project's target names.
    #[error("its fingerprint is {found}, the target demands {pinned}")]
    Pinned {
        /// The key's.
        found: Fingerprint,
        /// The target's.
        pinned: Fingerprint,
    },
}

/// An RSA primary key of 2048 to 4096 bits with a valid self-signature.
#[derive(Clone)]
pub struct PublicKey {
    certificate: SignedPublicKey,
    fingerprint: Fingerprint,
    bits: u32,
    created: u32,
    expires: Option<u32>,
    user_id: String,
    signs: bool,
}

impl PublicKey {
    /// Reads one armoured key.
    ///
    /// # Errors
    /// When the text holds another number of keys, or one that EL6 can not use. A key that expired is read:
    /// see [`valid_at`](Self::valid_at).
    pub fn from_armored(text: &str) -> Result<Self, KeyFault> {
        let (keys, _) = SignedPublicKey::from_string_many(text).map_err(|_| KeyFault::NotOneKey)?;
        Self::only_one(keys)
    }

    /// Reads one key without armour, as `gpg --export` writes it.
    ///
    /// # Errors
    /// As [`from_armored`](Self::from_armored).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFault> {
        Self::only_one(SignedPublicKey::from_bytes_many(bytes).map_err(|_| KeyFault::NotOneKey)?)
    }

    fn only_one(
        mut keys: impl Iterator<Item = pgp::errors::Result<SignedPublicKey>>,
    ) -> Result<Self, KeyFault> {
        match (keys.next(), keys.next()) {
            (Some(Ok(certificate)), None) => Self::from_certificate(certificate),
            _ => Err(KeyFault::NotOneKey),
        }
    }

    pub(crate) fn from_certificate(certificate: SignedPublicKey) -> Result<Self, KeyFault> {
        let primary = &certificate.primary_key;
        let fingerprint = convert(&primary.fingerprint()).ok_or(KeyFault::Version)?;
        if !matches!(primary.algorithm(), PublicKeyAlgorithm::RSA | PublicKeyAlgorithm::RSASign) {
            return Err(KeyFault::Algorithm(format!("{:?}", primary.algorithm())));
        }
        let bits = modulus_bits(primary).ok_or(KeyFault::NotOneKey)?;
        if !RSA_BITS.contains(&bits) {
            return Err(KeyFault::Bits(bits));
        }
        let revoked = |signature: &Signature| signature.verify_key(primary).is_ok();
        if certificate.details.revocation_signatures.iter().any(revoked) {
            return Err(KeyFault::Revoked);
        }
        let (user_id, own) = newest_self_signature(&certificate).ok_or(KeyFault::NotCertified)?;
        let created = primary.created_at().as_secs();
        let lifetime = own.key_expiration_time().map(Duration::as_secs).filter(|time| *time != 0);
        let flags = own.key_flags();
        // A key whose self-signature has no flags at all may do everything (RFC 4880 5.2.3.21).
        let signs = flags.sign() || !(flags.certify() || flags.encrypt_comms() || flags.authentication());
        let expires = lifetime.map(|lifetime| created.saturating_add(lifetime));
        Ok(Self { certificate, fingerprint, bits, created, expires, user_id, signs })
    }

    /// Of the primary key.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Bits of the RSA modulus.
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// When it was made, seconds since 1970.
    pub const fn created(&self) -> u32 {
        self.created
    }

    /// When it ends, seconds since 1970; `None` means never.
    pub const fn expires(&self) -> Option<u32> {
        self.expires
    }

    /// The user id that it certified last.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Whether the primary key itself may sign.
    pub const fn primary_signs(&self) -> bool {
        self.signs
    }

    /// Whether it is valid at `time` (seconds since 1970).
    ///
    /// # Errors
    /// When it is not.
    pub fn valid_at(&self, time: u32) -> Result<(), KeyFault> {
        let expires = self.expires.unwrap_or(u32::MAX);
        if (self.created..expires).contains(&time) {
            Ok(())
        } else {
            Err(KeyFault::Expired { created: self.created, expires, time })
        }
    }

    /// All that is demanded of a key before it signs for a target.
    pub(crate) fn may_sign(&self, time: u32, pin: Option<Fingerprint>) -> Result<(), KeyFault> {
        match pin {
            Some(pinned) if pinned != self.fingerprint => {
                return Err(KeyFault::Pinned { found: self.fingerprint, pinned });
            }
            _ => {}
        }
        if !self.signs {
            return Err(KeyFault::PrimaryCannotSign);
        }
        self.valid_at(time)
    }

    /// The key as text in one armour block with its CRC line, as a client's key file must have it.
    ///
    /// # Errors
    /// When the key can not be written back, which a key that was read never is.
    pub fn to_armored(&self) -> Result<String, KeyFault> {
        self.certificate
            .to_armored_string(pgp::composed::ArmorOptions::default())
            .map_err(|_| KeyFault::NotOneKey)
    }

    pub(crate) const fn packet(&self) -> &packet::PublicKey {
        &self.certificate.primary_key
    }

    /// `named` is a fingerprint or a key id in hexadecimal digits.
    fn has_subkey(&self, named: &str) -> bool {
        self.certificate.public_subkeys.iter().any(|subkey| {
            subkey.key.fingerprint().to_string().eq_ignore_ascii_case(named)
                || subkey.key.legacy_key_id().to_string().eq_ignore_ascii_case(named)
        })
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PublicKey({} {} bits, {:?})", self.fingerprint, self.bits, self.user_id)
    }
}

/// An RSA key's first number is its modulus, and a number begins with its length in bits.
fn modulus_bits(key: &packet::PublicKey) -> Option<u32> {
    let bytes = key.public_params().to_bytes().ok()?;
    Some(u32::from(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?])))
}

/// Of the user ids that are not revoked.
fn newest_self_signature(certificate: &SignedPublicKey) -> Option<(String, Signature)> {
    let key = &certificate.primary_key;
    let users = certificate.details.users.iter();
    let certified = users.filter_map(|user| Some((user, newest_certification(key, user)?)));
    let (user, newest) = certified.max_by_key(|(_, signature)| signature.created())?;
    Some((String::from_utf8_lossy(user.id.id()).into_owned(), newest.clone()))
}

/// What the key said last of a user id; none when that was to revoke it. Signatures of strangers are not looked at;
/// they could claim anything.
fn newest_certification<'a>(key: &packet::PublicKey, user: &'a SignedUser) -> Option<&'a Signature> {
    let own = user
        .signatures
        .iter()
        .filter(|signature| signature.verify_certification(key, Tag::UserId, &user.id).is_ok());
    let revokes = |signature: &Signature| signature.typ() == Some(SignatureType::CertRevocation);
    // Of two that were made in the same second the revocation holds.
    let newest = own.max_by_key(|signature| (signature.created(), revokes(signature)))?;
    (!revokes(newest)).then_some(newest)
}

/// The keys that a verification trusts.
#[derive(Clone, Debug, Default)]
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// Trusts these keys and no other.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self(keys.into_iter().collect())
    }

    /// Reads a key file: one key in each armour block.
    ///
    /// # Errors
    /// When a block holds another number of keys, or one that EL6 can not use.
    pub fn from_armored(text: &str) -> Result<Self, KeyFault> {
        let keys: Result<Vec<_>, _> =
            crate::key_file::blocks(text).into_iter().map(PublicKey::from_armored).collect();
        let keys = keys?;
        if text.contains("-----BEGIN PGP PRIVATE KEY BLOCK-----") {
            return Err(KeyFault::Secret);
        }
        if keys.is_empty() { Err(KeyFault::NotOneKey) } else { Ok(Self(keys)) }
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter()
    }

    /// By the fingerprint or key id of a primary key.
    pub(crate) fn find(&self, named: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| {
            let own = key.fingerprint();
            own.to_string().eq_ignore_ascii_case(named) || own.key_id().eq_ignore_ascii_case(named)
        })
    }

    pub(crate) fn has_subkey(&self, named: &str) -> bool {
        self.0.iter().any(|key| key.has_subkey(named))
    }
}

impl From<PublicKey> for PublicKeys {
    fn from(key: PublicKey) -> Self {
        Self(vec![key])
    }
}
