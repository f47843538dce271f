use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::RepoTree;

use crate::{
    BadPackages, ChecksumKind, Event, IndexSettings, Present, RepodataError, Repomd, Reporter, Tags,
    Unchanged,
    additional::{self, Addition},
    blocks::Pool,
    cache::{CacheWriter, State},
    checksum::Hasher,
    document::{Desk, write_synced},
    event::Again,
    known::{self, Known},
    read_repomd,
    run::{Documents, Run},
    seed::Seed,
    switch::Workspace,
    walk,
};

/// Writes `repodata` for all packages under `root`, into it or where the settings say, and switches it in by one rename:
/// readers see the old metadata or the new, whole. The same packages and settings give the same bytes.
///
/// # Errors
/// When another index runs, the metadata that is there is newer than the timestamp, a package can not be indexed, or files
/// can not be read or written. Nothing that readers see has changed then.
pub fn index(
    root: &Utf8Path,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> Result<RepoTree, RepodataError> {
    let output = settings.output.as_deref().unwrap_or(root);
    let workspace = Workspace::open(output)?;
    match fill(root, &workspace, settings, reporter) {
        Ok(Filled::Written(cache)) => {
            workspace.switch()?;
            if let Some((cache, state)) = cache {
                cache.commit(&state);
            }
        }
        Ok(Filled::Unchanged) => {
            workspace.discard()?;
            reporter.event(Event::Unchanged);
        }
        Err(error) => {
            // The first error is the one that matters; leftovers are removed by the next index.
            workspace.discard().unwrap_or_default();
            return Err(error);
        }
    }
    Ok(RepoTree { root: output.to_owned() })
}

enum Filled {
    Written(Option<(Box<CacheWriter>, State)>),
    Unchanged,
}

fn fill(
    root: &Utf8Path,
    workspace: &Workspace,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> Result<Filled, RepodataError> {
    demand_clean(root, settings)?;
    let metadata = workspace.current();
    let present = present(&metadata, settings)?;
    let mut packages = walk::packages(root, &settings.selection, &mut |error| match settings.bad_packages {
        BadPackages::Refuse => Err(error),
        BadPackages::LeaveOut => {
            reporter.event(Event::LeftOut { error });
            Ok(())
        }
    })?;
    reporter.event(Event::Found { packages: packages.len() });
    let mut known = Known::open(settings);
    let additions = Addition::all(settings)?;
    let mut state = State {
        rules: known::rules(settings),
        settings: fingerprint(settings, &additions),
        repomd: digest(&metadata.join("repomd.xml")).unwrap_or_default(),
        seed: known.seed(),
        documents: Vec::new(),
    };
    let may_stay = match settings.reuse.unchanged {
        Unchanged::Write => false,
        Unchanged::Leave => true,
        Unchanged::LeaveRevision => present.revision == settings.revision,
    };
    if may_stay
        && known.is_all(root, &packages, &state, &present)
        && present.records.iter().all(|record| is_there(workspace, record))
    {
        return Ok(Filled::Unchanged);
    }
    workspace.demand_not_newer_than(settings.timestamp, &present)?;
    known.import(settings, workspace.root(), reporter);
    let desk = desk(workspace.new_directory(), settings, state.seed)?;
    let again = Again(reporter);
    let mut run = Run { root, metadata: &metadata, desk: &desk, settings, reporter, known: &known };
    let mut left_out = Vec::new();
    let (mut records, blocks, mut cache) = loop {
        match run.documents(&packages)? {
            Documents::Written { records, blocks, cache } => break (records, blocks, cache),
            Documents::Without { rest, surplus } => {
                left_out.extend(surplus);
                (packages, run.reporter) = (rest, &again);
            }
        }
    };
    if let Some(cache) = &mut cache {
        for (found, stamp) in &left_out {
            cache.add_left_out(&found.relative, stamp);
        }
    }
    records.extend(additional::write(&desk, settings, &additions, &metadata, &present)?);
    workspace.carry(&settings.carried, settings.retain, &present)?;
    let repomd = Repomd { revision: settings.revision.clone(), tags: settings.tags.clone(), records };
    let bytes = repomd.to_xml().into_bytes();
    write_synced(&desk.directory.join("repomd.xml"), &bytes)?;
    state.repomd = Hasher::of(ChecksumKind::Sha256, &bytes).value;
    state.documents = blocks;
    Ok(Filled::Written(cache.map(|cache| (cache, state))))
}

/// Texts of the settings stand in XML as they are.
fn demand_clean(root: &Utf8Path, settings: &IndexSettings) -> Result<(), RepodataError> {
    let Tags { content, distro, repo, .. } = &settings.tags;
    let distro = distro.iter().flat_map(|(cpe, name)| cpe.iter().chain([name]));
    let base = settings.location.base.iter();
    let texts = content.iter().chain(distro).chain(repo).chain(base).chain([&settings.revision]);
    match texts.into_iter().find(|text| !crate::text::is_clean(text)) {
        None => Ok(()),
        Some(text) => {
            let what = format!("`{}` has a character that XML forbids", text.escape_debug());
            Err(RepodataError::Content { path: root.to_owned(), what })
        }
    }
}

/// The list of the metadata that is replaced. One that can not be read would take what it lists beside packages with it.
fn present(metadata: &Utf8Path, settings: &IndexSettings) -> Result<Repomd, RepodataError> {
    let path = metadata.join("repomd.xml");
    match read_repomd(&path) {
        Err(source) if settings.additional.present == Present::Keep && path.is_file() => {
            Err(RepodataError::List { source: Box::new(source) })
        }
        read => Ok(read.unwrap_or_default()),
    }
}

fn desk(directory: Utf8PathBuf, settings: &IndexSettings, seed: Seed) -> Result<Desk, RepodataError> {
    let workers = settings.workers.get();
    Ok(Desk {
        directory,
        pool: Pool::new(workers).map_err(|source| RepodataError::Threads { workers, source })?,
        checksum: settings.repomd_checksum,
        names: settings.names,
        timestamp: settings.timestamp,
        seed: settings.reuse.cache.is_some().then_some(seed),
    })
}

fn is_there(workspace: &Workspace, record: &crate::Record) -> bool {
    let Some(name) = record.file_name() else { return false };
    let file = fs_err::metadata(workspace.current().join(name));
    file.is_ok_and(|file| record.size.is_none_or(|size| size == file.len()))
}

fn digest(path: &Utf8Path) -> Option<String> {
    fs_err::read(path).ok().map(|bytes| Hasher::of(ChecksumKind::Sha256, &bytes).value)
}

/// Of all that metadata follows from, but for packages, the revision and the time.
fn fingerprint(settings: &IndexSettings, additions: &[Addition]) -> String {
    let mut hasher = Hasher::new(ChecksumKind::Sha256);
    let IndexSettings { tags, checksum, repomd_checksum, compression, database, .. } = settings;
    let IndexSettings { names, location, changelog_limit, duplicates, comps, additional, .. } = settings;
    let IndexSettings { bad_packages, .. } = settings;
    let head = (tags, checksum, repomd_checksum, compression, database);
    let rest = (names, location, changelog_limit, duplicates, bad_packages, comps, additional);
    hasher.update(format!("{head:?} {rest:?}").as_bytes());
    for Addition { content, .. } in additions {
        hasher.update(&content.len().to_le_bytes());
        hasher.update(content);
    }
    hasher.finish().value
}
