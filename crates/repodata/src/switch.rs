//! The `repodata` directory is written beside the one that readers use and takes its place by one rename.

use std::{collections::BTreeMap, fs::TryLockError, io};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};

use crate::{Event, Newer, RepodataError, Repomd, Reporter, Retain};

/// Where new metadata is written. A killed index leaves it, the next one removes it.
const NEW: &str = ".repodata.new";

/// Where the old metadata waits while the new one takes its place, on file systems that can not exchange two
/// directories.
const OLD: &str = ".repodata.old";

/// What directories that can not be removed are called, with a number behind it. Every index tries again.
const LEFT: &str = ".repodata.left.";

/// The right to replace the metadata of one repository. The lock is on the directory itself, so it leaves
/// nothing behind and ends with the process.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: Utf8PathBuf,
    lock: fs_err::File,
}

/// A document of a state before.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Old {
    written: std::time::SystemTime,
    path: Utf8PathBuf,
}

impl Old {
    fn of(path: Utf8PathBuf) -> Option<Self> {
        let written = fs_err::metadata(&path).and_then(|metadata| metadata.modified()).ok()?;
        Some(Self { written, path })
    }

    fn is_since(&self, seconds: u64) -> bool {
        self.written >= std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)
    }
}

/// A process that is just being started elsewhere in this program has a copy of the file until it runs: closing ours would
/// not end the lock.
impl Drop for Workspace {
    fn drop(&mut self) {
        self.lock.unlock().unwrap_or_default();
    }
}

impl Workspace {
    pub(crate) fn open(root: &Utf8Path, reporter: &dyn Reporter) -> Result<Self, RepodataError> {
        demand_directory(root)?;
        let lock = fs_err::File::open(root).map_err(RepodataError::files("open", root))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RepodataError::Busy { path: root.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(RepodataError::files("lock", root)(source)),
        }
        let workspace = Self { root: root.to_owned(), lock };
        workspace.recover(reporter)?;
        workspace.demand_metadata()?;
        fs_err::create_dir(workspace.new_directory()).map_err(RepodataError::files("create", root))?;
        Ok(workspace)
    }

    /// Removes what a killed index left, and puts back metadata that it had moved away.
    fn recover(&self, reporter: &dyn Reporter) -> Result<(), RepodataError> {
        for left in self.left() {
            // It was told of when it was left.
            remove(&left).unwrap_or_default();
        }
        let (current, old) = (self.current(), self.root.join(OLD));
        // Readers first.
        if old.exists() && !current.exists() {
            fs_err::rename(&old, &current).map_err(RepodataError::files("restore", &current))?;
        }
        self.clear(&self.new_directory(), reporter)?;
        self.clear(&old, reporter)
    }

    /// What could not be removed before.
    fn left(&self) -> Vec<Utf8PathBuf> {
        let entries = fs_err::read_dir(&self.root).into_iter().flatten().flatten();
        let paths = entries.filter_map(|entry| Utf8PathBuf::from_path_buf(entry.path()).ok());
        paths.filter(|path| path.file_name().is_some_and(|name| name.starts_with(LEFT))).collect()
    }

    /// Removes a directory, or puts it out of the way.
    fn clear(&self, directory: &Utf8Path, reporter: &dyn Reporter) -> Result<(), RepodataError> {
        let Err(error) = remove(directory) else { return Ok(()) };
        let free = |path: &Utf8PathBuf| fs_err::symlink_metadata(path).is_err();
        let path = (1..1000).map(|number| self.root.join(format!("{LEFT}{number}"))).find(free);
        match path {
            Some(path) if fs_err::rename(directory, &path).is_ok() => {
                reporter.event(Event::Remains { path, error });
                Ok(())
            }
            _ => Err(error),
        }
    }

