//! Whole projects in, data or problems out.

mod advisories;
mod good;
mod problems;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_manifest::Project;

/// The last second of 2026-11-23, the day of the tests' newest changelog entries.
const NOW: u64 = 1_795_478_399;

/// A copy of the good project that a test may spoil.
struct Copy {
    directory: tempfile::TempDir,
}

impl Copy {
    fn new() -> Self {
        let copy = Self { directory: tempfile::tempdir().expect("a temporary directory") };
        copy_tree(&good(), &copy.root());
        copy
    }

    fn root(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.directory.path().to_owned()).expect("a UTF-8 path")
    }

    /// Replaces a text that stands in the file exactly once.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root().join(file);
        let text = fs_err::read_to_string(&path).expect("a file of the good project");
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        fs_err::write(&path, text.replace(from, to)).expect("a writable copy");
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs_err::create_dir_all(path.parent().expect("a file in a directory")).expect("a writable copy");
        fs_err::write(&path, text).expect("a writable copy");
    }

    /// One line for each problem, its hint below it.
    fn problems(&self) -> String {
        let root = self.root();
        let Err(problems) = Project::load(&root, NOW) else { return "no problem".to_owned() };
        let lines = problems.0.iter().map(|problem| {
            let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!("\n  hint: {hint}"));
            format!("{problem}{hint}")
        });
        lines.collect::<Vec<_>>().join("\n").replace(root.as_str(), "ROOT")
    }
}

fn good() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/good")
}

fn copy_tree(from: &Utf8Path, to: &Utf8Path) {
    fs_err::create_dir_all(to).expect("a writable copy");
    for entry in from.read_dir_utf8().expect("a directory of the good project") {
        let entry = entry.expect("an entry of the good project");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), &target).expect("a writable copy");
        }
    }
}
