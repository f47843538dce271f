//! A git commit as a tarball whose bytes follow from the commit alone.
//!
//! The commit id is the pin: git computes the id of everything that it receives, so a repository that has the
//! commit has its tree. What could still differ from machine to machine is switched off: attributes that rewrite
//! files on export, the user's and the system's configuration, the format of git's own tarballs (read here and
//! written anew), time stamps (the commit's).

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use xen4centos_artifact::Sha256Digest;
use xen4centos_http::{HttpLimits, HttpSettings, ProxyUrl};
use xen4centos_manifest::GitLocation;
use xen4centos_process::{Invocation, ProcessError, Tool};

use crate::{
    Attempt, Event, FetchError, Mismatch, MissingFile, MissingRole, Network, NetworkSettings, Outcome,
    fetch::{Outcomes, Run},
    hashing,
    http::Patience,
    lookaside,
    partial::Partial,
    plan::Wanted,
    store::{Object, file_error, write_whole},
    tarball::Tarball,
};

/// Increased when the same commit gives another tarball; 1 had empty directories for submodules.
const PACKING: u32 = 2;

/// Stronger than any attribute that the commit brings.
const ATTRIBUTES: &str = "* -export-subst -export-ignore -text -eol -ident -filter -working-tree-encoding\n";

/// What a commit was packed into.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Record {
    packing: u32,
    tarball: Sha256Digest,
    uncompressed: Sha256Digest,
}

/// A bare repository in the store, one for each URL; commits accumulate in it.
struct Repository<'a> {
    directory: Utf8PathBuf,
    git: &'a GitLocation,
    /// For all calls of git together, from `start` on.
    limit: Duration,
    start: Instant,
}

