//! The pinned OpenPGP key of an upstream, and which of its parts could sign on a given day.
//!
//! The pin is the fingerprint of the primary key; everything else in the key file is believed only so far as the
//! primary key signed it. Self-signatures by SHA-1 count: keys of 2012 have no others, a key's own statements are
//! not what an attacker needs to forge here, and every signed file has its sha256 pinned besides.

use pgp::{
    composed::{Deserializable, SignedPublicKey, SignedPublicSubKey},
    packet::{RevocationCode, Signature, SignatureType},
    types::{KeyDetails, Tag},
};
use xen4centos_artifact::Fingerprint;

use crate::SignatureError;

const ARMOR: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/// A key whose fingerprint is the pinned one.
pub(crate) struct PinnedKey {
    key: SignedPublicKey,
    fingerprint: Fingerprint,
}

/// The primary key, or a subkey that it bound for signing.
#[derive(Clone, Copy)]
pub(crate) enum Signer<'a> {
    Primary(&'a SignedPublicKey),
    Subkey(&'a SignedPublicSubKey),
}

impl PinnedKey {
    /// Reads a key file, armoured or not. `path` is for messages.
    pub(crate) fn parse(bytes: &[u8], path: &str, expected: Fingerprint) -> Result<Self, SignatureError> {
        let unreadable = |source| SignatureError::KeyUnreadable { path: path.to_owned(), source };
        // Of several armoured blocks the parser would read the first only.
        let blocks = String::from_utf8_lossy(bytes).matches(ARMOR).count();
        if blocks > 1 {
            return Err(SignatureError::SeveralKeys { path: path.to_owned(), count: blocks });
        }
        if bytes.is_empty() {
            return Err(SignatureError::NoKey { path: path.to_owned() });
        }
        let (keys, _) = SignedPublicKey::from_reader_many(bytes).map_err(unreadable)?;
        let mut keys = keys.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let count = keys.len();
        let key = keys.pop().ok_or_else(|| SignatureError::NoKey { path: path.to_owned() })?;
        if count > 1 {
            return Err(SignatureError::SeveralKeys { path: path.to_owned(), count });
        }
        if key.fingerprint().as_bytes() != expected.as_bytes() {
            let found = hex::encode_upper(key.fingerprint().as_bytes());
            return Err(SignatureError::WrongKey { path: path.to_owned(), expected, found });
        }
        Ok(Self { key, fingerprint: expected })
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The part of this key that the signature says made it.
    pub(crate) fn signer_of(&self, signature: &Signature) -> Option<Signer<'_>> {
        if names(signature, &self.key.primary_key) {
            return Some(Signer::Primary(&self.key));
        }
        self.key.public_subkeys.iter().find(|subkey| names(signature, &subkey.key)).map(Signer::Subkey)
    }

    /// Whether the part could sign at that time: bound, not expired, not revoked.
    pub(crate) fn check_signer(&self, signer: Signer<'_>, created: u64) -> Result<(), SignatureError> {
        let primary = &self.key.primary_key;
        let fingerprint = self.fingerprint.to_string();
        for revocation in &self.key.details.revocation_signatures {
            if revocation.verify_key(primary).is_ok() && revokes(revocation, created) {
                return Err(SignatureError::KeyRevoked { key: fingerprint });
            }
        }
        let statements = self.statements();
        check_expiry(&fingerprint, primary.created_at().as_secs(), latest(&statements), created)?;
        match signer {
            Signer::Primary(_) => Ok(()),
            Signer::Subkey(subkey) => self.check_subkey(subkey, created),
        }
    }

    fn check_subkey(&self, subkey: &SignedPublicSubKey, created: u64) -> Result<(), SignatureError> {
        let primary = &self.key.primary_key;
        let fingerprint = hex::encode_upper(subkey.key.fingerprint().as_bytes());
        let valid = |kind| {
            subkey.signatures.iter().filter(move |signature| {
                signature.typ() == Some(kind) && signature.verify_subkey_binding(primary, &subkey.key).is_ok()
            })
        };
        if valid(SignatureType::SubkeyRevocation).any(|revocation| revokes(revocation, created)) {
            return Err(SignatureError::KeyRevoked { key: fingerprint });
        }
        let bindings: Vec<&Signature> = valid(SignatureType::SubkeyBinding).collect();
        // Both have to want it: else somebody could adopt a stranger's signing key as a subkey of their own.
        let signs = |binding: &&Signature| {
            let back = binding.embedded_signature();
            binding.key_flags().sign()
                && back.is_some_and(|back| back.verify_primary_key_binding(&subkey.key, primary).is_ok())
        };
        let Some(binding) = latest(&bindings).filter(signs) else {
            return Err(SignatureError::Unbound { subkey: fingerprint, expected: self.fingerprint });
        };
        check_expiry(&fingerprint, subkey.key.created_at().as_secs(), Some(binding), created)
    }

    /// What the primary key says about itself, with each user id and directly.
    fn statements(&self) -> Vec<&Signature> {
        let primary = &self.key.primary_key;
        let details = &self.key.details;
        let direct =
            details.direct_signatures.iter().filter(|signature| signature.verify_key(primary).is_ok());
        let with_users = details.users.iter().flat_map(|user| {
            user.signatures.iter().filter(|signature| {
                signature.typ() != Some(SignatureType::CertRevocation)
                    && names(signature, primary)
                    && signature.verify_certification(primary, Tag::UserId, &user.id).is_ok()
            })
        });
        direct.chain(with_users).collect()
    }
}

impl Signer<'_> {
    /// In upper-case hexadecimal.
    pub(crate) fn fingerprint(self) -> String {
        match self {
            Self::Primary(key) => hex::encode_upper(key.fingerprint().as_bytes()),
            Self::Subkey(key) => hex::encode_upper(key.key.fingerprint().as_bytes()),
        }
    }

    /// In seconds since 1970 UTC.
    pub(crate) fn created(self) -> u64 {
        u64::from(match self {
            Self::Primary(key) => key.primary_key.created_at().as_secs(),
            Self::Subkey(key) => key.key.created_at().as_secs(),
        })
    }
}

