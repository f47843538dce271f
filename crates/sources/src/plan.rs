//! From the manifest and the settings to a list of what is wanted, and by which way. Everything that can be said
//! without looking at a source's bytes is said before any is fetched: here, trees for packages that have no release;
//! in `replacements`, what was given and fits nothing.

use camino::Utf8PathBuf;
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::{
    CommitLocation, DetachedSignature, GitLocation, Location, Package, Patch, Role as ManifestRole, Source,
    Upstream, Upstreams, UrlLocation, Vouching,
};

use crate::{FetchError, FetchSettings, Origin, Role, Unused, in_tree};

/// One file that a package needs.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) package: &'a Package,
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) role: Role,
    pub(crate) way: Way<'a>,
    /// Of its declaration in package.toml, from 1.
    pub(crate) line: usize,
}

/// How it is got.
#[derive(Clone, Debug)]
pub(crate) enum Way<'a> {
    InTree(&'a Utf8PathBuf, Option<Sha256Digest>),
    Override(Utf8PathBuf),
    Url(&'a UrlLocation),
    Git(&'a GitLocation),
    Commit(&'a CommitLocation),
    Tree { dir: Utf8PathBuf, upstream: &'a Upstream, origin: Origin },
}

impl Way<'_> {
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::InTree(..) => Origin::InTree,
            Self::Override(path) => Origin::Override { path: path.clone() },
            Self::Tree { origin, .. } => origin.clone(),
            Self::Url(_) | Self::Git(_) | Self::Commit(_) => Origin::Pinned,
        }
    }
}

impl Wanted<'_> {
    pub(crate) fn signature(&self) -> Option<&DetachedSignature> {
        match &self.way {
            Way::Url(UrlLocation { vouching: Vouching::Signature(signature), .. }) => Some(signature),
            _ => None,
        }
    }

    /// Of a tree: what it says to somebody who replaced a file of the release.
    fn why_the_release_is_unused(&self) -> Option<Unused> {
        let package = self.package.name.clone();
        match &self.way {
            Way::Tree { origin: Origin::Miniature, .. } => Some(Unused::Miniature { package }),
            Way::Tree { dir, .. } => Some(Unused::Tree { package, dir: dir.clone() }),
            _ => None,
        }
    }
}

/// What becomes of every source and patch.
pub(crate) struct Plan<'a> {
    /// In the order of the packages and of rpm's `SourceN` and `PatchN`.
    pub(crate) wanted: Vec<Wanted<'a>>,
    pub(crate) passed_over: Vec<PassedOver<'a>>,
}

/// A source that is not wanted, and why.
pub(crate) struct PassedOver<'a> {
    pub(crate) package: &'a str,
    pub(crate) name: &'a str,
    pub(crate) why: Unused,
}

pub(crate) fn plan<'a>(packages: &[&'a Package], settings: &FetchSettings) -> Result<Plan<'a>, FetchError> {
    let mut plan = Plan { wanted: Vec::new(), passed_over: Vec::new() };
    for package in packages {
        let mut tree = tree_of(package, settings)?;
        let replaced = tree.as_ref().and_then(Wanted::why_the_release_is_unused);
        for source in &package.sources {
            let off = option_off(package, source, settings);
            let is_release = off.is_none() && source.role != ManifestRole::Extra;
            match off.or_else(|| replaced.clone().filter(|_| is_release)) {
                Some(why) => {
                    plan.passed_over.push(PassedOver { package: &package.name, name: &source.name, why });
                }
                None => plan.wanted.push(of_source(package, source, settings)),
            }
            if is_release {
                // The tarball of a tree takes the place of the first source of the release.
                plan.wanted.extend(tree.take());
            }
        }
        plan.wanted.extend(package.patches.iter().map(|patch| of_patch(package, patch, settings)));
    }
    Ok(plan)
}

fn option_off(package: &Package, source: &Source, settings: &FetchSettings) -> Option<Unused> {
    let option = source.option.as_ref()?;
    let is_on = settings.options_on.get(&package.name).is_none_or(|on| on.contains(option));
    (!is_on).then(|| Unused::OptionOff { package: package.name.clone(), option: option.clone() })
}

fn of_source<'a>(package: &'a Package, source: &'a Source, settings: &FetchSettings) -> Wanted<'a> {
    Wanted {
        package,
        name: source.name.clone(),
        file: source.file.clone(),
        role: match source.role {
            ManifestRole::Extra => Role::Source,
            ManifestRole::Upstream => Role::UpstreamArchive,
            ManifestRole::UpstreamPatch => Role::UpstreamPatch,
        },
        way: way(package, &source.name, &source.location, settings),
        line: source.line,
    }
}

fn of_patch<'a>(package: &'a Package, patch: &'a Patch, settings: &FetchSettings) -> Wanted<'a> {
    Wanted {
        package,
        name: patch.file.clone(),
        file: patch.file.clone(),
        role: Role::Patch,
        way: way(package, &patch.file, &patch.location, settings),
        line: patch.line,
    }
}

fn way<'a>(package: &Package, name: &str, location: &'a Location, settings: &FetchSettings) -> Way<'a> {
    // The last one wins, as with any option that is given twice.
    if let Some(replacement) = settings.overrides.iter().rev().find(|one| one.means(&package.name, name)) {
        return Way::Override(replacement.path.clone());
    }
    match location {
        Location::InTree { path, sha256 } => Way::InTree(path, *sha256),
        Location::Url(url) => Way::Url(url),
        Location::Git(git) => Way::Git(git),
        Location::Commit(change) => Way::Commit(change),
    }
}

fn tree_of<'a>(package: &'a Package, settings: &FetchSettings) -> Result<Option<Wanted<'a>>, FetchError> {
    let given = settings.trees.iter().rev().find(|tree| tree.package == package.name);
    let no_upstream = || FetchError::NoUpstream { package: package.name.clone() };
    let (dir, origin) = match (given, settings.upstreams, &package.upstream) {
        (Some(tree), _, _) => (tree.dir.clone(), Origin::Tree { dir: tree.dir.clone() }),
        (None, Upstreams::Miniature, Some(_)) => {
            let miniature = package.miniature.clone();
            let none = || FetchError::NoMiniature { package: package.name.clone() };
            (miniature.ok_or_else(none)?, Origin::Miniature)
        }
        (None, Upstreams::Release, _) | (None, _, None) => return Ok(None),
    };
    let upstream = package.upstream.as_ref().ok_or_else(no_upstream)?;
    if !package.sources.iter().any(|source| source.role != ManifestRole::Extra) {
        return Err(no_upstream());
    }
    if !dir.is_dir() {
        return Err(FetchError::TreeNotADirectory { package: package.name.clone(), path: dir });
    }
    if origin == Origin::Miniature {
        in_tree::check(package, &dir)?;
    }
    Ok(Some(Wanted {
        package,
        name: upstream.name.clone(),
        file: upstream.tree_file(),
        role: Role::UpstreamArchive,
        way: Way::Tree { dir, upstream, origin },
        line: 1,
    }))
}
