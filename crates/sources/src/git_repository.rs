//! Upstream's repositories, kept bare in the store, one for each URL; commits accumulate in them.
//!
//! The commit id is the pin: git computes the id of everything that it receives, so a repository that has the commit has
//! its tree.

use std::{
    collections::BTreeMap,
    sync::PoisonError,
    time::{Duration, Instant},
};

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_http::{HttpLimits, HttpSettings, ProxyUrl};
use xen4centos_process::{Invocation, ProcessError, Tool};

use crate::{
    Attempt, Event, FetchError, MissingFile, MissingRole, Network, NetworkSettings, Outcome,
    fetch::{Outcomes, Run},
    hashing,
    http::Patience,
    lookaside,
    partial::Partial,
    plan::Wanted,
    store::{file_error, write_whole},
};

/// Stronger than any attribute that the commit brings.
const ATTRIBUTES: &str =
    "* -export-subst -export-ignore -text -eol -ident -filter -working-tree-encoding !diff\n";

/// What is wanted of a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Commit<'a> {
    pub(crate) url: &'a str,
    /// 40 hexadecimal digits.
    pub(crate) id: &'a str,
    pub(crate) part: Part,
}

/// How much of its history a commit is wanted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its files.
    Tree,
    /// What it changed, for which its parent must be there.
    Change,
}

/// What was wrong with servers in this run, by URL: they are not asked again for each commit.
pub(crate) type Failures = BTreeMap<String, String>;

/// A bare repository in the store.
pub(crate) struct Repository<'a> {
    directory: Utf8PathBuf,
    pub(crate) commit: Commit<'a>,
    /// For all calls of git together, from `start` on.
    limit: Duration,
    start: Instant,
    /// Where the commit was found.
    pub(crate) place: String,
}

