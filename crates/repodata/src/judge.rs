use std::collections::HashMap;

use crate::{
    BadPackages, Event, RepodataError,
    cache::Why,
    duplicates::{Seen, Twice},
    indexed::Indexed,
    run::Run,
    walk::Found,
};

/// Judges packages in order: which of them are listed, and what stops an index.
pub(crate) struct Judge<'a> {
    run: &'a Run<'a>,
    seen: Seen,
    left_out: HashMap<usize, Why>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(run: &'a Run<'a>) -> Self {
        Self { run, seen: Seen::default(), left_out: HashMap::new() }
    }

    /// Positions of packages that are not to be listed, and why not.
    pub(crate) fn into_left_out(self) -> HashMap<usize, Why> {
        self.left_out
    }

    /// Judges what came of the package in this place: `None` where it is left out.
    pub(crate) fn take(
        &mut self,
        packages: &[Found],
        index: usize,
        result: Result<Indexed, RepodataError>,
    ) -> Result<Option<Indexed>, RepodataError> {
        match result {
            Ok(indexed) => {
                self.notice_duplicate(packages, index, &indexed)?;
                Ok(Some(indexed))
            }
            Err(error)
                if self.run.settings.bad_packages == BadPackages::LeaveOut && error.is_of_one_package() =>
            {
                self.left_out.insert(index, Why::Bad);
                self.run.reporter.event(Event::LeftOut { error });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn notice_duplicate(
        &mut self,
        packages: &[Found],
        index: usize,
        indexed: &Indexed,
    ) -> Result<(), RepodataError> {
        let Some(twice) = self.seen.take(&indexed.title, index, self.run.settings.duplicates) else {
            return Ok(());
        };
        let path = self.run.root.join(&*packages[index].relative);
        let nevra = indexed.title.nevra.to_string();
        let left_out = match twice {
            Twice::Refused => return Err(RepodataError::Duplicate { nevra, path }),
            Twice::Listed => None,
            Twice::Surplus(surplus) => {
                self.left_out.insert(surplus, Why::Surplus);
                Some(self.run.root.join(&*packages[surplus].relative))
            }
        };
        self.run.reporter.event(Event::Duplicate { path, nevra, left_out });
        Ok(())
    }
}
