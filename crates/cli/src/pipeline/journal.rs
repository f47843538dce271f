//! Several files of the project, written as one: what is to be written lies whole in the work directory before the first of
//! them changes. Whoever is killed before that has begun nothing; after it, the rest can be written at any time.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    failure::{Failure, Kind},
    pipeline::{closed, files::write_whole},
    printer::Printer,
    settings::Directories,
};

/// Files by their paths in the project.
pub(crate) type Changes = std::collections::BTreeMap<Utf8PathBuf, Vec<u8>>;

/// What is to be written, below the work directory.
const JOURNAL: &str = "import";

/// Whether an earlier run was stopped in the middle.
pub(crate) fn is_open(directories: &Directories) -> bool {
    directories.work.join(JOURNAL).is_dir()
}

/// Writes all of it.
pub(crate) fn write(directories: &Directories, changes: &Changes, printer: &Printer) -> Result<(), Failure> {
    let draft = directories.work.join(format!("{JOURNAL}.new"));
    if draft.exists() {
        fs_err::remove_dir_all(&draft)?;
    }
    // Patches are in it, and advisories before their time.
    closed::make(&draft)?;
    for (path, bytes) in changes {
        let place = draft.join(path);
        if let Some(parent) = place.parent() {
            fs_err::create_dir_all(parent)?;
        }
        write_whole(&place, bytes)?;
    }
    fs_err::rename(&draft, directories.work.join(JOURNAL))?;
    fs_err::File::open(&directories.work)?.sync_all()?;
    finish(directories, printer)
}

/// Writes what is left of it; nothing where nothing is.
pub(crate) fn finish(directories: &Directories, printer: &Printer) -> Result<(), Failure> {
    let journal = directories.work.join(JOURNAL);
    let mut files = Vec::new();
    if journal.is_dir() {
        collect(&journal, &mut files)?;
    }
    // Patches before the package that lists them, and that before what is said of it.
    files.sort_by_key(|path| (path.starts_with(journal.join("advisories")), path.ends_with("package.toml")));
    for path in &files {
        let name = path.strip_prefix(&journal).unwrap_or(path);
        let place = directories.project.join(name);
        if let Some(parent) = place.parent() {
            fs_err::create_dir_all(parent)?;
        }
        write_whole(&place, &fs_err::read(path)?)?;
        printer.step("Wrote", name);
    }
    if journal.is_dir() {
        fs_err::remove_dir_all(&journal)?;
    }
    Ok(())
}

/// Refuses to work with files of which only some are written.
pub(crate) fn demand_none(directories: &Directories) -> Result<(), Failure> {
    if !is_open(directories) {
        return Ok(());
    }
    let message = format!("an import into `{}` was stopped in the middle", directories.project);
    Err(Failure::new(Kind::Data, message)
        .hint(Some("`xen4centos advisory import --finish` writes the rest".to_owned())))
}

fn collect(directory: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Result<(), Failure> {
    for entry in directory.read_dir_utf8()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(entry.path(), files)?;
        } else {
            files.push(entry.into_path());
        }
    }
    Ok(())
}
