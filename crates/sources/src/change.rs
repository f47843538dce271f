//! What a git commit changed, as a patch whose bytes follow from the commit alone.
//!
//! The form is that of `git diff`, with all that settings, attributes or versions of git could change stated here. Above it
//! stand the commit's id, author, date and subject. The rest of its message does not: `patch` searches what stands around a
//! difference for more of them, indented ones, too, and messages quote such.

use std::io::Write as _;

use serde::{Deserialize, Serialize};
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::CommitLocation;

use crate::{
    Event, FetchError, Mismatch,
    fetch::{Outcomes, Run},
    git_repository::{Commit, Part, Repository},
    hashing, lookaside,
    partial::Partial,
    plan::Wanted,
    store::{Object, Store, file_error, write_whole},
};

/// Increased when the same commit gives another patch.
const FORM: u32 = 1;

/// What a commit's change was written as.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Record {
    form: u32,
    patch: Sha256Digest,
}

impl Run<'_> {
    /// From the store, from a file that was put down (where its digest is pinned), or from the repository.
    pub(crate) fn obtain_change(&self, wanted: &Wanted<'_>, change: &CommitLocation) -> Outcomes<Object> {
        if let Some(object) = self.change_written_before(wanted, change)? {
            return Ok(Ok(object));
        }
        let mut partial = self.store.partial(&format!("change-{}", change.commit), self.reporter)?;
        if let Some(object) = self.change_written_before(wanted, change)? {
            partial.discard()?;
            return Ok(Ok(object));
        }
        if let Some(digest) = self.change_put_down(wanted, change, &mut partial)? {
            return Ok(Ok(self.store.adopt(partial, digest)?));
        }
        let commit = Commit { url: &change.url, id: &change.commit, part: Part::Change };
        let write = |repository: &Repository<'_>| {
            Ok((repository.write_change(&mut partial)?, repository.place.clone()))
        };
        let ((found, size), place) = match self.with_repository(wanted, commit, write)? {
            Ok(found) => found,
            Err(missing) => {
                partial.discard()?;
                return Ok(Err(missing));
            }
        };
        check_pin(wanted, change, found)?;
        let object = self.store.adopt(partial, (found, size))?;
        let record = Record { form: FORM, patch: found };
        let bytes =
            serde_json::to_vec(&record).expect("a record has no map with keys that JSON can not have");
        write_whole(&self.store.place("git", &record_name(change)), &bytes)?;
        self.reporter.report(&Event::Stored { file: &wanted.file, place: &place });
        Ok(Ok(object))
    }

    pub(crate) fn change_written_before(
        &self,
        wanted: &Wanted<'_>,
        change: &CommitLocation,
    ) -> Result<Option<Object>, FetchError> {
        if let Some(pinned) = &change.sha256
            && let Some(object) = self.store.get(pinned)?
        {
            return Ok(Some(object));
        }
        let Some(patch) = written_as(self.store, change) else { return Ok(None) };
        check_pin(wanted, change, patch)?;
        self.store.get(&patch)
    }

    /// A file of the pinned digest in a lookaside directory.
    fn change_put_down(
        &self,
        wanted: &Wanted<'_>,
        change: &CommitLocation,
        partial: &mut Partial,
    ) -> Result<Option<(Sha256Digest, u64)>, FetchError> {
        let Some(pinned) = change.sha256 else { return Ok(None) };
        for path in lookaside::candidates(self.settings, &wanted.package.name, &wanted.file, Some(&pinned)) {
            let found = partial.fill(fs_err::File::open(&path).map_err(file_error("read", &path))?)?;
            if found.0 == pinned {
                self.reporter.report(&Event::Stored { file: &wanted.file, place: path.as_str() });
                return Ok(Some(found));
            }
            let reason = format!("another file: sha256 {}", found.0);
            self.reporter.report(&Event::Rejected {
                file: &wanted.file,
                place: path.as_str(),
                reason: &reason,
            });
        }
        Ok(None)
    }
}