impl Run<'_> {
    /// The repository of the URL, empty at first, and the lock on it.
    fn repository<'a>(&self, commit: Commit<'a>) -> Result<(Repository<'a>, Partial), FetchError> {
        let id = &hashing::of_bytes(commit.url).to_string()[..16];
        let lock = self.store.partial(&format!("git-{id}.lock"), self.reporter)?;
        let directory = self.store.directory("git")?.join(format!("{id}.git"));
        let limit = match &self.settings.network {
            Network::Online(network) => network.http.limits.total,
            Network::Offline => HttpLimits::usual().total,
        };
        let place = directory.to_string();
        let repository = Repository { directory, commit, limit, start: Instant::now(), place };
        repository.create()?;
        Ok((repository, lock))
    }

    /// Lets a repository be used that has the commit, fetched if it was not there.
    pub(crate) fn with_repository<T>(
        &self,
        wanted: &Wanted<'_>,
        commit: Commit<'_>,
        use_it: impl FnOnce(&Repository<'_>) -> Result<T, FetchError>,
    ) -> Outcomes<T> {
        // Files are obtained side by side, and the lock is for other processes.
        let mut failures = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut repository, _lock) = self.repository(commit)?;
        if !repository.has_commit() {
            match self.fetch_commit(wanted, &repository, &mut failures)? {
                Ok(place) => repository.place = place,
                Err(missing) => return Ok(Err(vec![missing])),
            }
        }
        use_it(&repository).map(Ok)
    }

    /// From a lookaside directory, or from the repository itself: which of them.
    fn fetch_commit(
        &self,
        wanted: &Wanted<'_>,
        repository: &Repository<'_>,
        failures: &mut Failures,
    ) -> Result<Result<String, MissingFile>, FetchError> {
        let Commit { url, id, part } = repository.commit;
        let bundle = format!("{id}.bundle");
        let clone = lookaside::file_name(url);
        let mut missing = MissingFile {
            package: wanted.package.name.clone(),
            file: wanted.file.clone(),
            role: if part == Part::Tree { MissingRole::Git } else { MissingRole::Change },
            urls: vec![url.to_owned()],
            sha256: None,
            size: None,
            fingerprint: None,
            commit: Some(id.to_owned()),
            // One clone for all changes, but what is wanted of a tree may be one commit.
            put_at: lookaside::put_at(self.settings, if part == Part::Tree { &bundle } else { clone }),
            attempts: Vec::new(),
        };
        for directory in &self.settings.lookaside {
            for place in
                [directory.join(&bundle), directory.join(clone)].into_iter().filter(|path| path.exists())
            {
                let outcome = repository.fetch_all(place.as_str(), None);
                if repository.has_commit() {
                    return Ok(Ok(place.into_string()));
                }
                let text = outcome
                    .err()
                    .map_or_else(|| "does not have the commit".to_owned(), |error| repository.reason(&error));
                missing.attempts.push(Attempt { place: place.into_string(), outcome: Outcome::Failed(text) });
            }
        }
        let Network::Online(network) = &self.settings.network else {
            return Ok(Err(missing));
        };
        if !failures.contains_key(url) {
            self.reporter.report(&Event::Cloning { file: &wanted.file, url });
            match self.fetch_from_server(wanted, repository, network)? {
                None => return Ok(Ok(url.to_owned())),
                Some(error) => drop(failures.insert(url.to_owned(), error)),
            }
        }
        let error = failures[url].clone();
        missing.attempts.push(Attempt { place: url.to_owned(), outcome: Outcome::Failed(error) });
        Ok(Err(missing))
    }

    /// What went wrong in the end, or nothing.
    fn fetch_from_server(
        &self,
        wanted: &Wanted<'_>,
        repository: &Repository<'_>,
        network: &NetworkSettings,
    ) -> Result<Option<String>, FetchError> {
        let url = repository.commit.url;
        let mut delays = network.retries.delays.iter();
        loop {
            // Servers may refuse a commit that no branch points to; then all branches and tags have to come.
            let one = repository.fetch_one(network, self.changes.get(url));
            if one.is_ok() && repository.has_commit() {
                return Ok(None);
            }
            let error = match repository.fetch_all(url, Some(network)) {
                Ok(()) if repository.has_commit() => return Ok(None),
                Ok(()) => return Err(repository.no_such_commit()),
                Err(ProcessError::NotInstalled { program }) => {
                    return Err(FetchError::NotInstalled { program });
                }
                Err(error) => repository.reason(&error),
            };
            let is_late = repository.time_left().is_zero();
            let Some(delay) = delays.next().filter(|_| !is_late) else {
                return Ok(Some(error));
            };
            if self.is_final(url)? {
                return Ok(Some(error));
            }
            let event = Event::Waiting { file: &wanted.file, url, reason: &error, delay: *delay };
            self.reporter.report(&event);
            std::thread::sleep(*delay);
        }
    }

    /// Whether a repository that git could not fetch from will not be there in a second either. Git's status is the same
    /// for all that can go wrong, so the place itself is asked.
    fn is_final(&self, url: &str) -> Result<bool, FetchError> {
        if let Some(path) = url.strip_prefix("file://") {
            return Ok(!Utf8Path::new(path).exists());
        }
        let Some(http) = self.http.as_ref().filter(|_| url.starts_with("http")) else { return Ok(false) };
        let refs = format!("{}/info/refs?service=git-upload-pack", url.trim_end_matches('/'));
        Ok(http.get(&refs, 0, http.deadline())?.is_err_and(|failure| failure.patience == Patience::GiveUp))
    }
}

