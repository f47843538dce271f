//! The signature header as rpm 4.8 wants it: one region, sorted tags, and nothing that it does not know.

use xen4centos_artifact::header::{HeaderBuilder, tag};

/// rpm 4.8 refuses more of either (`rpmReadSignature` there; found by experiment for EL6.md).
const TAGS_LIMIT: usize = 32;
const BYTES_LIMIT: usize = 8192;

/// All that stands in it.
pub(crate) struct Contents<'a> {
    /// 268
    pub(crate) header_signature: &'a [u8],
    /// 269, hexadecimal
    pub(crate) sha1: &'a str,
    /// 273, hexadecimal
    pub(crate) sha256: &'a str,
    /// 1000
    pub(crate) size: u32,
    /// 1002
    pub(crate) whole_signature: &'a [u8],
    /// 1004
    pub(crate) md5: &'a [u8],
    /// 1007, where rpmbuild stated it
    pub(crate) payload_size: Option<u32>,
    /// 1008, zeros that rpmsign keeps for later; none where this program signs.
    pub(crate) reserved: Option<&'a [u8]>,
}

impl Contents<'_> {
    /// The header with the padding that brings the main header to a multiple of 8.
    pub(crate) fn to_padded_bytes(&self) -> Vec<u8> {
        let mut builder = HeaderBuilder::new()
            .bytes(tag::SIG_RSA_HEADER, self.header_signature)
            .string(tag::SIG_SHA1, self.sha1)
            .string(tag::SIG_SHA256, self.sha256)
            .u32s(tag::SIG_SIZE, &[self.size])
            .bytes(tag::SIG_PGP, self.whole_signature)
            .bytes(tag::SIG_MD5, self.md5);
        if let Some(size) = self.payload_size {
            builder = builder.u32s(tag::SIG_PAYLOAD_SIZE, &[size]);
        }
        if let Some(zeros) = self.reserved {
            builder = builder.bytes(tag::SIG_RESERVED_SPACE, zeros);
        }
        let mut bytes = builder.build(tag::HEADER_SIGNATURES);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }
}

/// Whether rpm 4.8 takes a signature header of so many entries and bytes.
pub(crate) const fn fits(entries: usize, bytes: usize) -> bool {
    entries <= TAGS_LIMIT && bytes <= BYTES_LIMIT
}
