//! One `OpenPGP` v4 signature packet (RFC 4880 5.2.3): made from, and checked against, a digest that was computed
//! while the data went by.

use pgp::{
    composed::{Deserializable, DetachedSignature},
    crypto::{hash::HashAlgorithm, public_key::PublicKeyAlgorithm},
    packet::{
        PacketHeader, PacketTrait, Signature, SignatureConfig, SignatureType, SignatureVersion, Subpacket,
        SubpacketData,
    },
    ser::Serialize,
    types::{
        Fingerprint as PgpFingerprint, KeyDetails, PacketHeaderVersion, SignatureBytes, Tag, Timestamp,
        VerifyingKey,
    },
};
use xen4centos_artifact::Fingerprint;

use crate::{PublicKey, PublicKeys, data_hash::DataHash};

/// Why a signature is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// Other bytes than exactly one signature packet in its normal encoding.
    #[error("it is not one well-formed OpenPGP signature packet")]
    Malformed,
    /// Version 3, which carries no fingerprint, or one that EL6 does not know.
    #[error("its packet version is not 4")]
    Version,
    /// A signature over text, a key or the like.
    #[error("it is no signature over binary data")]
    Type,
    /// EL6 knows DSA too, but no key of this project is one.
    #[error("its algorithm is {0}, only RSA is accepted")]
    Algorithm(String),
    /// MD5, SHA-1 and SHA-224: the first two are broken, the third is unknown to EL6.
    #[error("its digest is {0}, only SHA-256, SHA-384 and SHA-512 are accepted")]
    Digest(String),
    /// No creation time or no issuer among the signed attributes, or more unsigned ones than the key id.
    #[error("its attributes are not as they should be: {0}")]
    Attributes(&'static str),
    /// Made by a key that is not trusted here.
    #[error("it was made by the key {0}, which is not among the trusted ones")]
    UnknownKey(String),
    /// Made by a subkey of a trusted key: EL6 then finds no key.
    #[error("it was made by the subkey {0}; EL6 accepts primary keys only")]
    Subkey(String),
    /// Made before the key existed or after it expired.
    #[error("it was made at {created}, outside the time in which the key is valid")]
    Time {
        /// Seconds since 1970.
        created: u32,
    },
    /// The data is not what was signed.
    #[error("it does not match the data")]
    Mismatch,
}

/// A parsed signature whose form is acceptable; whether it is true is not known yet.
#[derive(Debug)]
pub(crate) struct ParsedSignature {
    signature: Signature,
    /// The part of the packet that is hashed after the data, with its trailer.
    suffix: Vec<u8>,
    algorithm: HashAlgorithm,
    created: u32,
}

impl ParsedSignature {
    /// # Errors
    /// When the bytes are anything else than one acceptable signature.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SignatureFault> {
        let signature = first_packet(bytes)?;
        if packet_bytes(&signature)? != bytes {
            return Err(SignatureFault::Malformed);
        }
        Self::from_packet(signature)
    }

    pub(crate) fn from_packet(signature: Signature) -> Result<Self, SignatureFault> {
        let config = signature.config().ok_or(SignatureFault::Version)?;
        if config.version() != SignatureVersion::V4 {
            return Err(SignatureFault::Version);
        }
        if config.typ() != SignatureType::Binary {
            return Err(SignatureFault::Type);
        }
        if !matches!(config.pub_alg, PublicKeyAlgorithm::RSA | PublicKeyAlgorithm::RSASign) {
            return Err(SignatureFault::Algorithm(format!("{:?}", config.pub_alg)));
        }
        let algorithm = config.hash_alg;
        if DataHash::new(algorithm).is_none() {
            return Err(SignatureFault::Digest(algorithm.to_string()));
        }
        let created = config.created().ok_or(SignatureFault::Attributes("no creation time"))?.as_secs();
        // The unsigned attributes could be changed by anyone: only the key id, which is compared below, may stand there.
        let harmless = |subpacket: &Subpacket| {
            matches!(subpacket.data, SubpacketData::IssuerKeyId(_) | SubpacketData::IssuerFingerprint(_))
        };
        if !config.unhashed_subpackets().all(harmless) {
            return Err(SignatureFault::Attributes("an unsigned attribute other than the key id"));
        }
        // EL6 does not look at either, other programs do: what means different things to two readers is refused.
        let dubious = |subpacket: &Subpacket| {
            subpacket.is_critical && !matches!(subpacket.data, SubpacketData::SignatureCreationTime(_))
                || matches!(subpacket.data, SubpacketData::SignatureExpirationTime(_))
        };
        if config.hashed_subpackets().any(dubious) {
            return Err(SignatureFault::Attributes("it expires or demands what EL6 does not know"));
        }
        let suffix = hashed_suffix(&signature)?;
        Ok(Self { signature, suffix, algorithm, created })
    }

    /// An empty running digest of the kind that this signature needs.
    pub(crate) fn new_hash(&self) -> DataHash {
        DataHash::new(self.algorithm).unwrap_or_else(DataHash::sha256)
    }

    /// Seconds since 1970.
    pub(crate) const fn created(&self) -> u32 {
        self.created
    }

    /// Finds the signer among `keys` and checks the signature against the digest of the data.
    pub(crate) fn verify<'k>(
        &self,
        data: DataHash,
        keys: &'k PublicKeys,
    ) -> Result<&'k PublicKey, SignatureFault> {
        let key = self.issuer(keys)?;
        if self.created < key.created() || key.expires().is_some_and(|expires| self.created >= expires) {
            return Err(SignatureFault::Time { created: self.created });
        }
        let digest = data.with(&self.suffix).finish();
        let start = self.signature.signed_hash_value().ok_or(SignatureFault::Malformed)?;
        let bytes = self.signature.signature().ok_or(SignatureFault::Malformed)?;
        if digest[..2] != start || key.packet().verify(self.algorithm, &digest, bytes).is_err() {
            return Err(SignatureFault::Mismatch);
        }
        Ok(key)
    }

    /// Every statement of who made it must agree, wherever it stands.
    fn issuer<'k>(&self, keys: &'k PublicKeys) -> Result<&'k PublicKey, SignatureFault> {
        let key_ids = self.signature.issuer_key_id();
        let fingerprints = self.signature.issuer_fingerprint();
        let named = fingerprints
            .first()
            .map(ToString::to_string)
            .or_else(|| key_ids.first().map(ToString::to_string))
            .ok_or(SignatureFault::Attributes("no issuer"))?;
        let Some(key) = keys.find(&named) else {
            let fault =
                if keys.has_subkey(&named) { SignatureFault::Subkey } else { SignatureFault::UnknownKey };
            return Err(fault(named));
        };
        let own = key.fingerprint();
        let agree = key_ids.iter().all(|id| id.to_string() == own.key_id())
            && fingerprints.iter().all(|other| convert(other) == Some(own));
        if agree { Ok(key) } else { Err(SignatureFault::Attributes("it names two keys")) }
    }
}

