use std::num::NonZeroUsize;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::RepoTree;

use crate::{
    Event, RepodataError, Repomd, Reporter,
    cache::{Cache, CacheWriter},
    document::{Document, write_plain, write_synced},
    read_xml::check_comps,
    run::{Documents, Run},
    switch::Workspace,
    walk,
};

/// What an index needs to know.
#[derive(Clone, Debug)]
pub struct IndexSettings {
    /// Seconds since 1970: the revision, and the timestamp of every document. yum on EL6 refuses metadata older
    /// than what it has, so one below that of the metadata that is replaced is refused.
    pub revision: u64,
    /// Groups of packages (comps.xml), listed plain as `group` and compressed as `group_gz`.
    pub comps: Option<Utf8PathBuf>,
    /// Documents of earlier metadata to keep beside the new ones. Those of the metadata that is replaced are
    /// kept in any case.
    pub carried: Vec<Utf8PathBuf>,
    /// What earlier indexes learned about unchanged files, in a file that is read and replaced. It may be lost
    /// at any time.
    pub cache: Option<Utf8PathBuf>,
    /// What to do about packages that can not be indexed.
    pub bad_packages: BadPackages,
    /// How many packages are read at a time.
    pub workers: NonZeroUsize,
}

/// What to do about packages that can not be indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPackages {
    /// Stop; nothing that readers see changes.
    Refuse,
    /// Index the others.
    LeaveOut,
}

/// Writes `root/repodata` for all packages under `root` and switches it in by one rename: readers see the old
/// metadata or the new, whole. The same packages and settings give the same bytes.
///
/// # Errors
/// When another index runs, the metadata that is there is newer than the revision, a package can not be indexed, or files can not be read or written. Nothing that
/// readers see has changed then.
pub fn index(
    root: &Utf8Path,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> Result<RepoTree, RepodataError> {
    let workspace = Workspace::open(root)?;
    match fill(root, &workspace, settings, reporter) {
        Ok(cache) => {
            workspace.switch()?;
            if let Some(cache) = cache {
                cache.commit();
            }
            Ok(RepoTree { root: root.to_owned() })
        }
        Err(error) => {
            // The first error is the one that matters; leftovers are removed by the next index.
            workspace.discard().unwrap_or_default();
            Err(error)
        }
    }
}

fn fill(
    root: &Utf8Path,
    workspace: &Workspace,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> Result<Option<CacheWriter>, RepodataError> {
    workspace.demand_not_newer_than(settings.revision)?;
    let directory = workspace.new_directory();
    let mut packages = walk::packages(root)?;
    reporter.event(Event::Found { packages: packages.len() });
    let (mut records, cache) = loop {
        let run =
            Run { directory: &directory, settings, reporter, cache: Cache::open(settings.cache.as_deref()) };
        match run.documents(&packages)? {
            Documents::Written { records, cache } => break (records, cache),
            // The number of packages stands at the head of each document, so it must be known first.
            Documents::WithoutBad(good) => packages = good,
        }
    };
    if let Some(comps) = &settings.comps {
        let bytes = fs_err::read(comps).map_err(RepodataError::files("read", comps))?;
        check_comps(comps, &bytes)?;
        records.push(write_plain(&directory, "group", "comps.xml", &bytes, settings.revision)?);
        let mut compressed = Document::create(&directory, "group_gz", "comps.xml")?;
        compressed.write(&bytes)?;
        records.push(compressed.finish(settings.revision)?);
    }
    workspace.carry(&settings.carried)?;
    let repomd = Repomd { revision: settings.revision.to_string(), records, ..Repomd::default() };
    write_synced(&directory.join("repomd.xml"), repomd.to_xml().as_bytes())?;
    Ok(cache)
}
