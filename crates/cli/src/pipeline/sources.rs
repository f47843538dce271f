//! Packages → verified source files, as the command line, the local settings and the target ask for them.

use std::collections::BTreeMap;

use camino::Utf8Path;
use xen4centos_build::{BuildSource, SourceOrigin};
use xen4centos_manifest::{Accepts, EffectiveOption, Package, Upstreams};
use xen4centos_sources::{
    FailureKind, FetchError, FetchSettings, Given, Network, NetworkSettings, Origin, Pin, Planned,
    Replacement, Silent, SourceOverride, SourceTree, Standing, Store, VerifiedSource, replacements,
};

use crate::{
    args::SourceArgs,
    failure::{Failure, Kind},
    pipeline::narrator::Narrator,
    session::{Options, Session},
    settings,
};

/// The time stamp of what is packed from a tree: any fixed one does, and this is not in the future of any client.
/// 2013-06-20, the day of the first release of Xen4CentOS.
const TREE_TIME: u64 = 1_371_686_400;

/// Fetches what the packages need under these options, and refuses what the channel does not take.
pub(crate) fn fetch(
    session: &Session<'_>,
    args: &SourceArgs,
    packages: &[Package],
    options: &Options,
) -> Result<Vec<VerifiedSource>, Failure> {
    let packages: Vec<&Package> = packages.iter().collect();
    let settings = fetch_settings(session, args, options)?.narrowed_to(&packages);
    let store = Store::new(session.work("store"));
    Ok(store.fetch(&packages, &settings, &Narrator::new(session.printer))?)
}

/// What could be had of the packages' sources.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) verified: Vec<VerifiedSource>,
    /// The packages whose sources are not all here, or not as they should be, and why.
    pub(crate) refused: Vec<(String, Failure)>,
}

impl Found {
    pub(crate) fn all(verified: Vec<VerifiedSource>) -> Self {
        Self { verified, refused: Vec::new() }
    }
}

/// What of [`fetch`] can be done with what is here: nothing is downloaded, and a package stops no other.
pub(crate) fn look(
    session: &Session<'_>,
    args: &SourceArgs,
    packages: &[Package],
    options: &Options,
) -> Result<Found, Failure> {
    let mut away = not_here(session, args, packages, options)?;
    let here = SourceArgs { offline: true, ..args.clone() };
    let mut found = Found::default();
    for package in packages {
        let sources = match away.remove(&package.name) {
            Some(failure) => Err(failure),
            None => fetch(session, &here, std::slice::from_ref(package), options),
        };
        match sources {
            Ok(sources) => found.verified.extend(sources),
            Err(failure) => found.refused.push((package.name.clone(), failure)),
        }
    }
    Ok(found)
}

/// How far the sources of the packages are; nothing is fetched, and what [`fetch`] refuses is refused.
pub(crate) fn survey(
    session: &Session<'_>,
    args: &SourceArgs,
    packages: &[Package],
    options: &Options,
) -> Result<Vec<Planned>, Failure> {
    let packages: Vec<&Package> = packages.iter().collect();
    let settings = fetch_settings(session, args, options)?.narrowed_to(&packages);
    let reporter = Narrator::new(session.printer);
    Ok(Store::new(session.work("store")).survey(&packages, &settings, &reporter)?)
}

/// The packages with sources that would have to be downloaded, and which these are.
fn not_here(
    session: &Session<'_>,
    args: &SourceArgs,
    packages: &[Package],
    options: &Options,
) -> Result<BTreeMap<String, Failure>, Failure> {
    let references: Vec<&Package> = packages.iter().collect();
    let settings = fetch_settings(session, args, options)?.narrowed_to(&references);
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in Store::new(session.work("store")).survey(&references, &settings, &Silent)? {
        if source.standing == Standing::Remote {
            files.entry(source.package).or_default().push(source.file);
        }
    }
    let failure = |files: Vec<String>| {
        Failure::new(Kind::World, format!("not fetched yet: {}", files.join(", ")))
            .hint(Some("xen4centos fetch".to_owned()))
    };
    Ok(files.into_iter().map(|(package, files)| (package, failure(files))).collect())
}

