//! Files that must still be there, whole, when the power fails right after the switch.

use std::{
    fs::Permissions,
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    time::{Duration, SystemTime},
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::PublishError;

const BUFFER: usize = 128 * 1024;

/// Web servers run as somebody else, whatever the mask of the one who publishes.
const FILE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;

/// Writes a file that all may read by way of a temporary one beside it, down to the disk.
pub(crate) fn write_synced(path: &Utf8Path, bytes: &[u8]) -> Result<(), PublishError> {
    let temporary = Utf8PathBuf::from(format!("{path}.part"));
    let fail = |source| PublishError::files("write", path)(source);
    let mut file = fs_err::File::create(&temporary).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.set_permissions(Permissions::from_mode(FILE_MODE)).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    fs_err::rename(&temporary, path).map_err(fail)
}

/// Copies a file down to the disk, so that nobody who holds the original can change what is published. Its time
/// becomes `time` (seconds since 1970), which yum shows as the time of publication. Returns size and digest of
/// what was written.
pub(crate) fn copy_synced(
    from: &Utf8Path,
    to: &Utf8Path,
    time: u64,
) -> Result<(u64, Sha256Digest), PublishError> {
    let fail = |source| PublishError::files("write", to)(source);
    let mut source = fs_err::File::open(from).map_err(PublishError::files("read", from))?;
    let mut target = fs_err::File::create_new(to).map_err(fail)?;
    let (mut buffer, mut hasher, mut size) = (vec![0; BUFFER], Sha256::new(), 0);
    loop {
        match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => {
                hasher.update(&buffer[..length]);
                target.write_all(&buffer[..length]).map_err(fail)?;
                size += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(PublishError::files("read", from)(error)),
        }
    }
    target.set_permissions(Permissions::from_mode(FILE_MODE)).map_err(fail)?;
    target.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(time)).map_err(fail)?;
    target.sync_all().map_err(fail)?;
    Ok((size, Sha256Digest::from_bytes(hasher.finalize().into())))
}

/// Size and digest of a file.
pub(crate) fn digest(path: &Utf8Path) -> Result<(u64, Sha256Digest), PublishError> {
    let fail = |source| PublishError::files("read", path)(source);
    let mut file = fs_err::File::open(path).map_err(fail)?;
    let (mut buffer, mut hasher, mut size) = (vec![0; BUFFER], Sha256::new(), 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((size, Sha256Digest::from_bytes(hasher.finalize().into()))),
            Ok(length) => {
                hasher.update(&buffer[..length]);
                size += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(fail(error)),
        }
    }
}

/// The same file under a second name; a copy where the file system has no such thing.
pub(crate) fn link(from: &Utf8Path, to: &Utf8Path) -> Result<(), PublishError> {
    if fs_err::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let fail = |source| PublishError::files("copy", from)(source);
    let modified = fs_err::metadata(from).and_then(|metadata| metadata.modified()).map_err(fail)?;
    fs_err::copy(from, to).map_err(fail)?;
    let file = fs_err::OpenOptions::new().append(true).open(to).map_err(fail)?;
    file.set_modified(modified).and_then(|()| file.sync_all()).map_err(fail)
}

pub(crate) fn create_directory(path: &Utf8Path) -> Result<(), PublishError> {
    let fail = |source| PublishError::files("create", path)(source);
    fs_err::create_dir(path).map_err(fail)?;
    fs_err::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE)).map_err(fail)
}

/// Creates a directory and those above it, as far as they do not exist; what exists stays as its owner has it.
pub(crate) fn create_directories(path: &Utf8Path) -> Result<(), PublishError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_str().is_empty()) {
        create_directories(parent)?;
    }
    match create_directory(path) {
        // Another process was faster.
        Err(_) if path.is_dir() => Ok(()),
        result => result,
    }
}

/// Makes a directory and the files in it (not below it) readable for all and writes them to disk. Those that are
/// `new` by their name get `time` (seconds since 1970), which is what web servers tell clients.
pub(crate) fn settle(
    directory: &Utf8Path,
    time: u64,
    new: impl Fn(&str) -> bool,
) -> Result<(), PublishError> {
    let fail = |source| PublishError::files("write", directory)(source);
    for entry in fs_err::read_dir(directory).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.file_type().map_err(fail)?.is_file() {
            let file = fs_err::File::open(entry.path()).map_err(fail)?;
            if file.metadata().map_err(fail)?.permissions().mode() & 0o777 != FILE_MODE {
                file.set_permissions(Permissions::from_mode(FILE_MODE)).map_err(fail)?;
            }
            if new(&entry.file_name().to_string_lossy()) {
                file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(time)).map_err(fail)?;
            }
            file.sync_all().map_err(fail)?;
        }
    }
    fs_err::set_permissions(directory, Permissions::from_mode(DIRECTORY_MODE)).map_err(fail)?;
    sync_directory(directory)
}

/// Writes the names in a directory to disk.
pub(crate) fn sync_directory(directory: &Utf8Path) -> Result<(), PublishError> {
    let file = fs_err::File::open(directory).map_err(PublishError::files("open", directory))?;
    file.sync_all().map_err(PublishError::files("sync", directory))
}

/// Removes a directory with all that is in it, if it is there.
pub(crate) fn remove(directory: &Utf8Path) -> Result<(), PublishError> {
    match fs_err::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PublishError::files("remove", directory)(error))
        }
        _ => Ok(()),
    }
}
