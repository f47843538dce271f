//! The next state of a channel on its way: staged here, indexed and signed by the caller, published here.

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::{Fingerprint, Nevra, Sha256Digest, SignedRepoTree};

use crate::{
    CarriedDocument, Channel, PublishError, PublishedPackage, StageRequest, State, Step, channel::Lock,
    files, plan::Plan, repomd::Repomd,
};

/// A state of an earlier time to be published anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreRequest {
    /// Its number.
    pub number: u64,
    /// Of the groups file that the caller will index with.
    pub comps: Option<Sha256Digest>,
    /// Seconds since 1970.
    pub now: u64,
}

/// A state in preparation. The caller indexes [`root`](Self::root) with [`revision`](Self::revision) and
/// [`carried`](Self::carried), signs the metadata, and hands the signed tree to [`publish`](Self::publish).
///
/// Holds the channel's lock. What is dropped instead of published is removed by the next publication, or at once
/// by [`discard`](Self::discard).
#[must_use]
pub struct Staging {
    channel: Channel,
    draft: Draft,
    carried: Vec<Utf8PathBuf>,
    /// Packages that are new in this state, with their keys.
    signed_by: Vec<(Nevra, Fingerprint)>,
    _lock: Lock,
}

/// What is known of a state before its metadata is.
struct Draft {
    number: u64,
    time: u64,
    revision: u64,
    restored_from: Option<u64>,
    comps: Option<Sha256Digest>,
    updateinfo: Option<Sha256Digest>,
    packages: Vec<PublishedPackage>,
    withdrawn: Vec<PublishedPackage>,
    carried: Vec<CarriedDocument>,
}

/// What readers see from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Published {
    /// The new state.
    pub state: State,
    /// The channel's path, a link to the state's tree.
    pub path: Utf8PathBuf,
}

impl Channel {
    /// Prepares the next state: the published packages that stay, and the new ones. Nothing that readers see
    /// changes.
    ///
    /// # Errors
    /// When another publication runs, a package was already published with other content, one to be withdrawn
    /// is not there, or files can not be read or written.
    pub fn stage(&self, request: &StageRequest<'_>) -> Result<Staging, PublishError> {
        let lock = self.lock()?;
        self.clean()?;
        let previous = self.current()?;
        let plan = Plan::new(self.directory(), previous.as_ref(), request)?;
        let source = previous.as_ref().map(|state| state.number);
        let draft = self.draft(previous.as_ref(), request.now, request.comps)?;
        self.keep_or_remove(lock, |lock| self.fill(&plan, source, draft, lock))
    }

    /// Prepares a state that has exactly the packages of an earlier one. It is a new state all the same, with
    /// newer metadata, because hosts refuse metadata that is older than what they have.
    ///
    /// # Errors
    /// When another publication runs, there is no such state any more, or files can not be read or written.
    pub fn restore(&self, request: &RestoreRequest) -> Result<Staging, PublishError> {
        let lock = self.lock()?;
        self.clean()?;
        let history = self.history()?;
        let restored = history
            .iter()
            .find(|state| state.number == request.number)
            .ok_or_else(|| self.no_state(format!("number {}", request.number), &history))?;
        let previous = history.last();
        let known = history.iter().flat_map(|state| state.packages.iter().chain(&state.withdrawn));
        let mut withdrawn: Vec<PublishedPackage> =
            known.filter(|package| !restored.packages.contains(package)).cloned().collect();
        withdrawn.sort();
        withdrawn.dedup();
        let plan = Plan { kept: restored.packages.clone(), added: Vec::new(), withdrawn };
        let mut draft = self.draft(previous, request.now, request.comps)?;
        draft.restored_from = Some(restored.number);
        self.keep_or_remove(lock, |lock| self.fill(&plan, Some(restored.number), draft, lock))
    }