impl Repository<'_> {
    fn write_change(&self, partial: &mut Partial) -> Result<(Sha256Digest, u64), FetchError> {
        let parent = self.only_parent()?;
        let about = self.run(
            &self
                .git()
                .args([
                    "show",
                    "--no-patch",
                    "--no-color",
                    "--encoding=UTF-8",
                    "--format=From: %an <%ae>%nDate: %ad%nSubject: %s",
                    "--date=format-local:%Y-%m-%d %H:%M:%S +0000",
                    self.commit.id,
                ])
                .env("TZ", "UTC"),
        )?;
        let written = partial.path().with_extension("diff");
        let output = format!("--output={written}");
        let difference = self.git().args(FIXED_FORM).args([&output, &parent, self.commit.id]);
        self.run(&difference)?;
        let bytes = fs_err::read(&written).map_err(file_error("read", &written))?;
        fs_err::remove_file(&written).map_err(file_error("remove", &written))?;
        self.refuse_unusable(&bytes)?;
        let path = partial.path().clone();
        let mut write = || {
            let file = partial.writer()?;
            write!(file, "Commit: {}\n{about}\n\n", self.commit.id)?;
            file.write_all(&bytes)
        };
        write().map_err(file_error("write", &path))?;
        partial.hash()
    }

    /// The id of the commit's parent.
    fn only_parent(&self) -> Result<String, FetchError> {
        let mut parents = self.parents().ok_or_else(|| self.failed("it could not be read".to_owned()))?;
        match (parents.pop(), parents.is_empty()) {
            (Some(parent), true) => Ok(parent),
            (None, _) => Err(self.no_patch("it is the first of its history, so it is no change of anything")),
            (Some(_), false) => Err(self.no_patch("it is a merge; name the commits that it brought")),
        }
    }

    /// An empty change would be announced and fix nothing; the others `patch` passes over or refuses.
    fn refuse_unusable(&self, difference: &[u8]) -> Result<(), FetchError> {
        if difference.is_empty() {
            return Err(self.no_patch("it changes no file"));
        }
        for line in difference.split(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            if text.starts_with("Binary files ") {
                return Err(self.no_patch(&format!("patch can not apply it: {text}")));
            }
            let mode = ["new file mode ", "deleted file mode ", "new mode "];
            let mode = mode.iter().find_map(|start| text.strip_prefix(start));
            if mode.is_some_and(|mode| !mode.starts_with("100")) {
                return Err(self.no_patch("patch can not apply it: it changes a link or a submodule"));
            }
        }
        Ok(())
    }

    fn no_patch(&self, reason: &str) -> FetchError {
        FetchError::NoPatch {
            url: self.commit.url.to_owned(),
            commit: self.commit.id.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// `git diff-tree` with everything stated that something else could decide.
const FIXED_FORM: [&str; 14] = [
    "diff-tree",
    "-p",
    "-r",
    "--full-index",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--unified=3",
    "--inter-hunk-context=0",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// The digest of the patch that was made of a commit before.
pub(crate) fn written_as(store: &Store, change: &CommitLocation) -> Option<Sha256Digest> {
    let bytes = fs_err::read(store.place("git", &record_name(change))).ok()?;
    let record: Record = serde_json::from_slice(&bytes).ok()?;
    (record.form == FORM).then_some(record.patch)
}

fn record_name(change: &CommitLocation) -> String {
    let key = hashing::of_bytes(format!("{}\0change", change.commit)).to_string();
    format!("{key}.json")
}

fn check_pin(wanted: &Wanted<'_>, change: &CommitLocation, found: Sha256Digest) -> Result<(), FetchError> {
    match change.sha256 {
        Some(expected) if expected != found => Err(FetchError::WrongDigest {
            package: wanted.package.name.clone(),
            file: wanted.file.clone(),
            place: format!("{}#{}", change.url, change.commit),
            digests: Box::new(Mismatch { expected, found }),
        }),
        _ => Ok(()),
    }
}