/// The packages that were named, or all of the target. Over its miniature a package is without the patches that are for
/// upstream's own tree.
pub(crate) fn packages(
    session: &Session<'_>,
    named: &[String],
    args: &SourceArgs,
) -> Result<Vec<Package>, Failure> {
    let mut packages = session.packages(named)?;
    for package in &mut packages {
        if !is_over_miniature(session, package, args)? {
            continue;
        }
        let before = package.patches.len();
        package.patches.retain(|patch| patch.miniature);
        let left = before - package.patches.len();
        if left > 0 {
            session.printer.detail(format!(
                "{}: {left} patches are for upstream's own tree, and not for its miniature",
                package.name
            ));
        }
    }
    Ok(packages)
}

/// Whether the tree of a package is its miniature.
pub(crate) fn is_over_miniature(
    session: &Session<'_>,
    package: &Package,
    args: &SourceArgs,
) -> Result<bool, Failure> {
    let is_given = trees(session, args)?.iter().any(|tree| tree.package == package.name);
    Ok(takes_doubles(session) && package.upstream.is_some() && !is_given)
}

/// A test double is taken only by channels that say so: elsewhere upstream's own files are asked for.
pub(crate) fn takes_doubles(session: &Session<'_>) -> bool {
    session.is_miniature() && session.channel.accepts == Accepts::Miniature
}

/// What was asked for, checked against all packages that were, which are those of `options`: a file that is given for
/// one of them, or a tree that the channel refuses, is the same for each.
pub(crate) fn fetch_settings(
    session: &Session<'_>,
    args: &SourceArgs,
    options: &Options,
) -> Result<FetchSettings, Failure> {
    let on = |(package, options): (&String, &BTreeMap<String, EffectiveOption>)| {
        let names = options.values().filter(|option| option.on).map(|option| option.name.clone());
        (package.clone(), names.collect())
    };
    let settings = FetchSettings {
        network: network(args),
        lookaside: vec![match &args.lookaside {
            Some(directory) => settings::current_directory()?.join(directory),
            None => session.work("lookaside"),
        }],
        mirrors: args.mirror.clone(),
        overrides: overrides(session, args)?,
        trees: trees(session, args)?,
        upstreams: if takes_doubles(session) { Upstreams::Miniature } else { Upstreams::Release },
        options_on: options.iter().map(on).collect(),
        source_date_epoch: TREE_TIME,
        now: session.now,
    };
    let known: Vec<&Package> = session.project.packages.values().collect();
    let asked: Vec<&Package> =
        known.iter().copied().filter(|package| options.contains_key(&package.name)).collect();
    for replacement in replacements(&asked, &known, &settings)? {
        if let Origin::Tree { dir } = &replacement.origin {
            refuse_hidden_double(session, dir)?;
        }
        admit(session, &replacement)?;
    }
    Ok(settings)
}

/// `xen4centos.local.toml`, then the command line: the last one counts.
fn overrides(session: &Session<'_>, args: &SourceArgs) -> Result<Vec<SourceOverride>, Failure> {
    let mut overrides = Vec::new();
    for (name, path) in &session.project.local.source_overrides {
        let path = session.project.root.join(path);
        overrides.push(SourceOverride { name: name.clone(), path, given: Given::ForAllRuns });
    }
    let here = settings::current_directory()?;
    for text in &args.source_override {
        let (name, path) = pair(text, "--source-override NAME=FILE")?;
        let (name, path) = (name.to_owned(), here.join(path));
        overrides.push(SourceOverride { name, path, given: Given::ForThisRun });
    }
    Ok(overrides)
}

