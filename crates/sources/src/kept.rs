//! What the store has of a pinned file, without a plan and without asking anybody.

use xen4centos_manifest::Location;

use crate::{FetchError, Store, change::written_as, store::file_error};

impl Store {
    /// The bytes of a file from outside of the tree, if they are here and are those that are pinned.
    ///
    /// # Errors
    /// When the store can not be read.
    pub fn kept(&self, location: &Location) -> Result<Option<Vec<u8>>, FetchError> {
        let sha256 = match location {
            Location::Url(place) => Some(place.sha256),
            Location::Commit(change) => change.sha256.or_else(|| written_as(self, change)),
            Location::InTree { .. } | Location::Git(_) => None,
        };
        let Some(object) = sha256.map(|sha256| self.get(&sha256)).transpose()?.flatten() else {
            return Ok(None);
        };
        fs_err::read(&object.path).map(Some).map_err(file_error("read", &object.path))
    }
}
