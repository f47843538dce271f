//! The `repodata` directory is written beside the one that readers use and takes its place by one rename.

use std::{fs::TryLockError, io, path::Path};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};

use crate::{
    Event, Newer, RepodataError, Repomd, Reporter, Retain,
    additional::is_of_packages,
    history::{HISTORY, History},
    retention::{are_of_one_name, is_since, kind_of, old_documents},
};

/// Where new metadata is written. A killed index leaves it, the next one removes it.
const NEW: &str = ".repodata.new";

/// Where the old metadata waits while the new one takes its place, on file systems that can not exchange two
/// directories.
const OLD: &str = ".repodata.old";

/// What directories that can not be removed are called, with a number behind it. Every index tries again.
const LEFT: &str = ".repodata.left.";

/// Of the list.
const SIGNATURE: &str = "repomd.xml.asc";

/// The right to replace the metadata of one repository. The lock is on the directory itself, so it leaves
/// nothing behind and ends with the process.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: Utf8PathBuf,
    lock: fs_err::File,
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
        demand_no_other_program(root)?;
        let workspace = Self { root: root.to_owned(), lock };
        demand_no_link(&workspace.current())?;
        workspace.recover(reporter)?;
        demand_metadata(&workspace.current())?;
        Ok(workspace)
    }

    /// Makes the place of new metadata. Where nothing has changed there is none, and no directory is another one.
    pub(crate) fn begin(&self) -> Result<(), RepodataError> {
        let new = self.new_directory();
        fs_err::create_dir_all(&new).map_err(RepodataError::files("create", &new))
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

    /// Keeps the documents of the metadata that is replaced, and the `carried` files, beside the new ones, which are
    /// `listed`: who has read the old repomd.xml still finds what it lists.
    pub(crate) fn carry(
        &self,
        carried: &[Utf8PathBuf],
        retain: Retain,
        present: &Repomd,
        listed: &Repomd,
    ) -> Result<(), RepodataError> {
        self.carry_foreign(present)?;
        let (current, new) = (self.current(), self.new_directory());
        let mut history = History::read(&self.root);
        let names: Vec<&str> = present.records.iter().filter_map(crate::Record::file_name).collect();
        // One whose documents are all written again is not replaced by another one.
        let is_other = names.iter().any(|name| !new.join(name).exists());
        let old = old_documents(&current, present, &history).into_iter();
        // The state that is replaced is one of those that are counted.
        let retained = old.filter(|old| old.stays(retain, usize::from(is_other))).map(|old| old.path);
        let mut files: Vec<_> = carried.iter().cloned().chain(retained).collect();
        let written = fs_err::metadata(current.join("repomd.xml")).and_then(|list| list.modified());
        let stays = match retain {
            Retain::Last(states) => states > 0,
            Retain::Since(seconds) => written.as_ref().is_ok_and(|written| is_since(*written, seconds)),
        };
        if stays {
            files.extend(names.iter().map(|name| current.join(name)));
        }
        for file in files {
            let Some(name) = file.file_name() else { continue };
            let target = new.join(name);
            if target.exists() || !file.is_file() {
                continue;
            }
            link(&file, &target).map_err(RepodataError::files("keep", &file))?;
        }
        let before = history.clone();
        // Of one state before there is nothing to tell, unless two of its documents look like those of two.
        let is_told = !history.is_empty()
            || match retain {
                Retain::Last(0) => false,
                Retain::Last(1) => are_of_one_name(&names),
                Retain::Last(_) | Retain::Since(_) => true,
            };
        if let (true, Ok(written)) = (is_other && is_told, written) {
            history.add(written, present);
        }
        history.forget_all_but(&new, listed);
        if history == before {
            return Ok(());
        }
        history.write(&self.root, &new).map_err(RepodataError::files("write", self.root.join(HISTORY)))
    }

    /// Keeps what others have put beside the metadata. The signature of the old list is not among it.
    fn carry_foreign(&self, present: &Repomd) -> Result<(), RepodataError> {
        let current = self.current();
        let Ok(entries) = fs_err::read_dir(&current) else { return Ok(()) };
        // Without a list nobody knows whose a document is.
        let has_list = current.join("repomd.xml").is_file();
        for entry in entries {
            let entry = entry.map_err(RepodataError::files("read", &current))?;
            let name = entry.file_name();
            // A name that is no UTF-8 is none of ours.
            let is_ours = has_list
                && name.to_str().is_some_and(|name| {
                    is_of_metadata(name)
                        || present.records.iter().any(|record| record.file_name() == Some(name))
                });
            // Of whichever list it was, it is not of the new one.
            if !is_ours && name != SIGNATURE {
                let path = entry.path();
                link_all(&path, &self.new_directory().as_std_path().join(&name)).map_err(|source| {
                    RepodataError::Files { act: "keep", path: path.display().to_string().into(), source }
                })?;
            }
        }
        Ok(())
    }

    /// Removes documents that the settings do not keep, where no new metadata takes the place of all. The last of each kind
    /// may be of the state before.
    pub(crate) fn prune(&self, retain: Retain, listed: &Repomd, reporter: &dyn Reporter) {
        let mut history = History::read(&self.root);
        for old in old_documents(&self.current(), listed, &history) {
            if !old.stays(retain, 0)
                && let Err(source) = fs_err::remove_file(&old.path)
            {
                let error = RepodataError::files("remove", &old.path)(source);
                reporter.event(Event::Remains { path: old.path, error });
            }
        }
        let before = history.clone();
        history.forget_all_but(&self.current(), listed);
        if history != before {
            // What it knows of documents that are gone is of no use, and does no harm.
            history.write(&self.root, &self.new_directory()).unwrap_or_default();
        }
    }

    /// Lets readers see the new metadata. Once they do, nothing is an error any more.
    pub(crate) fn switch(&self, reporter: &dyn Reporter) -> Result<(), RepodataError> {
        let (new, current) = (self.new_directory(), self.current());
        let fail = |source| RepodataError::files("replace", &current)(source);
        let signature = current.join(SIGNATURE);
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
                reporter.event(Event::InTheWay { path: old, error });
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
        replace([new, current, &self.root.join(OLD)], |from, to| fs_err::rename(from, to))
    }

    /// Gives up: nothing that readers see has changed.
    pub(crate) fn discard(&self) -> Result<(), RepodataError> {
        remove(&self.new_directory())
    }
}

