//! Old metadata that can not be removed.

use std::{os::unix::fs::PermissionsExt, sync::Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use xen4centos_repodata::{
    Event, IndexSettings, RepodataError, Reporter, Repository, Retain, Reuse, Silent, Unchanged, index,
};

use crate::{files, fixtures, indexed, repository, settings};

/// What could not be removed.
#[derive(Default)]
struct Remains(Mutex<Vec<(Utf8PathBuf, String)>>);

impl Reporter for Remains {
    fn event(&self, event: Event) {
        match event {
            Event::Remains { path, error } => self.0.lock().unwrap().push((path, error.to_string())),
            Event::InTheWay { path, error } => {
                self.0.lock().unwrap().push((path, format!("in the way: {error}")));
            }
            _ => {}
        }
    }
}

/// Does something as a user who is not above permissions.
fn as_a_user<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let run = || {
        let mut own = capabilities(None).unwrap();
        own.effective.remove(CapabilitySet::DAC_OVERRIDE);
        set_capabilities(None, own).unwrap();
        run()
    };
    // Capabilities are those of a thread.
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// Indexes as a user, and tells what could not be removed.
fn indexed_by_a_user(root: &Utf8Path) -> Vec<(Utf8PathBuf, String)> {
    as_a_user(|| {
        let remains = Remains::default();
        indexed(root, &settings(), &remains);
        remains.0.into_inner().unwrap()
    })
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

#[test]
fn a_link_that_leads_nowhere_is_found_before_work_begins() {
    struct NothingFound;
    impl Reporter for NothingFound {
        fn event(&self, event: Event) {
            panic!("{event:?}");
        }
    }
    let scratch = repository(&fixtures::packages()[..1]);
    let link = scratch.path().join("repodata");
    std::os::unix::fs::symlink("/nowhere", &link).unwrap();
    let error = index(scratch.path(), &settings(), &NothingFound).unwrap_err();
    assert!(matches!(&error, RepodataError::Linked { path } if *path == link), "{error}");
    assert_eq!(
        error.to_string(),
        format!("`{link}` is a symbolic link, which a directory would take the place of")
    );
    assert_eq!(names(scratch.path()), ["Packages", "repodata"]);
}

#[test]
fn old_documents_that_can_not_be_removed_are_told_of_when_nothing_has_changed() {
    let scratch = repository(&fixtures::packages()[..1]);
    let (root, cache) = (scratch.path(), crate::Scratch::new());
    let update = |retain, reporter: &dyn Reporter| {
        let cache = Some(cache.path().join("cache"));
        let reuse = Reuse { cache, unchanged: Unchanged::Leave, ..Reuse::default() };
        indexed(root, &IndexSettings { reuse, retain, ..settings() }, reporter);
    };
    update(Retain::Last(1), &Silent);
    fs_err::copy(&fixtures::packages()[1], root.join("Packages/second.rpm")).unwrap();
    update(Retain::Last(1), &Silent);
    let before = names(&root.join("repodata"));
    let told = as_a_user(|| {
        allow(&root.join("repodata"), 0o555);
        let remains = Remains::default();
        update(Retain::Last(0), &remains);
        remains.0.into_inner().unwrap()
    });
    allow(&root.join("repodata"), 0o755);
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|(path, error)| *error == format!("could not remove `{path}`")), "{told:?}");
    assert_eq!(names(&root.join("repodata")), before);
}

#[test]
fn old_metadata_that_can_not_be_put_away_is_in_the_way() {
    let scratch = repository(&fixtures::packages()[..1]);
    let root = scratch.path();
    indexed(root, &settings(), &Silent);
    let stuck = |directory: &Utf8Path| {
        fs_err::create_dir(directory).unwrap();
        fs_err::write(directory.join("x"), "x").unwrap();
        allow(directory, 0o555);
    };
    stuck(&root.join("repodata/html"));
    for number in 1..1000 {
        stuck(&root.join(format!(".repodata.left.{number}")));
    }
    let new = root.join(".repodata.new");
    let error = format!("could not remove `{new}`");
    assert_eq!(indexed_by_a_user(root), [(new.clone(), format!("in the way: {error}"))]);
    assert_eq!(Repository::open(root).unwrap().complete().unwrap().len(), 1);
    let next = as_a_user(|| index(root, &settings(), &Silent).map(drop).unwrap_err().to_string());
    assert_eq!(next, error);
}
