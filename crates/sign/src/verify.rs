//! Verification of a signed package, stricter than rpm's: every byte of the file is accounted for.
//!
//! What no signature covers (the lead, the signature header) is small and can be computed from what is covered,
//! so it is computed and compared.

use std::io::{Read, Seek, SeekFrom};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use xen4centos_artifact::{
    Fingerprint, Nevra, Sha256Digest,
    header::{HeaderError, Lead, RpmHeaders, Text, tag},
};

use crate::{
    PayloadFault, PublicKey, PublicKeys, VerifyError,
    data_hash::DataHash,
    package::{BUFFER, from},
    payload_digest::PayloadDigest,
    signature::ParsedSignature,
    signature_header::Contents,
};

/// What a verified package is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// From its header, which is signed.
    pub nevra: Nevra,
    /// The primary key that made both signatures.
    pub key: Fingerprint,
    /// When the header was signed, seconds since 1970.
    pub signed_at: u32,
    /// Of the whole file, as it was read here.
    pub sha256: Sha256Digest,
}

/// Checks a package: both signatures (tags 268 and 1002) by one primary key among `keys`, all digests (269, 273,
/// 1004, and 5092 of the main header), the size (1000), and that nothing stands in the file that signing did not write there. The payload is
/// read once and never held.
///
/// # Errors
/// At the first thing that is not as it must be; missing tags are named together.
pub fn verify_rpm(path: &Utf8Path, keys: &PublicKeys) -> Result<Verified, VerifyError> {
    let package = Package::open(path)?;
    let stated = package.stated()?;
    package.check_size(&stated)?;
    package.check_header_digests(&stated)?;
    let parse = |bytes, tag| ParsedSignature::parse(bytes).map_err(|fault| package.signature(tag, fault));
    let over_header = parse(stated.header_signature, tag::SIG_RSA_HEADER)?;
    let over_all = parse(stated.whole_signature, tag::SIG_PGP)?;
    let header_hash = over_header.new_hash().with(package.headers.main().as_bytes());
    let header_key = package.verify(&over_header, header_hash, keys, tag::SIG_RSA_HEADER)?;
    let streamed = package.stream(&stated, over_all.new_hash())?;
    if streamed.md5 != *stated.md5 {
        return Err(package.digest(tag::SIG_MD5));
    }
    let payload_key = package.verify(&over_all, streamed.data, keys, tag::SIG_PGP)?;
    // Whoever signed may not have looked: a good signature over an altered payload is one over what nobody built.
    streamed.payload.map_err(|fault| VerifyError::Payload { path: package.path.clone(), fault })?;
    let (header, payload) = (header_key.fingerprint(), payload_key.fingerprint());
    if header != payload {
        return Err(VerifyError::TwoKeys { path: package.path, header, payload });
    }
    let nevra = package.headers.nevra().map_err(|source| package.header(source))?;
    Ok(Verified { nevra, key: header, signed_at: over_header.created(), sha256: streamed.file })
}

/// Checks the signature over the header alone (tag 268), of a package that lacks other signatures or digests: who made it is
/// then still to be known. Nothing is checked of a package without one.
///
/// # Errors
/// When it is none that is accepted, or not of one of `keys`.
pub fn verify_header_signature(path: &Utf8Path, keys: &PublicKeys) -> Result<(), VerifyError> {
    let package = Package::open(path)?;
    let signature = package.headers.signature().bytes(tag::SIG_RSA_HEADER);
    let Some(bytes) = signature.map_err(|source| package.header(source))? else { return Ok(()) };
    let parsed =
        ParsedSignature::parse(bytes).map_err(|fault| package.signature(tag::SIG_RSA_HEADER, fault))?;
    let hash = parsed.new_hash().with(package.headers.main().as_bytes());
    package.verify(&parsed, hash, keys, tag::SIG_RSA_HEADER).map(drop)
}

struct Package {
    path: Utf8PathBuf,
    file: File,
    length: u64,
    headers: RpmHeaders,
}

struct Streamed {
    data: DataHash,
    md5: [u8; 16],
    file: Sha256Digest,
    payload: Result<(), PayloadFault>,
}

impl Package {
    fn open(path: &Utf8Path) -> Result<Self, VerifyError> {
        let failed = |source| VerifyError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let headers = RpmHeaders::read_sized(&mut file, length)
            .map_err(|source| VerifyError::Header { path: path.to_owned(), source })?;
        let main = headers.main();
        let immutable = main.region().is_some_and(|region| region.tag == tag::HEADER_IMMUTABLE);
        if !(immutable && main.is_one_region()) {
            return Err(VerifyError::Region { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), file, length, headers })
    }

