//! The digests that metadata may use, and the name that each has there.

use std::{fmt, str::FromStr};

use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha384, Sha512};
use xen4centos_artifact::Sha256Digest;
use xen4centos_sha256::{Sha256, update_both};

/// A digest with the name of its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// `sha256`, `sha512`, `sha` (which means SHA-1) and so on.
    pub kind: String,
    /// Hexadecimal digits.
    pub value: String,
}

impl Checksum {
    /// What the indexer writes unless it is told otherwise.
    pub fn sha256(digest: Sha256Digest) -> Self {
        Self { kind: "sha256".into(), value: digest.to_string() }
    }

    /// The digest, where it is a SHA-256 one.
    pub fn as_sha256(&self) -> Option<Sha256Digest> {
        (self.kind == "sha256").then(|| self.value.parse().ok()).flatten()
    }
}

/// Algorithms of checksums in metadata. yum on EL6 takes all of these but SHA-224.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChecksumKind {
    /// `sha`: SHA-1 under the only name that yum before 3.2 knows.
    Sha,
    /// `sha1`: not safe against forgery.
    Sha1,
    /// `sha224`
    Sha224,
    /// `sha256`
    #[default]
    Sha256,
    /// `sha384`
    Sha384,
    /// `sha512`
    Sha512,
}

impl ChecksumKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Sha, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// As metadata names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha => "sha",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

impl fmt::Display for ChecksumKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A name that stands for no algorithm that is known here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown checksum type `{0}`: expected `sha`, `sha1`, `sha224`, `sha256`, `sha384` or `sha512`")]
pub struct UnknownChecksum(String);

impl FromStr for ChecksumKind {
    type Err = UnknownChecksum;

    fn from_str(name: &str) -> Result<Self, UnknownChecksum> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| UnknownChecksum(name.into()))
    }
}

/// Computes a checksum of bytes as they come.
#[derive(Clone, Debug)]
pub(crate) enum Hasher {
    Sha(Sha1),
    Sha1(Sha1),
    Sha224(Sha224),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(kind: ChecksumKind) -> Self {
        match kind {
            ChecksumKind::Sha => Self::Sha(Sha1::new()),
            ChecksumKind::Sha1 => Self::Sha1(Sha1::new()),
            ChecksumKind::Sha224 => Self::Sha224(Sha224::new()),
            ChecksumKind::Sha256 => Self::Sha256(Sha256::new()),
            ChecksumKind::Sha384 => Self::Sha384(Sha384::new()),
            ChecksumKind::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha(hasher) | Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha224(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Takes as much of both as can be hashed side by side. Of one, less than a block is left.
    pub(crate) fn update_both(left: (&mut Self, &mut &[u8]), right: (&mut Self, &mut &[u8])) {
        match (left, right) {
            ((Self::Sha256(one), one_bytes), (Self::Sha256(other), other_bytes)) => {
                update_both((one, one_bytes), (other, other_bytes));
            }
            ((one, one_bytes), (other, other_bytes)) => {
                one.update(std::mem::take(one_bytes));
                other.update(std::mem::take(other_bytes));
            }
        }
    }

    pub(crate) fn finish(self) -> Checksum {
        let (kind, value) = match self {
            Self::Sha(hasher) => (ChecksumKind::Sha, digits(&hasher.finalize())),
            Self::Sha1(hasher) => (ChecksumKind::Sha1, digits(&hasher.finalize())),
            Self::Sha224(hasher) => (ChecksumKind::Sha224, digits(&hasher.finalize())),
            Self::Sha256(hasher) => (ChecksumKind::Sha256, digits(&hasher.finish())),
            Self::Sha384(hasher) => (ChecksumKind::Sha384, digits(&hasher.finalize())),
            Self::Sha512(hasher) => (ChecksumKind::Sha512, digits(&hasher.finalize())),
        };
        Checksum { kind: kind.as_str().into(), value }
    }

    /// Of bytes that are at hand.
    pub(crate) fn of(kind: ChecksumKind, bytes: &[u8]) -> Checksum {
        let mut hasher = Self::new(kind);
        hasher.update(bytes);
        hasher.finish()
    }
}

fn digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four: u8| char::from(DIGITS[usize::from(four & 0xf)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_the_standards() {
        let check = |kind, start: &str| {
            let found = Hasher::of(kind, b"abc");
            assert!(found.value.starts_with(start), "{found:?}");
            assert_eq!(found.kind.parse(), Ok(kind));
        };
        check(ChecksumKind::Sha, "a9993e36");
        check(ChecksumKind::Sha1, "a9993e36");
        check(ChecksumKind::Sha224, "23097d22");
        check(ChecksumKind::Sha256, "ba7816bf");
        check(ChecksumKind::Sha384, "cb00753f");
        check(ChecksumKind::Sha512, "ddaf35a1");
        let error = "SHA256".parse::<ChecksumKind>().unwrap_err().to_string();
        assert!(error.starts_with("unknown checksum type `SHA256`: expected "), "{error}");
        for kind in ChecksumKind::ALL {
            assert!(error.contains(&format!("`{kind}`")), "{error}");
        }
    }
}
