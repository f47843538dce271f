//! Unsigned → signed packages, each kept under the key and the digest of the unsigned one.
//!
//! The same package signed again by the same key is the same file (see `Signer::sign_rpm`), so that what was lost can be
//! made again and is still what was published.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Fingerprint, Nevra, Sha256Digest, SignedRpm, UnsignedRpm};
use xen4centos_build::{BuildResult, PROVENANCE_FILE, Provenance};
use xen4centos_publish::PublishedPackage;
use xen4centos_sign::{SignError, Signer};

use crate::{
    failure::{Failure, Kind},
    pipeline::{
        files::write_whole,
        keys::{ShippedKey, SigningKey},
        proofs::PROOF_FILE,
    },
    session::Session,
};

/// Signs the binary packages of these builds, but for those that were signed before with this key. Source packages
/// stay with their provenance: the repository is for hosts.
pub(crate) fn sign_all(
    session: &Session<'_>,
    key: &SigningKey,
    built: Vec<BuildResult>,
) -> Result<Vec<SignedRpm>, Failure> {
    let store = store(session, &key.shipped);
    let fingerprint = key.shipped.public.fingerprint();
    let mut fresh = 0;
    let mut signed = Vec::new();
    let mut signer: Option<Signer> = None;
    let activity = session.printer.activity("Signing", "packages");
    let packages = built.into_iter().flat_map(|result| {
        let from = result.directory;
        result.rpms.into_iter().map(move |package| (from.clone(), package))
    });
    for (result, package) in packages {
        let directory = store.join(package.sha256.to_string());
        if let Some((path, sha256)) = kept(&directory, &package) {
            keep_records(&directory, &result)?;
            signed.push(package.into_signed(path, sha256, fingerprint));
            continue;
        }
        activity.message(package.nevra.to_string());
        let signer = match &mut signer {
            Some(signer) => signer,
            none => none.insert(key.signer(session)?),
        };
        fs_err::create_dir_all(&directory)?;
        remove_what_a_kill_left(&directory)?;
        keep_records(&directory, &result)?;
        let package = signer.sign_rpm(package, &directory)?;
        keep(&directory, &package)?;
        signed.push(package);
        fresh += 1;
    }
    drop(activity);
    if fresh > 0 {
        session.printer.step("Signed", format!("{fresh} packages with {fingerprint}"));
    }
    Ok(signed)
}

