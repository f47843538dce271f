use std::{cell::OnceCell, io::Read as _};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::RepoTree;

use crate::{
    ChecksumKind, Event, IndexSettings, Present, Record, Relisted, RepodataError, Repomd, Reporter, Tags,
    additional::{self, Addition},
    blocks::Pool,
    cache::{Cache, CacheWriter, DocumentBlocks, State},
    checksum::Hasher,
    document::{Desk, write_synced},
    event::Again,
    known,
    notes::Notes,
    plan::{Place, Plan},
    read_xml::{REPOMD_LIMIT, repomd_from},
    regular,
    run::{Documents, Run},
    same,
    seed::Seed,
    switch::{Workspace, demand_directory, timestamp},
    walk::Found,
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
    demand_directory(root)?;
    let output = settings.output.as_deref().unwrap_or(root);
    let workspace = Workspace::open(output, reporter)?;
    // The lock ends when the cache says what the metadata does.
    match fill(root, &workspace, settings, reporter) {
        Ok(Filled { cache, revision, packages, listed, outcome }) => {
            match outcome {
                Outcome::New => workspace.switch(reporter)?,
                Outcome::Same => workspace.discard()?,
            }
            if let Some((cache, state)) = cache {
                cache.commit(&state);
            }
            reporter.event(match outcome {
                Outcome::New => Event::Written { revision, packages, listed },
                Outcome::Same => Event::Unchanged { revision, packages },
            });
        }
        Err(error) => {
            // The first error is the one that matters; leftovers are removed by the next index.
            workspace.discard().unwrap_or_default();
            return Err(error);
        }
    }
    Ok(RepoTree { root: output.to_owned() })
}

/// What is to become of new metadata.
#[derive(Clone, Copy)]
enum Outcome {
    /// It takes the place of what is there.
    New,
    /// It is what is there.
    Same,
}

struct Filled {
    cache: Option<(Box<CacheWriter>, State)>,
    revision: String,
    packages: usize,
    listed: Option<Relisted>,
    outcome: Outcome,
}