    /// As [`restore`](Self::restore), of the state that was current `steps` publications ago.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    pub fn roll_back(
        &self,
        steps: usize,
        comps: Option<Sha256Digest>,
        now: u64,
    ) -> Result<Staging, PublishError> {
        let history = self.history()?;
        let wanted = history.iter().rev().nth(steps).map(|state| state.number);
        let number = wanted.ok_or_else(|| self.no_state(format!("{steps} steps back"), &history))?;
        self.restore(&RestoreRequest { number, comps, now })
    }

    /// Removes what was staged when staging fails; not when it was stopped, which stands for a kill.
    fn keep_or_remove(
        &self,
        lock: Lock,
        stage: impl FnOnce(Lock) -> Result<Staging, PublishError>,
    ) -> Result<Staging, PublishError> {
        stage(lock).inspect_err(|error| {
            if !matches!(error, PublishError::Stopped { .. }) {
                // The first error is the one that matters; leftovers are removed by the next publication.
                files::remove(&self.staging()).unwrap_or_default();
            }
        })
    }

    fn draft(
        &self,
        previous: Option<&State>,
        now: u64,
        comps: Option<Sha256Digest>,
    ) -> Result<Draft, PublishError> {
        Ok(Draft {
            number: previous.map_or(1, |state| state.number + 1),
            time: now,
            // Clocks may go back; what hosts see must not.
            revision: previous.map_or(now, |state| now.max(state.revision + 1)),
            restored_from: None,
            comps,
            updateinfo: None,
            packages: Vec::new(),
            withdrawn: Vec::new(),
            carried: previous.map_or_else(|| Ok(Vec::new()), |state| self.carried(state, now))?,
        })
    }

    /// Documents of earlier metadata that some reader may still want: those of the current list, and those that
    /// were replaced not long ago.
    fn carried(&self, previous: &State, now: u64) -> Result<Vec<CarriedDocument>, PublishError> {
        let repodata = self.tree(previous.number).join("repodata");
        let repomd = Repomd::read(&repodata.join("repomd.xml"))?;
        let recent =
            |document: &&CarriedDocument| document.superseded.saturating_add(self.policy.carry_seconds) > now;
        let mut carried: Vec<CarriedDocument> = repomd
            .names()
            .map(|name| CarriedDocument { name: name.into_string(), superseded: now })
            .chain(previous.carried.iter().filter(recent).cloned())
            // One that somebody removed by hand serves nobody, and must not stop what follows.
            .filter(|document| repodata.join(&document.name).is_file())
            .collect();
        carried.sort_by(|left, right| (&left.name, right.superseded).cmp(&(&right.name, left.superseded)));
        carried.dedup_by(|later, earlier| later.name == earlier.name);
        Ok(carried)
    }

    /// Fills the staging directory from state `source` and the new packages.
    fn fill(
        &self,
        plan: &Plan<'_>,
        source: Option<u64>,
        mut draft: Draft,
        lock: Lock,
    ) -> Result<Staging, PublishError> {
        let root = self.staging().join("tree");
        self.before(Step::Link)?;
        for directory in [self.staging(), root.clone(), root.join("Packages")] {
            files::create_directory(&directory)?;
        }
        for package in &plan.kept {
            let location = package.location();
            if let Some(number) = source {
                files::link(&self.tree(number).join(&location), &root.join(&location))?;
            }
        }
        self.before(Step::Add)?;
        draft.packages.clone_from(&plan.kept);
        for package in &plan.added {
            let nevra = package.nevra().clone();
            let target = root.join("Packages").join(nevra.file_name());
            let (size, found) = files::copy_synced(package.path(), &target, draft.time)?;
            if found != package.sha256() {
                let path = package.path().to_owned();
                return Err(PublishError::Digest { path, expected: package.sha256(), found });
            }
            let source = package.package().to_owned();
            draft.packages.push(PublishedPackage { nevra, sha256: found, size, source });
        }
        draft.packages.sort();
        draft.withdrawn.clone_from(&plan.withdrawn);
        let repodata = source_of_documents(self, draft.number);
        Ok(Staging {
            channel: self.clone(),
            carried: draft.carried.iter().map(|document| repodata.join(&document.name)).collect(),
            signed_by: plan.added.iter().map(|package| (package.nevra().clone(), package.key())).collect(),
            draft,
            _lock: lock,
        })
    }
}

/// The metadata of the state before `number`.
fn source_of_documents(channel: &Channel, number: u64) -> Utf8PathBuf {
    channel.tree(number.saturating_sub(1)).join("repodata")
}

impl Staging {
    /// The directory to index and sign; it holds `Packages/`.
    pub fn root(&self) -> Utf8PathBuf {
        self.channel.staging().join("tree")
    }

    /// Revision and timestamps that the metadata must have: never below what hosts have seen.
    pub const fn revision(&self) -> u64 {
        self.draft.revision
    }

    /// Documents of earlier metadata that the new `repodata` must have beside its own, so that readers who hold
    /// an older repomd.xml still find what it lists.
    pub fn carried(&self) -> &[Utf8PathBuf] {
        &self.carried
    }

