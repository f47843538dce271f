use std::io::Read;

use camino::Utf8Path;
use pgp::{
    composed::{Deserializable, SignedSecretKey},
    crypto::hash::HashAlgorithm,
    packet::{self, Signature},
    types::{Mpi, Password, PlainSecretParams, SignatureBytes, SigningKey},
};
use xen4centos_rsa_crt::{Parts, PrivateKey};
use zeroize::Zeroizing;

use crate::{KeyFault, Passphrase, PublicKey, SignError, data_hash::DataHash, signature};

/// No armoured key is near this size; a wrong path may be.
const FILE_LIMIT: u64 = 1024 * 1024;

/// What stands before a SHA-256 digest in PKCS #1 v1.5 (RFC 8017 9.2, note 1).
const SHA256_PREFIX: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];

/// An unlocked RSA primary key. It is unlocked once: deriving the key from the passphrase costs more than a
/// signature. What it holds is overwritten when it is dropped.
///
/// Where the processor can not do [`PrivateKey`]'s arithmetic, the `rsa` crate does it. That leaks timing to who can have it
/// sign or decrypt at will and measure it (RUSTSEC-2023-0071); a release machine serves no such requests, and a key behind
/// gpg avoids it.
pub(crate) struct SecretKey {
    packet: packet::SecretKey,
    fast: Option<PrivateKey>,
    /// Bytes of the modulus.
    length: usize,
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
        let empty = Password::empty();
        let fast = packet.unlock(&empty, |_, secret| Ok(fast(secret))).ok().and_then(Result::ok).flatten();
        let length = public.bits().div_ceil(8) as usize;
        Ok((Self { packet, fast, length }, public))
    }

    /// Signs data whose SHA-256 is `data`. Who calls this verifies what comes back: [`PrivateKey`] demands it.
    pub(crate) fn sign(&self, data: DataHash, time: u32) -> Result<Signature, pgp::errors::Error> {
        signature::sign(&self.packet, data, time, |digest| self.number(digest))
    }

    fn number(&self, digest: &[u8]) -> Result<SignatureBytes, pgp::errors::Error> {
        let number = self.fast.as_ref().and_then(|key| key.apply(&encoded(digest, self.length)));
        match number {
            Some(number) => Ok(SignatureBytes::Mpis(vec![Mpi::from_slice(&number)])),
            None => self.packet.sign(&Password::empty(), HashAlgorithm::Sha256, digest),
        }
    }
}

fn fast(secret: &PlainSecretParams) -> Option<PrivateKey> {
    let PlainSecretParams::RSA(secret) = secret else { return None };
    let (d, p, q, u) = secret.to_bytes();
    let [d, p, q, u] = [d, p, q, u].map(Zeroizing::new);
    PrivateKey::new(Parts { p: &p, q: &q, d: &d, u: &u })
}

/// A SHA-256 digest as PKCS #1 v1.5 has it signed by a key whose modulus has `length` bytes: EMSA-PKCS1-v1_5 in RFC 8017
/// 9.2. Keys begin at 2048 bits, so there is room.
fn encoded(digest: &[u8], length: usize) -> Vec<u8> {
    let filled = length.saturating_sub(3 + SHA256_PREFIX.len() + digest.len());
    [&[0, 1], &vec![0xff; filled][..], &[0], &SHA256_PREFIX, digest].concat()
}
