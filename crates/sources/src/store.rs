//! The content-addressed store: `sha256/ab/<digest>`, each object beside a stamp that says in which state (length,
//! time of change, inode) it was when it was last hashed.
//!
//! The stamp is the trade between two wishes. Hashing 80 MB on every run would make a run that has nothing to do
//! slow; believing a file because of its name would let a disk that was full, or an editor, change a release. So
//! an object whose `stat` equals its stamp is believed, and every other is hashed again: it gets a new stamp, or,
//! if its bytes are not those of its name, is set aside in `corrupt/`. What a stamp can not see is a change that
//! restores the time of change on purpose, or a disk that returns other bytes; who fears these removes the
//! `.verified` files. A stamp has no change time (ctime), because hard links into a build directory change it.

use std::{io, os::unix::fs::MetadataExt};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Sha256Digest;

use crate::{Event, FetchError, Reporter, hashing, partial::Partial};

/// A directory of verified files by digest.
#[derive(Clone, Debug)]
pub struct Store {
    root: Utf8PathBuf,
}

/// What the store has under a digest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Present(Object),
    Absent,
    /// Its bytes had changed; they are kept here.
    Corrupt(Utf8PathBuf),
}

/// A file whose bytes have the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) path: Utf8PathBuf,
    pub(crate) sha256: Sha256Digest,
    pub(crate) size: u64,
}