/// Temporary files, which begin with a dot. Only with the work lock.
fn remove_what_a_kill_left(directory: &Utf8Path) -> Result<(), Failure> {
    for entry in directory.read_dir_utf8()? {
        let entry = entry?;
        if entry.file_name().starts_with('.') {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Names and digests of the signed packages, where every one of these was signed before with this key.
pub(crate) fn signed_before(
    session: &Session<'_>,
    key: &ShippedKey,
    unsigned: &[UnsignedRpm],
) -> Option<Vec<(Nevra, Sha256Digest)>> {
    let store = store(session, key);
    let signed = unsigned.iter().map(|package| {
        let (_, sha256) = kept(&store.join(package.sha256.to_string()), package)?;
        Some((package.nevra.clone(), sha256))
    });
    signed.collect()
}

fn store(session: &Session<'_>, key: &ShippedKey) -> Utf8PathBuf {
    session.work("signed").join(key.public.fingerprint().to_string())
}

/// The note beside a signed package, so that an unchanged file need not be read again: its digest, size and time.
fn note(directory: &Utf8Path) -> Utf8PathBuf {
    directory.join("signed.sha256")
}

/// The stamp by which a file that was changed, or put back from elsewhere, is noticed.
fn stamp(path: &Utf8Path) -> std::io::Result<String> {
    let metadata = fs_err::metadata(path)?;
    Ok(format!("{} {}.{:09}", metadata.len(), metadata.mtime(), metadata.mtime_nsec()))
}

fn kept(directory: &Utf8Path, package: &UnsignedRpm) -> Option<(Utf8PathBuf, Sha256Digest)> {
    let path = directory.join(package.nevra.file_name());
    let text = fs_err::read_to_string(note(directory)).ok()?;
    let (digest, recorded) = text.trim().split_once(' ')?;
    let unchanged = stamp(&path).is_ok_and(|stamp| stamp == recorded);
    unchanged.then_some((path, digest.parse().ok()?))
}

fn keep(directory: &Utf8Path, signed: &SignedRpm) -> Result<(), Failure> {
    let stamp = stamp(signed.path())?;
    write_whole(&note(directory), format!("{} {stamp}\n", signed.sha256()).as_bytes())
}

/// What a package was built from, and what was proven of it, is kept beside the signed one: results of builds may be
/// elsewhere, or removed.
fn keep_records(directory: &Utf8Path, result: &Utf8Path) -> Result<(), Failure> {
    for record in [PROVENANCE_FILE, PROOF_FILE] {
        let (from, kept) = (result.join(record), directory.join(record));
        // Of a build that nothing is claimed of there is no proof.
        if record == PROOF_FILE && !from.is_file() {
            continue;
        }
        let bytes = fs_err::read(from)?;
        if record == PROVENANCE_FILE && tells_the_same(directory, result) {
            continue;
        }
        if !fs_err::read(&kept).is_ok_and(|before| before == bytes) {
            write_whole(&kept, &bytes)?;
        }
    }
    Ok(())
}

/// Whether the kept record is of the same inputs and outputs. Then it stays: when the signed package was built is when the build
/// ran that was signed, and not one that was made again.
fn tells_the_same(kept: &Utf8Path, result: &Utf8Path) -> bool {
    let [kept, new] = [kept, result].map(|directory| Provenance::read(directory).ok());
    kept.zip(new).is_some_and(|(kept, new)| kept.inputs == new.inputs && kept.outputs == new.outputs)
}

/// Where the records of each package that was signed here are, by the digest of the signed file.
pub(crate) fn records(session: &Session<'_>) -> Result<BTreeMap<Sha256Digest, Utf8PathBuf>, Failure> {
    let mut found = BTreeMap::new();
    let store = session.work("signed");
    if !store.is_dir() {
        return Ok(found);
    }
    for key in store.read_dir_utf8()? {
        for entry in key?.path().read_dir_utf8()? {
            let directory = entry?.into_path();
            let text = fs_err::read_to_string(note(&directory)).unwrap_or_default();
            if let Some(digest) = text.split(' ').next().and_then(|digest| digest.parse().ok()) {
                found.insert(digest, directory);
            }
        }
    }
    Ok(found)
}

/// Where a signed package comes from.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The digest of the package before it was signed.
    pub(crate) unsigned: Sha256Digest,
    pub(crate) provenance: Provenance,
    /// Where its records are.
    pub(crate) directory: Utf8PathBuf,
}

/// What was signed here with this key and became the published package.
pub(crate) fn origin(
    session: &Session<'_>,
    key: Fingerprint,
    published: &PublishedPackage,
) -> Result<Option<Origin>, Failure> {
    let store = session.work("signed").join(key.to_string());
    if !store.is_dir() {
        return Ok(None);
    }
    for entry in store.read_dir_utf8()? {
        let directory = entry?.into_path();
        let Some(unsigned) = directory.file_name().and_then(|name| name.parse().ok()) else { continue };
        let text = fs_err::read_to_string(note(&directory)).unwrap_or_default();
        let digest = text.split(' ').next().unwrap_or_default();
        if digest == published.sha256.to_string() && directory.join(PROVENANCE_FILE).is_file() {
            let provenance = Provenance::read(&directory)?;
            return Ok(Some(Origin { unsigned, provenance, directory }));
        }
    }
    Ok(None)
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        let kind = match &error {
            SignError::Read { .. } | SignError::Write { .. } | SignError::Gpg { .. } => Kind::World,
            _ => Kind::Data,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
