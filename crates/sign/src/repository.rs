//! The detached signature over repomd.xml, on which all of a client's trust in a repository rests.

use std::io::{BufReader, Read, Write};

use camino::Utf8Path;
use pgp::{
    armor::{BlockType, Dearmor},
    composed::{ArmorOptions, DetachedSignature},
};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use xen4centos_artifact::{Fingerprint, RepoTree, Sha256Digest, SignedRepoTree};

use crate::{
    PublicKeys, SignError, SignatureFault, Signer, VerifyError,
    data_hash::DataHash,
    package::persist,
    signature::{ParsedSignature, first_packet},
    signer::Input,
};

const METADATA: &str = "repodata/repomd.xml";
const SIGNATURE: &str = "repodata/repomd.xml.asc";

/// yum on EL6 takes 110 kB at most; a hundred times that is no repomd.xml.
const LIMIT: u64 = 16 * 1024 * 1024;

impl Signer {
    /// Writes `repodata/repomd.xml.asc` beside repomd.xml, replacing one that is there: an armoured detached
    /// signature with a CRC line.
    ///
    /// # Errors
    /// When repomd.xml can not be read, or the signature not made or written.
    pub fn sign_repository(&self, tree: RepoTree) -> Result<SignedRepoTree, SignError> {
        let metadata = tree.root.join(METADATA);
        let bytes = read(&metadata).map_err(|source| SignError::Read { path: metadata.clone(), source })?;
        let packet =
            self.sign(DataHash::sha256().with(&bytes), &Input::Bytes(&bytes), &metadata, self.time())?;
        let signature =
            first_packet(&packet).map_err(|fault| SignError::SelfCheck { path: metadata.clone(), fault })?;
        let armored = DetachedSignature::new(signature)
            .to_armored_bytes(ArmorOptions::default())
            .map_err(|source| SignError::Sign { path: metadata.clone(), source: Box::new(source) })?;
        let path = tree.root.join(SIGNATURE);
        write(&path, &armored).map_err(|source| SignError::Write { path: path.clone(), source })?;
        Ok(tree.into_signed(self.key().fingerprint()))
    }
}

/// A repomd.xml whose signature is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedRepository {
    /// The primary key that signed it.
    pub key: Fingerprint,
    /// When, seconds since 1970.
    pub signed_at: u32,
    /// Of repomd.xml: who follows the chain from here on must read the same bytes.
    pub repomd: Sha256Digest,
}

/// Checks the signature over `repodata/repomd.xml` under `root`. Of several signatures only the first counts, as
/// on EL6. What repomd.xml lists is not looked at.
///
/// # Errors
/// When either file can not be read, or the first signature is not a good one by one of `keys`.
pub fn verify_repository_signature(
    root: &Utf8Path,
    keys: &PublicKeys,
) -> Result<VerifiedRepository, VerifyError> {
    let load = |name: &str| {
        let path = root.join(name);
        read(&path).map_err(|source| VerifyError::Read { path, source })
    };
    let metadata = load(METADATA)?;
    let armored = load(SIGNATURE)?;
    let refused = |fault| VerifyError::Repository { path: root.join(SIGNATURE), fault };
    let packets = dearmor(&armored).ok_or_else(|| refused(SignatureFault::Malformed))?;
    let first = first_packet(&packets).map_err(refused)?;
    let parsed = ParsedSignature::from_packet(first).map_err(refused)?;
    let key = parsed.verify(parsed.new_hash().with(&metadata), keys).map_err(refused)?;
    Ok(VerifiedRepository {
        key: key.fingerprint(),
        signed_at: parsed.created(),
        repomd: Sha256Digest::from_bytes(Sha256::digest(&metadata).into()),
    })
}

fn dearmor(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut dearmor = Dearmor::new(BufReader::new(bytes));
    dearmor.read_header().ok()?;
    if dearmor.typ != Some(BlockType::Signature) {
        return None;
    }
    let mut packets = Vec::new();
    dearmor.read_to_end(&mut packets).ok()?;
    Some(packets)
}

fn read(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs_err::File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(std::io::Error::other(format!("larger than {LIMIT} bytes")));
    }
    Ok(bytes)
}

fn write(path: &Utf8Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(path))?;
    file.write_all(bytes)?;
    persist(file, path)
}
