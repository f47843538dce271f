//! Unpacks the upstream release of a package: its archive, with upstream's own patches applied. The kernel's
//! configuration step needs the tree; rpmbuild unpacks for itself.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use tar::{Archive, Entry, EntryType};
use xen4centos_process::{Invocation, ProcessError, Tool};

use crate::{FetchError, Role, VerifiedSource, decompress, store::file_error};

/// Lines of `patch` that are shown: the first file that fails is the one to look at.
const MOST_COMPLAINTS: usize = 40;

/// Unpacks the upstream release among the sources of one package into `dest`, which must not exist and is there
/// only when everything is in it. Returns the release's top directory in it.
///
/// # Errors
/// [`FetchError::NothingToUnpack`] without an upstream archive; [`FetchError::Archive`] for an archive that is
/// broken, has not one top directory, or would write outside of `dest`; [`FetchError::Patch`].
pub fn unpack(sources: &[VerifiedSource], dest: &Utf8Path) -> Result<Utf8PathBuf, FetchError> {
    let Some(archive) = sources.iter().find(|source| source.role == Role::UpstreamArchive) else {
        let package = sources.first().map(|source| source.package.clone()).unwrap_or_default();
        return Err(FetchError::NothingToUnpack { package });
    };
    let parent = dest.parent().unwrap_or(Utf8Path::new("."));
    fs_err::create_dir_all(parent).map_err(file_error("create", parent))?;
    let work = tempfile::Builder::new()
        .prefix(".unpack-")
        .tempdir_in(parent)
        .map_err(file_error("create", parent))?;
    let inside = Utf8Path::from_path(work.path())
        .ok_or_else(|| file_error("create", dest)(io::ErrorKind::InvalidFilename.into()))?
        .join("release");
    extract(&archive.path, &archive.file, &inside)?;
    let top = only_directory(&archive.file, &inside)?;
    for patch in sources.iter().filter(|source| source.role == Role::UpstreamPatch) {
        apply(patch, 1, &inside.join(&top))?;
    }
    fs_err::rename(&inside, dest).map_err(file_error("create", dest))?;
    Ok(dest.join(top))
}

/// Applies patches to an unpacked `tree`, in this order, each with the number of leading path components that it
/// strips: as a spec's `%prep` does, where what comes after needs the tree that will be built. A tree to which one
/// does not apply is left as the ones before it made it.
///
/// # Errors
/// [`FetchError::Patch`]; [`FetchError::NotInstalled`] without `patch`; [`FetchError::File`].
pub fn apply_patches(patches: &[(&VerifiedSource, u32)], tree: &Utf8Path) -> Result<(), FetchError> {
    patches.iter().try_for_each(|(patch, strip)| apply(patch, *strip, tree))
}

impl VerifiedSource {
    /// All of its bytes, decompressed where they are compressed: for patches, which are small.
    ///
    /// # Errors
    /// [`FetchError::File`]
    pub fn content(&self) -> Result<Vec<u8>, FetchError> {
        let mut content = Vec::new();
        let read = decompress::open(&self.path).and_then(|mut file| file.read_to_end(&mut content));
        read.map(|_| content).map_err(file_error("read", &self.path))
    }
}

fn extract(path: &Utf8Path, name: &str, into: &Utf8Path) -> Result<(), FetchError> {
    fs_err::create_dir_all(into).map_err(file_error("create", into))?;
    let unusable = |reason: String| FetchError::Archive { path: Utf8PathBuf::from(name), reason };
    let content = decompress::open(path).map_err(file_error("read", path))?;
    let mut archive = Archive::new(content);
    archive.set_preserve_permissions(false);
    archive.set_unpack_xattrs(false);
    archive.set_overwrite(true);
    for entry in archive.entries().map_err(|error| unusable(error.to_string()))? {
        let mut entry = entry.map_err(|error| unusable(error.to_string()))?;
        let what = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !is_welcome(&entry, &what).map_err(&unusable)? {
            continue;
        }
        // Checks every component on disk, so that nothing is written through a link that came before.
        match entry.unpack_in(into) {
            Ok(true) => {}
            Ok(false) => return Err(unusable(format!("`{what}` leads out of the archive"))),
            Err(error) => return Err(unusable(format!("`{what}`: {}", xen4centos_http::full_text(&error)))),
        }
    }
    Ok(())
}

