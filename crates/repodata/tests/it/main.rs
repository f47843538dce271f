//! The indexer against createrepo_c on real and made packages, and against interruptions and bad input.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod additional;
mod bad_input;
mod createrepo;
mod databases;
mod differing;
mod expansion;
mod fixtures;
mod importing;
mod interruption;
mod mergerepo;
mod merging;
mod querying;
mod reading;
mod repomd;
#[expect(dead_code, reason = "the tests of each crate use a part of it")]
#[path = "../../../http/tests/it/server.rs"]
mod server;
mod tree;

use std::num::NonZeroUsize;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;
use xen4centos_repodata::{IndexSettings, Reporter, index};

/// A directory that is removed with the value.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).unwrap()
    }
}

/// The packages of public test suites that lie beside the project.
fn real_packages() -> Vec<Utf8PathBuf> {
    let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rpms");
    let packages = files(&directory).into_iter().filter(|path| path.extension() == Some("rpm"));
    let packages: Vec<Utf8PathBuf> = packages.collect();
    assert!(packages.len() > 70, "{} packages", packages.len());
    packages
}

/// What lies in a directory, sorted.
fn files(directory: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = fs_err::read_dir(directory).unwrap();
    let mut paths: Vec<Utf8PathBuf> =
        entries.map(|entry| Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap()).collect();
    paths.sort();
    paths
}

/// A repository of these packages, without metadata.
fn repository(packages: &[Utf8PathBuf]) -> Scratch {
    let scratch = Scratch::new();
    let directory = scratch.path().join("Packages");
    fs_err::create_dir(&directory).unwrap();
    for package in packages {
        fs_err::copy(package, directory.join(package.file_name().unwrap())).unwrap();
    }
    scratch
}

fn settings() -> IndexSettings {
    IndexSettings { workers: NonZeroUsize::new(2).unwrap(), ..IndexSettings::for_el6(1_700_000_000) }
}

/// Indexes; the tree that comes out is the directory that went in.
fn indexed(root: &Utf8Path, settings: &IndexSettings, reporter: &dyn Reporter) {
    assert_eq!(index(root, settings, reporter).unwrap().root, root);
}
