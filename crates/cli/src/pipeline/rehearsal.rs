//! Where a changed project is tried: in the work directory, so that nobody else can look into it and what a killed run left
//! is found, and at one place, so that nothing is kept of each by its name.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    failure::Failure,
    pipeline::{
        journal::{Changes, make_private},
        overlay::overlay,
    },
};

const PLACE: &str = "import-trial";

/// The changed project; gone with this value.
pub(crate) struct Rehearsal {
    pub(crate) project: Utf8PathBuf,
}

impl Rehearsal {
    /// The lock of the work directory is held by whoever makes one.
    pub(crate) fn new(work: &Utf8Path, project: &Utf8Path, changes: &Changes) -> Result<Self, Failure> {
        let rehearsal = Self { project: work.join(PLACE) };
        make_private(&rehearsal.project)?;
        overlay(project, changes, &rehearsal.project)?;
        Ok(rehearsal)
    }

    /// Removes what a run left that was killed.
    pub(crate) fn forget(work: &Utf8Path) -> Result<(), Failure> {
        let place = work.join(PLACE);
        if place.exists() {
            fs_err::remove_dir_all(place)?;
        }
        Ok(())
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        // What stays is removed by the next run.
        drop(fs_err::remove_dir_all(&self.project));
    }
}
