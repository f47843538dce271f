//! One channel: a link to the current one of its states.
//!
//! ```text
//! <root>/centos/6/xen4/x86_64 -> ../../../.states/centos~6~xen4~x86_64/7/tree
//! <root>/.states/centos~6~xen4~x86_64/7/tree/{Packages,repodata}     what readers see
//! <root>/.states/centos~6~xen4~x86_64/7/state.json                   what we know about it
//! <root>/.states/centos~6~xen4~x86_64/7/switched                     it was about to be switched to, or was
//! <root>/.states/centos~6~xen4~x86_64/staging                        what is being prepared
//! ```

use std::{fs::TryLockError, io, ops::ControlFlow, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Fingerprint, Nevra, Sha256Digest};

use crate::{Observer, Policy, PublishError, State, Step, files};

/// Directory of all channels' states.
const STATES: &str = ".states";

/// Prefix of states that are being removed.
const REMOVED: &str = "removed-";

/// File in a state's directory: written down to the disk after the prepared link and before that takes the channel's
/// place. So a state that has it was switched to unless the prepared link still leads there.
const SWITCHED: &str = "switched";

/// One channel of a [`Storage`](crate::Storage).
#[derive(Clone)]
pub struct Channel {
    root: Utf8PathBuf,
    directory: Utf8PathBuf,
    pub(crate) policy: Policy,
    observer: Arc<dyn Observer>,
}

/// The right to change a channel. It ends with the process that holds it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: fs_err::File,
}

impl Channel {
    pub(crate) fn new(
        root: &Utf8Path,
        directory: Utf8PathBuf,
        policy: Policy,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self { root: root.to_owned(), directory, policy, observer }
    }

    /// Relative to the storage.
    pub fn directory(&self) -> &Utf8Path {
        &self.directory
    }

    /// Where readers find the current state. Absent before the first publication.
    pub fn path(&self) -> Utf8PathBuf {
        self.root.join(&self.directory)
    }

    pub(crate) fn states(&self) -> Utf8PathBuf {
        // `~` is no character of a channel's directory, so two channels never share one.
        self.root.join(STATES).join(self.directory.as_str().replace('/', "~"))
    }

    pub(crate) fn staging(&self) -> Utf8PathBuf {
        self.states().join("staging")
    }

    pub(crate) fn state_directory(&self, number: u64) -> Utf8PathBuf {
        self.states().join(number.to_string())
    }

    /// The repository that a state is, whether it is still kept or not.
    pub fn tree(&self, number: u64) -> Utf8PathBuf {
        self.state_directory(number).join("tree")
    }

    /// What the link to a state says. It is relative, so that the whole storage can be moved or copied.
    pub(crate) fn target(&self, number: u64) -> Utf8PathBuf {
        let up: Utf8PathBuf = self.directory.components().skip(1).map(|_| "..").collect();
        let tree = self.tree(number);
        up.join(tree.strip_prefix(&self.root).unwrap_or(&tree))
    }

    /// The link on its way to the channel's place.
    pub(crate) fn prepared_link(&self) -> Utf8PathBuf {
        let path = self.path();
        path.with_file_name(format!(".{}.new", path.file_name().unwrap_or_default()))
    }

    /// Says of a state that it was switched to, or is about to be; see [`SWITCHED`].
    pub(crate) fn mark(&self, number: u64) -> Result<(), PublishError> {
        let directory = self.state_directory(number);
        files::write_synced(&directory.join(SWITCHED), b"")?;
        files::sync_directory(&directory)
    }

