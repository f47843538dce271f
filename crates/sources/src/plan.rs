//! From the manifest and the settings to a list of what is wanted, and by which way. Everything that can be said
//! without looking at a source's bytes is said here: overrides that fit nothing, trees for packages that have no
//! release, patches that are not in the tree.

use camino::Utf8PathBuf;
use xen4centos_manifest::{
    DetachedSignature, GitLocation, Location, Package, Patch, Role as ManifestRole, Source, Upstream,
    Upstreams, UrlLocation, Vouching,
};

use crate::{FetchError, FetchSettings, Origin, Role, SourceOverride};

/// One file that a package needs.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) package: &'a Package,
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) role: Role,
    pub(crate) way: Way<'a>,
}

/// How it is got.
#[derive(Clone, Debug)]
pub(crate) enum Way<'a> {
    InTree(&'a Utf8PathBuf),
    Override(Utf8PathBuf),
    Url(&'a UrlLocation),
    Git(&'a GitLocation),
    Tree { dir: Utf8PathBuf, upstream: &'a Upstream, origin: Origin },
}

impl Wanted<'_> {
    pub(crate) fn signature(&self) -> Option<&DetachedSignature> {
        match &self.way {
            Way::Url(UrlLocation { vouching: Vouching::Signature(signature), .. }) => Some(signature),
            _ => None,
        }
    }
}

/// Every file of the packages, in the order of rpm's `SourceN` and `PatchN`.
pub(crate) fn plan<'a>(
    packages: &[&'a Package],
    settings: &FetchSettings,
) -> Result<Vec<Wanted<'a>>, FetchError> {
    check_overrides(packages, settings)?;
    let mut wanted = Vec::new();
    for package in packages {
        let tree = tree_of(package, settings)?;
        let replaced = tree.is_some();
        // The tarball of a tree takes the place of the first source of the release.
        let mut tree = tree;
        for source in package.sources.iter().filter(|source| is_needed(package, source, settings)) {
            if replaced && source.role != ManifestRole::Extra {
                wanted.extend(tree.take());
            } else {
                wanted.push(of_source(package, source, settings));
            }
        }
        wanted.extend(package.patches.iter().map(|patch| of_patch(package, patch, settings)));
    }
    Ok(wanted)
}

fn is_needed(package: &Package, source: &Source, settings: &FetchSettings) -> bool {
    match (&source.option, settings.options_on.get(&package.name)) {
        (Some(option), Some(on)) => on.contains(option),
        _ => true,
    }
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
    }
}

fn of_patch<'a>(package: &'a Package, patch: &'a Patch, settings: &FetchSettings) -> Wanted<'a> {
    Wanted {
        package,
        name: patch.file.clone(),
        file: patch.file.clone(),
        role: Role::Patch,
        way: way(package, &patch.file, &patch.location, settings),
    }
}

fn way<'a>(package: &Package, name: &str, location: &'a Location, settings: &FetchSettings) -> Way<'a> {
    // The last one wins, as with any option that is given twice.
    if let Some(replacement) = settings.overrides.iter().rev().find(|one| one.means(&package.name, name)) {
        return Way::Override(replacement.path.clone());
    }
    match location {
        Location::InTree { path } => Way::InTree(path),
        Location::Url(url) => Way::Url(url),
        Location::Git(git) => Way::Git(git),
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
    Ok(Some(Wanted {
        package,
        name: upstream.name.clone(),
        file: upstream.tree_file(),
        role: Role::UpstreamArchive,
        way: Way::Tree { dir, upstream, origin },
    }))
}

/// An override that silently fits nothing would let somebody test a patch that is not there.
fn check_overrides(packages: &[&Package], settings: &FetchSettings) -> Result<(), FetchError> {
    let names: Vec<(&str, &str)> = packages
        .iter()
        .flat_map(|package| {
            let sources = package.sources.iter().map(|source| source.name.as_str());
            let patches = package.patches.iter().map(|patch| patch.file.as_str());
            sources.chain(patches).map(|name| (package.name.as_str(), name))
        })
        .collect();
    settings.overrides.iter().try_for_each(|one| check_override(one, &names))
}

fn check_override(one: &SourceOverride, names: &[(&str, &str)]) -> Result<(), FetchError> {
    let fitting: Vec<_> = names.iter().filter(|(package, name)| one.means(package, name)).collect();
    match fitting.len() {
        0 => {
            let known: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
            Err(FetchError::UnknownOverride { name: one.name.clone(), known: known.join(", ") })
        }
        1 if one.path.is_file() => Ok(()),
        1 => Err(FetchError::OverrideNotAFile { name: one.name.clone(), path: one.path.clone() }),
        _ => {
            let candidates: Vec<String> =
                fitting.iter().map(|(package, name)| format!("`{package}/{name}`")).collect();
            Err(FetchError::AmbiguousOverride { name: one.name.clone(), candidates: candidates.join(", ") })
        }
    }
}