    /// What the signature header states, if nothing is missing.
    fn stated(&self) -> Result<Contents<'_>, VerifyError> {
        let header = |source| self.header(source);
        let signature = self.headers.signature();
        let bytes = |tag| signature.bytes(tag).map_err(header);
        let text = |tag| Ok(signature.string(tag).map_err(header)?.and_then(Text::to_str));
        let found = (
            bytes(tag::SIG_RSA_HEADER)?,
            text(tag::SIG_SHA1)?,
            text(tag::SIG_SHA256)?,
            signature.u32(tag::SIG_SIZE).map_err(header)?,
            bytes(tag::SIG_PGP)?,
            bytes(tag::SIG_MD5)?,
        );
        let (Some(header_signature), Some(sha1), Some(sha256), Some(size), Some(whole_signature), Some(md5)) =
            found
        else {
            let needed = [
                tag::SIG_RSA_HEADER,
                tag::SIG_SHA1,
                tag::SIG_SHA256,
                tag::SIG_SIZE,
                tag::SIG_PGP,
                tag::SIG_MD5,
            ];
            let tags = needed.into_iter().filter(|tag| !signature.contains(*tag)).collect();
            return Err(VerifyError::Missing { path: self.path.clone(), tags });
        };
        let payload_size = signature.u32(tag::SIG_PAYLOAD_SIZE).map_err(header)?;
        if let Some(size) = payload_size
            && u64::from(size) != self.headers.computed_archive_size().map_err(header)?
        {
            return Err(VerifyError::Form { path: self.path.clone(), part: "payload size (tag 1007)" });
        }
        let reserved = bytes(tag::SIG_RESERVED_SPACE)?;
        if reserved.is_some_and(|zeros| zeros.iter().any(|byte| *byte != 0)) {
            return Err(VerifyError::Form { path: self.path.clone(), part: "reserved space (tag 1008)" });
        }
        Ok(Contents { header_signature, sha1, sha256, size, whole_signature, md5, payload_size, reserved })
    }

    fn check_size(&self, stated: &Contents<'_>) -> Result<(), VerifyError> {
        let found = self.length.saturating_sub(self.headers.header_range().start);
        let stated = u64::from(stated.size);
        if found == stated {
            Ok(())
        } else {
            Err(VerifyError::Size { path: self.path.clone(), stated, found })
        }
    }

    fn check_header_digests(&self, stated: &Contents<'_>) -> Result<(), VerifyError> {
        let header = self.headers.main().as_bytes();
        if hex::encode(Sha1::digest(header)) != stated.sha1 {
            return Err(self.digest(tag::SIG_SHA1));
        }
        if hex::encode(Sha256::digest(header)) != stated.sha256 {
            return Err(self.digest(tag::SIG_SHA256));
        }
        Ok(())
    }

    fn verify<'k>(
        &self,
        signature: &ParsedSignature,
        data: DataHash,
        keys: &'k PublicKeys,
        tag: u32,
    ) -> Result<&'k PublicKey, VerifyError> {
        signature.verify(data, keys).map_err(|fault| self.signature(tag, fault))
    }

    /// Reads the whole file once: compares what no signature covers, and hashes the rest.
    fn stream(&self, stated: &Contents<'_>, mut data: DataHash) -> Result<Streamed, VerifyError> {
        let failed = |source| VerifyError::Read { path: self.path.clone(), source };
        let form = |part| VerifyError::Form { path: self.path.clone(), part };
        let mut input = self.file.file();
        input.seek(SeekFrom::Start(0)).map_err(failed)?;
        let (mut file, mut md5) = (Sha256::new(), Md5::new());
        let payload_fault = |fault| VerifyError::Payload { path: self.path.clone(), fault };
        let mut payload =
            PayloadDigest::of(&self.headers).map_err(|source| self.header(source))?.map_err(payload_fault)?;
        let lead = Lead::for_header(self.headers.main());
        let written = stated.to_padded_bytes();
        for (expected, part) in [(&lead.as_bytes()[..], "lead"), (&written[..], "signature header")] {
            let mut found = vec![0; expected.len()];
            input.read_exact(&mut found).map_err(failed)?;
            if found != expected {
                return Err(form(part));
            }
            file.update(&found);
        }
        let mut buffer = vec![0; BUFFER];
        let mut offset = self.headers.header_range().start;
        loop {
            let length = input.read(&mut buffer).map_err(failed)?;
            if length == 0 {
                break;
            }
            let piece = &buffer[..length];
            file.update(piece);
            data.update(piece);
            md5.update(piece);
            payload.update(from(self.headers.payload_offset(), offset, piece));
            offset += length as u64;
        }
        let file = Sha256Digest::from_bytes(file.finalize().into());
        Ok(Streamed { data, md5: md5.finalize().into(), file, payload: payload.check() })
    }

    fn header(&self, source: HeaderError) -> VerifyError {
        VerifyError::Header { path: self.path.clone(), source }
    }

    fn digest(&self, tag: u32) -> VerifyError {
        VerifyError::Digest { path: self.path.clone(), tag }
    }

    fn signature(&self, tag: u32, fault: crate::SignatureFault) -> VerifyError {
        VerifyError::Signature { path: self.path.clone(), tag, fault }
    }
}
