//! Several repositories as one, which holds no packages but says where they are.
//!
//! Each is read twice: once to know which packages are kept, of which only names and versions are held, and once to
//! write them.

use std::collections::{HashMap, HashSet};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Evr, RepoTree};

use crate::{
    Package, Record, RepodataError, Repomd, Repository,
    document::{Document, write_plain, write_synced},
    location::percent_encoded,
    parts::{Part, groups_of, parts_of},
    switch::Workspace,
    write_packages::write_packages,
};

/// What a merge needs to know.
#[derive(Clone, Debug)]
pub struct MergeSettings {
    /// Seconds since 1970: the revision, and the timestamp of every document, as of an index.
    pub revision: u64,
    /// Which packages are kept.
    pub keep: Keep,
}

/// Which packages of several repositories are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Of those of one name, version and architecture that of the first repository that has it.
    First,
    /// All.
    All,
    /// The newest of each name and architecture; of equal ones the first.
    Newest,
}

/// What a merge came to.
#[derive(Clone, Debug)]
pub struct Merged {
    /// Where the metadata is.
    pub tree: RepoTree,
    /// How many packages were kept.
    pub kept: usize,
    /// How many were not.
    pub dropped: usize,
}

/// Writes `output/repodata` over all packages of the repositories, and switches it in as an index does. Packages stay
/// where they are: relative to `output` where they lie below it, or by `xml:base`.
///
/// # Errors
/// When a repository can not be read, another index of `output` runs, the metadata that is there is newer than the
/// revision, or files can not be written. Nothing that readers see has changed then.
pub fn merge(
    output: &Utf8Path,
    repositories: &[Repository],
    settings: &MergeSettings,
) -> Result<Merged, RepodataError> {
    fs_err::create_dir_all(output).map_err(RepodataError::files("create", output))?;
    let workspace = Workspace::open(output)?;
    let written = fill(&workspace, output, repositories, settings);
    match written {
        Ok((kept, dropped)) => {
            workspace.switch()?;
            Ok(Merged { tree: RepoTree { root: output.to_owned() }, kept, dropped })
        }
        Err(error) => {
            // The first error is the one that matters; leftovers are removed by the next index.
            workspace.discard().unwrap_or_default();
            Err(error)
        }
    }
}

fn fill(
    workspace: &Workspace,
    output: &Utf8Path,
    repositories: &[Repository],
    settings: &MergeSettings,
) -> Result<(usize, usize), RepodataError> {
    workspace.demand_not_newer_than(settings.revision)?;
    let directory = workspace.new_directory();
    let chosen = Chosen::of(repositories, settings.keep)?;
    let places =
        repositories.iter().map(|repository| Place::of(repository, output)).collect::<Result<Vec<_>, _>>()?;
    // Each is opened when its turn comes: a server does not wait until the others have been read.
    let packages = repositories.iter().zip(&places).enumerate().flat_map(|(number, (repository, place))| {
        let stream = repository.complete_packages();
        let (stream, failure) =
            stream.map_or_else(|error| (None, Some(error)), |stream| (Some(stream), None));
        let kept = &chosen.kept;
        let packages = stream.into_iter().flatten().enumerate().filter_map(move |(index, package)| {
            let is_kept = package.is_err() || kept.contains(&(number, index));
            is_kept.then(|| package.and_then(|package| place.put(repository, package)))
        });
        failure.into_iter().map(Err).chain(packages)
    });
    let mut records = write_packages(&directory, settings.revision, chosen.kept.len(), packages)?;
    records.extend(groups(&directory, repositories, settings.revision)?);
    records.extend(updates(&directory, repositories, settings.revision)?);
    workspace.carry(&[])?;
    let repomd = Repomd { revision: settings.revision.to_string(), records, ..Repomd::default() };
    write_synced(&directory.join("repomd.xml"), repomd.to_xml().as_bytes())?;
    Ok((chosen.kept.len(), chosen.seen - chosen.kept.len()))
}

/// The packages that are kept, by the number of their repository and their place in it.
struct Chosen {
    kept: HashSet<(usize, usize)>,
    seen: usize,
}

