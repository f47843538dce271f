//! Running digests over bytes that are seen once.

use pgp::crypto::hash::HashAlgorithm;
use sha2::{Digest, Sha384, Sha512};
use xen4centos_sha256::Sha256;

/// One of the digests that a signature may be made over. Weaker ones are refused before they get here.
#[derive(Clone)]
pub(crate) enum DataHash {
    /// 8
    Sha256(Sha256),
    /// 9
    Sha384(Sha384),
    /// 10
    Sha512(Sha512),
}

impl DataHash {
    pub(crate) fn new(algorithm: HashAlgorithm) -> Option<Self> {
        match algorithm {
            HashAlgorithm::Sha256 => Some(Self::Sha256(Sha256::new())),
            HashAlgorithm::Sha384 => Some(Self::Sha384(Sha384::new())),
            HashAlgorithm::Sha512 => Some(Self::Sha512(Sha512::new())),
            _ => None,
        }
    }

    pub(crate) fn sha256() -> Self {
        Self::Sha256(Sha256::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha384(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    pub(crate) fn with(mut self, bytes: &[u8]) -> Self {
        self.update(bytes);
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(hash) => hash.finish().to_vec(),
            Self::Sha384(hash) => hash.finalize().to_vec(),
            Self::Sha512(hash) => hash.finalize().to_vec(),
        }
    }
}