impl Run<'_> {
    pub(crate) fn obtain_git(&self, wanted: &Wanted<'_>, git: &GitLocation) -> Outcomes<Object> {
        if let Some(object) = self.commit_packed_before(wanted, git)? {
            return Ok(Ok(object));
        }
        let mut partial = self.store.partial(&format!("git-{}", key(git)), self.reporter)?;
        if let Some(object) = self.commit_packed_before(wanted, git)? {
            partial.discard()?;
            return Ok(Ok(object));
        }
        let (repository, lock) = self.repository(git)?;
        if !repository.has_commit()
            && let Err(missing) = self.fetch_commit(wanted, &repository)?
        {
            partial.discard()?;
            return Ok(Err(vec![missing]));
        }
        let uncompressed = repository.pack(&mut partial)?;
        drop(lock);
        check_uncompressed(wanted, git, uncompressed)?;
        let digest = partial.hash()?;
        let object = self.store.adopt(partial, digest)?;
        let record = Record { packing: PACKING, tarball: object.sha256, uncompressed };
        let bytes =
            serde_json::to_vec(&record).expect("a record has no map with keys that JSON can not have");
        write_whole(&self.store.place("git", &format!("{}.json", key(git))), &bytes)?;
        self.reporter.report(&Event::Stored { file: &wanted.file, place: &git.url });
        Ok(Ok(object))
    }

    pub(crate) fn commit_packed_before(
        &self,
        wanted: &Wanted<'_>,
        git: &GitLocation,
    ) -> Result<Option<Object>, FetchError> {
        let place = self.store.place("git", &format!("{}.json", key(git)));
        let record: Option<Record> =
            fs_err::read(place).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match record {
            Some(record) if record.packing == PACKING => {
                check_uncompressed(wanted, git, record.uncompressed)?;
                self.store.get(&record.tarball)
            }
            _ => Ok(None),
        }
    }

    /// The repository of the URL, empty at first, and the lock on it.
    fn repository<'a>(&self, git: &'a GitLocation) -> Result<(Repository<'a>, Partial), FetchError> {
        let id = &hashing::of_bytes(&git.url).to_string()[..16];
        let lock = self.store.partial(&format!("git-{id}.lock"), self.reporter)?;
        let directory = self.store.directory("git")?.join(format!("{id}.git"));
        let limit = match &self.settings.network {
            Network::Online(network) => network.http.limits.total,
            Network::Offline => HttpLimits::usual().total,
        };
        let repository = Repository { directory, git, limit, start: Instant::now() };
        repository.create()?;
        Ok((repository, lock))
    }

    /// From a lookaside directory, or from the repository itself.
    fn fetch_commit(
        &self,
        wanted: &Wanted<'_>,
        repository: &Repository<'_>,
    ) -> Result<Result<(), MissingFile>, FetchError> {
        let git = repository.git;
        let bundle = format!("{}.bundle", git.commit);
        let mut missing = MissingFile {
            package: wanted.package.name.clone(),
            file: wanted.file.clone(),
            role: MissingRole::Git,
            urls: vec![git.url.clone()],
            sha256: None,
            size: None,
            fingerprint: None,
            commit: Some(git.commit.clone()),
            put_at: lookaside::put_at(self.settings, &bundle),
            attempts: Vec::new(),
        };
        let clone = lookaside::file_name(&git.url);
        for directory in &self.settings.lookaside {
            for place in
                [directory.join(&bundle), directory.join(clone)].into_iter().filter(|path| path.exists())
            {
                let outcome = repository.fetch_all(place.as_str(), None);
                if repository.has_commit() {
                    return Ok(Ok(()));
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
        self.reporter.report(&Event::Cloning { file: &wanted.file, url: &git.url });
        let Some(error) = self.fetch_from_server(wanted, repository, network)? else {
            return Ok(Ok(()));
        };
        missing.attempts.push(Attempt { place: git.url.clone(), outcome: Outcome::Failed(error) });
        Ok(Err(missing))
    }

    /// What went wrong in the end, or nothing.
    fn fetch_from_server(
        &self,
        wanted: &Wanted<'_>,
        repository: &Repository<'_>,
        network: &NetworkSettings,
    ) -> Result<Option<String>, FetchError> {
        let url = &repository.git.url;
        let mut delays = network.retries.delays.iter();
        loop {
            // Servers may refuse a commit that no branch points to; then all branches and tags have to come.
            let one = repository.fetch_one(url, network);
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
        let object = format!("{}^{{commit}}", self.git.commit);
        // A commit that came in the last moment is there: this is no matter of the network, and has its own time.
        self.git()
            .time_limit(self.limit)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options", &object])
            .run()
            .is_ok_and(|output| output.text() == self.git.commit)
    }

    /// The commit without its history.
    fn fetch_one(&self, from: &str, network: &NetworkSettings) -> Result<(), ProcessError> {
        self.fetch(Some(network), &["--depth=1", "--", from, &self.git.commit])
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

    /// Other repositories' commits, which an export shows as empty directories.
    fn refuse_submodules(&self) -> Result<(), FetchError> {
        let listing = self.run(&self.git().args(["ls-tree", "-r", "-z", "--full-tree", &self.git.commit]))?;
        let entries = listing.split('\0').filter_map(|entry| entry.split_once('\t'));
        let modules = entries.filter(|(what, _)| what.starts_with("160000 "));
        let paths: Vec<&str> = modules.map(|(_, path)| path).collect();
        if paths.is_empty() {
            return Ok(());
        }
        Err(FetchError::Submodules {
            url: self.git.url.clone(),
            commit: self.git.commit.clone(),
            paths: paths.join(", "),
        })
    }

    /// Returns the digest of the tarball before compression.
    fn pack(&self, partial: &mut Partial) -> Result<Sha256Digest, FetchError> {
        self.refuse_submodules()?;
        let exported = partial.path().with_extension("tar");
        let archive = self.git().args(["archive", "--format=tar", "--output"]);
        self.run(&archive.arg(&exported).arg(&self.git.commit))?;
        let time = self.run(&self.git().args(["show", "--no-patch", "--format=%ct", &self.git.commit]))?;
        let time = time.parse().map_err(|_| self.failed(format!("`{time}` is no commit time")))?;
        let packed = self.repack(&exported, partial, time);
        fs_err::remove_file(&exported).map_err(file_error("remove", &exported))?;
        packed
    }

    fn repack(
        &self,
        exported: &Utf8Path,
        partial: &mut Partial,
        time: u64,
    ) -> Result<Sha256Digest, FetchError> {
        let path = partial.path().clone();
        let mut repack = || {
            let mut tarball = Tarball::new(partial.writer()?, &self.git.directory, time)?;
            let mut archive = tar::Archive::new(fs_err::File::open(exported)?);
            for entry in archive.entries()? {
                append(&mut tarball, entry?)?;
            }
            tarball.finish()
        };
        repack().map_err(file_error("write", &path))
    }

    /// Git for this repository, with no configuration but its own, and no questions asked.
    fn git(&self) -> Invocation {
        Invocation::new(Tool::Git, &self.directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", "https:http:git:ssh:file")
            .env("GIT_DIR", self.directory.as_str())
            .time_limit(self.time_left())
    }

    fn run(&self, invocation: &Invocation) -> Result<String, FetchError> {
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

    fn failed(&self, reason: String) -> FetchError {
        FetchError::Git { url: self.git.url.clone(), commit: self.git.commit.clone(), reason }
    }

    fn no_such_commit(&self) -> FetchError {
        FetchError::NoSuchCommit { url: self.git.url.clone(), commit: self.git.commit.clone() }
    }
}

/// Git sorts by whole paths, as a tree's walk does, so the order is taken over.
fn append(
    tarball: &mut Tarball<impl std::io::Write>,
    entry: tar::Entry<'_, impl std::io::Read>,
) -> std::io::Result<()> {
    let name = entry.path_bytes().into_owned();
    let header = entry.header();
    match header.entry_type() {
        tar::EntryType::Directory => tarball.directory(&name),
        tar::EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            tarball.link(&name, &target)
        }
        tar::EntryType::Regular => {
            let (executable, size) = (header.mode()? & 0o100 != 0, entry.size());
            tarball.file(&name, executable, size, entry)
        }
        // The commit id in a global header, which the record has.
        _ => Ok(()),
    }
}

fn key(git: &GitLocation) -> String {
    hashing::of_bytes(format!("{}\0{}", git.commit, git.directory)).to_string()
}

fn check_uncompressed(wanted: &Wanted<'_>, git: &GitLocation, found: Sha256Digest) -> Result<(), FetchError> {
    match git.sha256 {
        Some(expected) if expected != found => Err(FetchError::WrongDigest {
            package: wanted.package.name.clone(),
            file: wanted.file.clone(),
            place: format!("{}#{}", git.url, git.commit),
            digests: Box::new(Mismatch { expected, found }),
        }),
        _ => Ok(()),
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