impl Chosen {
    fn of(repositories: &[Repository], keep: Keep) -> Result<Self, RepodataError> {
        let mut chosen = Self { kept: HashSet::new(), seen: 0 };
        let mut first = HashSet::new();
        let mut newest: HashMap<(String, String), (Evr, (usize, usize))> = HashMap::new();
        for (number, repository) in repositories.iter().enumerate() {
            for (index, package) in repository.packages()?.enumerate() {
                let nevra = package?.nevra;
                chosen.seen += 1;
                let is_kept = match keep {
                    Keep::All => true,
                    Keep::First => first.insert(nevra),
                    Keep::Newest => {
                        let key = (nevra.name, nevra.arch);
                        let older = newest.get(&key).is_none_or(|(evr, _)| *evr < nevra.evr);
                        if older && let Some((_, place)) = newest.insert(key, (nevra.evr, (number, index))) {
                            chosen.kept.remove(&place);
                        }
                        older
                    }
                };
                if is_kept {
                    chosen.kept.insert((number, index));
                }
            }
        }
        Ok(chosen)
    }
}

/// Where the packages of a repository are, as the merged one has to say it.
enum Place {
    /// Below the merged one, by this path.
    Below(Utf8PathBuf),
    /// Elsewhere.
    Base(String),
}

impl Place {
    fn of(repository: &Repository, output: &Utf8Path) -> Result<Self, RepodataError> {
        let root = repository.root();
        if root.as_str().starts_with("http://") || root.as_str().starts_with("https://") {
            return Ok(Self::Base(root.to_string()));
        }
        let absolute = |path: &Utf8Path| path.canonicalize_utf8().map_err(RepodataError::files("find", path));
        let root = absolute(root)?;
        Ok(match root.strip_prefix(absolute(output)?) {
            Ok(below) => Self::Below(below.to_owned()),
            Err(_) => Self::Base(format!("file://{}", percent_encoded(root.as_str()))),
        })
    }

    /// The package with its place. One that would lead outside of its repository is refused.
    fn put(&self, repository: &Repository, mut package: Package) -> Result<Package, RepodataError> {
        repository.path_of(&package.href)?;
        if package.base.as_ref().is_some_and(|base| !base.is_empty()) {
            return Ok(package);
        }
        package.base = None;
        match self {
            Self::Below(path) => package.href = path.join(&package.href).into_string(),
            Self::Base(base) => package.base = Some(base.clone()),
        }
        Ok(package)
    }
}

/// The parts of all, each once: that of the first repository that has it.
fn united(all: impl Iterator<Item = Result<Vec<Part>, RepodataError>>) -> Result<Vec<Part>, RepodataError> {
    let (mut seen, mut parts) = (HashSet::new(), Vec::new());
    for found in all {
        parts.extend(found?.into_iter().filter(|part| seen.insert(part.name())));
    }
    Ok(parts)
}

fn document(head: &str, parts: &[Part], root: &str) -> String {
    let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head}<{root}>\n");
    for part in parts {
        text.push_str("  ");
        text.push_str(&part.text);
        text.push('\n');
    }
    text + &format!("</{root}>\n")
}

fn groups(
    directory: &Utf8Path,
    repositories: &[Repository],
    revision: u64,
) -> Result<Vec<Record>, RepodataError> {
    let parts = united(repositories.iter().map(groups_of))?;
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let head = "<!DOCTYPE comps PUBLIC \"-//Red Hat, Inc.//DTD Comps info//EN\" \"comps.dtd\">\n";
    let text = document(head, &parts, "comps");
    let plain = write_plain(directory, "group", "comps.xml", text.as_bytes(), revision)?;
    let mut compressed = Document::create(directory, "group_gz", "comps.xml")?;
    compressed.write(text.as_bytes())?;
    Ok(vec![plain, compressed.finish(revision)?])
}

fn updates(
    directory: &Utf8Path,
    repositories: &[Repository],
    revision: u64,
) -> Result<Option<Record>, RepodataError> {
    let all = repositories.iter().map(|repository| parts_of(repository, Some("updateinfo"), "updates"));
    let parts = united(all)?;
    if parts.is_empty() {
        return Ok(None);
    }
    let mut compressed = Document::create(directory, "updateinfo", "updateinfo.xml")?;
    compressed.write(document("", &parts, "updates").as_bytes())?;
    compressed.finish(revision).map(Some)
}
