use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

/// A digest of a file in the making, by the algorithms that headers name.
pub(super) enum FileDigest {
    Md5(Md5),
    Sha1(Sha1),
    Sha224(Sha224),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl FileDigest {
    /// By its number in RFC 4880, 9.4; `None` for others.
    pub(super) fn new(algorithm: u32) -> Option<Self> {
        Some(match algorithm {
            1 => Self::Md5(Md5::new()),
            2 => Self::Sha1(Sha1::new()),
            8 => Self::Sha256(Sha256::new()),
            9 => Self::Sha384(Sha384::new()),
            10 => Self::Sha512(Sha512::new()),
            11 => Self::Sha224(Sha224::new()),
            _ => return None,
        })
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(digest) => digest.update(bytes),
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha224(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
            Self::Sha384(digest) => digest.update(bytes),
            Self::Sha512(digest) => digest.update(bytes),
        }
    }

    /// As headers have it.
    pub(super) fn hexadecimal(self) -> String {
        match self {
            Self::Md5(digest) => hex::encode(digest.finalize()),
            Self::Sha1(digest) => hex::encode(digest.finalize()),
            Self::Sha224(digest) => hex::encode(digest.finalize()),
            Self::Sha256(digest) => hex::encode(digest.finalize()),
            Self::Sha384(digest) => hex::encode(digest.finalize()),
            Self::Sha512(digest) => hex::encode(digest.finalize()),
        }
    }
}
