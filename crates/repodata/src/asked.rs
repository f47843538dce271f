//! How often packages of primary.xml are asked for of the other documents.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
};

use crate::{RepodataError, Repository};

/// What was given of primary.xml, and, once that matters, what is still to come of it. Packages are known by a number of
/// their digest: two of one number cost another reading, no more.
#[derive(Default)]
pub(crate) struct Asked {
    numbers: RandomState,
    given: HashSet<u64>,
    /// How many packages were given.
    count: usize,
    left: Option<HashMap<u64, usize>>,
}

impl Asked {
    /// Whether a package was given before.
    pub(crate) fn was_given(&self, pkgid: &str) -> bool {
        self.given.contains(&self.numbers.hash_one(pkgid))
    }

    /// Notes that a package is given.
    pub(crate) fn give(&mut self, pkgid: &str) {
        let number = self.numbers.hash_one(pkgid);
        self.given.insert(number);
        self.count += 1;
        if let Some(left) = self.left.as_mut().and_then(|left| left.get_mut(&number)) {
            *left = left.saturating_sub(1);
        }
    }

    /// How often a package is given from now on, where that was counted.
    pub(crate) fn left(&self, pkgid: &str) -> Option<usize> {
        let left = self.left.as_ref()?;
        Some(left.get(&self.numbers.hash_one(pkgid)).copied().unwrap_or(0))
    }

    /// Counts what is still to be given, in one more pass over primary.xml.
    pub(crate) fn count_left(&mut self, repository: &Repository) -> Result<(), RepodataError> {
        if self.left.is_some() {
            return Ok(());
        }
        let mut left = HashMap::new();
        for (index, package) in repository.packages()?.enumerate() {
            let number = self.numbers.hash_one(package?.checksum.value.as_str());
            if index >= self.count {
                *left.entry(number).or_default() += 1;
            }
        }
        self.left = Some(left);
        Ok(())
    }
}
