//! The files by which this machine's rpm decides what becomes of a build: its macros, attributes, scripts and helpers.
//! They are no part of its version: an administrator, or the package of some language, may change or add one.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Sha256Digest;

use crate::{BuildError, files};

/// By path.
pub(crate) type RpmFiles = BTreeMap<String, Sha256Digest>;

/// Where rpm looks whatever its macros say.
const DIRECTORY: &str = "/usr/lib/rpm";

/// What it reads besides: other meanings of its options, and the machine's architecture.
const BESIDES: [&str; 2] = ["/etc/popt", "/etc/rpm/platform"];

/// Not read by any build: what `macros::search_list` leaves out, and what Python may write at any time.
const UNREAD: [&str; 2] = ["macros.d", "__pycache__"];

/// The only ones of the many architectures in `platform` that packages are built for.
const PLATFORMS: [&str; 2] = ["noarch-linux", "x86_64-linux"];

/// Files, and the directories in which one may come or go.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) files: Vec<Utf8PathBuf>,
    pub(crate) directories: Vec<Utf8PathBuf>,
}

impl Places {
    pub(crate) fn of_this_machine() -> Self {
        let mut places = Self::below(Utf8Path::new(DIRECTORY));
        places.files.extend(BESIDES.map(Utf8PathBuf::from));
        places
    }

    fn below(directory: &Utf8Path) -> Self {
        let mut places = Self::default();
        places.walk(directory);
        places
    }

    /// A directory that is not there has nothing in it.
    fn walk(&mut self, directory: &Utf8Path) {
        self.directories.push(directory.to_owned());
        for entry in directory.read_dir_utf8().into_iter().flatten().flatten() {
            let of_others =
                directory.file_name() == Some("platform") && !PLATFORMS.contains(&entry.file_name());
            if UNREAD.contains(&entry.file_name()) || of_others {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.walk(entry.path()),
                _ => self.files.push(entry.into_path()),
            }
        }
    }

    /// Of all files that are there.
    pub(crate) fn digests(&self) -> Result<RpmFiles, BuildError> {
        let there = self.files.iter().filter(|path| path.is_file());
        there.map(|path| Ok((path.to_string(), files::sha256_of(path)?.0))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_reads_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(directory.path()).unwrap();
        let there =
            ["brp-strip", "fileattrs/elf.attr", "macros", "platform/x86_64-linux/macros", "redhat/rpmrc"];
        let unread = ["macros.d/macros.site", "platform/sparc-linux/macros", "__pycache__/a.pyc"];
        for file in there.iter().chain(&unread) {
            fs_err::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs_err::write(root.join(file), file).unwrap();
        }
        std::os::unix::fs::symlink("nowhere", root.join("dangling")).unwrap();
        let places = Places::below(root);
        let digests = places.digests().unwrap();
        let expect = there.map(|file| (root.join(file).into_string(), files::sha256(file.as_bytes())));
        assert_eq!(digests, RpmFiles::from(expect));
        assert_eq!(places.directories.len(), 5, "{places:?}");
        assert!(Places::below(&root.join("absent")).digests().unwrap().is_empty());
    }
}