impl Repository<'_> {
    fn create(&self) -> Result<(), FetchError> {
        if !self.directory.join("HEAD").is_file() {
            fs_err::create_dir_all(&self.directory).map_err(file_error("create", &self.directory))?;
            self.run(&self.git().args(["init", "--quiet", "--bare", "--template="]))?;
        }
        write_whole(&self.directory.join("info/attributes"), ATTRIBUTES.as_bytes())
    }

    fn has_commit(&self) -> bool {
        // Not only an object of that id: a tag or a file has one, too.
        let id = self.commit.id;
        self.resolves(&format!("{id}^{{commit}}")).is_some_and(|found| found == id)
            && (self.commit.part == Part::Tree || self.has_parents())
    }

    fn has_parents(&self) -> bool {
        let parents = self.parents().unwrap_or_default();
        parents.iter().all(|parent| self.resolves(&format!("{parent}^{{tree}}")).is_some())
    }

    /// What the commit itself names as its parents: where history was cut off, git's own words for them say that there are
    /// none.
    pub(crate) fn parents(&self) -> Option<Vec<String>> {
        let raw =
            self.git().time_limit(self.limit).args(["cat-file", "commit", self.commit.id]).run().ok()?;
        let text = raw.text();
        let head = text.lines().take_while(|line| !line.is_empty());
        Some(head.filter_map(|line| line.strip_prefix("parent ")).map(str::to_owned).collect())
    }

    fn resolves(&self, object: &str) -> Option<String> {
        // A commit that came in the last moment is there: this is no matter of the network, and has its own time.
        let parse = self.git().time_limit(self.limit);
        let parse = parse.args(["rev-parse", "--verify", "--quiet", "--end-of-options", object]);
        parse.run().ok().map(|output| output.text())
    }

    /// The commit with no more history than is wanted; of changes, all that this run wants of the repository.
    fn fetch_one(
        &self,
        network: &NetworkSettings,
        changes: Option<&Vec<String>>,
    ) -> Result<(), ProcessError> {
        let Commit { url, id, part } = self.commit;
        let (depth, others) = match part {
            Part::Tree => ("--depth=1", None),
            Part::Change => ("--depth=2", changes),
        };
        let others = others.into_iter().flatten().map(String::as_str).filter(|other| *other != id);
        let arguments: Vec<&str> = [depth, "--", url, id].into_iter().chain(others).collect();
        self.fetch(Some(network), &arguments)
    }

    /// All branches and tags.
    fn fetch_all(&self, from: &str, network: Option<&NetworkSettings>) -> Result<(), ProcessError> {
        let all = ["--", from, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        if self.directory.join("shallow").is_file() {
            let whole: Vec<&str> = ["--unshallow"].into_iter().chain(all).collect();
            return self.fetch(network, &whole);
        }
        self.fetch(network, &all)
    }

    fn fetch(&self, network: Option<&NetworkSettings>, arguments: &[&str]) -> Result<(), ProcessError> {
        let mut git = self.git();
        if let Some(HttpSettings { proxies, limits, .. }) = network.map(|network| &network.http) {
            let idle = format!("http.lowSpeedTime={}", limits.idle.as_secs().max(1));
            git = git.args(["-c", "http.lowSpeedLimit=1", "-c", &idle]);
            let settings = [
                ("http_proxy", proxies.http.as_ref().map(ProxyUrl::reveal)),
                ("https_proxy", proxies.https.as_ref().map(ProxyUrl::reveal)),
                ("no_proxy", proxies.no_proxy.as_deref()),
            ];
            for (name, value) in settings {
                if let Some(value) = value {
                    git = git.env(name, value);
                }
            }
        }
        git.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]).args(arguments).run().map(drop)
    }

    /// Git for this repository, with no configuration but its own, and no questions asked.
    pub(crate) fn git(&self) -> Invocation {
        Invocation::new(Tool::Git, &self.directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", "https:http:git:ssh:file")
            .env("GIT_DIR", self.directory.as_str())
            .time_limit(self.time_left())
    }

    pub(crate) fn run(&self, invocation: &Invocation) -> Result<String, FetchError> {
        match invocation.run() {
            Ok(output) => Ok(output.text()),
            Err(ProcessError::NotInstalled { program }) => Err(FetchError::NotInstalled { program }),
            Err(error) => Err(self.failed(self.reason(&error))),
        }
    }

    fn time_left(&self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// Without the command line, whose environment may hold a proxy's password.
    fn reason(&self, error: &ProcessError) -> String {
        match error {
            ProcessError::Failed { ending, stderr, .. } => format!("git {ending}: {}", what_git_said(stderr)),
            ProcessError::TimedOut { .. } => format!("git did not end within {} s", self.limit.as_secs()),
            ProcessError::NotInstalled { program } => format!("`{program}` is not installed"),
            _ => "git could not be run".to_owned(),
        }
    }

    pub(crate) fn failed(&self, reason: String) -> FetchError {
        FetchError::Git { url: self.commit.url.to_owned(), commit: self.commit.id.to_owned(), reason }
    }

    fn no_such_commit(&self) -> FetchError {
        FetchError::NoSuchCommit { url: self.commit.url.to_owned(), commit: self.commit.id.to_owned() }
    }
}

/// The lines that say what is wrong; after them git has advice, in which it does not know this program.
fn what_git_said(stderr: &str) -> String {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_complaint = |line: &&str| line.starts_with("fatal:") || line.starts_with("error:");
    let mut said: Vec<&str> = lines().filter(is_complaint).collect();
    if said.is_empty() {
        said = lines().take(3).collect();
    }
    said.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_left_out() {
        let said = "remote: hello\nfatal: '/x' does not appear to be a git repository\n\
                    fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n\
                    and the repository exists.\n";
        assert_eq!(
            what_git_said(said),
            "fatal: '/x' does not appear to be a git repository; fatal: Could not read from remote repository."
        );
        assert_eq!(what_git_said("\n one\ntwo\n"), "one; two");
    }
}