fn fill(
    root: &Utf8Path,
    workspace: &Workspace,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> Result<Filled, RepodataError> {
    let metadata = workspace.current();
    let scratch = workspace.new_directory().join("packages.import");
    let place = Place { root, output: workspace.root(), metadata: &metadata, scratch: &scratch };
    let plan = Plan::of(&place, settings, reporter)?;
    let Some(written) = &plan.written else {
        workspace.prune(settings.retain, &plan.present, reporter);
        let (revision, packages) = (plan.present.revision, plan.known.listed());
        return Ok(Filled { cache: None, revision, packages, listed: None, outcome: Outcome::Same });
    };
    workspace.begin()?;
    let (timestamp, revision) = written.clone();
    let Plan { present, packages, known, additions, mut state, may_stay, .. } = plan;
    let desk = desk(workspace.new_directory(), settings, timestamp, state.seed)?;
    let notes = Notes::new(root, reporter);
    let cache = settings.reuse.cache.as_deref();
    let run =
        Run { root, metadata: &metadata, desk: &desk, settings, reporter: &notes, known: &known, cache };
    let Made { mut records, blocks, cache, packages } = make(&run, packages, (&state, &scratch))?;
    let (listed, packages) = (known.relisted(settings, &packages), packages.len());
    records.extend(additional::write(&desk, settings, &additions)?);
    settings.file_times.set(&desk.directory, &records, timestamp)?;
    let made = records.len();
    additional::keep_present(&desk, &settings.additional, &metadata, (&present, &mut records))?;
    (state.documents, state.notes) = (blocks, notes.taken());
    state.primary = known::primary(&records).unwrap_or_default();
    let repomd = Repomd { revision, tags: settings.tags.clone(), records };
    let result = |state, outcome, revision| {
        let cache = cache.map(|cache| (cache, state));
        Ok(Filled { cache, revision, packages, listed, outcome })
    };
    if may_stay && same::is_there(&desk, settings, (&metadata, &present), (&repomd, made)) {
        workspace.prune(settings.retain, &present, reporter);
        return result(state, Outcome::Same, present.revision.clone());
    }
    workspace.carry(&settings.carried, settings.retain, &present, &repomd)?;
    let bytes = repomd.to_xml().into_bytes();
    write_synced(&desk.directory.join("repomd.xml"), &bytes)?;
    state.repomd = Hasher::of(ChecksumKind::Sha256, &bytes).value;
    result(state, Outcome::New, repomd.revision)
}

/// What became of the packages.
struct Made {
    records: Vec<Record>,
    blocks: Vec<DocumentBlocks>,
    cache: Option<Box<CacheWriter>>,
    /// Those that are listed.
    packages: Vec<Found>,
}

/// Writes the documents of packages, again where some of them turned out not to be listed.
fn make(
    run: &Run<'_>,
    mut packages: Vec<Found>,
    (state, scratch): (&State, &Utf8Path),
) -> Result<Made, RepodataError> {
    let (again, learned) = (Again(run.reporter), OnceCell::new());
    let mut run = Run { ..*run };
    let kept = run.cache;
    // What is learned before it is known which packages are listed is written down in any case.
    run.cache = kept.or_else(|| run.may_leave_out().then_some(scratch));
    let mut left_out = Vec::new();
    if !run.may_leave_out() {
        run.settings.location.demand_distinct(&packages)?;
    }
    let (records, blocks, mut cache) = loop {
        match run.documents(&packages)? {
            Documents::Written { records, blocks, cache } => break (records, blocks, cache),
            Documents::Without { rest, left_out: more, cache } => {
                left_out.extend(more);
                if let (Some(cache), Some(path)) = (cache, run.cache)
                    && learned.get().is_none()
                    && let Some(known) = run.known.with(*cache, path, state)
                {
                    run.known = learned.get_or_init(|| known);
                }
                (packages, run.reporter, run.cache) = (rest, &again, kept);
            }
        }
    };
    run.settings.location.demand_distinct(&packages)?;
    if kept.is_none() {
        cache = None;
        Cache::remove(scratch);
    }
    if let Some(cache) = &mut cache {
        for (found, stamp, why) in &left_out {
            cache.add_left_out(&found.relative, stamp, *why);
        }
    }
    Ok(Made { records, blocks, cache, packages })
}

/// Timestamp and revision of what is written.
pub(crate) fn times(
    metadata: &Utf8Path,
    settings: &IndexSettings,
    present: &Repomd,
) -> Result<(u64, String), RepodataError> {
    let IndexSettings { timestamp: wanted, revision, newer, .. } = settings;
    let timestamp = timestamp(metadata, *wanted, *newer, present)?;
    Ok((timestamp, revision_at(timestamp, *wanted, revision)))
}

/// The revision, which goes with the timestamp where it is one.
pub(crate) fn revision_at(timestamp: u64, wanted: u64, revision: &str) -> String {
    if *revision == wanted.to_string() { timestamp.to_string() } else { revision.to_owned() }
}

/// Texts of the settings stand in XML as they are.
pub(crate) fn demand_clean(root: &Utf8Path, settings: &IndexSettings) -> Result<(), RepodataError> {
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

/// The list of the metadata that is replaced, and its digest, both of one reading.
pub(crate) struct Listed {
    pub(crate) list: Repomd,
    pub(crate) digest: String,
}

impl Listed {
    /// A list that can not be read would take what it lists beside packages with it.
    pub(crate) fn read(metadata: &Utf8Path, settings: &IndexSettings) -> Result<Self, RepodataError> {
        let path = metadata.join("repomd.xml");
        let mut bytes = Vec::new();
        let file = regular::open(&path);
        let read = file.and_then(|file| file.take(REPOMD_LIMIT + 1).read_to_end(&mut bytes));
        let list = read
            .map_err(RepodataError::files("read", &path))
            .and_then(|_| repomd_from(&path, bytes.as_slice()));
        let digest = Hasher::of(ChecksumKind::Sha256, &bytes).value;
        match list {
            Err(source) if settings.additional.present == Present::Keep && path.is_file() => {
                Err(RepodataError::List { source: Box::new(source) })
            }
            list => Ok(Self { list: list.unwrap_or_default(), digest }),
        }
    }
}

pub(crate) fn desk(
    directory: Utf8PathBuf,
    settings: &IndexSettings,
    timestamp: u64,
    seed: Seed,
) -> Result<Desk, RepodataError> {
    let workers = settings.workers.get();
    Ok(Desk {
        directory,
        pool: Pool::new(workers).map_err(|source| RepodataError::Threads { workers, source })?,
        checksum: settings.repomd_checksum,
        names: settings.names,
        timestamp,
        seed: settings.reuse.cache.is_some().then_some(seed),
    })
}

/// Whether a document that is listed lies in the metadata.
pub(crate) fn is_there(metadata: &Utf8Path, record: &Record) -> bool {
    let Some(name) = record.file_name() else { return false };
    let file = fs_err::metadata(metadata.join(name));
    file.is_ok_and(|file| record.size.is_none_or(|size| size == file.len()))
}

/// Of all that metadata follows from, but for packages, the revision and the time.
pub(crate) fn fingerprint(settings: &IndexSettings, additions: &[Addition]) -> String {
    let mut hasher = Hasher::new(ChecksumKind::Sha256);
    let IndexSettings { tags, checksum, repomd_checksum, compression, database, .. } = settings;
    let IndexSettings { names, location, changelog_limit, duplicates, comps, additional, .. } = settings;
    let IndexSettings { bad_packages, file_times, .. } = settings;
    let head = (tags, checksum, repomd_checksum, compression, database, file_times);
    let rest = (names, location, changelog_limit, duplicates, bad_packages, comps, additional);
    hasher.update(format!("{head:?} {rest:?}").as_bytes());
    for Addition { content, .. } in additions {
        hasher.update(&content.len().to_le_bytes());
        hasher.update(content);
    }
    hasher.finish().value
}
