//! The order of things: what is in the tree or given in its place is taken as it is; what is pinned is looked for
//! in the store, the lookaside directories, the mirrors and upstream, and then its signature is verified. Files
//! are obtained side by side, because most of the time is waiting for servers, decompressing, or walking trees.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::{Package, UrlLocation};

use crate::{
    Attempt, Event, FetchError, FetchSettings, Mismatch, MissingFile, MissingRole, Network, Outcome, Pin,
    Reporter, Role, SignedBy, Store, VerifiedSource,
    download::{Downloader, Order},
    git_repository::Failures,
    hashing,
    http::Http,
    in_tree, lookaside,
    partial::Partial,
    plan::{Wanted, Way, plan},
    replacements::report_unused,
    store::{Lookup, Object},
    tree::Tree,
};

/// Files on their way at once: mirrors do not like more, and unpacking uses the processors.
const AT_ONCE: usize = 4;

/// Something, or the files that are missing for it; the outer error stops this file for another reason.
pub(crate) type Outcomes<T> = Result<Result<T, Vec<MissingFile>>, FetchError>;

/// One run of [`Store::fetch`].
pub(crate) struct Run<'a> {
    pub(crate) store: &'a Store,
    pub(crate) settings: &'a FetchSettings,
    pub(crate) reporter: &'a dyn Reporter,
    /// None when the network is not to be used.
    pub(crate) http: Option<Http<'a>>,
    /// Held by whoever is at a git repository.
    pub(crate) repositories: Mutex<Failures>,
    /// The commits whose changes are wanted, by repository.
    pub(crate) changes: BTreeMap<String, Vec<String>>,
}

impl Store {
    /// Has every source and patch of the packages in place and verified, in the order of the packages and of rpm's
    /// `SourceN` and `PatchN`.
    ///
    /// # Errors
    /// All that is missing, and all that is wrong, of all packages at once. What was obtained before stays in the
    /// store, and the same call goes on from there.
    pub fn fetch(
        &self,
        packages: &[&Package],
        settings: &FetchSettings,
        reporter: &dyn Reporter,
    ) -> Result<Vec<VerifiedSource>, FetchError> {
        let plan = plan(packages, settings)?;
        report_unused(&plan, packages, settings, reporter)?;
        let mut run = Run::new(self, settings, reporter);
        for wanted in &plan.wanted {
            if let Way::Commit(change) = wanted.way {
                run.changes.entry(change.url.clone()).or_default().push(change.commit.clone());
            }
        }
        collect(run.obtain_all(&plan.wanted))
    }
}

impl<'a> Run<'a> {
    pub(crate) fn new(store: &'a Store, settings: &'a FetchSettings, reporter: &'a dyn Reporter) -> Self {
        let http = match &settings.network {
            Network::Offline => None,
            Network::Online(network) => Some(Http::new(network)),
        };
        Self { store, settings, reporter, http, repositories: Mutex::default(), changes: BTreeMap::new() }
    }

