//! What stands in for pinned files, and whether all that was given for that does. An override that silently fits
//! nothing would let somebody test, or publish, a fix that is not there.

use std::fmt;

use camino::Utf8PathBuf;
use xen4centos_manifest::Package;

use crate::{
    Event, FetchError, FetchSettings, Given, Origin, Reporter, SourceOverride,
    plan::{Plan, Wanted, Way, plan},
};

/// Something in the place of a pinned file, or of a whole release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The package.
    pub package: String,
    /// As in [`VerifiedSource`](crate::VerifiedSource).
    pub name: String,
    /// What it is.
    pub origin: Origin,
}

/// Why a replacement would be used nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    /// A tree stands in for the whole release.
    Tree {
        /// The package.
        package: String,
        /// The tree.
        dir: Utf8PathBuf,
    },
    /// The miniature stands in for the whole release.
    Miniature {
        /// The package.
        package: String,
    },
    /// The source belongs to an option that is off.
    OptionOff {
        /// The package.
        package: String,
        /// The option.
        option: String,
    },
    /// The package is not among those that were asked for.
    NotAskedFor {
        /// The package.
        package: String,
    },
}

impl fmt::Display for Unused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tree { package, dir } => {
                write!(formatter, "the tree `{dir}` stands in for the release of package `{package}`")
            }
            Self::Miniature { package } => {
                write!(formatter, "the miniature stands in for the release of package `{package}`")
            }
            Self::OptionOff { package, option } => {
                write!(formatter, "option `{option}` of package `{package}` is off")
            }
            Self::NotAskedFor { package } => write!(formatter, "package `{package}` was not asked for"),
        }
    }
}

impl Unused {
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Tree { .. } => "change the file in the tree, or leave one of the two away".to_owned(),
            Self::Miniature { .. } => {
                "choose a channel that is made from upstream's releases, or give a whole tree with --source-tree"
                    .to_owned()
            }
            Self::OptionOff { package, option } => format!("switch it on: --with {package}:{option}"),
            Self::NotAskedFor { package } => {
                format!("name `{package}` among the packages, or leave it away")
            }
        }
    }
}

/// What would stand in for pinned files of the packages that are `asked` for. Nothing is read but names, so that a
/// rule about it can be applied before anything is downloaded.
///
/// # Errors
/// An override that names no source of the `known` packages, sources of several, or no file; and one, or a tree, that
/// was given for this run and would be used nowhere. All of them at once.
pub fn replacements(
    asked: &[&Package],
    known: &[&Package],
    settings: &FetchSettings,
) -> Result<Vec<Replacement>, FetchError> {
    let plan = plan(asked, settings)?;
    unused(&plan, known, settings)?;
    let of = |wanted: &Wanted<'_>| {
        let origin = wanted.way.origin();
        let stands_in = !matches!(origin, Origin::Pinned | Origin::InTree);
        let (package, name) = (wanted.package.name.clone(), wanted.name.clone());
        stands_in.then_some(Replacement { package, name, origin })
    };
    Ok(plan.wanted.iter().filter_map(of).collect())
}

/// Tells of the overrides for all runs that this one has no use for; one for this run is an error.
pub(crate) fn report_unused(
    plan: &Plan<'_>,
    known: &[&Package],
    settings: &FetchSettings,
    reporter: &dyn Reporter,
) -> Result<(), FetchError> {
    for (one, why) in unused(plan, known, settings)? {
        reporter.report(&Event::Unused { name: &one.name, why: &why });
    }
    Ok(())
}

fn unused<'s>(
    plan: &Plan<'_>,
    known: &[&Package],
    settings: &'s FetchSettings,
) -> Result<Vec<(&'s SourceOverride, Unused)>, FetchError> {
    let mut unused = Vec::new();
    let mut problems = Vec::new();
    for one in &settings.overrides {
        match (use_of(one, plan, known), one.given) {
            (Ok(None), _) | (Ok(Some(Unused::NotAskedFor { .. })), Given::ForAllRuns) => {}
            (Ok(Some(why)), Given::ForAllRuns) => unused.push((one, why)),
            (Ok(Some(why)), Given::ForThisRun) => {
                problems.push(FetchError::UnusedOverride { name: one.name.clone(), why });
            }
            (Err(problem), _) => problems.push(problem),
        }
    }
    for tree in settings.trees.iter().filter(|tree| tree.given == Given::ForThisRun) {
        let is_used = |wanted: &Wanted<'_>| {
            wanted.package.name == tree.package && matches!(wanted.way, Way::Tree { .. })
        };
        if !plan.wanted.iter().any(is_used) {
            problems.push(FetchError::UnusedTree { package: tree.package.clone() });
        }
    }
    match problems.len() {
        0 => Ok(unused),
        1 => Err(problems.remove(0)),
        _ => Err(FetchError::Several { problems }),
    }
}

/// Why an override is used nowhere, or nothing if it is.
fn use_of(one: &SourceOverride, plan: &Plan<'_>, known: &[&Package]) -> Result<Option<Unused>, FetchError> {
    // The tarball of a tree has a name, too, which is the release's and not a source's.
    let wanted = plan.wanted.iter().filter(|wanted| !matches!(wanted.way, Way::Tree { .. }));
    let wanted = wanted.map(|wanted| (wanted.package.name.as_str(), wanted.name.as_str(), None));
    let passed_over = plan.passed_over.iter().map(|passed| (passed.package, passed.name, Some(&passed.why)));
    let mut fitting = wanted.chain(passed_over).filter(|(package, name, _)| one.means(package, name));
    let Some((package, name, why)) = fitting.next() else { return not_asked_for(one, known).map(Some) };
    let others: Vec<String> = fitting.map(|(package, name, _)| format!("`{package}/{name}`")).collect();
    if !others.is_empty() {
        let candidates = format!("`{package}/{name}`, {}", others.join(", "));
        return Err(FetchError::AmbiguousOverride { name: one.name.clone(), candidates });
    }
    if !one.path.is_file() {
        return Err(FetchError::OverrideNotAFile { name: one.name.clone(), path: one.path.clone() });
    }
    Ok(why.cloned())
}

/// Patches of a package that a message names one by one.
const FEW: usize = 8;

fn not_asked_for(one: &SourceOverride, known: &[&Package]) -> Result<Unused, FetchError> {
    if let Some(package) = known.iter().find(|package| one.fits(package)) {
        return Ok(Unused::NotAskedFor { package: package.name.clone() });
    }
    let names = known.iter().flat_map(|package| {
        let sources = package.sources.iter().map(|source| source.name.clone());
        let patches = package.patches.iter().map(|patch| patch.file.clone());
        let count = package.patches.len();
        let many = (count > FEW).then(|| format!("the {count} patches of `{}`", package.name));
        let few = if many.is_none() { count } else { 0 };
        sources.chain(patches.take(few)).chain(many)
    });
    let names: Vec<String> = names.collect();
    Err(FetchError::UnknownOverride { name: one.name.clone(), known: names.join(", ") })
}