/// Files, directories and links are; comments of git are passed over; all else stops.
fn is_welcome(entry: &Entry<'_, impl io::Read>, what: &str) -> Result<bool, String> {
    let outside =
        |path: &[u8]| path.starts_with(b"/") || path.split(|&byte| byte == b'/').any(|part| part == b"..");
    match entry.header().entry_type() {
        EntryType::XGlobalHeader => return Ok(false),
        EntryType::Regular | EntryType::Continuous | EntryType::Directory | EntryType::Symlink => {}
        EntryType::Link => {
            let target = entry.link_name_bytes().unwrap_or_default();
            if outside(&target) {
                return Err(format!("`{what}` is a hard link out of the archive"));
            }
        }
        _ => return Err(format!("`{what}` is no file, directory or link")),
    }
    if outside(what.as_bytes()) { Err(format!("`{what}` leads out of the archive")) } else { Ok(true) }
}

fn only_directory(name: &str, inside: &Utf8Path) -> Result<String, FetchError> {
    let mut names = Vec::new();
    for entry in inside.read_dir_utf8().map_err(file_error("read", inside))? {
        let entry = entry.map_err(file_error("read", inside))?;
        // Of the entry itself: a link to a directory would have patches applied wherever it leads.
        let kind = entry.file_type().map_err(file_error("read", inside))?;
        names.push((entry.file_name().to_owned(), kind.is_dir()));
    }
    match names.as_slice() {
        [(top, true)] => Ok(top.clone()),
        _ => Err(FetchError::Archive {
            path: Utf8PathBuf::from(name),
            reason: format!("it has to have one directory at its top, and has {} entries there", names.len()),
        }),
    }
}

fn apply(patch: &VerifiedSource, strip: u32, tree: &Utf8Path) -> Result<(), FetchError> {
    let (plain, log) = (tree.with_extension("patch"), tree.with_extension("patch-log"));
    let mut from = decompress::open(&patch.path).map_err(file_error("read", &patch.path))?;
    let mut file = fs_err::File::create(&plain).map_err(file_error("write", &plain))?;
    crate::hashing::copy(&mut from, &mut file).map_err(file_error("write", &plain))?;
    let invocation = Invocation::new(Tool::Patch, tree)
        // Without fuzz: they are made for exactly this release.
        .arg(format!("--strip={strip}"))
        .args(["--fuzz=0", "--force", "--no-backup-if-mismatch", "--input"])
        .arg(&plain);
    let mut lines = Vec::new();
    let applied = invocation.run_logged(&log, |line| lines.push(line.to_owned()));
    for file in [&plain, &log] {
        fs_err::remove_file(file).map_err(file_error("remove", file))?;
    }
    let patch = || Utf8PathBuf::from(&patch.file);
    match applied {
        Ok(()) => Ok(()),
        Err(ProcessError::NotInstalled { program }) => Err(FetchError::NotInstalled { program }),
        Err(ProcessError::Failed { command, ending, .. }) => {
            let stderr = complaints(&lines);
            Err(FetchError::Patch {
                patch: patch(),
                source: ProcessError::Failed { command, ending, stderr },
            })
        }
        Err(source) => Err(FetchError::Patch { patch: patch(), source }),
    }
}

/// What `patch` says on standard output of files and hunks, without the files of which it has nothing to say but that
/// it is at them: a release's patch is of thousands.
fn complaints(lines: &[String]) -> String {
    let names_a_file = |line: &String| line.starts_with("patching file ");
    let next = lines.iter().skip(1).map(Some).chain([None]);
    let worth = lines.iter().zip(next).filter(|(line, next)| {
        let all_is_well = names_a_file(line) && next.is_none_or(names_a_file);
        !all_is_well && !line.is_empty()
    });
    let worth: Vec<&str> = worth.map(|(line, _)| line.as_str()).take(MOST_COMPLAINTS).collect();
    worth.join("\n")
}
