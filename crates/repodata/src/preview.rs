use std::{collections::HashSet, ops::ControlFlow};

use camino::Utf8Path;

use crate::{
    BadPackages, Event, IndexSettings, RepodataError, Reporter,
    additional::Addition,
    duplicates::{Seen, Twice},
    index::{Listed, demand_clean, desk, times},
    known::Known,
    refusals::Refusals,
    run::Run,
    switch::{demand_directory, demand_no_link},
    walk::{self, Found},
};

/// The packages that an index would list, as paths relative to `root`, sorted. All that would stop it or would be left out
/// is found, because packages are read as it reads them; nothing is written.
///
/// # Errors
/// What an index would end with, but for what comes of writing.
pub fn preview(
    root: &Utf8Path,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> Result<Vec<String>, RepodataError> {
    let output = settings.output.as_deref().unwrap_or(root);
    demand_directory(root)?;
    demand_directory(output)?;
    demand_clean(root, settings)?;
    let metadata = output.join("repodata");
    demand_no_link(&metadata)?;
    let (timestamp, _) = times(&metadata, settings, &Listed::read(&metadata, settings)?.list)?;
    let packages = walk::packages(root, settings, reporter)?;
    Addition::all(settings)?;
    let known = Known::open(settings);
    let desk = desk(metadata.clone(), settings, timestamp, known.seed())?;
    let run = Run { root, metadata: &metadata, desk: &desk, settings, reporter, known: &known };
    let (mut seen, mut surplus, mut refusals) = (Seen::default(), HashSet::new(), Refusals::default());
    run.packages(&packages, |index, tried| {
        let path = || root.join(&*packages[index].relative);
        let error = match tried.result {
            Ok(indexed) => {
                let nevra = || indexed.title.nevra.to_string();
                match seen.take(&indexed.title, index, settings.duplicates) {
                    None => return ControlFlow::Continue(()),
                    Some(Twice::Refused) => RepodataError::Duplicate { nevra: nevra(), path: path() },
                    Some(twice) => {
                        surplus.extend(if let Twice::Surplus(surplus) = twice {
                            Some(surplus)
                        } else {
                            None
                        });
                        reporter.event(Event::Duplicate { path: path(), nevra: nevra() });
                        return ControlFlow::Continue(());
                    }
                }
            }
            Err(error) if settings.bad_packages == BadPackages::LeaveOut && error.is_of_one_package() => {
                surplus.insert(index);
                reporter.event(Event::LeftOut { error });
                return ControlFlow::Continue(());
            }
            Err(error) => error,
        };
        refusals.take(error)
    });
    refusals.result()?;
    let listed = packages.into_iter().enumerate().filter(|(index, _)| !surplus.contains(index));
    let listed: Vec<Found> = listed.map(|(_, found)| found).collect();
    settings.location.demand_distinct(&listed)?;
    Ok(listed.into_iter().map(|found| found.relative.into()).collect())
}