    pub(crate) fn before(&self, step: Step) -> Result<(), PublishError> {
        match self.observer.before(step) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => {
                Err(PublishError::Stopped { channel: self.directory.to_string(), step })
            }
        }
    }

    pub(crate) fn lock(&self) -> Result<Lock, PublishError> {
        let states = self.states();
        files::create_directories(&states)?;
        let path = states.join("lock");
        let file = fs_err::File::create(&path).map_err(PublishError::files("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(PublishError::Busy { path }),
            Err(TryLockError::Error(source)) => Err(PublishError::files("lock", path)(source)),
        }
    }

    /// Returns when no publication of this channel is running, in this process or another.
    ///
    /// # Errors
    /// When the lock can not be opened or waited for.
    pub fn wait_until_free(&self) -> Result<(), PublishError> {
        let path = self.states().join("lock");
        match fs_err::File::open(&path) {
            Ok(file) => file.lock().map_err(PublishError::files("lock", path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(PublishError::files("open", path)(error)),
        }
    }

    /// Removes what a killed publication left: the staging directory, a state that was never switched to, a
    /// state half removed, a prepared link. Only with the lock. The prepared link goes last: without it a state that
    /// was never switched to could look like one whose link is lost.
    pub(crate) fn clean(&self) -> Result<(), PublishError> {
        self.before(Step::Clean)?;
        let current = self.current_number()?.unwrap_or(0);
        files::remove(&self.staging())?;
        if current > 0 && !self.state_directory(current).join(SWITCHED).is_file() {
            // Of a storage that is older than the mark.
            self.mark(current)?;
        }
        let states = self.states();
        for name in names(&states)? {
            let unused = name.parse::<u64>().is_ok_and(|number| number > current);
            if unused || name.starts_with(REMOVED) {
                files::remove(&states.join(name))?;
            }
        }
        files::sync_directory(&states)?;
        match fs_err::remove_file(self.prepared_link()) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Err(PublishError::files("remove", self.prepared_link())(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes states that are older than the policy keeps. Only with the lock.
    pub(crate) fn prune(&self) -> Result<(), PublishError> {
        let numbers = self.numbers()?;
        let superfluous = numbers.len().saturating_sub(self.policy.states.get());
        for number in &numbers[..superfluous] {
            // By a rename first, so that no half removed state is ever taken for one.
            let removed = self.states().join(format!("{REMOVED}{number}"));
            let state = self.state_directory(*number);
            fs_err::rename(&state, &removed).map_err(PublishError::files("remove", &state))?;
            files::remove(&removed)?;
        }
        Ok(())
    }

    /// The state that readers see; `None` before the first publication.
    pub(crate) fn current_number(&self) -> Result<Option<u64>, PublishError> {
        if let Some(number) = self.linked(&self.path())? {
            return Ok(Some(number));
        }
        let Some(last) = self.last_switched()? else { return Ok(None) };
        // Another process may have made the first publication since the first look.
        if let Some(number) = self.linked(&self.path())? {
            return Ok(Some(number));
        }
        let (channel, path) = (self.directory.to_string(), self.path());
        Err(PublishError::LinkLost { channel, path, last, target: self.target(last) })
    }

    /// The state to which a link leads.
    fn linked(&self, link: &Utf8Path) -> Result<Option<u64>, PublishError> {
        let foreign = || PublishError::Foreign { path: link.to_owned() };
        match fs_err::read_link(link) {
            Ok(target) => {
                let number =
                    target.parent().and_then(|state| state.file_name()).and_then(|name| name.to_str());
                let number = number.and_then(|name| name.parse().ok()).ok_or_else(foreign)?;
                if target == self.target(number).as_std_path() { Ok(Some(number)) } else { Err(foreign()) }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(foreign()),
            Err(error) => Err(PublishError::files("read", link)(error)),
        }
    }

    /// Where there is no link: the state that readers saw last, or `None` when all that lies there is what a first
    /// publication leaves that is killed before it switches.
    fn last_switched(&self) -> Result<Option<u64>, PublishError> {
        // What is no link of ours is no evidence either.
        let prepared = self.linked(&self.prepared_link()).unwrap_or_default();
        let numbers = self.all_numbers()?;
        let switched = |number: &&u64| {
            Some(**number) != prepared && self.state_directory(**number).join(SWITCHED).is_file()
        };
        let last = numbers.iter().rev().find(switched).or_else(|| {
            // A storage that is older than the mark; its last state may never have been switched to.
            let beyond_a_first = numbers.iter().any(|number| *number > 1);
            let unprepared = |number: &&u64| Some(**number) != prepared;
            numbers.iter().rev().find(unprepared).or(numbers.last()).filter(|_| beyond_a_first)
        });
        Ok(last.copied())
    }

    /// Numbers of the states that were published, ascending.
    fn numbers(&self) -> Result<Vec<u64>, PublishError> {
        let current = self.current_number()?.unwrap_or(0);
        let mut numbers = self.all_numbers()?;
        numbers.retain(|number| *number <= current);
        Ok(numbers)
    }

    /// Numbers of all states, ascending, also of those that were never switched to.
    fn all_numbers(&self) -> Result<Vec<u64>, PublishError> {
        let mut numbers: Vec<u64> =
            names(&self.states())?.iter().filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// What readers see; `None` before the first publication.
    ///
    /// # Errors
    /// When something else lies in the channel's place, or the state's record can not be read.
    pub fn current(&self) -> Result<Option<State>, PublishError> {
        self.current_number()?.map(|number| State::read(&self.state_directory(number))).transpose()
    }

    /// The states that are kept, oldest first; the last one is the current one.
    ///
    /// # Errors
    /// As [`current`](Self::current).
    pub fn history(&self) -> Result<Vec<State>, PublishError> {
        self.numbers()?.into_iter().map(|number| State::read(&self.state_directory(number))).collect()
    }

    /// One of the states that are kept.
    ///
    /// # Errors
    /// When there is no such state (any more), or as [`current`](Self::current).
    pub fn state(&self, number: u64) -> Result<State, PublishError> {
        let history = self.history()?;
        let found = history.iter().find(|state| state.number == number).cloned();
        found.ok_or_else(|| self.no_state(format!("number {number}"), &history))
    }

    pub(crate) fn no_state(&self, wanted: String, history: &[State]) -> PublishError {
        let numbers: Vec<String> = history.iter().map(|state| state.number.to_string()).collect();
        let available = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
        PublishError::NoState { channel: self.directory().to_string(), wanted, available }
    }

    /// Whether all of these packages (sha256 of the signed files) are published, in a repository signed by `key`
    /// and indexed with these groups: then there is nothing to do. Reads one small file.
    ///
    /// # Errors
    /// As [`current`](Self::current).
    pub fn is_current(
        &self,
        packages: &[(Nevra, Sha256Digest)],
        key: Fingerprint,
        comps: Option<Sha256Digest>,
    ) -> Result<bool, PublishError> {
        let Some(state) = self.current()? else { return Ok(false) };
        let published = |(nevra, sha256): &(Nevra, Sha256Digest)| {
            let found = state.packages.binary_search_by(|package| package.nevra.cmp(nevra));
            found.is_ok_and(|index| {
                let package = &state.packages[index];
                let file = fs_err::metadata(self.path().join(package.location()));
                package.sha256 == *sha256 && file.is_ok_and(|file| file.len() == package.size)
            })
        };
        let is_there = self.path().join("repodata/repomd.xml").is_file();
        Ok(is_there && state.key == key && state.comps == comps && packages.iter().all(published))
    }
}

fn names(directory: &Utf8Path) -> Result<Vec<String>, PublishError> {
    let entries = match fs_err::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(PublishError::files("read", directory))?,
    };
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()
        .map_err(PublishError::files("read", directory))
}