/// The first of several concatenated signature packets.
pub(crate) fn first_packet(bytes: &[u8]) -> Result<Signature, SignatureFault> {
    let parsed = DetachedSignature::from_bytes(bytes).map_err(|_| SignatureFault::Malformed)?;
    Ok(parsed.signature)
}

/// The packet with its header, as it stands in files.
pub(crate) fn packet_bytes(signature: &Signature) -> Result<Vec<u8>, SignatureFault> {
    let mut bytes = Vec::new();
    signature.to_writer_with_header(&mut bytes).map_err(|_| SignatureFault::Malformed)?;
    Ok(bytes)
}

/// RFC 4880 5.2.4: after the data, the packet's body up to the end of the hashed subpackets is hashed, then
/// `04 ff` and the length of that piece.
fn hashed_suffix(signature: &Signature) -> Result<Vec<u8>, SignatureFault> {
    let body = signature.to_bytes().map_err(|_| SignatureFault::Malformed)?;
    let length = body.get(4..6).map(|two| usize::from(u16::from_be_bytes([two[0], two[1]])));
    let end = 6 + length.ok_or(SignatureFault::Malformed)?;
    let hashed = body.get(..end).ok_or(SignatureFault::Malformed)?;
    let length = u32::try_from(end).map_err(|_| SignatureFault::Malformed)?;
    Ok([hashed, &[4, 0xff], &length.to_be_bytes()].concat())
}

/// Makes a v4 RSA/SHA-256 signature over data whose digest is `data`, created at `time` (seconds since 1970); `number` makes
/// the number in it from the digest that is signed.
///
/// RSA signatures of this kind hold nothing random, so attributes in gpg's order and a header of gpg's format make
/// it the very bytes that gpg would make: which way a key signs does not show in the published packages.
pub(crate) fn sign(
    key: &impl KeyDetails,
    data: DataHash,
    time: u32,
    number: impl FnOnce(&[u8]) -> pgp::errors::Result<SignatureBytes>,
) -> Result<Signature, pgp::errors::Error> {
    let mut config =
        SignatureConfig::v4(SignatureType::Binary, PublicKeyAlgorithm::RSA, HashAlgorithm::Sha256);
    config.hashed_subpackets = vec![
        Subpacket::regular(SubpacketData::IssuerFingerprint(key.fingerprint()))?,
        Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::from_secs(time)))?,
    ];
    config.unhashed_subpackets = vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id()))?];
    // A signature without its number serves to have the hashed part serialised.
    let empty = Signature::from_config(config.clone(), [0, 0], SignatureBytes::Mpis(Vec::new()))?;
    let suffix =
        hashed_suffix(&empty).map_err(|fault| pgp::errors::Error::from(std::io::Error::other(fault)))?;
    let digest = data.with(&suffix).finish();
    let number = number(&digest)?;
    let start = [digest[0], digest[1]];
    let length =
        Signature::from_config(config.clone(), start, number.clone())?.packet_header().packet_length();
    Ok(Signature::v4(
        PacketHeader::from_parts(PacketHeaderVersion::Old, Tag::Signature, length)?,
        config.typ,
        config.pub_alg,
        config.hash_alg,
        start,
        number,
        config.hashed_subpackets,
        config.unhashed_subpackets,
    ))
}

/// The project's type for a v4 fingerprint.
pub(crate) fn convert(fingerprint: &PgpFingerprint) -> Option<Fingerprint> {
    match fingerprint {
        PgpFingerprint::V4(bytes) => Some(Fingerprint::from_bytes(*bytes)),
        _ => None,
    }
}
