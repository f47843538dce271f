//! A git commit as a tarball whose bytes follow from the commit alone.
//!
//! What could still differ from machine to machine is switched off: attributes that rewrite
//! files on export, the user's and the system's configuration, the format of git's own tarballs (read here and
//! written anew), time stamps (the commit's).

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::GitLocation;

use crate::{
    Event, FetchError, Mismatch,
    fetch::{Outcomes, Run},
    git_repository::{Commit, Part, Repository},
    hashing,
    partial::Partial,
    plan::Wanted,
    store::{Object, file_error, write_whole},
    tarball::Tarball,
};

/// Increased when the same commit gives another tarball; 1 had empty directories for submodules.
const PACKING: u32 = 2;

/// What a commit was packed into.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Record {
    packing: u32,
    tarball: Sha256Digest,
    uncompressed: Sha256Digest,
}

impl Run<'_> {
    pub(crate) fn obtain_git(&self, wanted: &Wanted<'_>, git: &GitLocation) -> Outcomes<Object> {
        if let Some(object) = self.commit_packed_before(wanted, git)? {
            return Ok(Ok(object));
        }
        let mut partial = self.store.partial(&format!("git-{}", key(git)), self.reporter)?;
        if let Some(object) = self.commit_packed_before(wanted, git)? {
            partial.discard()?;
            return Ok(Ok(object));
        }
        let commit = Commit { url: &git.url, id: &git.commit, part: Part::Tree };
        let pack = |repository: &Repository<'_>| {
            Ok((repository.pack(&mut partial, &git.directory)?, repository.place.clone()))
        };
        let (uncompressed, place) = match self.with_repository(wanted, commit, pack)? {
            Ok(packed) => packed,
            Err(missing) => {
                partial.discard()?;
                return Ok(Err(missing));
            }
        };
        check_uncompressed(wanted, git, uncompressed)?;
        let digest = partial.hash()?;
        let object = self.store.adopt(partial, digest)?;
        let record = Record { packing: PACKING, tarball: object.sha256, uncompressed };
        let bytes =
            serde_json::to_vec(&record).expect("a record has no map with keys that JSON can not have");
        write_whole(&self.store.place("git", &format!("{}.json", key(git))), &bytes)?;
        self.reporter.report(&Event::Stored { file: &wanted.file, place: &place });
        Ok(Ok(object))
    }

    pub(crate) fn commit_packed_before(
        &self,
        wanted: &Wanted<'_>,
        git: &GitLocation,
    ) -> Result<Option<Object>, FetchError> {
        let place = self.store.place("git", &format!("{}.json", key(git)));
        let record: Option<Record> =
            fs_err::read(place).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match record {
            Some(record) if record.packing == PACKING => {
                check_uncompressed(wanted, git, record.uncompressed)?;
                self.store.get(&record.tarball)
            }
            _ => Ok(None),
        }
    }
}

impl Repository<'_> {
    /// Other repositories' commits, which an export shows as empty directories.
    fn refuse_submodules(&self) -> Result<(), FetchError> {
        let listing = self.run(&self.git().args(["ls-tree", "-r", "-z", "--full-tree", self.commit.id]))?;
        let entries = listing.split('\0').filter_map(|entry| entry.split_once('\t'));
        let modules = entries.filter(|(what, _)| what.starts_with("160000 "));
        let paths: Vec<&str> = modules.map(|(_, path)| path).collect();
        if paths.is_empty() {
            return Ok(());
        }
        Err(FetchError::Submodules {
            url: self.commit.url.to_owned(),
            commit: self.commit.id.to_owned(),
            paths: paths.join(", "),
        })
    }

    /// Returns the digest of the tarball before compression.
    fn pack(&self, partial: &mut Partial, top: &str) -> Result<Sha256Digest, FetchError> {
        self.refuse_submodules()?;
        let exported = partial.path().with_extension("tar");
        let archive = self.git().args(["archive", "--format=tar", "--output"]);
        self.run(&archive.arg(&exported).arg(self.commit.id))?;
        let time = self.run(&self.git().args(["show", "--no-patch", "--format=%ct", self.commit.id]))?;
        let time = time.parse().map_err(|_| self.failed(format!("`{time}` is no commit time")))?;
        let packed = repack(&exported, partial, (top, time));
        fs_err::remove_file(&exported).map_err(file_error("remove", &exported))?;
        packed
    }
}

fn repack(
    exported: &Utf8Path,
    partial: &mut Partial,
    (top, time): (&str, u64),
) -> Result<Sha256Digest, FetchError> {
    let path = partial.path().clone();
    let mut repack = || {
        let mut tarball = Tarball::new(partial.writer()?, top, time)?;
        let mut archive = tar::Archive::new(fs_err::File::open(exported)?);
        for entry in archive.entries()? {
            append(&mut tarball, entry?)?;
        }
        tarball.finish()
    };
    repack().map_err(file_error("write", &path))
}

/// Git sorts by whole paths, as a tree's walk does, so the order is taken over.
fn append(
    tarball: &mut Tarball<impl std::io::Write>,
    entry: tar::Entry<'_, impl std::io::Read>,
) -> std::io::Result<()> {
    let name = entry.path_bytes().into_owned();
    let header = entry.header();
    match header.entry_type() {
        tar::EntryType::Directory => tarball.directory(&name),
        tar::EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            tarball.link(&name, &target)
        }
        tar::EntryType::Regular => {
            let (executable, size) = (header.mode()? & 0o100 != 0, entry.size());
            tarball.file(&name, executable, size, entry)
        }
        // The commit id in a global header, which the record has.
        _ => Ok(()),
    }
}

fn key(git: &GitLocation) -> String {
    hashing::of_bytes(format!("{}\0{}", git.commit, git.directory)).to_string()
}

fn check_uncompressed(wanted: &Wanted<'_>, git: &GitLocation, found: Sha256Digest) -> Result<(), FetchError> {
    match git.sha256 {
        Some(expected) if expected != found => Err(FetchError::WrongDigest {
            package: wanted.package.name.clone(),
            file: wanted.file.clone(),
            place: format!("{}#{}", git.url, git.commit),
            digests: Box::new(Mismatch { expected, found }),
        }),
        _ => Ok(()),
    }
}