    /// What takes the place of something else must know what that is: a directory that only has the name stays.
    fn demand_metadata(&self) -> Result<(), RepodataError> {
        let current = self.current();
        demand_no_link(&current)?;
        let failed = |source| RepodataError::Files { act: "read", path: current.clone(), source };
        let is_empty = match fs_err::read_dir(&current) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(failed(error)),
        };
        if is_empty || current.join("repomd.xml").is_file() {
            Ok(())
        } else {
            Err(RepodataError::Foreign { path: current })
        }
    }

    /// The directory that holds `repodata`.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// What readers see.
    pub(crate) fn current(&self) -> Utf8PathBuf {
        self.root.join("repodata")
    }

    /// What is being written.
    pub(crate) fn new_directory(&self) -> Utf8PathBuf {
        self.root.join(NEW)
    }

    /// Keeps the documents of the metadata that is replaced, and the `carried` files, beside the new ones: who
    /// has read the old repomd.xml still finds what it lists.
    pub(crate) fn carry(
        &self,
        carried: &[Utf8PathBuf],
        retain: Retain,
        present: &Repomd,
    ) -> Result<(), RepodataError> {
        self.carry_foreign(present)?;
        let mut files = carried.to_vec();
        files.extend(self.retained(retain, present));
        if retain != Retain::Last(0) {
            let names = present.records.iter().filter_map(crate::Record::file_name);
            let present = names.map(|name| self.current().join(name));
            files.extend(present.filter(|path| match retain {
                Retain::Last(_) => true,
                Retain::Since(seconds) => Old::of(path.clone()).is_some_and(|old| old.is_since(seconds)),
            }));
        }
        for file in files {
            let Some(name) = file.file_name() else { continue };
            let target = self.new_directory().join(name);
            if target.exists() || !file.is_file() {
                continue;
            }
            link(&file, &target).map_err(RepodataError::files("keep", &file))?;
        }
        Ok(())
    }

    /// Keeps what others have put beside the metadata. The signature of the old list is not among it.
    fn carry_foreign(&self, present: &Repomd) -> Result<(), RepodataError> {
        let current = self.current();
        let Ok(entries) = fs_err::read_dir(&current) else { return Ok(()) };
        for entry in entries {
            let path = entry.map_err(RepodataError::files("read", &current))?.path();
            let Ok(path) = Utf8PathBuf::from_path_buf(path) else { continue };
            let Some(name) = path.file_name() else { continue };
            let is_listed = present.records.iter().any(|record| record.file_name() == Some(name));
            if !is_listed && !is_of_metadata(name) {
                link_all(&path, &self.new_directory().join(name))
                    .map_err(RepodataError::files("keep", &path))?;
            }
        }
        Ok(())
    }

    /// Documents of states before the last one, by what the settings say of them.
    fn retained(&self, retain: Retain, listed: &Repomd) -> Vec<Utf8PathBuf> {
        let kept = |files: Vec<Old>| -> Vec<Old> {
            match retain {
                Retain::Last(states) => files.into_iter().take(states.saturating_sub(1)).collect(),
                Retain::Since(seconds) => files.into_iter().filter(|old| old.is_since(seconds)).collect(),
            }
        };
        let kinds = self.old_documents(listed).into_values();
        kinds.flat_map(kept).map(|old| old.path).collect()
    }

    /// Removes documents that the settings do not keep, where no new metadata takes the place of all. The last of each kind
    /// may be of the state before.
    pub(crate) fn prune(&self, retain: Retain, listed: &Repomd) -> Result<(), RepodataError> {
        for files in self.old_documents(listed).into_values() {
            for (position, old) in files.into_iter().enumerate() {
                let is_kept = match retain {
                    Retain::Last(states) => position < states,
                    Retain::Since(seconds) => old.is_since(seconds),
                };
                if !is_kept {
                    fs_err::remove_file(&old.path).map_err(RepodataError::files("remove", &old.path))?;
                }
            }
        }
        Ok(())
    }

    /// Documents that are not listed, by their kinds, the newest first. They have their digest in their names.
    fn old_documents(&self, listed: &Repomd) -> BTreeMap<String, Vec<Old>> {
        let is_listed = |path: &Utf8Path| {
            listed.records.iter().any(|record| record.location.ends_with(path.file_name().unwrap_or("")))
        };
        let entries = fs_err::read_dir(self.current()).into_iter().flatten().flatten();
        let paths = entries.filter_map(|entry| Utf8PathBuf::from_path_buf(entry.path()).ok());
        let mut kinds: BTreeMap<String, Vec<Old>> = BTreeMap::new();
        for path in paths.filter(|path| path.is_file() && !is_listed(path)) {
            let Some(kind) = path.file_name().and_then(kind_of) else { continue };
            let kind = kind.to_owned();
            kinds.entry(kind).or_default().extend(Old::of(path));
        }
        for files in kinds.values_mut() {
            files.sort_by(|left, right| right.cmp(left));
        }
        kinds
    }

    /// Lets readers see the new metadata. Once they do, nothing is an error any more.
    pub(crate) fn switch(self, reporter: &dyn Reporter) -> Result<(), RepodataError> {
        let (new, current) = (self.new_directory(), self.current());
        let fail = |source| RepodataError::files("replace", &current)(source);
        let signature = current.join("repomd.xml.asc");
        let was_signed = fs_err::symlink_metadata(&signature).is_ok();
        sync_directory(&new).map_err(fail)?;
        if current.exists() {
            self.exchange(&new, &current).map_err(fail)?;
        } else {
            fs_err::rename(&new, &current).map_err(fail)?;
        }
        if was_signed {
            reporter.event(Event::SignatureDropped { path: signature });
        }
        if let Err(source) = sync_directory(&self.root) {
            reporter.event(Event::NotSynced { error: RepodataError::files("sync", &self.root)(source) });
        }
        for old in [new, self.root.join(OLD)] {
            if let Err(error) = self.clear(&old, reporter) {
                reporter.event(Event::Remains { path: old, error });
            }
        }
        Ok(())
    }

    fn exchange(&self, new: &Utf8Path, current: &Utf8Path) -> io::Result<()> {
        let exchanged =
            renameat_with(CWD, new.as_std_path(), CWD, current.as_std_path(), RenameFlags::EXCHANGE);
        match exchanged {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            other => return other.map_err(io::Error::from),
        }
        // No such call here: for a moment there is no metadata, and a kill in that moment is mended by the next
        // index.
        let old = self.root.join(OLD);
        fs_err::rename(current, &old)?;
        fs_err::rename(new, current).inspect_err(|_| fs_err::rename(&old, current).unwrap_or_default())
    }

    /// Gives up: nothing that readers see has changed.
    pub(crate) fn discard(self) -> Result<(), RepodataError> {
        remove(&self.new_directory())
    }
}

