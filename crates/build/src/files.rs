//! Small acts on files that several modules need: digests while copying, and writing by rename.

use std::io::{Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::BuildError;

/// The SHA-256 of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::from_bytes(Sha256::digest(bytes).into())
}

/// JSON of this crate's own types, which hold nothing that JSON has not.
pub(crate) fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings, numbers and sorted maps become JSON")
}

/// A directory with a name of its own in `parent`, removed when it is dropped.
pub(crate) fn temporary_directory(parent: &Utf8Path) -> Result<(tempfile::TempDir, Utf8PathBuf), BuildError> {
    create_directory(parent)?;
    let failed = || BuildError::file("create a directory in", parent);
    let directory = tempfile::Builder::new().prefix(".tmp-").tempdir_in(parent).map_err(failed())?;
    let path = Utf8PathBuf::from_path_buf(directory.path().to_owned())
        .expect("a UTF-8 path with an ASCII name at its end is UTF-8");
    Ok((directory, path))
}

/// The SHA-256 and the length of a file, read in pieces.
pub(crate) fn sha256_of(path: &Utf8Path) -> Result<(Sha256Digest, u64), BuildError> {
    let mut file = fs_err::File::open(path).map_err(BuildError::file("read", path))?;
    pour(&mut file, &mut std::io::sink()).map_err(BuildError::file("read", path))
}

/// Copies a file and returns the SHA-256 and length of what was copied.
pub(crate) fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<(Sha256Digest, u64), BuildError> {
    let mut source = fs_err::File::open(from).map_err(BuildError::file("read", from))?;
    let mut copy = fs_err::File::create(to).map_err(BuildError::file("write", to))?;
    pour(&mut source, &mut copy).map_err(BuildError::file("copy", from))
}

fn pour(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<(Sha256Digest, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut length = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok((Sha256Digest::from_bytes(hasher.finalize().into()), length));
        }
        hasher.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        length += count as u64;
    }
}

/// Writes a file so that a reader sees the old one or the new one, whole.
pub(crate) fn write(path: &Utf8Path, bytes: &[u8]) -> Result<(), BuildError> {
    let directory = path.parent().unwrap_or(Utf8Path::new("."));
    create_directory(directory)?;
    let failed = || BuildError::file("write", path);
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed())?;
    file.write_all(bytes).map_err(failed())?;
    file.persist(path).map_err(|error| failed()(error.error))?;
    Ok(())
}

pub(crate) fn create_directory(path: &Utf8Path) -> Result<(), BuildError> {
    fs_err::create_dir_all(path).map_err(BuildError::file("create", path))
}

/// Removes a directory with all in it; one that is not there is fine. Trees that a build left without write
/// permission are made writable first.
pub(crate) fn remove_directory(path: &Utf8Path) -> Result<(), BuildError> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            make_writable(path);
            fs_err::remove_dir_all(path).map_err(BuildError::file("remove", path))
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(BuildError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// What can not be made writable shows when it is removed.
fn make_writable(path: &Utf8Path) {
    use std::os::unix::fs::PermissionsExt;
    drop(fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o700)));
    for entry in path.read_dir_utf8().into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(entry.path());
        }
    }
}

/// Entries of a directory with the given ending, sorted; none where there is no directory.
pub(crate) fn with_extension(directory: &Utf8Path, extension: &str) -> Result<Vec<Utf8PathBuf>, BuildError> {
    let entries = match directory.read_dir_utf8() {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(BuildError::file("read", directory)(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(BuildError::file("read", directory))?.into_path();
        if path.extension() == Some(extension) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
