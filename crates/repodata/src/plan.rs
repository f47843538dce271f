//! What is settled before packages are read, by an index and by a look at what one would do.

use camino::Utf8Path;

use crate::{
    Dropped, Event, IndexSettings, Newer, RepodataError, Repomd, Reporter, Tags, Unchanged,
    additional::{self, Addition},
    cache::State,
    index::{Listed, demand_clean, fingerprint, is_there, times},
    known::{self, Known},
    notes, same,
    walk::{self, Found},
};

/// Where an index works.
pub(crate) struct Place<'a> {
    /// What holds the packages.
    pub(crate) root: &'a Utf8Path,
    /// What holds `repodata`.
    pub(crate) output: &'a Utf8Path,
    /// The metadata that would be replaced.
    pub(crate) metadata: &'a Utf8Path,
    /// For files that are only there while earlier metadata is read.
    pub(crate) scratch: &'a Utf8Path,
}

/// What is to be indexed, and what is known of it.
pub(crate) struct Plan {
    pub(crate) present: Repomd,
    pub(crate) packages: Vec<Found>,
    pub(crate) known: Known,
    pub(crate) additions: Vec<Addition>,
    pub(crate) state: State,
    /// Timestamp and revision of what is written; `None` where nothing has changed.
    pub(crate) written: Option<(u64, String)>,
    /// Whether what is there stays if it says the same.
    pub(crate) may_stay: bool,
}

impl Plan {
    pub(crate) fn of(
        place: &Place<'_>,
        settings: &IndexSettings,
        reporter: &dyn Reporter,
    ) -> Result<Self, RepodataError> {
        let Place { root, output, metadata, scratch } = *place;
        demand_clean(root, settings)?;
        let Listed { list: present, digest } = Listed::read(metadata, settings)?;
        let packages = walk::packages(root, settings, reporter)?;
        let mut known = Known::open(settings, &present);
        let additions = Addition::all(settings)?;
        let state = State {
            rules: known::rules(settings),
            settings: fingerprint(settings, &additions),
            repomd: digest,
            primary: String::new(),
            seed: known.seed(),
            documents: Vec::new(),
            notes: Vec::new(),
        };
        additional::tell_of_absent(settings, &present, reporter);
        // A revision of a time to come is not left where it may be taken back.
        let is_taken_back = settings.newer == Newer::Replace && present.newest() > settings.timestamp;
        let may_stay = match settings.reuse.unchanged {
            _ if is_taken_back => false,
            Unchanged::Write => false,
            Unchanged::Leave => true,
            Unchanged::LeaveRevision => present.revision == settings.revision,
        };
        let is_unchanged = may_stay
            && known.is_all(root, &packages, &state, &present)
            && present.records.iter().all(|record| is_there(metadata, record))
            && same::left_out(root, known.bad(&packages), settings, reporter);
        let mut written = None;
        if is_unchanged {
            notes::say_again(known.notes(), root, reporter);
        } else {
            written = Some(times(metadata, settings, &present)?);
            if settings.reuse.present {
                tell_of_dropped(settings, &present, reporter);
            }
            additional::demand_names(settings, &additions, metadata, &present)?;
            if let Some(directory) = scratch.parent() {
                fs_err::create_dir_all(directory).map_err(RepodataError::files("create", directory))?;
            }
            known.import(settings, (output, scratch), reporter);
        }
        Ok(Self { present, packages, known, additions, state, written, may_stay })
    }
}

/// Who updates what another program wrote with other options may not know of them.
fn tell_of_dropped(settings: &IndexSettings, present: &Repomd, reporter: &dyn Reporter) {
    let has_databases = present.records.iter().any(|record| record.kind.ends_with("_db"));
    if has_databases && settings.database.is_none() {
        reporter.event(Event::Dropped { what: Dropped::Databases });
    }
    let Tags { content, distro, repo, .. } = &present.tags;
    // Tags of a kind that is given are meant to take the place of those.
    let (given, is_gone) = (&settings.tags, |old: bool, new: bool| !old && new);
    let are_gone = is_gone(content.is_empty(), given.content.is_empty())
        || is_gone(distro.is_empty(), given.distro.is_empty())
        || is_gone(repo.is_empty(), given.repo.is_empty());
    if are_gone {
        reporter.event(Event::Dropped { what: Dropped::Tags });
    }
}
