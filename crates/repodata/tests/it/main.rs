//! The indexer against createrepo_c on real and made packages, and against interruptions and bad input.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod additional;
mod bad_input;
mod createrepo;
mod differing;
mod expansion;
mod header_digests;
mod importing;
mod interruption;
mod mergerepo;
mod merging;
mod querying;
mod reading;
#[path = "../reference/mod.rs"]
mod reference;
mod repomd;
mod retaining;
#[expect(dead_code, reason = "the tests of each crate use a part of it")]
#[path = "../../../http/tests/it/server.rs"]
mod server;
mod stability;
mod switching;

use std::num::NonZeroUsize;

use camino::{Utf8Path, Utf8PathBuf};
use reference::{Scratch, corpus::real_packages, files, fixtures};
use xen4centos_repodata::{IndexSettings, Reporter, index};

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
