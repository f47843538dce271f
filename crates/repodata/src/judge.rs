use crate::{
    BadPackages, Event, RepodataError,
    duplicates::{Seen, Twice},
    indexed::Indexed,
    run::Run,
    walk::Found,
};

/// Judges packages in order: which of them are listed, and what stops an index.
pub(crate) struct Judge<'a> {
    run: &'a Run<'a>,
    seen: Seen,
    surplus: Vec<usize>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(run: &'a Run<'a>) -> Self {
        Self { run, seen: Seen::default(), surplus: Vec::new() }
    }

    /// Positions of packages that are not to be listed.
    pub(crate) fn into_surplus(self) -> Vec<usize> {
        self.surplus
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
                self.surplus.push(index);
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
        match twice {
            Twice::Refused => return Err(RepodataError::Duplicate { nevra, path }),
            Twice::Listed => {}
            Twice::Surplus(surplus) => self.surplus.push(surplus),
        }
        self.run.reporter.event(Event::Duplicate { path, nevra });
        Ok(())
    }
}