    /// Puts a file beside `Packages/` and `repodata/`, such as the key that hosts import.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn add_file(&self, name: &str, bytes: &[u8]) -> Result<(), PublishError> {
        files::write_synced(&self.root().join(name), bytes)
    }

    /// Remembers which advisories the state lists.
    pub fn lists_advisories(&mut self, updateinfo: Option<Sha256Digest>) {
        self.draft.updateinfo = updateinfo;
    }

    /// All packages that the state will have.
    pub fn packages(&self) -> &[PublishedPackage] {
        &self.draft.packages
    }

    /// Packages that readers do not have yet.
    pub fn added(&self) -> impl Iterator<Item = &Nevra> {
        self.signed_by.iter().map(|(nevra, _)| nevra)
    }

    /// Removes what was staged.
    ///
    /// # Errors
    /// When files can not be removed.
    pub fn discard(self) -> Result<(), PublishError> {
        files::remove(&self.channel.staging())
    }

    /// Lets readers see the staged tree, from one moment to the next. Whenever this is killed, they see the old
    /// state or the new one, whole; once it returns, the new one survives a power failure.
    ///
    /// # Errors
    /// When the tree is not the staged one, is not complete, says that it is older than what hosts have, holds
    /// packages of another key, or files can not be written. Readers then see the old state.
    #[expect(clippy::needless_pass_by_value, reason = "a tree is published once: its state is consumed")]
    pub fn publish(self, tree: SignedRepoTree) -> Result<Published, PublishError> {
        let channel = &self.channel;
        channel.before(Step::Check)?;
        let state = self.check(&tree)?;
        channel.before(Step::Sync)?;
        let root = self.root();
        // Packages were written to disk as they were copied.
        // A list that replaces another within a second must not look unchanged to a web server's clients.
        let is_new = |name: &str| !state.carried.iter().any(|document| document.name == name);
        files::settle(&root.join("repodata"), state.revision, is_new)?;
        files::sync_directory(&root.join("Packages"))?;
        files::sync_directory(&root)?;
        channel.before(Step::Record)?;
        state.write(&channel.staging())?;
        files::sync_directory(&channel.staging())?;
        channel.before(Step::Number)?;
        let directory = channel.state_directory(state.number);
        fs_err::rename(channel.staging(), &directory).map_err(PublishError::files("create", &directory))?;
        files::sync_directory(&channel.states())?;
        self.switch(&state)?;
        channel.before(Step::Prune)?;
        // The publication is done; states that could not be removed are removed by the next one.
        channel.prune().unwrap_or_default();
        Ok(Published { state, path: channel.path() })
    }

    fn switch(&self, state: &State) -> Result<(), PublishError> {
        let (channel, path, prepared) = (&self.channel, self.channel.path(), self.channel.prepared_link());
        channel.before(Step::Prepare)?;
        let parent = path.parent().unwrap_or(&path).to_owned();
        files::create_directories(&parent)?;
        fs_err::os::unix::fs::symlink(channel.target(state.number), &prepared)
            .map_err(PublishError::files("create", &prepared))?;
        // Up to the storage, so that the mark never survives a power failure that the prepared link does not.
        for directory in path.ancestors().skip(1).take(channel.directory().components().count()) {
            files::sync_directory(directory)?;
        }
        channel.mark(state.number)?;
        channel.before(Step::Switch)?;
        fs_err::rename(&prepared, &path).map_err(PublishError::files("replace", &path))?;
        files::sync_directory(&parent)
    }

    /// What can be checked without knowing metadata well; `check` does the rest before.
    fn check(&self, tree: &SignedRepoTree) -> Result<State, PublishError> {
        let root = self.root();
        if tree.root() != root {
            return Err(PublishError::OtherTree { expected: root, found: tree.root().to_owned() });
        }
        let list = root.join("repodata/repomd.xml");
        let repomd = Repomd::read(&list)?;
        let wrong = |path: &Utf8Path, what: String| PublishError::Incomplete { path: path.to_owned(), what };
        let revision = self.draft.revision;
        if repomd.revision != revision.to_string()
            || repomd.documents.iter().any(|one| one.timestamp != revision)
        {
            return Err(wrong(&list, format!("revision and timestamps are not {revision}, as staged")));
        }
        repomd.verify(&root)?;
        let signature = root.join("repodata/repomd.xml.asc");
        if !fs_err::metadata(&signature).is_ok_and(|metadata| metadata.len() > 0) {
            return Err(wrong(&signature, "signature is missing".into()));
        }
        if let Some((package, found)) = self.signed_by.iter().find(|(_, key)| *key != tree.key()) {
            let package = Box::new(package.clone());
            return Err(PublishError::Key { package, expected: tree.key(), found: *found });
        }
        for package in &self.draft.packages {
            let path = root.join(package.location());
            if !fs_err::metadata(&path).is_ok_and(|metadata| metadata.len() == package.size) {
                return Err(wrong(&path, "package is not the staged one".into()));
            }
        }
        self.state(tree.key(), files::digest(&list)?.1, &repomd)
    }

    fn state(&self, key: Fingerprint, sha256: Sha256Digest, repomd: &Repomd) -> Result<State, PublishError> {
        let repodata = self.root().join("repodata");
        let current: Vec<Utf8PathBuf> = repomd.names().collect();
        let mut carried = Vec::new();
        for document in &self.draft.carried {
            let path = repodata.join(&document.name);
            if !path.is_file() {
                return Err(PublishError::Incomplete { path, what: "carried document is missing".into() });
            }
            if !current.iter().any(|name| *name == document.name) {
                carried.push(document.clone());
            }
        }
        Ok(State {
            number: self.draft.number,
            time: self.draft.time,
            revision: self.draft.revision,
            key,
            restored_from: self.draft.restored_from,
            comps: self.draft.comps,
            updateinfo: self.draft.updateinfo,
            repomd: sha256,
            packages: self.draft.packages.clone(),
            withdrawn: self.draft.withdrawn.clone(),
            carried,
        })
    }
}
