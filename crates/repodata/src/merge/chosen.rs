//! Which packages of several repositories are kept. Of each only its name and version are held.

use std::collections::{HashMap, HashSet};

use xen4centos_artifact::{Evr, Nevra};

use crate::{Keep, MergeSettings, Package, RepodataError, Repository};

/// The packages that are kept, by the number of their repository and their place in it.
pub(super) struct Chosen {
    pub(super) kept: HashSet<Place>,
    pub(super) seen: usize,
}

type Place = (usize, usize);

type NameArch = (String, String);

/// What is remembered of the packages that were seen, as far as the choice needs it.
enum Choice {
    All,
    EachVersion(HashSet<Nevra>),
    FirstRepository(HashMap<NameArch, usize>),
    Newest(HashMap<NameArch, (Evr, Place)>),
    Youngest(HashMap<NameArch, (u64, Place)>),
}

/// What a choice says of a package.
enum Verdict {
    Keep,
    /// It takes the place of one that was kept before.
    Instead(Place),
    Drop,
}

impl Chosen {
    pub(super) fn of(repositories: &[Repository], settings: &MergeSettings) -> Result<Self, RepodataError> {
        let mut chosen = Self { kept: HashSet::new(), seen: 0 };
        let mut choice = Choice::new(settings.keep);
        let is_wanted = |arch: &str| {
            settings.architectures.as_ref().is_none_or(|wanted| arch == "noarch" || wanted.contains(arch))
        };
        for (number, repository) in repositories.iter().enumerate() {
            for (index, package) in repository.packages()?.enumerate() {
                let package = package?;
                chosen.seen += 1;
                if !is_wanted(&package.nevra.arch) {
                    continue;
                }
                let place = (number, index);
                match choice.take(package, place) {
                    Verdict::Drop => continue,
                    Verdict::Keep => {}
                    Verdict::Instead(other) => {
                        chosen.kept.remove(&other);
                    }
                }
                chosen.kept.insert(place);
            }
        }
        Ok(chosen)
    }
}

impl Choice {
    fn new(keep: Keep) -> Self {
        match keep {
            Keep::All => Self::All,
            Keep::EachVersion => Self::EachVersion(HashSet::new()),
            Keep::FirstRepository => Self::FirstRepository(HashMap::new()),
            Keep::NewestVersion => Self::Newest(HashMap::new()),
            Keep::YoungestFile => Self::Youngest(HashMap::new()),
        }
    }

    fn take(&mut self, package: Package, place: Place) -> Verdict {
        let Package { nevra, file_time, .. } = package;
        let is_kept = match self {
            Self::All => true,
            Self::EachVersion(seen) => seen.insert(nevra),
            Self::FirstRepository(owners) => {
                *owners.entry((nevra.name, nevra.arch)).or_insert(place.0) == place.0
            }
            Self::Newest(best) => return better(best, (nevra.name, nevra.arch), nevra.evr, place),
            Self::Youngest(best) => return better(best, (nevra.name, nevra.arch), file_time, place),
        };
        if is_kept { Verdict::Keep } else { Verdict::Drop }
    }
}

/// Whether this is more than the best of its name and architecture so far.
fn better<T: Ord>(
    best: &mut HashMap<NameArch, (T, Place)>,
    key: NameArch,
    value: T,
    place: Place,
) -> Verdict {
    if best.get(&key).is_some_and(|(known, _)| *known >= value) {
        return Verdict::Drop;
    }
    best.insert(key, (value, place)).map_or(Verdict::Keep, |(_, other)| Verdict::Instead(other))
}
