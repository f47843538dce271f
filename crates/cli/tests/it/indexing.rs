//! Directories of packages, and `index` over them with a cache of their own.

use camino::Utf8Path;

use crate::{
    program::{Call, Run},
    reference::{Scratch, fixtures},
};

/// A directory of one good package.
pub(crate) fn here() -> Scratch {
    let scratch = Scratch::new();
    put(scratch.path(), 0, "packages/good.rpm");
    scratch
}

/// A copy, which a test may change.
pub(crate) fn put(here: &Utf8Path, package: usize, name: &str) {
    let path = here.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::copy(&fixtures::packages()[package], path).unwrap();
}

pub(crate) fn run(here: &Utf8Path, arguments: &[&str]) -> Run {
    Call::new(arguments).env("XDG_CACHE_HOME", here.join("cache").as_str()).run()
}

pub(crate) fn index(here: &Utf8Path, arguments: &[&str]) -> Run {
    run(here, &[&["index", here.join("packages").as_str()], arguments].concat())
}
