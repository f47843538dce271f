//! Several files of the project, written as one: what is to be written lies whole in the work directory before the first of
//! them changes. Whoever is killed before that has begun nothing; after it, the rest can be written at any time, or what is
//! written taken back. What somebody edited meanwhile is nobody's to overwrite.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use xen4centos_artifact::Sha256Digest;

use crate::{
    failure::{Failure, Kind},
    pipeline::{closed, files::write_whole, plan::sha256},
    printer::Printer,
    settings::Directories,
};

/// Files by their paths in the project.
pub(crate) type Changes = BTreeMap<Utf8PathBuf, Change>;

/// A file before and after.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// None where there was no file.
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Vec<u8>,
}

/// What is to be written, below the work directory.
const JOURNAL: &str = "import";

/// In it: which files, and what they were before.
const RECORD: &str = "files.json";

/// By their paths in the project.
type Record = BTreeMap<Utf8PathBuf, Recorded>;

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    before: Option<Sha256Digest>,
    after: Sha256Digest,
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Before,
    After,
    /// Somebody else wrote it.
    Other,
}

/// Whether an earlier run was stopped in the middle.
fn is_open(directories: &Directories) -> bool {
    directories.work.join(JOURNAL).is_dir()
}

/// Writes all of it, unless a file has changed since it was read.
pub(crate) fn write(directories: &Directories, changes: &Changes, printer: &Printer) -> Result<(), Failure> {
    let record: Record = changes.iter().map(|(path, change)| (path.clone(), change.recorded())).collect();
    if let Some((path, _)) = states(directories, &record)?.iter().find(|(_, state)| **state == State::Other) {
        let message = format!("`{path}` was changed while the import was tried");
        return Err(Failure::new(Kind::Data, message).hint(Some("run the same command again".to_owned())));
    }
    let draft = directories.work.join(format!("{JOURNAL}.new"));
    make_private(&draft)?;
    for (path, Change { before, after }) in changes {
        keep(&draft.join("after").join(path), after)?;
        if let Some(before) = before {
            keep(&draft.join("before").join(path), before)?;
        }
    }
    let text = serde_json::to_vec_pretty(&record).expect("a map of texts becomes JSON");
    write_whole(&draft.join(RECORD), &text)?;
    fs_err::rename(&draft, directories.work.join(JOURNAL))?;
    fs_err::File::open(&directories.work)?.sync_all()?;
    finish(directories, printer)
}

/// Writes what is left of it.
pub(crate) fn finish(directories: &Directories, printer: &Printer) -> Result<(), Failure> {
    let Some(record) = read(directories, printer)? else { return Ok(()) };
    let states = states(directories, &record)?;
    let edited: Vec<String> = states
        .iter()
        .filter(|(_, state)| **state == State::Other)
        .map(|(path, _)| format!("  {path}"))
        .collect();
    let journal = directories.work.join(JOURNAL);
    if !edited.is_empty() {
        let message = format!(
            "files are neither what they were before the import nor what it makes of them\n{}",
            edited.join("\n")
        );
        let hint = format!(
            "take the edits back (as it was and as it is to be, each file lies below `{journal}`), or give the \
             import up: xen4centos advisory import --abandon"
        );
        return Err(Failure::new(Kind::Data, message).hint(Some(hint)));
    }
    let mut left: Vec<&Utf8PathBuf> =
        states.iter().filter(|(_, state)| **state == State::Before).map(|(path, _)| path).collect();
    // Patches before the package that lists them, and that before what is said of it.
    left.sort_by_key(|path| (path.starts_with("advisories"), path.ends_with("package.toml")));
    for path in left {
        put(directories, path, &fs_err::read(journal.join("after").join(path))?)?;
        printer.step("Wrote", path);
    }
    close(directories)
}