/// Whether the signature says that this key made it.
fn names(signature: &Signature, key: &impl KeyDetails) -> bool {
    signature.issuer_fingerprint().contains(&&key.fingerprint())
        || signature.issuer_key_id().contains(&&key.legacy_key_id())
}

/// The newest statement is the one that holds.
fn latest<'a>(signatures: &[&'a Signature]) -> Option<&'a Signature> {
    signatures.iter().copied().max_by_key(|signature| signature.created())
}

/// A key that was only replaced or retired goes on to vouch for what it signed before.
fn revokes(revocation: &Signature, created: u64) -> bool {
    match revocation.revocation_reason_code() {
        Some(RevocationCode::KeySuperseded | RevocationCode::KeyRetired) => {
            revocation.created().is_none_or(|since| u64::from(since.as_secs()) <= created)
        }
        _ => true,
    }
}

/// A release stays signed when its key expires later; it counts what held on the day of the signature.
fn check_expiry(
    key: &str,
    made: u32,
    statement: Option<&Signature>,
    signed: u64,
) -> Result<(), SignatureError> {
    let lifetime =
        statement.and_then(Signature::key_expiration_time).map_or(0, pgp::types::Duration::as_secs);
    let expired = u64::from(made) + u64::from(lifetime);
    if lifetime == 0 || signed < expired {
        return Ok(());
    }
    Err(SignatureError::KeyExpired { key: key.to_owned(), expired: day(expired), signed: day(signed) })
}

/// The day of a time, UTC.
pub(crate) fn day(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("second {seconds}"), |time| time.strftime("%Y-%m-%d").to_string())
}