/// In the same order.
fn trees(session: &Session<'_>, args: &SourceArgs) -> Result<Vec<SourceTree>, Failure> {
    let mut trees = Vec::new();
    for (package, directory) in &session.project.local.source_trees {
        let dir = session.project.root.join(directory);
        trees.push(SourceTree { package: package.clone(), dir, given: Given::ForAllRuns });
    }
    let here = settings::current_directory()?;
    for text in &args.source_tree {
        let (package, directory) = pair(text, "--source-tree PACKAGE=DIR")?;
        session.project.package(package)?;
        let (package, dir) = (package.to_owned(), here.join(directory));
        trees.push(SourceTree { package, dir, given: Given::ForThisRun });
    }
    Ok(trees)
}

/// Lies at the top of every test double, and so of every copy of one.
const TEST_DOUBLE: &str = ".test-double";

/// A test double given as somebody's own tree is a test double all the same.
fn refuse_hidden_double(session: &Session<'_>, tree: &Utf8Path) -> Result<(), Failure> {
    if !tree.join(TEST_DOUBLE).exists() || session.channel.accepts == Accepts::Miniature {
        return Ok(());
    }
    let message = format!("`{tree}` is a test double, which channel `{}` refuses", session.channel.name);
    let hint = "give a tree of upstream's, or use the quickstart's target and channel".to_owned();
    Err(Failure::new(Kind::Refused, message).hint(Some(hint)))
}

fn network(args: &SourceArgs) -> Network {
    if args.offline {
        return Network::Offline;
    }
    Network::Online(NetworkSettings::usual(settings::http()))
}

fn pair<'t>(text: &'t str, shape: &str) -> Result<(&'t str, &'t str), Failure> {
    match text.split_once('=') {
        Some((left, right)) if !left.is_empty() && !right.is_empty() => Ok((left, right)),
        _ => Err(Failure::new(Kind::Data, format!("expected {shape}, found `{text}`"))),
    }
}

/// The promise of a channel: nothing but pinned files on the release channel, and test doubles on the quickstart's.
fn admit(session: &Session<'_>, source: &Replacement) -> Result<(), Failure> {
    let (required, what) = match &source.origin {
        Origin::Pinned | Origin::InTree => return Ok(()),
        Origin::Override { path } => (Accepts::Override, format!("the file `{path}`")),
        Origin::Tree { dir } => (Accepts::Override, format!("the tree `{dir}`")),
        Origin::Miniature => (Accepts::Miniature, "a test double".to_owned()),
    };
    let channel = &session.channel;
    if channel.accepts >= required {
        return Ok(());
    }
    let message = format!(
        "channel `{}` of target `{}` takes {} sources only, and `{}` of `{}` comes from {what}",
        channel.name, session.target.name, channel.accepts, source.name, source.package
    );
    let takers = session.target.channels.values().filter(|other| other.accepts >= required);
    let takers: Vec<&str> = takers.map(|other| other.name.as_str()).collect();
    let hint = if takers.is_empty() {
        "leave the override away".to_owned()
    } else {
        format!("leave the override away, or choose another channel: --channel {}", takers.join(" or "))
    };
    Err(Failure::new(Kind::Refused, message).hint(Some(hint)))
}

/// A verified source in the terms of the build stage.
pub(crate) fn build_source(source: &VerifiedSource) -> BuildSource {
    let (origin, detail) = match &source.origin {
        Origin::Pinned => (SourceOrigin::Pinned, pin_text(source.pin.as_ref())),
        Origin::InTree => (SourceOrigin::InTree, String::new()),
        Origin::Override { path } => (SourceOrigin::Override, path.to_string()),
        Origin::Tree { dir } => (SourceOrigin::Tree, dir.to_string()),
        Origin::Miniature => (SourceOrigin::Miniature, String::new()),
    };
    BuildSource {
        file: source.file.clone(),
        path: source.path.clone(),
        sha256: source.sha256,
        origin,
        detail,
    }
}

fn pin_text(pin: Option<&Pin>) -> String {
    match pin {
        Some(Pin::Digest { url }) => url.clone(),
        Some(Pin::Commit { url, commit }) => format!("{url} {commit}"),
        None => String::new(),
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let kind = match error.kind() {
            FailureKind::Data => Kind::Data,
            FailureKind::World => Kind::World,
        };
        let hint = error.hint();
        Self::of(kind, &error).hint(hint)
    }
}