/// Takes back what was written of it, but for what was edited since.
pub(crate) fn abandon(directories: &Directories, printer: &Printer) -> Result<(), Failure> {
    let Some(record) = read(directories, printer)? else { return Ok(()) };
    let journal = directories.work.join(JOURNAL);
    for (path, state) in states(directories, &record)? {
        match (state, record.get(&path).and_then(|recorded| recorded.before)) {
            (State::Before, _) => {}
            (State::Other, _) => {
                printer.warning(format!("{path} was edited after the import: it stays as it is, look at it"));
            }
            (State::After, Some(_)) => {
                put(directories, &path, &fs_err::read(journal.join("before").join(&path))?)?;
                printer.step("Put back", path);
            }
            (State::After, None) => {
                let place = directories.project.join(&path);
                fs_err::remove_file(&place)?;
                // A directory that came with it goes, and any other one stays.
                drop(place.parent().filter(|parent| parent.ends_with("patches")).map(fs_err::remove_dir));
                printer.step("Removed", path);
            }
        }
    }
    close(directories)
}

/// From one moment to the next nothing is left to do, whatever becomes of the removal.
fn close(directories: &Directories) -> Result<(), Failure> {
    let done = directories.work.join(format!("{JOURNAL}.done"));
    fs_err::rename(directories.work.join(JOURNAL), &done)?;
    fs_err::remove_dir_all(done)?;
    Ok(())
}

/// Removes what killed runs left that had not begun, or were done.
pub(crate) fn forget(directories: &Directories) -> Result<(), Failure> {
    for end in ["new", "done"] {
        let left = directories.work.join(format!("{JOURNAL}.{end}"));
        if left.exists() {
            fs_err::remove_dir_all(left)?;
        }
    }
    Ok(())
}

/// Refuses to work with files of which only some are written.
pub(crate) fn demand_none(directories: &Directories) -> Result<(), Failure> {
    if !is_open(directories) {
        return Ok(());
    }
    let message = format!("an import into `{}` was stopped in the middle", directories.project);
    let hint =
        "`xen4centos advisory import --finish` writes the rest, `--abandon` takes back what is written";
    Err(Failure::new(Kind::Data, message).hint(Some(hint.to_owned())))
}

/// What is open; told where nothing is.
fn read(directories: &Directories, printer: &Printer) -> Result<Option<Record>, Failure> {
    if !is_open(directories) {
        printer.step("Nothing", "is left of an import");
        return Ok(None);
    }
    let path = directories.work.join(JOURNAL).join(RECORD);
    let record = fs_err::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    record.map(Some).ok_or_else(|| {
        let message = format!("`{path}` does not say what an import has written");
        let hint = format!("look at the project's changes, then remove `{}`", directories.work.join(JOURNAL));
        Failure::new(Kind::Data, message).hint(Some(hint))
    })
}

fn states(directories: &Directories, record: &Record) -> Result<BTreeMap<Utf8PathBuf, State>, Failure> {
    let state = |(path, recorded): (&Utf8PathBuf, &Recorded)| {
        let now = present(&directories.project.join(path))?.map(|bytes| sha256(&bytes));
        let state = match now {
            _ if now == Some(recorded.after) => State::After,
            _ if now == recorded.before => State::Before,
            _ => State::Other,
        };
        Ok((path.clone(), state))
    };
    record.iter().map(state).collect()
}

/// A file's bytes; none where there is no file.
fn present(path: &Utf8Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Down to the disk: the journal goes after it.
fn put(directories: &Directories, path: &Utf8Path, bytes: &[u8]) -> Result<(), Failure> {
    let place = directories.project.join(path);
    keep(&place, bytes)?;
    if let Some(parent) = place.parent() {
        fs_err::File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn keep(place: &Utf8Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(parent) = place.parent() {
        fs_err::create_dir_all(parent)?;
    }
    write_whole(place, bytes)
}

/// An empty directory that nobody else can look into: a patch may be under embargo.
pub(crate) fn make_private(directory: &Utf8Path) -> Result<(), Failure> {
    if directory.exists() {
        fs_err::remove_dir_all(directory)?;
    }
    Ok(closed::make(directory)?)
}

impl Change {
    fn recorded(&self) -> Recorded {
        Recorded { before: self.before.as_deref().map(sha256), after: sha256(&self.after) }
    }
}
