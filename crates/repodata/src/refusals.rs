use std::ops::ControlFlow;

use crate::RepodataError;

/// Errors that are told: more than anybody mends by hand, and few enough to be held.
const TOLD: usize = 1000;

/// Why an index stops: all that is wrong with its packages, of which only so many are held as are told.
#[derive(Default)]
pub(crate) struct Refusals {
    errors: Vec<RepodataError>,
    count: usize,
}

impl Refusals {
    pub(crate) fn add(&mut self, error: RepodataError) {
        self.count += 1;
        if self.errors.len() < TOLD {
            self.errors.push(error);
        }
    }

    /// As [`add`](Self::add). Nothing will be written, but where it lies in a package, others are looked at, too.
    pub(crate) fn take(&mut self, error: RepodataError) -> ControlFlow<()> {
        let goes_on = error.is_of_one_package() || matches!(error, RepodataError::Duplicate { .. });
        self.add(error);
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What stops the index, if anything does.
    pub(crate) fn result(mut self) -> Result<(), RepodataError> {
        match self.count {
            0 => Ok(()),
            1 => self.errors.pop().map_or(Ok(()), Err),
            count => Err(RepodataError::Several { errors: self.errors, count }),
        }
    }
}