    /// Nobody, when the network is not to be used.
    pub(crate) fn downloader(&self) -> Option<Downloader<'_>> {
        self.http.as_ref().map(|http| Downloader { http, reporter: self.reporter })
    }

    fn obtain_all(&self, wanted: &[Wanted<'_>]) -> Vec<Outcomes<VerifiedSource>> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::with_capacity(wanted.len()));
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(wanted.len()) {
                scope.spawn(|| {
                    while let Some((index, one)) = {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        wanted.get(index).map(|one| (index, one))
                    } {
                        let result = self.obtain(one);
                        results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                    }
                });
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn obtain(&self, wanted: &Wanted<'_>) -> Outcomes<VerifiedSource> {
        let obtained = match &wanted.way {
            Way::InTree(path, sha256) => of_the_tree(wanted, path, *sha256).map(Ok),
            Way::Override(path) => as_it_is(path).map(Ok),
            Way::Tree { dir, upstream, .. } => {
                let mtime = self.settings.source_date_epoch;
                let tree = Tree { package: &wanted.package.name, dir, upstream, mtime };
                tree.tarball(self.store, self.reporter).map(Ok)
            }
            Way::Git(git) => self.obtain_git(wanted, git),
            Way::Commit(change) => self.obtain_change(wanted, change),
            Way::Url(location) => return self.obtain_signed(wanted, location),
        };
        Ok(obtained?.map(|object| verified(wanted, object, None)))
    }

    fn obtain_signed(&self, wanted: &Wanted<'_>, location: &UrlLocation) -> Outcomes<VerifiedSource> {
        let object = match (self.obtain_url(wanted, location)?, wanted.signature()) {
            (Ok(object), _) => object,
            (Err(missing), None) => return Ok(Err(missing)),
            (Err(mut missing), Some(signature)) => {
                // Whoever has to carry files by hand carries them once.
                missing.extend(self.missing_of_signature(wanted, signature)?);
                return Ok(Err(missing));
            }
        };
        let signed_by = match wanted.signature() {
            None => None,
            Some(signature) => match self.check_signature(wanted, signature, &object)? {
                Ok(signed_by) => Some(signed_by),
                Err(missing) => return Ok(Err(missing)),
            },
        };
        Ok(Ok(verified(wanted, object, signed_by)))
    }

    /// Store, lookaside, mirrors, upstream.
    fn obtain_url(&self, wanted: &Wanted<'_>, location: &UrlLocation) -> Outcomes<Object> {
        if let Some(object) = self.in_store(wanted, location)? {
            return Ok(Ok(object));
        }
        let mut partial = self.store.partial(&location.sha256.to_string(), self.reporter)?;
        if let Some(object) = self.in_store(wanted, location)? {
            // Whoever had the lock has fetched it.
            partial.discard()?;
            return Ok(Ok(object));
        }
        let mut attempts = Vec::new();
        if let Some(object) = self.take_from_lookaside(wanted, location, &mut attempts)? {
            partial.discard()?;
            return Ok(Ok(object));
        }
        let urls = lookaside::urls(self.settings, &wanted.file, &location.mirrors, &location.url);
        if let Some(downloader) = self.downloader() {
            for url in &urls {
                let order = Order { file: &wanted.file, url, sha256: &location.sha256, size: location.size };
                match downloader.download(order, &mut partial)? {
                    Ok(size) => {
                        let object = self.store.adopt(partial, (location.sha256, size))?;
                        self.reporter.report(&Event::Stored { file: &wanted.file, place: url });
                        return Ok(Ok(object));
                    }
                    Err(outcome) => self.reject(wanted, url, outcome, &mut attempts),
                }
            }
        }
        if partial.length()? == 0 {
            partial.discard()?;
        }
        missing_or_wrong(self.settings, wanted, location, (urls, attempts))
    }

    fn in_store(&self, wanted: &Wanted<'_>, location: &UrlLocation) -> Result<Option<Object>, FetchError> {
        match self.store.look_up(&location.sha256)? {
            Lookup::Present(object) => match location.size {
                Some(expected) if expected != object.size => Err(FetchError::WrongSize {
                    package: wanted.package.name.clone(),
                    file: wanted.file.clone(),
                    place: object.path.into_string(),
                    expected,
                    found: object.size,
                }),
                _ => Ok(Some(object)),
            },
            Lookup::Absent => Ok(None),
            Lookup::Corrupt(kept) => {
                self.reporter.report(&Event::Corrupt { file: &wanted.file, kept: &kept });
                Ok(None)
            }
        }
    }

    fn take_from_lookaside(
        &self,
        wanted: &Wanted<'_>,
        location: &UrlLocation,
        attempts: &mut Vec<Attempt>,
    ) -> Result<Option<Object>, FetchError> {
        let package = &wanted.package.name;
        for path in lookaside::candidates(self.settings, package, &wanted.file, Some(&location.sha256)) {
            match self.copy_in(&path, location)? {
                Ok(object) => {
                    self.reporter.report(&Event::Stored { file: &wanted.file, place: path.as_str() });
                    return Ok(Some(object));
                }
                Err(outcome) => self.reject(wanted, path.as_str(), outcome, attempts),
            }
        }
        Ok(None)
    }

    fn copy_in(
        &self,
        path: &Utf8Path,
        location: &UrlLocation,
    ) -> Result<Result<Object, Outcome>, FetchError> {
        let read = |source| FetchError::File { act: "read", path: path.to_owned(), source };
        let size = fs_err::metadata(path).map_err(read)?.len();
        if location.size.is_some_and(|expected| expected != size) {
            return Ok(Err(Outcome::WrongSize(size)));
        }
        // Beside the partial download, which is worth keeping when this is another file.
        let mut copy: Partial = self.store.partial(&format!("{}.copy", location.sha256), self.reporter)?;
        let (found, size) = copy.fill(fs_err::File::open(path).map_err(read)?)?;
        if found == location.sha256 {
            return Ok(Ok(self.store.adopt(copy, (found, size))?));
        }
        copy.discard()?;
        Ok(Err(Outcome::WrongDigest(found)))
    }

    fn reject(&self, wanted: &Wanted<'_>, place: &str, outcome: Outcome, attempts: &mut Vec<Attempt>) {
        let reason = outcome.to_string();
        self.reporter.report(&Event::Rejected { file: &wanted.file, place, reason: &reason });
        attempts.push(Attempt { place: place.to_owned(), outcome });
    }
}

/// A file of the project: its history answers for it, and its digest where package.toml has one.
pub(crate) fn of_the_tree(
    wanted: &Wanted<'_>,
    path: &Utf8Path,
    pinned: Option<Sha256Digest>,
) -> Result<Object, FetchError> {
    in_tree::check(wanted.package, path)?;
    if !path.is_file() {
        return Err(FetchError::NotInTree { package: wanted.package.name.clone(), path: path.to_owned() });
    }
    let object = as_it_is(path)?;
    match pinned {
        Some(expected) if expected != object.sha256 => Err(FetchError::ChangedInTree {
            package: wanted.package.name.clone(),
            line: wanted.line,
            path: path.to_owned(),
            digests: Box::new(Mismatch { expected, found: object.sha256 }),
        }),
        _ => Ok(object),
    }
}

pub(crate) fn as_it_is(path: &Utf8Path) -> Result<Object, FetchError> {
    let (sha256, size) = hashing::of_file(path)?;
    Ok(Object { path: path.to_owned(), sha256, size })
}

fn verified(wanted: &Wanted<'_>, object: Object, signed_by: Option<SignedBy>) -> VerifiedSource {
    let pin = match &wanted.way {
        Way::InTree(..) | Way::Override(_) | Way::Tree { .. } => None,
        Way::Url(location) => Some(Pin::Digest { url: location.url.clone() }),
        Way::Git(git) => Some(Pin::Commit { url: git.url.clone(), commit: git.commit.clone() }),
        Way::Commit(change) => Some(Pin::Commit { url: change.url.clone(), commit: change.commit.clone() }),
    };
    VerifiedSource {
        package: wanted.package.name.clone(),
        name: wanted.name.clone(),
        file: wanted.file.clone(),
        path: object.path,
        sha256: object.sha256,
        size: object.size,
        role: wanted.role,
        origin: wanted.way.origin(),
        pin,
        signed_by,
    }
}

/// A mirror that has another file is only a bad mirror. If upstream itself, or the file that somebody put down by
/// hand, is another one, that is the message.
fn missing_or_wrong(
    settings: &FetchSettings,
    wanted: &Wanted<'_>,
    location: &UrlLocation,
    (urls, attempts): (Vec<String>, Vec<Attempt>),
) -> Outcomes<Object> {
    let is_ours = |place: &str| place == location.url || !urls.iter().any(|url| url == place);
    let (package, file) = (wanted.package.name.clone(), wanted.file.clone());
    for Attempt { place, outcome } in attempts.iter().filter(|attempt| is_ours(&attempt.place)) {
        let place = place.clone();
        match (outcome, location.size) {
            (Outcome::WrongDigest(found), _) => {
                let digests = Box::new(Mismatch { expected: location.sha256, found: *found });
                return Err(FetchError::WrongDigest { package, file, place, digests });
            }
            (Outcome::WrongSize(found), Some(expected)) => {
                return Err(FetchError::WrongSize { package, file, place, expected, found: *found });
            }
            _ => {}
        }
    }
    Ok(Err(vec![MissingFile {
        package,
        role: if wanted.role == Role::Patch { MissingRole::Patch } else { MissingRole::Source },
        urls,
        sha256: Some(location.sha256),
        size: location.size,
        fingerprint: None,
        commit: None,
        put_at: lookaside::put_at(settings, &file),
        file,
        attempts,
    }]))
}

/// All that is missing in one error, and all that is wrong beside it.
fn collect(results: Vec<Outcomes<VerifiedSource>>) -> Result<Vec<VerifiedSource>, FetchError> {
    let mut sources = Vec::with_capacity(results.len());
    let mut missing: Vec<MissingFile> = Vec::new();
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(Ok(source)) => sources.push(source),
            Ok(Err(files)) => missing.extend(files),
            Err(problem) => problems.push(problem),
        }
    }
    // Several sources may be signed by one key.
    let mut seen: Vec<(String, Utf8PathBuf)> = Vec::new();
    missing.retain(|file| {
        let id = (file.file.clone(), file.put_at.clone());
        let new = !seen.contains(&id);
        seen.push(id);
        new
    });
    if !missing.is_empty() {
        problems.push(FetchError::Missing { files: missing });
    }
    match problems.len() {
        0 => Ok(sources),
        1 => Err(problems.remove(0)),
        _ => Err(FetchError::Several { problems }),
    }
}
