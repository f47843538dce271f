//! Verification of one detached OpenPGP signature over a stream.
//!
//! Upstreams' signatures of 2012 to 2014 are made with SHA-1, and some keys are DSA-1024. They are accepted: the
//! sha256 of every signed file is pinned beside, so that a second file with the same SHA-1 would not get in, and
//! the signature answers another question, namely whether upstream's key vouched for the bytes that were pinned.
//! MD5, which a single machine can break, is not.

use std::io::Read;

use pgp::{
    composed::{Deserializable, DetachedSignature},
    crypto::hash::HashAlgorithm,
    packet::{Signature, SignatureType},
};

use crate::{
    SignatureError, SignedBy,
    keys::{PinnedKey, Signer, day},
};

/// Clocks of a signer may be ahead by so much, in seconds.
const LENIENCY: u64 = 24 * 3600;

/// A signature file by the pinned key, not yet compared with what it signs.
pub(crate) struct Claim<'a> {
    signature: Signature,
    signer: Signer<'a>,
    path: &'a str,
    pub(crate) signed_by: SignedBy,
    /// When the signature says it ends, in seconds since 1970 UTC.
    pub(crate) expires: Option<u64>,
}

impl<'a> Claim<'a> {
    /// Reads a signature file, armoured or not, and checks everything that can be checked without the signed
    /// file. `path` is for messages, `now` in seconds since 1970 UTC.
    pub(crate) fn parse(
        bytes: &[u8],
        path: &'a str,
        key: &'a PinnedKey,
        now: u64,
    ) -> Result<Self, SignatureError> {
        Self::among(&read(bytes, path)?, SignatureType::Binary, path, key, now)
    }

    /// As [`Self::parse`], of signatures that stand in another file, over what `kind` says.
    pub(crate) fn among(
        signatures: &[Signature],
        kind: SignatureType,
        path: &'a str,
        key: &'a PinnedKey,
        now: u64,
    ) -> Result<Self, SignatureError> {
        let by_key = signatures.iter().find_map(|one| Some((one, key.signer_of(one)?)));
        let Some((signature, signer)) = by_key else {
            let issuer = issuers(signatures);
            return Err(SignatureError::OtherSigner {
                path: path.to_owned(),
                issuer,
                expected: key.fingerprint(),
            });
        };
        let created = signature.created().map(|time| u64::from(time.as_secs()));
        let Some(created) = created.filter(|_| signature.typ() == Some(kind)) else {
            let path = path.to_owned();
            return Err(match kind {
                SignatureType::Text => SignatureError::NotOverAText { path },
                _ => SignatureError::NotOverAFile { path },
            });
        };
        if signature.hash_alg() == Some(HashAlgorithm::Md5) {
            return Err(SignatureError::WeakHash { path: path.to_owned(), hash: "MD5".to_owned() });
        }
        if created > now + LENIENCY || created < signer.created() {
            return Err(SignatureError::ImpossibleDate { path: path.to_owned(), date: day(created) });
        }
        let lifetime = signature.signature_expiration_time().map_or(0, pgp::types::Duration::as_secs);
        let expires = (lifetime > 0).then(|| created + u64::from(lifetime));
        check_lifetime(path, expires, now)?;
        key.check_signer(signer, created)?;
        let signed_by = SignedBy { primary: key.fingerprint(), signer: signer.fingerprint(), created };
        Ok(Self { signature: signature.clone(), signer, path, signed_by, expires })
    }

    /// Reads the signed bytes to their end.
    pub(crate) fn verify(&self, signed: impl Read) -> Result<(), SignatureError> {
        let result = match self.signer {
            Signer::Primary(key) => self.signature.verify(&key.primary_key, signed),
            Signer::Subkey(subkey) => self.signature.verify(&subkey.key, signed),
        };
        result.map_err(|source| SignatureError::Bad { path: self.path.to_owned(), source })
    }
}

/// Whether a signature that was verified once is valid still.
pub(crate) fn check_lifetime(path: &str, expires: Option<u64>, now: u64) -> Result<(), SignatureError> {
    match expires {
        Some(expires) if expires <= now => {
            Err(SignatureError::Expired { path: path.to_owned(), date: day(expires) })
        }
        _ => Ok(()),
    }
}

fn read(bytes: &[u8], path: &str) -> Result<Vec<Signature>, SignatureError> {
    let unreadable = |source| SignatureError::Unreadable { path: path.to_owned(), source };
    let empty = || SignatureError::Empty { path: path.to_owned() };
    if bytes.is_empty() {
        return Err(empty());
    }
    let (signatures, _) = DetachedSignature::from_reader_many(bytes).map_err(unreadable)?;
    let signatures: Vec<Signature> =
        signatures.map(|one| one.map(|one| one.signature)).collect::<Result<_, _>>().map_err(unreadable)?;
    if signatures.is_empty() { Err(empty()) } else { Ok(signatures) }
}

/// Whom the signatures name, for a person to look up.
fn issuers(signatures: &[Signature]) -> String {
    let mut names: Vec<String> = signatures
        .iter()
        .flat_map(|signature| {
            let fingerprints = signature.issuer_fingerprint();
            if fingerprints.is_empty() {
                signature
                    .issuer_key_id()
                    .iter()
                    .map(|id| format!("key {}", hex::encode_upper(id)))
                    .collect::<Vec<_>>()
            } else {
                fingerprints.iter().map(|one| hex::encode_upper(one.as_bytes())).collect()
            }
        })
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() { "nobody by name".to_owned() } else { names.join(", ") }
}