/// The timestamp of what takes the place of the metadata in this directory. A list that can not be read is nobody's.
pub(crate) fn timestamp(
    metadata: &Utf8Path,
    wanted: u64,
    newer: Newer,
    present: &Repomd,
) -> Result<u64, RepodataError> {
    let newest = present.newest();
    match newer {
        Newer::Refuse if newest > wanted => {
            Err(RepodataError::Older { path: metadata.to_owned(), revision: wanted, present: newest })
        }
        Newer::Outdo if newest >= wanted => Ok(newest.saturating_add(1)),
        _ => Ok(wanted),
    }
}

/// What a document is called behind the digest that it is named by.
fn kind_of(name: &str) -> Option<&str> {
    let (digest, kind) = name.split_once('-')?;
    let is_digest = digest.len() >= 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then_some(kind)
}

/// Whether a file is the list, its signature, or a document by its digest.
fn is_of_metadata(name: &str) -> bool {
    let is_own =
        |kind: &str| name.starts_with(&format!("{kind}.xml")) || name.starts_with(&format!("{kind}.sqlite"));
    matches!(name, "repomd.xml" | "repomd.xml.asc")
        || kind_of(name).is_some()
        || ["primary", "filelists", "other"].into_iter().any(is_own)
}

/// Links a file, or copies it where that can not be. What is there already stays.
pub(crate) fn link(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    match fs_err::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs_err::copy(from, to).map(drop),
        _ => Ok(()),
    }
}

/// As [`link`], of a file or of all files of a directory.
fn link_all(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    if !fs_err::symlink_metadata(from)?.is_dir() {
        return link(from, to);
    }
    fs_err::create_dir(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let name =
            entry.file_name().into_string().map_err(|_| io::Error::other("a name that is no UTF-8"))?;
        link_all(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

/// The directory that is switched in would take the place of a link, and what that leads to would stay as it is.
pub(crate) fn demand_no_link(path: &Utf8Path) -> Result<(), RepodataError> {
    match fs_err::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(RepodataError::Linked { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// Before anything is tried that would say something else.
pub(crate) fn demand_directory(path: &Utf8Path) -> Result<(), RepodataError> {
    match fs_err::metadata(path) {
        Ok(metadata) if !metadata.is_dir() => Err(RepodataError::NoDirectory { path: path.to_owned() }),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(RepodataError::NoDirectory { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

fn remove(directory: &Utf8Path) -> Result<(), RepodataError> {
    match fs_err::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(RepodataError::files("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

fn sync_directory(directory: &Utf8Path) -> io::Result<()> {
    fs_err::File::open(directory)?.sync_all()
}
