//! Packages made of nothing but headers, so that one thing at a time can be wrong with them.

use camino::Utf8Path;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::header::{HeaderBuilder, tag};

/// A package that an EL6 client takes, before it is spoiled.
pub(crate) struct Package {
    pub(crate) signature: HeaderBuilder,
    pub(crate) main: HeaderBuilder,
}

/// A signature packet of version 4 that names an algorithm of key and of hash.
pub(crate) fn signature_packet(key: u8, hash: u8) -> Vec<u8> {
    // No attributes, two bytes of the digest, and numbers of no bits: as many as the algorithm has.
    let numbers = if key == 17 { 2 } else { 1 };
    [&[0xc2, 10 + 2 * numbers, 4, 0, key, hash][..], &vec![0; 6 + 2 * usize::from(numbers)]].concat()
}

/// Puts a digest in the place of as many zeros; one that a test has spoiled stays.
fn with_digest(signature: Vec<u8>, digest: &String) -> Vec<u8> {
    let zeros = format!("{}\0", "0".repeat(digest.len()));
    let place = signature.windows(zeros.len()).position(|window| window == zeros.as_bytes());
    let Some(place) = place.filter(|place| *place == 0 || signature[place - 1] != b'0') else {
        return signature;
    };
    [&signature[..place], digest.as_bytes(), &signature[place + digest.len()..]].concat()
}

impl Package {
    pub(crate) fn clean() -> Self {
        let rsa = signature_packet(1, 8);
        let signature = HeaderBuilder::new()
            .bytes(tag::SIG_RSA_HEADER, &rsa)
            .string(tag::SIG_SHA1, &"0".repeat(40))
            .string(tag::SIG_SHA256, &"0".repeat(64))
            .u32s(tag::SIG_SIZE, &[1000])
            .bytes(tag::SIG_PGP, &rsa)
            .bytes(tag::SIG_MD5, &[0; 16]);
        let main = HeaderBuilder::new()
            .string(tag::NAME, "clean")
            .string(tag::VERSION, "4.2.5")
            .string(tag::RELEASE, "1.el6.centos.alt")
            .string(tag::ARCH, "x86_64")
            .string(tag::SOURCE_RPM, "clean-4.2.5-1.el6.centos.alt.src.rpm")
            .string(tag::PAYLOAD_COMPRESSOR, "xz")
            .u32s(tag::FILE_DIGEST_ALGO, &[8])
            .string(tag::POST_IN, "true")
            .strings(tag::POST_IN_PROG, &["/bin/sh", "-e"])
            .strings(tag::POST_TRANS_PROG, &["<lua>"]);
        Self { signature, main }.requires(&[
            "rpmlib(PayloadIsXz)",
            "/bin/sh",
            "libc.so.6(GLIBC_2.2.5)(64bit)",
            "libc.so.6(GLIBC_2.12)(64bit)",
            "libc.so.6(GLIBC_PRIVATE)(64bit)",
            "libstdc++.so.6(GLIBCXX_3.4.13)(64bit)",
        ])
    }

    /// Replaces the requirements.
    pub(crate) fn requires(mut self, names: &[&str]) -> Self {
        let empty = vec![""; names.len()];
        self.main = self
            .main
            .strings(tag::REQUIRE_NAME, names)
            .strings(tag::REQUIRE_VERSION, &empty)
            .u32s(tag::REQUIRE_FLAGS, &vec![0; names.len()]);
        self
    }

    pub(crate) fn main(mut self, change: impl FnOnce(HeaderBuilder) -> HeaderBuilder) -> Self {
        self.main = change(self.main);
        self
    }

    pub(crate) fn signature(mut self, change: impl FnOnce(HeaderBuilder) -> HeaderBuilder) -> Self {
        self.signature = change(self.signature);
        self
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut lead = vec![0; 96];
        lead[..4].copy_from_slice(&[0xed, 0xab, 0xee, 0xdb]);
        lead[4] = 3;
        lead[79] = 5;
        let main = self.main.build(tag::HEADER_IMMUTABLE);
        let digests = [hex::encode(Sha256::digest(&main)), hex::encode(Sha1::digest(&main))];
        let signature = digests.iter().fold(self.signature.build(tag::HEADER_SIGNATURES), with_digest);
        let padding = vec![0; signature.len().next_multiple_of(8) - signature.len()];
        [lead, signature, padding, main].concat()
    }

    pub(crate) fn write(&self, path: &Utf8Path) {
        fs_err::write(path, self.to_bytes()).unwrap();
    }
}
