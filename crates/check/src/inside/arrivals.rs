use std::collections::HashMap;

use xen4centos_artifact::header::FileEntry;

/// Which files of the header have come in the payload.
///
/// A file with several names is listed once for each; all have its size, and one of them its content.
pub(super) struct Arrivals {
    by_path: HashMap<Vec<u8>, usize>,
    has_come: Vec<bool>,
    /// Files that are no more than owned come as nothing.
    is_expected: Vec<bool>,
    /// By inode, where a file has several names.
    linked: HashMap<u32, Linked>,
    /// The inode of each such file.
    inodes: HashMap<usize, u32>,
}

struct Linked {
    first: usize,
    has_content: bool,
    any_came: bool,
}

impl Arrivals {
    pub(super) fn new(files: &[FileEntry<'_>]) -> Self {
        let mut names: HashMap<u32, Vec<usize>> = HashMap::new();
        for (index, file) in files.iter().enumerate() {
            if file.is_regular() && !file.is_ghost() && file.inode != 0 {
                names.entry(file.inode).or_default().push(index);
            }
        }
        names.retain(|_, names| names.len() > 1);
        let inodes =
            names.iter().flat_map(|(inode, names)| names.iter().map(|index| (*index, *inode))).collect();
        let linked = names.iter().map(|(inode, names)| {
            let has_content = files[names[0]].size == 0;
            (*inode, Linked { first: names[0], has_content, any_came: false })
        });
        Self {
            by_path: files
                .iter()
                .enumerate()
                .map(|(index, file)| (bare(&file.path_bytes()), index))
                .collect(),
            has_come: vec![false; files.len()],
            is_expected: files.iter().map(|file| !file.is_ghost()).collect(),
            linked: linked.collect(),
            inodes,
        }
    }

    /// The file of the header that a path of the payload is.
    pub(super) fn find(&self, path: &[u8]) -> Option<usize> {
        self.by_path.get(&bare(path)).copied()
    }

    /// Takes note of one; false where it has come before.
    pub(super) fn note(&mut self, index: usize, size: u64) -> bool {
        if let Some(linked) = self.inodes.get(&index).and_then(|inode| self.linked.get_mut(inode)) {
            linked.any_came = true;
            linked.has_content |= size > 0;
        }
        !std::mem::replace(&mut self.has_come[index], true)
    }

    /// Whether it is one of several names, and not the one with the content.
    pub(super) fn is_further_name(&self, index: usize, size: u64) -> bool {
        size == 0 && self.inodes.contains_key(&index)
    }

    pub(super) fn missing(&self) -> Vec<usize> {
        (0..self.has_come.len()).filter(|index| self.is_expected[*index] && !self.has_come[*index]).collect()
    }

    /// The first name of each file with several, none of which had a content.
    pub(super) fn without_content(&self) -> Vec<usize> {
        let empty = self.linked.values().filter(|linked| linked.any_came && !linked.has_content);
        let mut found: Vec<_> = empty.map(|linked| linked.first).collect();
        found.sort_unstable();
        found
    }
}

/// Payloads of old packages have no slash at the start.
fn bare(path: &[u8]) -> Vec<u8> {
    path.strip_prefix(b"/").unwrap_or(path).to_vec()
}
