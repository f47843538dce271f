//! The files of a package as the filelists database has them: a row for each directory.
//!
//! Files of one directory need not stand together, and a header may have a directory twice. What is needed to bring
//! them together is kept from one package to the next.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::{FileKind, RepodataError, files::FileTable};

/// No row, no file.
const NONE: usize = usize::MAX;

/// Rows of packages, one package after the other.
#[derive(Default)]
pub(crate) struct DirectoryRows {
    /// For each directory of the table the first one of the same name.
    same: Vec<usize>,
    /// Its row.
    places: Vec<usize>,
    rows: Vec<Row>,
    /// For each file the next one of its row.
    next: Vec<usize>,
    names: String,
    types: String,
}

struct Row {
    directory: usize,
    first: usize,
    last: usize,
}

impl DirectoryRows {
    /// Calls `each` with every directory, its files joined by `/`, and a letter for each, in the order of the table.
    pub(crate) fn of(
        &mut self,
        files: &FileTable,
        mut each: impl FnMut(&str, &str, &str) -> Result<(), RepodataError>,
    ) -> Result<(), RepodataError> {
        self.find_same(files);
        self.find_rows(files);
        for Row { directory, first, .. } in &self.rows {
            self.names.clear();
            self.types.clear();
            let mut index = *first;
            while let Some(file) = files.get(index) {
                if !self.types.is_empty() {
                    self.names.push('/');
                }
                // The root itself has no name.
                self.names.push_str(if file.name.is_empty() { "/" } else { file.name });
                self.types.push(match file.kind {
                    FileKind::File => 'f',
                    FileKind::Directory => 'd',
                    FileKind::Ghost => 'g',
                });
                index = self.next[index];
            }
            let path = files.directory_path(*directory);
            let path = match path.trim_end_matches('/') {
                "" if path.is_empty() => ".",
                "" => "/",
                trimmed => trimmed,
            };
            each(path, &self.names, &self.types)?;
        }
        Ok(())
    }

    fn find_same(&mut self, files: &FileTable) {
        self.same.clear();
        if files.directories().is_sorted_by(|left, right| left < right) {
            self.same.extend(0..files.directory_count());
            return;
        }
        let mut first = HashMap::with_capacity_and_hasher(files.directory_count(), RandomState::default());
        self.same
            .extend(files.directories().enumerate().map(|(index, path)| *first.entry(path).or_insert(index)));
    }

    fn find_rows(&mut self, files: &FileTable) {
        self.rows.clear();
        self.next.clear();
        self.next.resize(files.len(), NONE);
        self.places.clear();
        self.places.resize(self.same.len(), NONE);
        for (index, file) in files.iter().enumerate() {
            let directory = self.same[file.directory_index];
            if let Some(row) = self.rows.get_mut(self.places[directory]) {
                self.next[row.last] = index;
                row.last = index;
            } else {
                self.places[directory] = self.rows.len();
                self.rows.push(Row { directory, first: index, last: index });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_come_once_and_files_in_order() {
        let mut table = FileTable::default();
        let paths = ["/usr/lib/x/y", "/usr/lib/z", "/usr/lib/x/a", "/", "/usr/lib/b", "data", "/usr/lib/x/b"];
        for (path, kind) in paths.iter().zip(FileKind::ALL.into_iter().cycle()) {
            table.path(path, kind);
        }
        let mut rows = DirectoryRows::default();
        // The second time with what is left of the first.
        for _ in 0..2 {
            let mut found = Vec::new();
            let mut each = |directory: &str, names: &str, types: &str| {
                found.push([directory, names, types].join(" "));
                Ok(())
            };
            rows.of(&table, &mut each).unwrap();
            assert_eq!(found, ["/usr/lib/x y/a/b fgf", "/usr/lib z/b dd", "/ / f", ". data g"]);
            rows.of(&FileTable::default(), |_, _, _| panic!("no file, no row")).unwrap();
        }
    }
}
