use pgp::crypto::hash::HashAlgorithm;
use xen4centos_artifact::header::{HeaderError, RpmHeaders, Tag, Text, tag};

use crate::data_hash::DataHash;

/// Why a payload is not the one that the header describes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadFault {
    /// Other bytes than those that rpmbuild wrote.
    #[error("its digest is `{found}`, the header (tag {tag}) says `{stated}`")]
    Mismatch {
        /// 5092 or 5097.
        tag: Tag,
        /// By the header.
        stated: String,
        /// By the payload.
        found: String,
    },
    /// An algorithm that no rpmbuild uses for payloads; its digest can not be compared.
    #[error("the header (tag 5093) gives its digest by algorithm {0}, known are 8, 9 and 10")]
    Algorithm(u32),
    /// No digest, or several.
    #[error("the header (tag {tag}) gives {count} digests of it, expected one")]
    Count {
        /// 5092 or 5097.
        tag: Tag,
        /// How many.
        count: usize,
    },
}

/// The digest of the payload that rpm 4.14 and newer write into the main header, where the signature over the header
/// covers it; and the running digest of the payload that is there.
pub(crate) struct PayloadDigest<'a> {
    stated: Option<(Tag, Text<'a>)>,
    hash: DataHash,
}

impl<'a> PayloadDigest<'a> {
    /// Older packages state none: any payload goes with them. Tag 5097 is the digest of the uncompressed payload; rpm
    /// takes it in the other's place for a package whose payload was uncompressed later, which rpm 4.8 can not install.
    /// So it serves only where it stands alone: a payload that has the digest of tag 5092 needs no second proof.
    pub(crate) fn of(headers: &'a RpmHeaders) -> Result<Result<Self, PayloadFault>, HeaderError> {
        let main = headers.main();
        let algorithm = main.u32(tag::PAYLOAD_DIGEST_ALGO)?.unwrap_or(8);
        for tag in [tag::PAYLOAD_DIGEST, tag::PAYLOAD_DIGEST_ALT] {
            if !main.contains(tag) {
                continue;
            }
            let mut digests = main.strings(tag)?;
            let (count, stated) = (digests.len(), digests.next().unwrap_or_default());
            let known =
                u8::try_from(algorithm).ok().and_then(|number| DataHash::new(HashAlgorithm::from(number)));
            return Ok(match known {
                _ if count != 1 => Err(PayloadFault::Count { tag, count }),
                Some(hash) => Ok(Self { stated: Some((tag, stated)), hash }),
                None => Err(PayloadFault::Algorithm(algorithm)),
            });
        }
        Ok(Ok(Self { stated: None, hash: DataHash::sha256() }))
    }

    /// The next bytes of the payload.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if self.stated.is_some() {
            self.hash.update(bytes);
        }
    }

    /// Compares, after the last byte.
    pub(crate) fn check(self) -> Result<(), PayloadFault> {
        let Some((tag, stated)) = self.stated else { return Ok(()) };
        let found = hex::encode(self.hash.finish());
        if stated.as_bytes().eq_ignore_ascii_case(found.as_bytes()) {
            return Ok(());
        }
        Err(PayloadFault::Mismatch { tag, stated: stated.to_string(), found })
    }
}
