//! Unsigned → signed packages, each kept under the key and the digest of the unsigned one.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Nevra, Sha256Digest, SignedRpm, UnsignedRpm};
use xen4centos_sign::Signer;

use crate::{failure::Failure, pipeline::keys::SigningKey, session::Session};

/// Signs what was not signed before with this key.
pub(crate) fn sign_all(
    session: &Session<'_>,
    key: &SigningKey,
    unsigned: Vec<UnsignedRpm>,
) -> Result<Vec<SignedRpm>, Failure> {
    let store = session.work("signed").join(key.public.fingerprint().to_string());
    let mut signer: Option<Signer> = None;
    let mut fresh = 0;
    let mut signed = Vec::with_capacity(unsigned.len());
    let activity = session.printer.activity("Signing", "packages");
    for package in unsigned {
        let directory = store.join(package.sha256.to_string());
        if let Some((path, sha256)) = kept(&directory, &package) {
            signed.push(package.into_signed(path, sha256, key.public.fingerprint()));
            continue;
        }
        activity.message(package.nevra.to_string());
        let signer = match &mut signer {
            Some(signer) => signer,
            none => none.insert(key.signer(session)?),
        };
        fs_err::create_dir_all(&directory)?;
        let result = signer.sign_rpm(package, &directory)?;
        keep(&directory, &result)?;
        signed.push(result);
        fresh += 1;
    }
    drop(activity);
    if fresh > 0 {
        session.printer.step("Signed", format!("{fresh} packages with {}", key.public.fingerprint()));
    }
    Ok(signed)
}

/// Names and digests of the signed packages, where every one of these was signed before with this key.
pub(crate) fn signed_before(
    session: &Session<'_>,
    key: &SigningKey,
    unsigned: &[UnsignedRpm],
) -> Option<Vec<(Nevra, Sha256Digest)>> {
    let store = session.work("signed").join(key.public.fingerprint().to_string());
    let signed = unsigned.iter().map(|package| {
        let (_, sha256) = kept(&store.join(package.sha256.to_string()), package)?;
        Some((package.nevra.clone(), sha256))
    });
    signed.collect()
}

/// The note beside a signed package: its size and digest, so that it need not be read again.
fn note(directory: &Utf8Path) -> Utf8PathBuf {
    directory.join("signed.sha256")
}

fn kept(directory: &Utf8Path, package: &UnsignedRpm) -> Option<(Utf8PathBuf, Sha256Digest)> {
    let path = directory.join(package.nevra.file_name());
    let text = fs_err::read_to_string(note(directory)).ok()?;
    let (digest, size) = text.trim().split_once(' ')?;
    let right_size = fs_err::metadata(&path).is_ok_and(|file| Ok(file.len()) == size.parse());
    right_size.then_some((path, digest.parse().ok()?))
}

fn keep(directory: &Utf8Path, signed: &SignedRpm) -> Result<(), Failure> {
    let size = fs_err::metadata(signed.path())?.len();
    let temporary = directory.join(".signed.sha256");
    fs_err::write(&temporary, format!("{} {size}\n", signed.sha256()))?;
    fs_err::rename(temporary, note(directory))?;
    Ok(())
}
