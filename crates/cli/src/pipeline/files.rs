//! Files of the work directory.

use std::io::{Read as _, Write as _};

use camino::Utf8Path;
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::failure::Failure;

/// Writes a file by way of a temporary one beside it, down to the disk: after a crash there is the old one or the new.
pub(crate) fn write_whole(path: &Utf8Path, bytes: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or("file");
    let temporary = path.with_file_name(format!(".{name}.new"));
    let mut file = fs_err::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs_err::rename(temporary, path)?;
    Ok(())
}

/// The digest of a file, which is read piece by piece.
pub(crate) fn sha256_of(path: &Utf8Path) -> Result<Sha256Digest, Failure> {
    let mut file = fs_err::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(Sha256Digest::from_bytes(hasher.finalize().into()))
}
