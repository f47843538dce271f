//! Our metadata beside the reference's, createrepo_c's: what a directory of metadata says, read by no code of the project;
//! the differences of two such directories; and those that are meant, each with its reason.
//!
//! The tests of the engine and those of the program share this directory.

mod allowed;
pub(crate) mod built;
mod compare;
mod compressed;
pub(crate) mod corpus;
mod database;
pub(crate) mod fixtures;
#[path = "../../examples/corpus/main.rs"]
#[expect(dead_code, reason = "its `main` reads arguments")]
mod generator;
mod metadata;
pub(crate) mod odd;
mod scratch;
pub(crate) mod tree;

use std::collections::BTreeSet;

pub(crate) use allowed::Allowed;
use compare::differences;
pub(crate) use metadata::Metadata;
pub(crate) use scratch::{Scratch, files};

/// Differences that are shown.
const MOST: usize = 80;

/// Which differences that are meant occur; the others are told.
pub(crate) fn compare(ours: &Metadata, theirs: &Metadata) -> Result<BTreeSet<Allowed>, String> {
    let (mut meant, mut wrong) = (BTreeSet::new(), Vec::new());
    for difference in differences(ours, theirs) {
        match Allowed::of(&difference) {
            Some(allowed) => {
                meant.insert(allowed);
            }
            None => wrong.push(difference.to_string()),
        }
    }
    match wrong.len() {
        0 => Ok(meant),
        count => Err(format!("{count} differences\n{}", wrong[..count.min(MOST)].join("\n"))),
    }
}

/// That the differences are exactly those that are meant here.
pub(crate) fn check(ours: &Metadata, theirs: &Metadata, expected: &[Allowed]) -> Result<(), String> {
    Allowed::demand(&compare(ours, theirs)?, expected)
}
