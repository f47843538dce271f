//! Digests by the names that repomd.xml has for them.

use std::fmt::Write as _;

use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512, digest::DynDigest};

/// A digest in the making.
pub(crate) struct Hasher(Box<dyn DynDigest + Send>);

impl Hasher {
    /// `None` for algorithms that are not read: MD5 is none that anything should rest on.
    pub(crate) fn of_kind(kind: &str) -> Option<Self> {
        Some(Self(match kind {
            "sha" | "sha1" => Box::new(Sha1::default()),
            "sha224" => Box::new(Sha224::default()),
            "sha256" => Box::new(Sha256::default()),
            "sha384" => Box::new(Sha384::default()),
            "sha512" => Box::new(Sha512::default()),
            _ => return None,
        }))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Hexadecimal digits of what was given; from here on it is as new.
    pub(crate) fn digits(&mut self) -> String {
        self.0.finalize_reset().iter().fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").unwrap_or_default();
            digits
        })
    }
}
