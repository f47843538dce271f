use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher as _},
};

use crate::{Duplicates, indexed::Title};

/// What was seen of packages, to know those of one name, version and architecture: where they are among the others, and when
/// they were built, by digests of what they are called.
#[derive(Default)]
pub(crate) struct Seen(HashMap<u64, (usize, u64)>);

/// What becomes of packages that are called the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twice {
    /// All are listed.
    Listed,
    /// The package in this place is not.
    Surplus(usize),
    /// Nothing is written.
    Refused,
}

impl Seen {
    /// Takes the package in this place; `None` where it is the first of its name.
    pub(crate) fn take(&mut self, title: &Title, index: usize, duplicates: Duplicates) -> Option<Twice> {
        let Title { nevra, build_time, .. } = title;
        // The same in every run: its keys are fixed. Two names of one digest are not to be expected in any repository.
        let mut hasher = DefaultHasher::new();
        nevra.hash(&mut hasher);
        let key = hasher.finish();
        let (other, built) = self.0.insert(key, (index, *build_time))?;
        Some(match duplicates {
            Duplicates::Refuse => Twice::Refused,
            Duplicates::Keep => Twice::Listed,
            Duplicates::KeepLast if built > *build_time => {
                self.0.insert(key, (other, built));
                Twice::Surplus(index)
            }
            Duplicates::KeepLast => Twice::Surplus(other),
        })
    }
}
