//! Signing one package. The file is read twice and never held: once to hash it, and once to copy it behind its
//! new signature header; both passes must see the same bytes.
//!
//! The header can not be written over a placeholder after one combined pass, because the length of an RSA
//! signature is not known before it is made: one in 256 begins with a zero byte, which `OpenPGP` leaves out.

use std::io::{Read, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use md5::Md5;
use sha1::{Digest, Sha1};
use tempfile::NamedTempFile;
use xen4centos_artifact::{
    Sha256Digest, SignedRpm, UnsignedRpm,
    header::{Lead, RpmHeaders, tag},
};
use xen4centos_sha256::{Sha256, update_both};

use crate::{
    SignError, Signer,
    data_hash::DataHash,
    payload_digest::PayloadDigest,
    signature_header::{Contents, fits},
    signer::Input,
};

/// Bytes that are held of a payload at any time.
pub(crate) const BUFFER: usize = 256 * 1024;

impl Signer {
    /// Signs a package into the directory `out` under its own file name, replacing what is there, and leaves
    /// the unsigned file as it is. A package that was signed before gets the same bytes as an unsigned one, and the
    /// same ones at any time: its signatures carry the beginning of the day (UTC) on which it was built, or the key's
    /// creation where that is later.
    ///
    /// # Errors
    /// When the file is not the package that was handed over or can not serve EL6, and when reading, signing or
    /// writing fails. `out` holds either the old state or the whole signed package.
    pub fn sign_rpm(&self, package: UnsignedRpm, out: &Utf8Path) -> Result<SignedRpm, SignError> {
        let source = Source::open(&package.path)?;
        source.demand(&package)?;
        let hashes = source.hash()?;
        hashes.demand(&package)?;
        let signature_header = self.signature_header(&source, &hashes)?;
        let name = package.path.file_name().unwrap_or("package.rpm");
        let path = out.join(name);
        let sha256 = source.write_signed(&path, &signature_header, &hashes)?;
        Ok(package.into_signed(path, sha256, self.key().fingerprint()))
    }

    fn signature_header(&self, source: &Source, hashes: &Hashes) -> Result<Vec<u8>, SignError> {
        let header = source.headers.main().as_bytes();
        let mut header_hash = Sha256::new();
        header_hash.update(header);
        let over_header = DataHash::Sha256(header_hash.clone());
        let over_all = DataHash::Sha256(hashes.data.clone());
        let offset = source.headers.header_range().start;
        let time = self.time_of(source.build_time()?);
        let header_signature = self.sign(over_header, &Input::Bytes(header), &source.path, time)?;
        let whole = Input::FileFrom { path: &source.path, offset };
        let whole_signature = self.sign(over_all, &whole, &source.path, time)?;
        let contents = Contents {
            header_signature: &header_signature,
            sha1: &hex::encode(Sha1::digest(header)),
            sha256: &hex::encode(header_hash.finish()),
            size: source.signed_size()?,
            whole_signature: &whole_signature,
            md5: &hashes.md5,
            payload_size: source.payload_size()?,
            reserved: None,
        };
        let bytes = contents.to_padded_bytes();
        // Eight entries at most; the length depends on the key.
        if fits(8, bytes.len()) {
            Ok(bytes)
        } else {
            Err(source.too_large(format!("its signature header has {} bytes", bytes.len())))
        }
    }
}

/// What the first pass found.
struct Hashes {
    /// Over header and payload, running: a signature adds its own bytes.
    data: Sha256,
    /// Over header and payload.
    md5: [u8; 16],
    /// Over the whole unsigned file.
    file: Sha256Digest,
}

impl Hashes {
    fn demand(&self, package: &UnsignedRpm) -> Result<(), SignError> {
        if self.file == package.sha256 {
            return Ok(());
        }
        let what = format!("its sha256 is {}, expected {}", self.file, package.sha256);
        Err(SignError::NotWhatWasBuilt { path: package.path.clone(), what })
    }
}

/// An open package whose headers are read.
struct Source {
    path: Utf8PathBuf,
    file: File,
    length: u64,
    headers: RpmHeaders,
}

impl Source {
    fn open(path: &Utf8Path) -> Result<Self, SignError> {
        let failed = |source| SignError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let headers = RpmHeaders::read_sized(&mut file, length)
            .map_err(|source| SignError::Header { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file, length, headers })
    }

    /// The package must be the one that was built, and one that can be signed at all.
    fn demand(&self, package: &UnsignedRpm) -> Result<(), SignError> {
        let header = |source| SignError::Header { path: self.path.clone(), source };
        let found = self.headers.nevra().map_err(header)?;
        if found != package.nevra {
            let (found, expected) = (Box::new(found), Box::new(package.nevra.clone()));
            return Err(SignError::OtherPackage { path: self.path.clone(), found, expected });
        }
        let main = self.headers.main();
        let immutable = main.region().is_some_and(|region| region.tag == tag::HEADER_IMMUTABLE);
        if !(immutable && main.is_one_region()) {
            return Err(SignError::Region { path: self.path.clone() });
        }
        self.signed_size().map(|_| ())
    }

    /// Seconds since 1970, as rpmbuild said.
    fn build_time(&self) -> Result<Option<u64>, SignError> {
        let header = |source| SignError::Header { path: self.path.clone(), source };
        self.headers.build_time().map_err(header)
    }

    /// Bytes of header and payload.
    fn signed_size(&self) -> Result<u32, SignError> {
        let size = self.length.saturating_sub(self.headers.header_range().start);
        u32::try_from(size).map_err(|_| self.too_large(format!("header and payload have {size} bytes")))
    }

    /// What rpmbuild said the uncompressed payload has, if it did and the list of files agrees: the number
    /// stands where no signature covers it, so a verifier must be able to compute it.
    fn payload_size(&self) -> Result<Option<u32>, SignError> {
        let header = |source| SignError::Header { path: self.path.clone(), source };
        let signature = self.headers.signature();
        let long = signature.number(tag::SIG_LONG_ARCHIVE_SIZE).map_err(header)?;
        let size = signature.number(tag::SIG_PAYLOAD_SIZE).map_err(header)?;
        let computed = self.headers.computed_archive_size().map_err(header)?;
        let too_large = |size: u64| self.too_large(format!("its uncompressed payload has {size} bytes"));
        let agreed = long.or(size).filter(|size| *size == computed);
        agreed.map(|size| u32::try_from(size).map_err(|_| too_large(size))).transpose()
    }

    /// Reads the whole file, and refuses a payload that is not the one that the header states.
    fn hash(&self) -> Result<Hashes, SignError> {
        let (mut file, mut data, mut md5) = (Sha256::new(), Sha256::new(), Md5::new());
        let payload_fault = |fault| SignError::Payload { path: self.path.clone(), fault };
        let mut payload = PayloadDigest::of(&self.headers)
            .map_err(|source| SignError::Header { path: self.path.clone(), source })?
            .map_err(payload_fault)?;
        let header_start = self.headers.header_range().start;
        let payload_start = self.headers.payload_offset();
        self.each_piece(0, |offset, piece| {
            let signed = from(header_start, offset, piece);
            file.update(&piece[..piece.len() - signed.len()]);
            hash_twice(&mut file, &mut data, signed);
            md5.update(signed);
            payload.update(from(payload_start, offset, piece));
            Ok(())
        })?;
        payload.check().map_err(payload_fault)?;
        let file = Sha256Digest::from_bytes(file.finish());
        Ok(Hashes { data, md5: md5.finalize().into(), file })
    }

    /// Writes lead, signature header and the rest of this file to `path`, by a temporary file beside it.
    fn write_signed(
        &self,
        path: &Utf8Path,
        signature_header: &[u8],
        hashes: &Hashes,
    ) -> Result<Sha256Digest, SignError> {
        let failed = |source| SignError::Write { path: path.to_owned(), source };
        let directory = path.parent().unwrap_or(path);
        let mut target = NamedTempFile::new_in(directory).map_err(failed)?;
        let lead = Lead::for_header(self.headers.main());
        let (mut whole, mut data) = (Sha256::new(), Sha256::new());
        for piece in [&lead.as_bytes()[..], signature_header] {
            whole.update(piece);
            target.write_all(piece).map_err(failed)?;
        }
        self.each_piece(self.headers.header_range().start, |_, piece| {
            hash_twice(&mut whole, &mut data, piece);
            target.write_all(piece).map_err(failed)
        })?;
        if data.finish() != hashes.data.clone().finish() {
            let what = "it changed while it was being signed".to_owned();
            return Err(SignError::NotWhatWasBuilt { path: self.path.clone(), what });
        }
        persist(target, path).map_err(failed)?;
        Ok(Sha256Digest::from_bytes(whole.finish()))
    }

    /// Calls `each` with the file's bytes from `start` on, and the position of each piece.
    fn each_piece(
        &self,
        start: u64,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), SignError>,
    ) -> Result<(), SignError> {
        let failed = |source| SignError::Read { path: self.path.clone(), source };
        let mut file = self.file.file();
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let mut buffer = vec![0; BUFFER];
        let mut offset = start;
        loop {
            let length = file.read(&mut buffer).map_err(failed)?;
            if length == 0 {
                return Ok(());
            }
            each(offset, &buffer[..length])?;
            offset += length as u64;
        }
    }

    fn too_large(&self, what: String) -> SignError {
        SignError::TooLarge { path: self.path.clone(), what }
    }
}

/// Two digests over the same bytes, at little more than the cost of one.
fn hash_twice(one: &mut Sha256, other: &mut Sha256, bytes: &[u8]) {
    let (mut one_rest, mut other_rest) = (bytes, bytes);
    update_both((&mut *one, &mut one_rest), (&mut *other, &mut other_rest));
    one.update(one_rest);
    other.update(other_rest);
}

/// What of a piece that stands at `offset` lies at or behind `start`.
pub(crate) fn from(start: u64, offset: u64, piece: &[u8]) -> &[u8] {
    let skip = usize::try_from(start.saturating_sub(offset)).unwrap_or(usize::MAX).min(piece.len());
    &piece[skip..]
}

/// Gives a temporary file its final name, readable by all, once its bytes are on the disk.
pub(crate) fn persist(file: NamedTempFile, path: &Utf8Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}
