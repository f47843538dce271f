//! The tree that a build would be made from, for somebody to look at: `%prep` alone, from the same spec and sources, held
//! in the same way. Nothing of it is kept.

use camino::Utf8Path;

use crate::{
    BuildError, BuildRequest, Conditions, Event,
    build::{Follower, Place},
    files,
    isolation::Isolation,
    rpmbuild::Workshop,
};

/// Runs `%prep` of `request` and has `look` see the directory that it unpacked into, while it is there.
///
/// # Errors
/// When `%prep` fails or is stopped, or the machine does not allow what the request asks. The log is kept as
/// `<builds>/<package>/failed/<start of key>.log`.
pub fn prepare<T>(
    request: &BuildRequest,
    conditions: &Conditions<'_>,
    look: impl FnOnce(&Utf8Path) -> T,
) -> Result<T, BuildError> {
    request.check_names()?;
    let place = Place::new(request, conditions.builds)?;
    let _lock = place.lock(conditions)?;
    let work = place.clear_work()?;
    let outcome = prepare_in(&work, request, conditions, &place).map_err(|error| place.explain(error, &work));
    let outcome = match outcome {
        Ok(workshop) => Ok(look(&workshop.root().join("BUILD"))),
        Err(error) => {
            // The error in hand says more than that its log could not be moved.
            drop(place.keep_log(&work));
            Err(error)
        }
    };
    // What can not be removed now stops the next build, which says so.
    drop(files::remove_directory(&work));
    let event = if outcome.is_ok() { Event::Prepared } else { Event::Failed };
    conditions.reporter.event(&request.package, event);
    outcome
}

fn prepare_in(
    work: &Utf8Path,
    request: &BuildRequest,
    conditions: &Conditions<'_>,
    place: &Place,
) -> Result<Workshop, BuildError> {
    let isolation = Isolation::find(&request.package, request.network, work, conditions.hidden)?;
    let workshop = Workshop::set_up(work, request, isolation.stage())?;
    let log = workshop.log();
    let mut follower = Follower::new(request, conditions, &log, place.failed_log());
    follower.run("preparation", &isolation.wrap(workshop.prepared_tree(request, conditions.stop)))?;
    Ok(workshop)
}
