use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use walkdir::{DirEntry, WalkDir};
use xen4centos_artifact::{escape_controls, matches_wildcards};

use crate::{
    BadPackages, Event, IndexSettings, Links, PassedOver, RepodataError, Reporter, Selection,
    refusals::Refusals,
};

/// A package file, by its path relative to the directory that is indexed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) relative: Box<str>,
}

/// The selected files, sorted by their relative path. What becomes of those that can not be told is in the settings.
pub(crate) fn packages(
    root: &Utf8Path,
    settings: &IndexSettings,
    reporter: &dyn Reporter,
) -> Result<Vec<Found>, RepodataError> {
    let selection = &settings.selection;
    let mut refusals = Refusals::default();
    let mut bad = |error| match settings.bad_packages {
        BadPackages::Refuse => refusals.add(error),
        BadPackages::LeaveOut => reporter.event(Event::LeftOut { error }),
    };
    let mut found = match &selection.only {
        None => {
            // What is left out on purpose is not asked for its name.
            let mut bad_name = |path: &Path| {
                let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
                if selection.takes(root, &relative) {
                    bad(RepodataError::FileName { path: shown(path) });
                }
            };
            let Walked { found, mut passed_over } = walk(root, &mut bad_name)?;
            passed_over.sort();
            passed_over.retain(|(found, _)| selection.takes(root, &found.relative));
            for (found, what) in passed_over {
                reporter.event(Event::PassedOver { path: root.join(&*found.relative), what });
            }
            found
        }
        Some(names) => all_named(root, names, &mut bad),
    };
    refusals.result()?;
    found.retain(|found| selection.takes(root, &found.relative));
    found.sort();
    found.dedup();
    reporter.event(Event::Found { packages: found.len() });
    Ok(found)
}

/// Hears of packages that can not be told.
type Bad<'a> = &'a mut dyn FnMut(RepodataError);

/// What a directory holds, in no order.
#[derive(Default)]
struct Walked {
    found: Vec<Found>,
    passed_over: Vec<(Found, PassedOver)>,
}

fn all_named(root: &Utf8Path, names: &[String], bad: Bad<'_>) -> Vec<Found> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        match named(root, name) {
            Ok(package) => found.push(package),
            Err(error) => bad(error),
        }
    }
    found
}

impl Selection {
    fn takes(&self, root: &Utf8Path, relative: &str) -> bool {
        // As with createrepo_c: a pattern that is a directory's name takes all that is in there; of a list, patterns see the
        // lines and nothing else.
        let by_name = self.only.is_none();
        let excluded = self.excludes.iter().any(|pattern| {
            matches_wildcards(pattern, relative)
                || by_name && relative.split('/').any(|name| matches_wildcards(pattern, name))
        });
        let is_link = || fs_err::symlink_metadata(root.join(relative)).is_ok_and(|found| found.is_symlink());
        !excluded && (self.links == Links::Follow || !is_link())
    }
}

/// A package of a list. It must lie in the tree: an `href` can not lead out of it.
fn named(root: &Utf8Path, name: &str) -> Result<Found, RepodataError> {
    let relative: Utf8PathBuf =
        Utf8Path::new(name).components().filter(|part| *part != camino::Utf8Component::CurDir).collect();
    let inside = relative.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
    let is_file = fs_err::metadata(root.join(&relative)).is_ok_and(|metadata| metadata.is_file());
    if name.contains(char::is_control) {
        return Err(RepodataError::FileName { path: shown(Path::new(name)) });
    }
    match (inside, is_file) {
        (false, _) => Err(RepodataError::Outside { path: name.into() }),
        (true, true) => Ok(Found { relative: relative.as_str().into() }),
        (true, false) => Err(RepodataError::NotFound { path: name.into() }),
    }
}

/// All files whose name ends in `.rpm` under `root`. Hidden directories and `repodata` are not entered; links to files
/// count, links to directories are not followed, so nothing outside the tree is walked.
fn walk(root: &Utf8Path, bad: &mut dyn FnMut(&Path)) -> Result<Walked, RepodataError> {
    let mut walked = Walked::default();
    let inside = fs_err::canonicalize(root).map_err(RepodataError::files("read", root))?;
    let walk = WalkDir::new(root).min_depth(1).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        let is_left_alone = name.starts_with('.') || (entry.depth() == 1 && name == "repodata");
        !is_left_alone || (is_named_as_package(entry) && !entry.file_type().is_dir())
    });
    for entry in walk {
        let entry = entry.map_err(|error| {
            let path = error.path().and_then(Utf8Path::from_path).unwrap_or(root).to_owned();
            RepodataError::files("read", path)(error.into())
        })?;
        let is_package = is_named_as_package(&entry);
        let kind = entry.file_type();
        if kind.is_dir() || !(is_package || kind.is_symlink()) {
            continue;
        }
        let what = what_is_there(&entry, &inside);
        let path = match Utf8PathBuf::from_path_buf(entry.into_path()) {
            Ok(path) => path,
            Err(path) if is_package => {
                bad(&path);
                continue;
            }
            Err(_) => continue,
        };
        let Ok(relative) = path.strip_prefix(root) else { continue };
        if relative.as_str().contains(char::is_control) {
            if is_package {
                bad(path.as_std_path());
            }
            continue;
        }
        let found = Found { relative: relative.as_str().into() };
        match what {
            There::File if is_package => walked.found.push(found),
            There::Other(what) if is_package || what == PassedOver::LinkedDirectory => {
                walked.passed_over.push((found, what));
            }
            _ => {}
        }
    }
    Ok(walked)
}

/// A path that would do something to a terminal, or add lines to a message.
fn shown(path: &Path) -> String {
    escape_controls(&path.to_string_lossy(), &[]).into_owned()
}

fn is_named_as_package(entry: &DirEntry) -> bool {
    entry.path().extension().is_some_and(|extension| extension == "rpm")
}

/// What a path leads to.
enum There {
    File,
    /// A directory of the tree, whose packages are found without the link.
    Inside,
    Other(PassedOver),
}

fn what_is_there(entry: &DirEntry, inside: &Path) -> There {
    if entry.file_type().is_file() {
        return There::File;
    }
    match fs_err::metadata(entry.path()) {
        Ok(metadata) if metadata.is_file() => There::File,
        Ok(metadata) if metadata.is_dir() => match fs_err::canonicalize(entry.path()) {
            Ok(target) if target.starts_with(inside) => There::Inside,
            _ => There::Other(PassedOver::LinkedDirectory),
        },
        Ok(_) => There::Other(PassedOver::Special),
        // Whoever reads it is told why it can not be.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => There::File,
        Err(_) => There::Other(PassedOver::DanglingLink),
    }
}
