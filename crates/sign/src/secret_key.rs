use std::io::Read;

use camino::Utf8Path;
use pgp::{
    composed::{Deserializable, SignedSecretKey},
    packet::{self, Signature},
};
use zeroize::Zeroizing;

use crate::{KeyFault, Passphrase, PublicKey, SignError, data_hash::DataHash, signature};

/// No armoured key is near this size; a wrong path may be.
const FILE_LIMIT: u64 = 1024 * 1024;

/// An unlocked RSA primary key. The `rsa` crate under it leaks timing to who can have it sign or decrypt at will
/// and measure it (RUSTSEC-2023-0071); a release machine serves no such requests, and a key behind gpg avoids it.
/// It is unlocked once: deriving the key from the passphrase costs more than a
/// signature. Its memory is overwritten when it is dropped.
pub(crate) struct SecretKey {
    packet: packet::SecretKey,
}

impl SecretKey {
    /// Reads and unlocks the primary key of an armoured file.
    pub(crate) fn read(path: &Utf8Path, passphrase: &Passphrase) -> Result<(Self, PublicKey), SignError> {
        let mut text = Zeroizing::new(String::new());
        fs_err::File::open(path)
            .and_then(|file| file.take(FILE_LIMIT).read_to_string(&mut text))
            .map_err(|source| SignError::ReadKey { path: path.to_owned(), source })?;
        let not_a_key = || SignError::NotASecretKey { path: path.to_owned() };
        if text.matches("-----BEGIN PGP PRIVATE KEY BLOCK-----").count() != 1 {
            return Err(not_a_key());
        }
        let (mut keys, _) = SignedSecretKey::from_string_many(&text).map_err(|_| not_a_key())?;
        let (Some(Ok(secret)), None) = (keys.next(), keys.next()) else {
            return Err(not_a_key());
        };
        let refused = |fault: KeyFault| SignError::Key { origin: format!("in `{path}`"), fault };
        let public = PublicKey::from_certificate(secret.to_public_key()).map_err(refused)?;
        let mut packet = secret.primary_key;
        packet
            .remove_password(&passphrase.as_password())
            .map_err(|source| SignError::Unlock { path: path.to_owned(), source: Box::new(source) })?;
        Ok((Self { packet }, public))
    }

    /// Signs data whose SHA-256 is `data`.
    pub(crate) fn sign(&self, data: DataHash, time: u32) -> Result<Signature, pgp::errors::Error> {
        signature::sign(&self.packet, data, time)
    }
}