/// Replaces what readers see by way of a third place, and puts it back where that can not be.
fn replace(
    [new, current, old]: [&Utf8Path; 3],
    mut rename: impl FnMut(&Utf8Path, &Utf8Path) -> io::Result<()>,
) -> io::Result<()> {
    rename(current, old)?;
    let Err(error) = rename(new, current) else { return Ok(()) };
    match rename(old, current) {
        Ok(()) => Err(error),
        Err(second) => {
            let text = format!(
                "{error}; and the metadata could not be put back, which the next index does: {second}"
            );
            Err(io::Error::new(error.kind(), text))
        }
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

/// Whether a file is the list, its signature, or a document by its digest.
fn is_of_metadata(name: &str) -> bool {
    let plain = [".gz", ".bz2", ".xz", ".zst", ".zck"].iter().find_map(|end| name.strip_suffix(end));
    let is_own = plain
        .unwrap_or(name)
        .split_once('.')
        .is_some_and(|(kind, form)| is_of_packages(kind) && matches!(form, "xml" | "sqlite"));
    matches!(name, "repomd.xml" | SIGNATURE) || kind_of(name).is_some() || is_own
}

/// Links a file, or copies it down to the disk where that can not be. What is there already stays.
pub(crate) fn link(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    match fs_err::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => copy(from, to),
        _ => Ok(()),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs_err::copy(from, to)?;
    fs_err::File::open(to)?.sync_all()
}

/// As [`link`], of a file or of all files of a directory.
fn link_all(from: &Path, to: &Path) -> io::Result<()> {
    if !fs_err::symlink_metadata(from)?.is_dir() {
        return link(from, to);
    }
    fs_err::create_dir(to)?;
    for entry in fs_err::read_dir(from)? {
        let name = entry?.file_name();
        link_all(&from.join(&name), &to.join(&name))?;
    }
    sync_directory(to)
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

/// The metadata that an index in this directory would replace, which is where a killed one may have left it. Nothing is
/// written, but all is demanded that an index demands.
pub(crate) fn look(root: &Utf8Path) -> Result<Utf8PathBuf, RepodataError> {
    demand_directory(root)?;
    let (current, old) = (root.join("repodata"), root.join(OLD));
    demand_no_other_program(root)?;
    demand_no_link(&current)?;
    let metadata = if old.exists() && !current.exists() { old } else { current };
    demand_metadata(&metadata)?;
    Ok(metadata)
}

/// createrepo_c writes into a directory of this name beside `repodata`, and takes it for a lock.
fn demand_no_other_program(root: &Utf8Path) -> Result<(), RepodataError> {
    let path = root.join(".repodata");
    if fs_err::symlink_metadata(&path).is_ok() { Err(RepodataError::AtWork { path }) } else { Ok(()) }
}

/// The directory that is switched in would take the place of a link, and what that leads to would stay as it is.
fn demand_no_link(path: &Utf8Path) -> Result<(), RepodataError> {
    match fs_err::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(RepodataError::Linked { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// What takes the place of something else must know what that is: a directory that only has the name stays. One without a
/// list may hold groups that are to be listed, or be what is left of metadata.
fn demand_metadata(current: &Utf8Path) -> Result<(), RepodataError> {
    if current.join("repomd.xml").is_file() {
        return Ok(());
    }
    let entries = match fs_err::read_dir(current) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(RepodataError::files("read", current)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(RepodataError::files("read", current))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !entry.file_name().to_str().is_some_and(is_named_as_document) {
            return Err(RepodataError::Foreign { path: current.to_owned() });
        }
    }
    Ok(())
}

/// Whether a file may be a document of a repository, or be about to become one.
fn is_named_as_document(name: &str) -> bool {
    let plain = [".gz", ".bz2", ".xz", ".zst", ".zck"].iter().find_map(|end| name.strip_suffix(end));
    let form = plain.unwrap_or(name).rsplit('.').next().unwrap_or_default();
    matches!(form, "xml" | "yaml" | "yml" | "sqlite" | "asc" | "key")
        || plain.is_some()
        || name.ends_with("productid")
}

fn remove(directory: &Utf8Path) -> Result<(), RepodataError> {
    match fs_err::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(RepodataError::files("remove", directory)(error))
        }
        _ => Ok(()),
    }
}

fn sync_directory(directory: impl AsRef<Path>) -> io::Result<()> {
    fs_err::File::open(directory.as_ref())?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_replaced_is_put_back_and_all_reasons_are_told() {
        let check = |failing: &[&str], expect: Result<(), &str>| {
            let rename = |from: &Utf8Path, to: &Utf8Path| {
                let step = format!("{from}-{to}");
                if failing.contains(&step.as_str()) { Err(io::Error::other(step)) } else { Ok(()) }
            };
            let found = replace(["new", "current", "old"].map(Utf8Path::new), rename);
            assert_eq!(found.map_err(|error| error.to_string()), expect.map_err(str::to_owned));
        };
        check(&[], Ok(()));
        check(&["current-old"], Err("current-old"));
        check(&["new-current"], Err("new-current"));
        let both =
            "new-current; and the metadata could not be put back, which the next index does: old-current";
        check(&["new-current", "old-current"], Err(both));
    }

    #[test]
    fn what_can_not_be_linked_is_copied() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let (from, to) = (root.join("from"), root.join("to"));
        fs_err::write(&from, "text").unwrap();
        copy(from.as_std_path(), to.as_std_path()).unwrap();
        assert_eq!(fs_err::read_to_string(&to).unwrap(), "text");
        assert!(copy(root.join("nothing").as_std_path(), to.as_std_path()).is_err());
    }
}
