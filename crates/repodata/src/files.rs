//! The files of one package: directories once, names one behind the other.
//!
//! Metadata says the directory with each file; a package of 20,000 files would take several times the room of its
//! header if that were held.

use xen4centos_artifact::header::Text;

use crate::{FileKind, Package, PackageFile, text};

/// The files of a package in the header's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileTable {
    text: String,
    directories: Vec<Directory>,
    files: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Directory {
    start: usize,
    end: usize,
    all_primary: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    directory: usize,
    start: usize,
    end: usize,
    kind: FileKind,
}

/// One file of a [`FileTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileName<'a> {
    /// With the final slash; empty in source packages.
    pub(crate) directory: &'a str,
    /// Position of the directory in the table.
    pub(crate) directory_index: usize,
    pub(crate) name: &'a str,
    pub(crate) kind: FileKind,
    /// Whether primary.xml lists it.
    pub(crate) is_primary: bool,
}

impl FileTable {
    /// The files of a package that was read from metadata; it has none afterwards.
    pub(crate) fn taken_from(package: &mut Package) -> Self {
        let mut table = Self::default();
        for file in std::mem::take(&mut package.files) {
            table.path(&file.path, file.kind);
        }
        table
    }

    /// Makes room for so many files.
    pub(crate) fn reserve(&mut self, files: usize) {
        self.files.reserve(files);
        self.text.reserve(files.min(4096) * 16);
    }

    /// Adds a directory, with its final slash, and tells its position.
    pub(crate) fn directory(&mut self, path: &str) -> usize {
        let start = self.text.len();
        self.text.push_str(path);
        let all_primary = path.starts_with("/etc/") || path.contains("bin/");
        self.directories.push(Directory { start, end: self.text.len(), all_primary });
        self.directories.len() - 1
    }

    /// Adds a file in a directory that was added before.
    pub(crate) fn file(&mut self, directory: usize, name: &str, kind: FileKind) {
        let start = self.text.len();
        self.text.push_str(name);
        self.files.push(Entry { directory, start, end: self.text.len(), kind });
    }

    /// Adds a file by its whole path.
    pub(crate) fn path(&mut self, path: &str, kind: FileKind) {
        let (directory, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        let same = self.directories.last().is_some_and(|last| &self.text[last.start..last.end] == directory);
        let directory = if same { self.directories.len() - 1 } else { self.directory(directory) };
        self.file(directory, name, kind);
    }

    pub(crate) const fn len(&self) -> usize {
        self.files.len()
    }

    pub(crate) const fn directory_count(&self) -> usize {
        self.directories.len()
    }

    pub(crate) fn directories(&self) -> impl ExactSizeIterator<Item = &str> {
        self.directories.iter().map(|directory| &self.text[directory.start..directory.end])
    }

    pub(crate) fn directory_path(&self, index: usize) -> &str {
        let directory = self.directories[index];
        &self.text[directory.start..directory.end]
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = FileName<'_>> {
        self.files.iter().map(|file| self.name_of(file))
    }

    pub(crate) fn get(&self, index: usize) -> Option<FileName<'_>> {
        self.files.get(index).map(|file| self.name_of(file))
    }

    fn name_of(&self, file: &Entry) -> FileName<'_> {
        let Directory { start, end, all_primary } = self.directories[file.directory];
        let (directory, name) = (&self.text[start..end], &self.text[file.start..file.end]);
        let is_primary = all_primary || name == "sendmail" && directory == "/usr/lib/";
        FileName { directory, directory_index: file.directory, name, kind: file.kind, is_primary }
    }
}

impl FileName<'_> {
    pub(crate) fn to_file(self) -> PackageFile {
        PackageFile { path: [self.directory, self.name].concat(), kind: self.kind }
    }

    /// Replaces what is in `path` with the whole path.
    pub(crate) fn put_path(self, path: &mut String) {
        path.clear();
        path.push_str(self.directory);
        path.push_str(self.name);
    }
}

/// Directory and name as characters. Bytes that are no UTF-8 are decoded by what the whole path is.
pub(crate) fn decode_path(directory: Text<'_>, name: Text<'_>) -> Option<String> {
    if directory.to_str().is_some() && name.to_str().is_some() {
        return None;
    }
    let whole = [directory.as_bytes(), name.as_bytes()].concat();
    Some(text::decode(Text::new(&whole)).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::is_primary;

    #[test]
    fn files_come_back_and_primary_ones_are_known() {
        let paths = [
            "/",
            "/etc",
            "/etc/a",
            "/usr/lib/sendmail",
            "/usr/lib/sendmail.d",
            "/usr/bin",
            "/usr/bin/x",
            "/opt/carbin/y",
            "/opt/carbin",
            "data.txt",
            "/usr/libexec/cgi-bin/z",
            "/binary",
        ];
        let files: Vec<PackageFile> =
            paths.map(|path| PackageFile { path: path.into(), kind: FileKind::Ghost }).to_vec();
        let mut table = FileTable::default();
        for file in &files {
            table.path(&file.path, file.kind);
        }
        assert_eq!(table.iter().map(FileName::to_file).collect::<Vec<_>>(), files);
        for (name, path) in table.iter().zip(paths) {
            assert_eq!(name.is_primary, is_primary(path), "{path}");
        }
    }
}
