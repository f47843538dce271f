//! Old metadata that can not be removed.

use std::{os::unix::fs::PermissionsExt, sync::Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use xen4centos_repodata::{Event, Reporter, Repository, Silent};

use crate::{files, fixtures, indexed, repository, settings};

/// What could not be removed.
#[derive(Default)]
struct Remains(Mutex<Vec<(Utf8PathBuf, String)>>);

impl Reporter for Remains {
    fn event(&self, event: Event) {
        if let Event::Remains { path, error } = event {
            self.0.lock().unwrap().push((path, error.to_string()));
        }
    }
}

/// Indexes as a user who is not above permissions, and tells what could not be removed.
fn indexed_by_a_user(root: &Utf8Path) -> Vec<(Utf8PathBuf, String)> {
    let run = || {
        let mut own = capabilities(None).unwrap();
        own.effective.remove(CapabilitySet::DAC_OVERRIDE);
        set_capabilities(None, own).unwrap();
        let remains = Remains::default();
        indexed(root, &settings(), &remains);
        remains.0.into_inner().unwrap()
    };
    // Capabilities are those of a thread.
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}

fn allow(directory: &Utf8Path, mode: u32) {
    fs_err::set_permissions(directory, PermissionsExt::from_mode(mode)).unwrap();
}

fn names(root: &Utf8Path) -> Vec<String> {
    files(root).iter().map(|path| path.file_name().unwrap().to_owned()).collect()
}

#[test]
fn old_metadata_that_can_not_be_removed_is_told_of_and_in_nobodys_way() {
    let scratch = repository(&fixtures::packages()[..1]);
    let root = scratch.path();
    indexed(root, &settings(), &Silent);
    let foreign = root.join("repodata/html");
    fs_err::create_dir(&foreign).unwrap();
    fs_err::write(foreign.join("index.html"), "theirs").unwrap();
    allow(&foreign, 0o555);
    let left = root.join(".repodata.left.1");
    fs_err::copy(&fixtures::packages()[1], root.join("Packages/second.rpm")).unwrap();
    let remains = indexed_by_a_user(root);
    assert_eq!(remains, [(left.clone(), format!("could not remove `{root}/.repodata.new`"))]);
    // The new metadata is there, and what others had put beside the old.
    assert_eq!(Repository::open(root).unwrap().complete().unwrap().len(), 2);
    assert!(foreign.join("index.html").exists());
    assert_eq!(names(root), [".repodata.left.1", "Packages", "repodata"]);

    assert_eq!(indexed_by_a_user(root), []);
    assert_eq!(names(root), [".repodata.left.1", "Packages", "repodata"]);
    // What a killed index has left may be like that, too.
    fs_err::create_dir_all(root.join(".repodata.new/html")).unwrap();
    fs_err::write(root.join(".repodata.new/html/x"), "x").unwrap();
    allow(&root.join(".repodata.new/html"), 0o555);
    assert_eq!(indexed_by_a_user(root).len(), 1);
    assert_eq!(names(root), [".repodata.left.1", ".repodata.left.2", "Packages", "repodata"]);

    for directory in [&left, &root.join(".repodata.left.2")] {
        allow(&directory.join("html"), 0o755);
    }
    assert_eq!(indexed_by_a_user(root), []);
    assert_eq!(names(root), ["Packages", "repodata"]);
}
