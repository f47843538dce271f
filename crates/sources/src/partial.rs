//! A file on its way into the store.
//!
//! Its name follows from what it will be, so that a killed run leaves one file that the next run goes on with or
//! writes over, and never a heap of temporary ones. A lock keeps a second process (or thread) from writing the
//! same file; whoever waited finds the object in the store.

use std::{
    fs::TryLockError,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};
use xen4centos_artifact::Sha256Digest;

use crate::{FetchError, hashing, store::file_error};

/// An exclusively locked file, mostly in `<store>/partial/`.
pub(crate) struct Partial {
    file: fs_err::File,
    path: Utf8PathBuf,
}

impl Partial {
    /// `waiting` is called when somebody else has the file, before waiting for them.
    pub(crate) fn open(path: Utf8PathBuf, waiting: impl Fn()) -> Result<Self, FetchError> {
        loop {
            let file = fs_err::OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(file_error("open", &path))?;
            if let Err(TryLockError::WouldBlock) = file.file().try_lock() {
                waiting();
            }
            file.file().lock().map_err(file_error("lock", &path))?;
            let mine = file.metadata().map_err(file_error("read", &path))?;
            // While this one waited, the one before may have moved the file into the store.
            match fs_err::metadata(&path) {
                Ok(there) if there.ino() == mine.ino() && there.dev() == mine.dev() => {
                    return Ok(Self { file, path });
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(file_error("read", &path)(source)),
            }
        }
    }

    pub(crate) fn path(&self) -> &Utf8PathBuf {
        &self.path
    }

    pub(crate) fn length(&self) -> Result<u64, FetchError> {
        Ok(self.file.metadata().map_err(file_error("read", &self.path))?.len())
    }

    pub(crate) fn clear(&mut self) -> Result<(), FetchError> {
        self.file.set_len(0).map_err(file_error("truncate", &self.path))?;
        self.file.rewind().map_err(file_error("truncate", &self.path))
    }

    /// Hashes what is there, and returns its length; the position is the end afterwards.
    pub(crate) fn feed(&mut self, hasher: &mut Sha256) -> Result<u64, FetchError> {
        self.file.rewind().map_err(file_error("read", &self.path))?;
        hashing::copy(&mut self.file, HashOnly(hasher)).map_err(file_error("read", &self.path))
    }

    /// Digest and length of what is there.
    pub(crate) fn hash(&mut self) -> Result<(Sha256Digest, u64), FetchError> {
        let mut hasher = Sha256::new();
        let length = self.feed(&mut hasher)?;
        Ok((Sha256Digest::from_bytes(hasher.finalize().into()), length))
    }

    /// Replaces what is there by all that the reader has.
    pub(crate) fn fill(&mut self, reader: impl Read) -> Result<(Sha256Digest, u64), FetchError> {
        self.clear()?;
        let mut writer = hashing::HashingWriter::new(&mut self.file);
        hashing::copy(reader, &mut writer).map_err(file_error("write", &self.path))?;
        Ok(writer.finish())
    }

    /// Appends; the caller has written or hashed everything before.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(file_error("write", &self.path))
    }

    pub(crate) fn writer(&mut self) -> io::Result<&mut fs_err::File> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        Ok(&mut self.file)
    }

    /// Moves it to its place; the lock ends with this value.
    pub(crate) fn persist(self, place: &Utf8PathBuf) -> Result<(), FetchError> {
        use std::os::unix::fs::PermissionsExt;
        // Readable by all, writable by none: what is in the store does not change.
        let mode = std::fs::Permissions::from_mode(0o444);
        self.file.set_permissions(mode).map_err(file_error("change", &self.path))?;
        // A stamp must not survive a power cut that the bytes did not.
        self.file.sync_data().map_err(file_error("write", &self.path))?;
        fs_err::rename(&self.path, place).map_err(file_error("move into the store", place))
    }

    /// Moves it to a place outside of the store proper, where it may be replaced again.
    pub(crate) fn replace(self, place: &Utf8Path) -> Result<(), FetchError> {
        fs_err::rename(&self.path, place).map_err(file_error("write", place))
    }

    /// Takes it away.
    pub(crate) fn discard(self) -> Result<(), FetchError> {
        fs_err::remove_file(&self.path).map_err(file_error("remove", &self.path))
    }
}

struct HashOnly<'a>(&'a mut Sha256);

impl Write for HashOnly<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
