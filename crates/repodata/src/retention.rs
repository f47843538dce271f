//! Documents of metadata that was replaced, and which of them stay.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Repomd, Retain, history::History};

/// A document of a state before.
struct Old {
    path: Utf8PathBuf,
    /// The state that it is of, where that is known.
    state: Option<usize>,
    /// When that was written, or the file where it is not known.
    written: SystemTime,
    /// Where it stands among the others.
    order: SystemTime,
}

/// An old document, and how many states are newer: of all that the record knows, or, where it does not know the document,
/// of those that had one of its kind.
pub(crate) struct Ranked {
    pub(crate) path: Utf8PathBuf,
    newer: usize,
    written: SystemTime,
}

impl Ranked {
    /// Whether it stays when its state was among the last before `retain` counts from, `more` of which are not looked at.
    pub(crate) fn stays(&self, retain: Retain, more: usize) -> bool {
        match retain {
            Retain::Last(states) => self.newer + more < states,
            Retain::Since(seconds) => is_since(self.written, seconds),
        }
    }
}

/// Documents in a directory of metadata that are not listed. They have their digest in their names.
pub(crate) fn old_documents(metadata: &Utf8Path, listed: &Repomd, history: &History) -> Vec<Ranked> {
    let is_listed = |path: &Utf8Path| {
        listed.records.iter().any(|record| record.location.ends_with(path.file_name().unwrap_or("")))
    };
    let times = history.ordered_times();
    let entries = fs_err::read_dir(metadata).into_iter().flatten().flatten();
    let paths = entries.filter_map(|entry| Utf8PathBuf::from_path_buf(entry.path()).ok());
    let mut kinds: BTreeMap<String, Vec<Old>> = BTreeMap::new();
    for path in paths.filter(|path| path.is_file() && !is_listed(path)) {
        let Some(name) = path.file_name() else { continue };
        let Some(kind) = kind_of(name).map(str::to_owned) else { continue };
        let known = history.state_of(name).and_then(|(place, state)| {
            let order = times.get(place).copied()?;
            Some(Old { path: path.clone(), state: Some(place), written: state.written, order })
        });
        let by_file = || {
            let written = fs_err::metadata(&path).and_then(|metadata| metadata.modified()).ok()?;
            Some(Old { path: path.clone(), state: None, written, order: written })
        };
        kinds.entry(kind).or_default().extend(known.or_else(by_file));
    }
    kinds.into_values().flat_map(ranked).collect()
}

/// Of one kind.
fn ranked(mut files: Vec<Old>) -> Vec<Ranked> {
    files.sort_by(|left, right| {
        let by_time = right.order.cmp(&left.order).then(left.state.cmp(&right.state));
        by_time.then_with(|| right.path.cmp(&left.path))
    });
    let (mut newer, mut before) = (0, None);
    let rank = |(index, Old { path, state, written, .. }): (usize, Old)| {
        // Two documents of one state may have the same name but for their digests.
        let is_of_the_same = state.is_some() && before == state;
        newer += usize::from(index > 0 && !is_of_the_same);
        before = state;
        Ranked { path, newer: state.unwrap_or(newer), written }
    };
    files.into_iter().enumerate().map(rank).collect()
}

/// Whether a time is that many seconds after 1970, or later.
pub(crate) fn is_since(time: SystemTime, seconds: u64) -> bool {
    time >= UNIX_EPOCH + Duration::from_secs(seconds)
}

/// What a document is called behind the digest that it is named by.
pub(crate) fn kind_of(name: &str) -> Option<&str> {
    let (digest, kind) = name.split_once('-')?;
    let is_digest = digest.len() >= 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then_some(kind)
}

/// Whether some of these names are the same but for their digests.
pub(crate) fn are_of_one_name(names: &[&str]) -> bool {
    let mut seen = BTreeSet::new();
    names.iter().filter_map(|name| kind_of(name)).any(|kind| !seen.insert(kind))
}
