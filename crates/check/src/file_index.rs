//! All paths of all packages, by hashes: a repository has millions, and hardly two are of interest.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use xen4centos_artifact::header::{FileEntry, HeaderError, RpmHeaders};

/// One path of one package.
#[derive(Clone, Copy, Debug)]
struct Owned {
    place: u64,
    /// Of all that makes two files of one path the same to rpm.
    content: u64,
    package: u32,
    is_ghost: bool,
    color: u8,
}

/// So many different contents of one path are told apart.
const CONTENTS: usize = 8;

/// Two packages, by their numbers, and the hashes of the paths that differ.
pub(crate) type Clashes = BTreeMap<(usize, usize), HashSet<u64>>;

#[derive(Debug, Default)]
pub(crate) struct FileIndex(Vec<Owned>);

pub(crate) fn path_hash(path: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

impl FileIndex {
    /// Adds all files of a package.
    pub(crate) fn add(&mut self, package: usize, headers: &RpmHeaders) -> Result<(), HeaderError> {
        let algorithm = headers.file_digest_algorithm()?;
        let package = u32::try_from(package).unwrap_or(u32::MAX);
        for file in headers.main().files()? {
            let color = u8::try_from(file.color & 3).unwrap_or(0);
            let place = path_hash(&file.path_bytes());
            let is_ghost = file.is_ghost();
            self.0.push(Owned { place, content: content(&file, algorithm), package, is_ghost, color });
        }
        Ok(())
    }

    /// The hashes of all paths.
    pub(crate) fn paths(&self) -> HashSet<u64> {
        self.0.iter().map(|entry| entry.place).collect()
    }

    /// Where two of the packages that `takes_part` names have one path and different things there, by rpm's rules:
    /// ghosts are in nobody's way, of two ELF files of different colours the preferred one wins, and what is the same is no
    /// conflict.
    pub(crate) fn clashes(&mut self, takes_part: &[bool]) -> Clashes {
        let mut clashes = Clashes::new();
        self.0.sort_unstable_by_key(|entry| (entry.place, entry.package));
        for group in self.0.chunk_by(|left, right| left.place == right.place) {
            if group.len() < 2 || group.iter().all(|entry| entry.content == group[0].content) {
                continue;
            }
            let present = |entry: &&Owned| {
                !entry.is_ghost && takes_part.get(entry.package as usize).is_some_and(|it| *it)
            };
            // One of each content stands for all that are the same, so that a path of thousands is not as many squared.
            let mut seen: Vec<&Owned> = Vec::new();
            for right in group.iter().filter(present) {
                for left in seen.iter().filter(|left| differ(left, right)) {
                    let pair = (left.package as usize, right.package as usize);
                    clashes.entry(pair).or_default().insert(left.place);
                }
                let is_new =
                    seen.iter().all(|left| (left.content, left.color) != (right.content, right.color));
                if is_new && seen.len() < CONTENTS {
                    seen.push(right);
                }
            }
        }
        clashes
    }
}

fn differ(left: &Owned, right: &Owned) -> bool {
    let multilib = left.color != 0 && right.color != 0 && left.color != right.color;
    left.package != right.package && left.content != right.content && !multilib
}

/// As `rpmfilesCompare` has it: type, permissions (but of links) and owners, and the target of a link or the digest of a
/// file. Digests of different algorithms differ.
fn content(file: &FileEntry<'_>, algorithm: u32) -> u64 {
    let mut hasher = DefaultHasher::new();
    (file.user.as_bytes(), file.group.as_bytes()).hash(&mut hasher);
    if file.is_link() {
        ("link", file.link_target.as_bytes()).hash(&mut hasher);
    } else if file.is_regular() {
        (file.mode, algorithm, file.digest.as_bytes()).hash(&mut hasher);
    } else {
        (file.mode, file.device).hash(&mut hasher);
    }
    hasher.finish()
}
