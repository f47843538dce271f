use std::ops::ControlFlow;

use camino::Utf8Path;

use crate::{
    IndexSettings, RepodataError, Reporter, additional,
    index::desk,
    judge::Judge,
    plan::{Place, Plan},
    refusals::Refusals,
    run::Run,
    switch::{demand_directory, look},
    walk::Found,
};

/// The packages that an index would list, as paths relative to `root`, sorted. All that would stop it or would be left out
/// is found, because packages are read as it reads them; nothing is written but to `scratch`, a directory of the caller's
/// own for what earlier metadata says.
///
/// # Errors
/// What an index would end with, but for what comes of writing.
pub fn preview(
    root: &Utf8Path,
    settings: &IndexSettings,
    scratch: &Utf8Path,
    reporter: &dyn Reporter,
) -> Result<Vec<String>, RepodataError> {
    demand_directory(root)?;
    let output = settings.output.as_deref().unwrap_or(root);
    let metadata = look(output)?;
    let place = Place { root, output, metadata: &metadata, scratch: &scratch.join("packages.import") };
    let Plan { present, packages, known, additions, state, written, .. } =
        Plan::of(&place, settings, reporter)?;
    let Some((timestamp, _)) = written else {
        let listed = packages.into_iter().filter(|found| known.is_listed(found));
        return Ok(listed.map(|found| found.relative.into()).collect());
    };
    let desk = desk(metadata.clone(), settings, timestamp, state.seed)?;
    let run = Run { root, metadata: &metadata, desk: &desk, settings, reporter, known: &known };
    if !run.may_leave_out() {
        settings.location.demand_distinct(&packages)?;
    }
    let (mut judge, mut refusals) = (Judge::new(&run), Refusals::default());
    run.packages(&packages, |index, tried| {
        let judged = judge.take(&packages, index, tried.result);
        judged.map_or_else(|error| refusals.take(error), |_| ControlFlow::Continue(()))
    });
    refusals.result()?;
    let left_out = judge.into_left_out();
    let listed = packages.into_iter().enumerate().filter(|(index, _)| !left_out.contains_key(index));
    let listed: Vec<Found> = listed.map(|(_, found)| found).collect();
    settings.location.demand_distinct(&listed)?;
    additional::demand_kept(settings, &additions, &metadata, &present)?;
    Ok(listed.into_iter().map(|found| found.relative.into()).collect())
}
