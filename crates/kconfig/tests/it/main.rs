//! From fragments to a verified configuration, over Kconfig files of our own.

#![expect(clippy::unwrap_used, reason = "a failed preparation fails the test")]

mod explanations;
mod hostile;
mod reports;
mod steps;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_kconfig::{Config, Fragment, KconfigTree, Request, merge};

fn tree_directory() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tree")
}

fn tree() -> KconfigTree {
    KconfigTree::load(&tree_directory()).unwrap()
}

fn config(text: &str) -> Config {
    Config::parse(text, ".config".into()).unwrap()
}

fn request(text: &str) -> Request {
    merge(&[Fragment::parse(text, "a.config".into()).unwrap()])
}