impl Store {
    /// The store in this directory, which is made when something is put into it.
    pub fn new(root: impl Into<Utf8PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where an object is or would be.
    pub fn path_of(&self, sha256: &Sha256Digest) -> Utf8PathBuf {
        let digits = sha256.to_string();
        self.root.join("sha256").join(&digits[..2]).join(digits)
    }

    /// The directory of the store for one purpose of its own.
    pub(crate) fn directory(&self, name: &str) -> Result<Utf8PathBuf, FetchError> {
        let path = self.root.join(name);
        fs_err::create_dir_all(&path).map_err(file_error("create", &path))?;
        Ok(path)
    }

    /// A path in a directory of the store, which need not exist.
    pub(crate) fn place(&self, directory: &str, name: &str) -> Utf8PathBuf {
        self.root.join(directory).join(name)
    }

    /// What is there under a digest, hashed if its stamp does not fit.
    pub(crate) fn look_up(&self, sha256: &Sha256Digest) -> Result<Lookup, FetchError> {
        let path = self.path_of(sha256);
        let Some(stamp) = Stamp::of(&path)? else {
            return Ok(Lookup::Absent);
        };
        let object = |size| Lookup::Present(Object { path: path.clone(), sha256: *sha256, size });
        if recorded_stamp(&path).as_deref() == Some(stamp.text.as_str()) {
            return Ok(object(stamp.size));
        }
        let (found, size) = hashing::of_file(&path)?;
        if found == *sha256 {
            write_stamp(&path, &stamp)?;
            return Ok(object(size));
        }
        let kept = self.directory("corrupt")?.join(sha256.to_string());
        fs_err::rename(&path, &kept).map_err(file_error("move", &path))?;
        Ok(Lookup::Corrupt(kept))
    }

    /// The present object, or nothing.
    pub(crate) fn get(&self, sha256: &Sha256Digest) -> Result<Option<Object>, FetchError> {
        Ok(match self.look_up(sha256)? {
            Lookup::Present(object) => Some(object),
            Lookup::Absent | Lookup::Corrupt(_) => None,
        })
    }

    /// A file on its way in; waits for whoever else has it in hand.
    pub(crate) fn partial(&self, name: &str, reporter: &dyn Reporter) -> Result<Partial, FetchError> {
        let path = self.directory("partial")?.join(name);
        let waiting = || reporter.report(&Event::Locked { path: &path });
        Partial::open(path.clone(), waiting)
    }

    /// Takes a file whose bytes were just hashed.
    pub(crate) fn adopt(
        &self,
        partial: Partial,
        (sha256, size): (Sha256Digest, u64),
    ) -> Result<Object, FetchError> {
        let path = self.path_of(&sha256);
        if let Some(directory) = path.parent() {
            fs_err::create_dir_all(directory).map_err(file_error("create", directory))?;
        }
        partial.persist(&path)?;
        if let Some(stamp) = Stamp::of(&path)? {
            write_stamp(&path, &stamp)?;
        }
        Ok(Object { path, sha256, size })
    }

    /// Takes an object away, for tarballs of trees that have changed since.
    pub(crate) fn forget(&self, sha256: &Sha256Digest) -> Result<(), FetchError> {
        let path = self.path_of(sha256);
        for path in [stamp_path(&path), path] {
            match fs_err::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(file_error("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The state of a file in which it was hashed.
struct Stamp {
    text: String,
    size: u64,
}

impl Stamp {
    fn of(path: &Utf8Path) -> Result<Option<Self>, FetchError> {
        match fs_err::symlink_metadata(path) {
            Ok(stat) => Ok(Some(Self {
                text: format!("{} {}.{:09} {}\n", stat.size(), stat.mtime(), stat.mtime_nsec(), stat.ino()),
                size: stat.size(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(file_error("read", path)(source)),
        }
    }
}

fn stamp_path(object: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{object}.verified"))
}

/// A stamp that can not be read is one that does not fit.
fn recorded_stamp(object: &Utf8Path) -> Option<String> {
    fs_err::read_to_string(stamp_path(object)).ok()
}

/// By way of a file of one name, so that what a killed run left is what the next one writes. Two that write it at a time
/// write the same.
fn write_stamp(object: &Utf8Path, stamp: &Stamp) -> Result<(), FetchError> {
    let path = stamp_path(object);
    let part = Utf8PathBuf::from(format!("{path}.part"));
    let written = fs_err::write(&part, &stamp.text).and_then(|()| fs_err::rename(&part, &path));
    match written {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error("write", &path)(error)),
        _ => Ok(()),
    }
}

/// Writes a small file by way of another beside it, of one name and under its lock: what a killed run left is what the next
/// one writes, and of two that write at a time each writes the whole.
pub(crate) fn write_whole(path: &Utf8Path, bytes: &[u8]) -> Result<(), FetchError> {
    if let Some(directory) = path.parent() {
        fs_err::create_dir_all(directory).map_err(file_error("create", directory))?;
    }
    let mut partial = Partial::open(format!("{path}.part").into(), || ())?;
    partial.clear()?;
    partial.append(bytes)?;
    partial.replace(path)
}

/// For `map_err`.
pub(crate) fn file_error(act: &'static str, path: &Utf8Path) -> impl FnOnce(io::Error) -> FetchError {
    let path = path.to_owned();
    move |source| FetchError::File { act, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_with(bytes: &[u8]) -> (tempfile::TempDir, Store, Object) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(Utf8PathBuf::from_path_buf(directory.path().join("store")).unwrap());
        let mut partial = store.partial("a", &crate::Silent).unwrap();
        let digest = partial.fill(bytes).unwrap();
        let object = store.adopt(partial, digest).unwrap();
        (directory, store, object)
    }

    #[test]
    fn an_object_is_read_only_and_found_again() {
        let (_directory, store, object) = store_with(b"xen");
        assert_eq!(object.sha256, hashing::of_bytes("xen"));
        assert_eq!(store.look_up(&object.sha256).unwrap(), Lookup::Present(object.clone()));
        assert!(fs_err::metadata(&object.path).unwrap().permissions().readonly());
        assert!(object.path.ends_with(format!(
            "sha256/{}/{}",
            &object.sha256.to_string()[..2],
            object.sha256
        )));
    }

    #[test]
    fn small_files_are_whole_and_leave_nothing_beside_them() {
        let temporary = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(temporary.path()).unwrap().join("records/record");
        write_whole(&path, b"first").unwrap();
        fs_err::write(format!("{path}.part"), "what a killed run has left").unwrap();
        let texts = [b'a', b'b', b'c'].map(|letter| vec![letter; 100_000]);
        std::thread::scope(|scope| {
            for text in &texts {
                scope.spawn(|| (0..20).for_each(|_| write_whole(&path, text).unwrap()));
            }
            for _ in 0..200 {
                let found = fs_err::read(&path).unwrap();
                assert!(found == b"first" || texts.contains(&found));
            }
        });
        assert_eq!(fs_err::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_changed_object_is_set_aside() {
        let (_directory, store, object) = store_with(b"xen");
        fs_err::remove_file(&object.path).unwrap();
        fs_err::write(&object.path, "nex").unwrap();
        let Lookup::Corrupt(kept) = store.look_up(&object.sha256).unwrap() else {
            panic!("a changed object was believed");
        };
        assert_eq!(fs_err::read(kept).unwrap(), b"nex");
        assert_eq!(store.look_up(&object.sha256).unwrap(), Lookup::Absent);
    }

    #[test]
    fn an_object_without_a_stamp_is_hashed_and_gets_one() {
        let (_directory, store, object) = store_with(b"xen");
        let stamp = stamp_path(&object.path);
        fs_err::remove_file(&stamp).unwrap();
        assert_eq!(store.look_up(&object.sha256).unwrap(), Lookup::Present(object));
        assert!(stamp.exists());
    }

    #[test]
    fn a_stamp_that_fits_is_believed() {
        let (_directory, store, object) = store_with(b"xen");
        // Only the inode and times decide: this is the documented price of runs that have nothing to do.
        let time = fs_err::metadata(&object.path).unwrap().modified().unwrap();
        let file = {
            use std::os::unix::fs::PermissionsExt;
            fs_err::set_permissions(&object.path, PermissionsExt::from_mode(0o644)).unwrap();
            fs_err::OpenOptions::new().write(true).open(&object.path).unwrap()
        };
        io::Write::write_all(&mut &file, b"nex").unwrap();
        file.into_parts().0.set_modified(time).unwrap();
        assert!(matches!(store.look_up(&object.sha256).unwrap(), Lookup::Present(_)));
    }
}
