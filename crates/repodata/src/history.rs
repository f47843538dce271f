//! Which documents belonged to metadata that was replaced, and when that was written.
//!
//! Times of files do not tell: `--set-timestamp-to-revision` sets them, and copies of a tree may have others. The record is
//! beside `repodata`, so that it goes where the documents go, whichever user or machine indexes next; readers of metadata do
//! not see it. It may be lost: what it does not know is known by the times of files.

use std::{
    collections::BTreeSet,
    io::{self, Read as _},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use camino::Utf8Path;

use crate::{Record, Repomd, regular};

/// The file.
pub(crate) const HISTORY: &str = ".repodata.replaced";

/// Its first line; the next form will have another one.
const HEAD: &str = "xen4centos: metadata that was replaced, the newest first, 1";

/// What stands before the time of a state; all other lines are names.
const WRITTEN: &str = "written ";

/// Bytes that are read of it at most: a thousand states take less than one megabyte.
const MOST: u64 = 16 * 1024 * 1024;

/// Metadata that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// When it was written.
    pub(crate) written: SystemTime,
    /// Names of its documents.
    files: Vec<String>,
}

/// States that were replaced, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History(Vec<State>);

impl History {
    /// That of a repository; nothing where it can not be read or understood.
    pub(crate) fn read(root: &Utf8Path) -> Self {
        let mut text = String::new();
        let file = regular::open(&root.join(HISTORY));
        let read = file.and_then(|file| file.take(MOST).read_to_string(&mut text));
        read.ok().and_then(|_| Self::parse(&text)).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut states: Vec<State> = Vec::new();
        for line in text.strip_suffix('\n')?.strip_prefix(HEAD)?.strip_prefix('\n')?.lines() {
            if let Some(time) = line.strip_prefix(WRITTEN) {
                let (seconds, nanoseconds) = time.split_once('.')?;
                let nanoseconds = nanoseconds.parse().ok().filter(|part| *part < 1_000_000_000)?;
                let since = Duration::new(seconds.parse().ok()?, nanoseconds);
                states.push(State { written: UNIX_EPOCH.checked_add(since)?, files: Vec::new() });
            } else {
                states.last_mut()?.files.push(line.to_owned());
            }
        }
        Some(Self(states))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The newest state that had a document, by its place.
    pub(crate) fn state_of(&self, name: &str) -> Option<(usize, &State)> {
        self.0.iter().enumerate().find(|(_, state)| state.files.iter().any(|file| file == name))
    }

    /// A time for each state by which they are in their order, whatever the clocks said.
    pub(crate) fn ordered_times(&self) -> Vec<SystemTime> {
        let next = |newest: &mut Option<SystemTime>, state: &State| {
            *newest = Some(newest.map_or(state.written, |newest| newest.min(state.written)));
            *newest
        };
        self.0.iter().scan(None, next).collect()
    }

    /// Adds the state that is being replaced.
    pub(crate) fn add(&mut self, written: SystemTime, replaced: &Repomd) {
        let names = replaced.records.iter().filter_map(Record::file_name);
        let is_plain = |name: &&str| !name.starts_with(WRITTEN) && !name.contains(char::is_control);
        let files: Vec<String> = names.filter(is_plain).map(str::to_owned).collect();
        // It was added before, by an index that did not come to its end.
        self.0.retain(|state| state.files != files);
        self.0.insert(0, State { written, files });
    }

    /// Forgets documents that are not in this directory, and the oldest states of which nothing is left but what newer
    /// ones have, too: documents that are listed will be of the state that is listed now.
    pub(crate) fn forget_all_but(&mut self, directory: &Utf8Path, listed: &Repomd) {
        for state in &mut self.0 {
            state.files.retain(|file| directory.join(file).is_file());
        }
        self.0.retain(|state| !state.files.is_empty());
        let mut newer: BTreeSet<&str> = listed.records.iter().filter_map(Record::file_name).collect();
        let mut needed = 0;
        for (place, State { files, .. }) in self.0.iter().enumerate() {
            for file in files {
                if newer.insert(file) {
                    needed = place + 1;
                }
            }
        }
        self.0.truncate(needed);
    }

    /// Replaces the record of a repository, by way of a file in `scratch`. One that says nothing is removed.
    pub(crate) fn write(&self, root: &Utf8Path, scratch: &Utf8Path) -> io::Result<()> {
        let path = root.join(HISTORY);
        if self.is_empty() {
            return match fs_err::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let part = scratch.join(HISTORY);
        fs_err::write(&part, self.text())?;
        fs_err::rename(part, path)
    }

    fn text(&self) -> String {
        let lines = |State { written, files }: &State| {
            let since = written.duration_since(UNIX_EPOCH).unwrap_or_default();
            let head = format!("{WRITTEN}{}.{:09}", since.as_secs(), since.subsec_nanos());
            std::iter::once(head).chain(files.iter().cloned()).collect::<Vec<_>>()
        };
        let lines = std::iter::once(HEAD.to_owned()).chain(self.0.iter().flat_map(lines));
        lines.fold(String::new(), |text, line| text + &line + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::new(seconds, 5)
    }

    fn history(states: &[(u64, &[&str])]) -> History {
        let state = |(seconds, files): &(u64, &[&str])| State {
            written: at(*seconds),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
        };
        History(states.iter().map(state).collect())
    }

    #[test]
    fn what_was_written_is_read_and_what_is_damaged_is_nothing() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let scratch = root.join("scratch");
        fs_err::create_dir(&scratch).unwrap();
        assert_eq!(History::read(root), History::default());
        let history = history(&[(9, &["c", "b"]), (7, &["a b"])]);
        history.write(root, &scratch).unwrap();
        assert_eq!(History::read(root), history);
        assert!(fs_err::read_dir(&scratch).unwrap().next().is_none());
        let text = history.text();
        let most = format!("{HEAD}\n{WRITTEN}{}.{}\na\n", u64::MAX, u32::MAX);
        for bad in [
            "",
            &text[3..],
            &text.replace("1\n", "2\n"),
            &text.replace("1\n", "10\n"),
            &text.replace('.', ""),
            &text.replace(".000000005", ".1000000000"),
            &most,
            &text[..text.len() - 1],
        ] {
            fs_err::write(root.join(HISTORY), bad).unwrap();
            assert_eq!(History::read(root), History::default(), "{bad}");
        }
        History::default().write(root, &scratch).unwrap();
        History::default().write(root, &scratch).unwrap();
        assert!(!root.join(HISTORY).exists());
    }

    #[test]
    fn states_keep_their_order_whatever_the_clock_said() {
        let history = history(&[(7, &["c"]), (9, &["b", "c"]), (5, &["a"])]);
        assert_eq!(history.ordered_times(), [at(7), at(7), at(5)]);
        let place = |name| history.state_of(name).map(|(place, state)| (place, state.written));
        assert_eq!(place("c"), Some((0, at(7))));
        assert_eq!(place("b"), Some((1, at(9))));
        assert_eq!(place("d"), None);
    }
}
