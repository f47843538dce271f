use pgp::{
    composed::{ArmorOptions, SignedKeyDetails, SignedSecretKey},
    crypto::{hash::HashAlgorithm, public_key::PublicKeyAlgorithm, rsa, sym::SymmetricKeyAlgorithm},
    packet::{
        self, KeyFlags, PacketTrait, PubKeyInner, SignatureConfig, SignatureType, Subpacket, SubpacketData,
        UserId,
    },
    types::{
        Duration, KeyDetails, KeyVersion, Password, PlainSecretParams, PublicParams, S2kParams, SecretParams,
        SignedUser, Timestamp,
    },
};
use zeroize::Zeroizing;

use crate::{KeyFault, Passphrase, PublicKey, SignError, public_key::RSA_BITS};

/// What a new signing key should be.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// `Name (comment) <mail>`.
    pub user_id: String,
    /// Bits of the RSA modulus, 2048 to 4096.
    pub bits: u32,
    /// When it is made, seconds since 1970.
    pub created: u32,
    /// When it ends, seconds since 1970; `None` means never. EL6 refuses a repository signed by an expired key.
    pub valid_until: Option<u32>,
}

/// A new key, not written anywhere yet.
pub struct GeneratedKey {
    /// The secret key, armoured and protected by the passphrase: for a file that only its owner may read.
    pub secret: Zeroizing<String>,
    /// The public key in one armour block with a CRC line: for clients.
    pub public: String,
    /// What the public part says.
    pub key: PublicKey,
}

impl std::fmt::Debug for GeneratedKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "GeneratedKey({:?})", self.key)
    }
}

/// Makes a key as EL6 needs it: RSA, the primary key itself signs, no subkeys. Takes seconds for 4096 bits.
///
/// # Errors
/// When the request can not be met: a size outside 2048 to 4096, an end before the beginning, a bad user id.
pub fn generate_key(request: &KeyRequest, passphrase: &Passphrase) -> Result<GeneratedKey, SignError> {
    let refused = |fault| SignError::KeyRequest { user_id: request.user_id.clone(), fault };
    if !RSA_BITS.contains(&request.bits) {
        return Err(refused(KeyFault::Bits(request.bits)));
    }
    let expires = request.valid_until.unwrap_or(u32::MAX);
    if expires <= request.created {
        return Err(refused(KeyFault::Expired { created: request.created, expires, time: request.created }));
    }
    let secret = assemble(request, passphrase).map_err(|source| SignError::Generate {
        user_id: request.user_id.clone(),
        source: Box::new(source),
    })?;
    let armored = |source| SignError::Generate { user_id: request.user_id.clone(), source: Box::new(source) };
    let public = secret.to_public_key();
    Ok(GeneratedKey {
        secret: Zeroizing::new(secret.to_armored_string(ArmorOptions::default()).map_err(armored)?),
        public: public.to_armored_string(ArmorOptions::default()).map_err(armored)?,
        key: PublicKey::from_certificate(public).map_err(refused)?,
    })
}

fn assemble(request: &KeyRequest, passphrase: &Passphrase) -> pgp::errors::Result<SignedSecretKey> {
    let random = rand::rngs::OsRng;
    let secret = rsa::SecretKey::generate(random, request.bits as usize)?;
    let public = packet::PublicKey::from_inner(PubKeyInner::new(
        KeyVersion::V4,
        PublicKeyAlgorithm::RSA,
        Timestamp::from_secs(request.created),
        None,
        PublicParams::RSA((&secret).into()),
    )?)?;
    let mut key =
        packet::SecretKey::new(public.clone(), SecretParams::Plain(PlainSecretParams::RSA(secret)))?;
    let user_id = UserId::from_str(pgp::types::PacketHeaderVersion::New, &request.user_id)?;
    let mut config =
        SignatureConfig::v4(SignatureType::CertPositive, PublicKeyAlgorithm::RSA, HashAlgorithm::Sha256);
    config.hashed_subpackets = attributes(request, &public)?;
    config.unhashed_subpackets =
        vec![Subpacket::regular(SubpacketData::IssuerKeyId(public.legacy_key_id()))?];
    let certified = config.sign_certification(&key, &public, &Password::empty(), user_id.tag(), &user_id)?;
    if !passphrase.is_empty() {
        let protection = S2kParams::new_default(random, KeyVersion::V4);
        key.set_password_with_s2k(&passphrase.as_password(), protection)?;
    }
    let users = vec![SignedUser::new(user_id, vec![certified])];
    let details = SignedKeyDetails::new(Vec::new(), Vec::new(), users, Vec::new());
    Ok(SignedSecretKey::new(key, details, Vec::new(), Vec::new()))
}

/// What the self-signature states.
fn attributes(request: &KeyRequest, key: &packet::PublicKey) -> pgp::errors::Result<Vec<Subpacket>> {
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    let mut attributes = vec![
        Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::from_secs(request.created)))?,
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
        Subpacket::regular(SubpacketData::KeyFlags(flags))?,
        Subpacket::regular(SubpacketData::IsPrimary(true))?,
        Subpacket::regular(SubpacketData::PreferredHashAlgorithms(
            [HashAlgorithm::Sha256, HashAlgorithm::Sha512].into_iter().collect(),
        ))?,
        Subpacket::regular(SubpacketData::PreferredSymmetricAlgorithms(
            [SymmetricKeyAlgorithm::AES256].into_iter().collect(),
        ))?,
    ];
    if let Some(end) = request.valid_until {
        let lifetime = Duration::from_secs(end.saturating_sub(request.created));
        attributes.push(Subpacket::regular(SubpacketData::KeyExpirationTime(lifetime))?);
    }
    Ok(attributes)
}
