//! Several repositories as one, which holds no packages but says where they are.
//!
//! Each is read twice: once to know which packages are kept, of which only names and versions are held, and once to
//! write them.

mod besides;
mod chosen;
mod place;
mod settings;

use camino::Utf8Path;
use xen4centos_artifact::RepoTree;

use self::{chosen::Chosen, place::Place};
use crate::{
    RepodataError, Repomd, Reporter, Repository, Tags,
    blocks::Pool,
    document::{Desk, write_synced},
    index::revision_at,
    output::Format,
    read_repomd,
    switch::{Workspace, timestamp},
    write_packages::write_packages,
};

pub use settings::{Bases, Groups, Keep, MergeSettings, Sources, Updates};

/// What a merge came to.
#[derive(Clone, Debug)]
pub struct Merged {
    /// Where the metadata is.
    pub tree: RepoTree,
    /// That of its list.
    pub revision: String,
    /// How many packages were kept.
    pub kept: usize,
    /// How many were not.
    pub dropped: usize,
}

/// Writes `output/repodata` over all packages of the repositories, and switches it in as an index does. Packages stay
/// where they are.
///
/// # Errors
/// When a repository can not be read, `output` is one of them and is to be kept, another index of it runs, the metadata that is there is newer than the
/// timestamp, or files can not be written. Nothing that readers see has changed then.
pub fn merge(
    output: &Utf8Path,
    repositories: &[Repository],
    settings: &MergeSettings,
    reporter: &dyn Reporter,
) -> Result<Merged, RepodataError> {
    let missing: Vec<&Utf8Path> =
        output.ancestors().take_while(|path| !path.as_str().is_empty() && !path.exists()).collect();
    fs_err::create_dir_all(output).map_err(RepodataError::files("create", output))?;
    let merged = merge_into(output, repositories, settings, reporter);
    if merged.is_err() {
        // What was made for it and is empty.
        for directory in missing {
            fs_err::remove_dir(directory).unwrap_or_default();
        }
    }
    merged
}

fn merge_into(
    output: &Utf8Path,
    repositories: &[Repository],
    settings: &MergeSettings,
    reporter: &dyn Reporter,
) -> Result<Merged, RepodataError> {
    if settings.sources == Sources::Keep {
        demand_other_place(output, repositories)?;
    }
    let workspace = Workspace::open(output, reporter)?;
    workspace.begin()?;
    match fill(&workspace, repositories, settings) {
        Ok(merged) => {
            workspace.switch(reporter)?;
            Ok(merged)
        }
        Err(error) => {
            // The first error is the one that matters; leftovers are removed by the next index.
            workspace.discard().unwrap_or_default();
            Err(error)
        }
    }
}

/// What a repository says of itself, and of packages that are not kept, would be gone.
fn demand_other_place(output: &Utf8Path, repositories: &[Repository]) -> Result<(), RepodataError> {
    let place = |path: &Utf8Path| path.canonicalize_utf8().ok();
    let own = place(output);
    match repositories.iter().find(|repository| own.is_some() && place(repository.root()) == own) {
        None => Ok(()),
        Some(_) => Err(RepodataError::OverSource { path: output.to_owned() }),
    }
}

fn fill(
    workspace: &Workspace,
    repositories: &[Repository],
    settings: &MergeSettings,
) -> Result<Merged, RepodataError> {
    // A list that can not be read is nobody's, and leads nobody to its documents.
    let present = read_repomd(&workspace.current().join("repomd.xml")).unwrap_or_default();
    let timestamp = timestamp(&workspace.current(), settings.timestamp, settings.newer, &present)?;
    let chosen = Chosen::of(repositories, settings)?;
    let place = |repository| Place::of(repository, workspace.root(), &settings.bases);
    let places = repositories.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    // Each is opened when its turn comes: a server does not wait until the others have been read.
    let packages = repositories.iter().zip(&places).enumerate().flat_map(|(number, (repository, place))| {
        let stream = repository.complete_packages();
        let (stream, failure) =
            stream.map_or_else(|error| (None, Some(error)), |stream| (Some(stream), None));
        let kept = &chosen.kept;
        let packages = stream.into_iter().flatten().enumerate().filter_map(move |(index, package)| {
            let is_kept = package.is_err() || kept.contains(&(number, index));
            is_kept.then(|| package.map(|package| place.put(package)))
        });
        failure.into_iter().map(Err).chain(packages)
    });
    let desk = desk(workspace, settings, timestamp)?;
    let format = Format { compression: settings.compression, database: settings.database };
    let mut records = write_packages(&desk, format, chosen.kept.len(), packages)?;
    records.extend(besides::write(&desk, settings, repositories)?);
    settings.file_times.set(&desk.directory, &records, timestamp)?;
    let revision = revision_at(timestamp, settings.timestamp, &settings.revision);
    let tags = tags(&settings.tags, repositories);
    let repomd = Repomd { revision: revision.clone(), tags, records };
    workspace.carry(&[], settings.retain, &present, &repomd)?;
    write_synced(&desk.directory.join("repomd.xml"), repomd.to_xml().as_bytes())?;
    let tree = RepoTree { root: workspace.root().to_owned() };
    let (kept, dropped) = (chosen.kept.len(), chosen.seen - chosen.kept.len());
    Ok(Merged { tree, revision, kept, dropped })
}

fn desk(workspace: &Workspace, settings: &MergeSettings, timestamp: u64) -> Result<Desk, RepodataError> {
    let workers = settings.workers.get();
    Ok(Desk {
        directory: workspace.new_directory(),
        pool: Pool::new(workers).map_err(|source| RepodataError::Threads { workers, source })?,
        checksum: settings.repomd_checksum,
        names: settings.names,
        timestamp,
        seed: None,
    })
}

/// What is said of the merged repository, and then what each says of itself, once.
fn tags(given: &Tags, repositories: &[Repository]) -> Tags {
    let mut all = Tags::default();
    for tags in std::iter::once(given).chain(repositories.iter().map(|there| &there.repomd().tags)) {
        add(&mut all.content, &tags.content);
        add(&mut all.distro, &tags.distro);
        add(&mut all.repo, &tags.repo);
    }
    all
}

fn add<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}
