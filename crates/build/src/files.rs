//! Small acts on files that several modules need: digests while copying, and writing by rename.

use std::{
    io::{ErrorKind, Read, Write},
    os::unix::fs::PermissionsExt as _,
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::FallocateFlags;
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

/// Writes a file so that a reader sees the old one or the new one, whole. Who may read it is for the umask to say.
pub(crate) fn write(path: &Utf8Path, bytes: &[u8]) -> Result<(), BuildError> {
    let directory = path.parent().unwrap_or(Utf8Path::new("."));
    create_directory(directory)?;
    let failed = || BuildError::file("write", path);
    let mode = std::fs::Permissions::from_mode(0o666);
    let file = tempfile::Builder::new().permissions(mode).tempfile_in(directory);
    let mut file = file.map_err(failed())?;
    file.write_all(bytes).map_err(failed())?;
    file.persist(path).map_err(|error| failed()(error.error))?;
    Ok(())
}

/// Waits until a file, or the list of names in a directory, is on the disk.
pub(crate) fn sync(path: &Utf8Path) -> Result<(), BuildError> {
    let file = fs_err::File::open(path).map_err(BuildError::file("read", path))?;
    file.sync_all().map_err(BuildError::file("write", path))
}

/// Whether so many more bytes can be written in `directory`, by whoever runs this. Not every file system can say: those that
/// can not have room.
pub(crate) fn has_room(directory: &Utf8Path, bytes: u64) -> bool {
    let full = |kind| matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    match tempfile::tempfile_in(directory) {
        Ok(file) => !rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes)
            .is_err_and(|error| full(std::io::Error::from(error).kind())),
        Err(error) => !full(error.kind()),
    }
}

pub(crate) fn create_directory(path: &Utf8Path) -> Result<(), BuildError> {
    fs_err::create_dir_all(path).map_err(BuildError::file("create", path))
}

/// Removes a directory with all in it; one that is not there is fine. Trees that a build left without write
/// permission are made writable first.
pub(crate) fn remove_directory(path: &Utf8Path) -> Result<(), BuildError> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            make_writable(path);
            fs_err::remove_dir_all(path).map_err(BuildError::file("remove", path))
        }
        Err(error) if error.kind() != ErrorKind::NotFound => Err(BuildError::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// What can not be made writable shows when it is removed.
fn make_writable(path: &Utf8Path) {
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
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
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
