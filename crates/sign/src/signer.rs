use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Fingerprint;
use xen4centos_process::Stdin;

use crate::{
    Passphrase, PublicKey, PublicKeys, SignError,
    data_hash::DataHash,
    gpg::Gpg,
    secret_key::SecretKey,
    signature::{ParsedSignature, packet_bytes},
};

/// Under which circumstances a key signs.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Seconds since 1970: when the key must be valid, and the creation time of a repository's signature. A
    /// package's own may be earlier, see [`Signer::sign_rpm`], and is never later.
    pub time: u32,
    /// The only key that may sign, where the target names one.
    pub pin: Option<Fingerprint>,
}

/// A primary RSA key that may sign, and the time at which it does.
pub struct Signer {
    backend: Backend,
    trusted: PublicKeys,
    key: PublicKey,
    time: u32,
}

enum Backend {
    File(Box<SecretKey>),
    Gpg(Gpg),
}

/// What a signature is made over, for a backend that has to read it again.
pub(crate) enum Input<'a> {
    Bytes(&'a [u8]),
    FileFrom { path: &'a Utf8Path, offset: u64 },
}

impl Signer {
    /// Takes the primary key from an armoured secret key file, and unlocks it.
    ///
    /// # Errors
    /// When the file holds no such key, the passphrase is wrong, or the key must not sign under `terms`: not RSA
    /// of 2048 to 4096 bits, a subkey would sign, expired, another one than the pin.
    pub fn from_key_file(path: &Utf8Path, passphrase: &Passphrase, terms: Terms) -> Result<Self, SignError> {
        let (secret, public) = SecretKey::read(path, passphrase)?;
        Self::new(Backend::File(Box::new(secret)), public, terms, || format!("in `{path}`"))
    }

    /// Takes a key that gpg holds, in its agent or on a smart card: `home` is its `GNUPGHOME`, `fingerprint`
    /// the primary key's. Nothing can ask for a passphrase here: the agent must know it, or the card's PIN pad
    /// must be used.
    ///
    /// # Errors
    /// When gpg has no such secret key, or it must not sign under `terms`, as for
    /// [`from_key_file`](Self::from_key_file).
    pub fn from_gpg(home: &Utf8Path, fingerprint: Fingerprint, terms: Terms) -> Result<Self, SignError> {
        let (gpg, public) = Gpg::open(home, fingerprint)?;
        Self::new(Backend::Gpg(gpg), public, terms, || format!("{fingerprint} in gpg's home `{home}`"))
    }

    fn new(
        backend: Backend,
        key: PublicKey,
        terms: Terms,
        origin: impl Fn() -> String,
    ) -> Result<Self, SignError> {
        key.may_sign(terms.time, terms.pin).map_err(|fault| SignError::Key { origin: origin(), fault })?;
        Ok(Self { backend, trusted: PublicKeys::from(key.clone()), key, time: terms.time })
    }

    /// The public part of the key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The key alone, as the set of keys to verify the result with.
    pub const fn trusted(&self) -> &PublicKeys {
        &self.trusted
    }

    /// The time of this run.
    pub(crate) const fn time(&self) -> u32 {
        self.time
    }

    /// The time of a package's signatures: the beginning (UTC) of the day on which it was built, as far as the key
    /// existed and this run has come to it. The build time itself may be a changelog's noon, which is still to come
    /// in the morning. So one key gives one package the same bytes whenever and by whichever way it signs.
    pub(crate) fn time_of(&self, build_time: Option<u64>) -> u32 {
        const DAY: u64 = 24 * 3600;
        let Some(built) = build_time else { return self.time };
        let day = u32::try_from(built - built % DAY).unwrap_or(self.time);
        day.max(self.key.created()).min(self.time)
    }

    /// One signature packet, made at `time`, over data whose SHA-256 is `data` and which `input` gives again; `path`
    /// is only named in errors. What comes back was verified against `data`.
    pub(crate) fn sign(
        &self,
        data: DataHash,
        input: &Input<'_>,
        path: &Utf8Path,
        time: u32,
    ) -> Result<Vec<u8>, SignError> {
        let failed = |fault| SignError::SelfCheck { path: path.to_owned(), fault };
        let bytes = match &self.backend {
            Backend::File(secret) => {
                let signature = secret
                    .sign(data.clone(), time)
                    .map_err(|source| SignError::Sign { path: path.to_owned(), source: Box::new(source) })?;
                packet_bytes(&signature).map_err(failed)?
            }
            Backend::Gpg(gpg) => gpg.sign(input.as_stdin(), time)?,
        };
        let parsed = ParsedSignature::parse(&bytes).map_err(failed)?;
        parsed.verify(data, &self.trusted).map_err(failed)?;
        Ok(bytes)
    }
}

impl Input<'_> {
    fn as_stdin(&self) -> Stdin {
        match *self {
            Self::Bytes(bytes) => Stdin::Bytes(bytes.to_vec()),
            Self::FileFrom { path, offset } => Stdin::FileFrom { path: Utf8PathBuf::from(path), offset },
        }
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Signer({:?})", self.key)
    }
}
