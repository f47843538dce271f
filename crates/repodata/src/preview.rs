use std::ops::ControlFlow;

use camino::Utf8Path;

use crate::{
    Event, IndexSettings, Relisted, RepodataError, Reporter, additional,
    index::desk,
    judge::Judge,
    plan::{Place, Plan},
    refusals::Refusals,
    run::Run,
    switch::{demand_directory, look},
    walk::Found,
};

/// What an index would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The packages that it would list, as paths relative to the directory, sorted.
    pub packages: Vec<String>,
    /// What it would list beside the list that is there, where that is known.
    pub listed: Option<Relisted>,
    /// Whether it would write nothing, because nothing has changed.
    pub unchanged: bool,
}

/// What an index would do. All that would stop it or would be left out
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
) -> Result<Preview, RepodataError> {
    demand_directory(root)?;
    let output = settings.output.as_deref().unwrap_or(root);
    let metadata = look(output)?;
    let place = Place { root, output, metadata: &metadata, scratch: &scratch.join("packages.import") };
    let Plan { present, packages, known, additions, state, written, .. } =
        Plan::of(&place, settings, reporter)?;
    let Some((timestamp, _)) = written else {
        let listed = packages.into_iter().filter(|found| known.is_listed(found));
        let packages = listed.map(|found| found.relative.into()).collect();
        return Ok(Preview { packages, listed: Some(Relisted::default()), unchanged: true });
    };
    let desk = desk(metadata.clone(), settings, timestamp, state.seed)?;
    let run = Run { root, metadata: &metadata, desk: &desk, settings, reporter, known: &known, cache: None };
    if !run.may_leave_out() {
        settings.location.demand_distinct(&packages)?;
    }
    let (mut judge, mut refusals) = (Judge::new(&run), Refusals::default());
    run.packages(&packages, |index, tried| {
        let judged = judge.take(&packages, index, tried.result).inspect(|indexed| {
            if let Some(indexed) = indexed {
                let path = packages[index].relative.to_string().into();
                let replaces = run.replaces(&packages[index], indexed);
                reporter.event(Event::Indexed { path, from: indexed.source, replaces });
            }
        });
        judged.map_or_else(|error| refusals.take(error), |_| ControlFlow::Continue(()))
    });
    refusals.result()?;
    let left_out = judge.into_left_out();
    let listed = packages.into_iter().enumerate().filter(|(index, _)| !left_out.contains_key(index));
    let listed: Vec<Found> = listed.map(|(_, found)| found).collect();
    settings.location.demand_distinct(&listed)?;
    additional::demand_kept(settings, &additions, &metadata, &present)?;
    let relisted = known.relisted(settings, &listed);
    let packages = listed.into_iter().map(|found| found.relative.into()).collect();
    Ok(Preview { packages, listed: relisted, unchanged: false })
}
