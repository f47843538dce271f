//! Caches of directories that are gone.
//!
//! A cache is named by a digest of its directory's path, so the path stands beside it.

use camino::{Utf8Path, Utf8PathBuf};

/// Behind the name of a cache, for the file with the path of its directory.
const DIRECTORY: &str = "directory";

/// Whether a cache can be written there.
pub(crate) fn is_writable(directory: &Utf8Path) -> bool {
    tempfile::tempfile_in(directory).is_ok()
}

/// Writes down which directory a cache is of. Where it can not be, the cache stays when the directory goes.
pub(crate) fn name(cache: Option<&Utf8Path>, root: &Utf8Path) {
    let Some(cache) = cache else { return };
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    let file = cache.with_extension(DIRECTORY);
    if fs_err::read_to_string(&file).ok().as_deref() != Some(root.as_str()) {
        fs_err::write(file, root.as_str()).unwrap_or_default();
    }
}

/// Removes the caches of directories that are not there any more. One whose parent is gone, too, may be on a disk that is not
/// mounted.
pub(crate) fn forget_gone(caches: &Utf8Path) {
    for entry in caches.read_dir_utf8().into_iter().flatten().flatten() {
        let file = entry.path();
        if file.extension() != Some(DIRECTORY) || !is_named_by_digest(file) {
            continue;
        }
        let Ok(root) = fs_err::read_to_string(file).map(Utf8PathBuf::from) else { continue };
        let is_gone = root.is_absolute()
            && fs_err::symlink_metadata(&root)
                .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
            && root.parent().is_some_and(Utf8Path::is_dir);
        if is_gone {
            for extension in ["packages", "packages.data", DIRECTORY] {
                fs_err::remove_file(file.with_extension(extension)).unwrap_or_default();
            }
        }
    }
}

fn is_named_by_digest(file: &Utf8Path) -> bool {
    file.file_stem().is_some_and(|stem| stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_go_with_their_directories() {
        let directory = tempfile::tempdir().unwrap();
        let place = Utf8Path::from_path(directory.path()).unwrap();
        let (caches, disk) = (place.join("caches"), place.join("disk"));
        let cache = |letter: &str| caches.join(format!("{}.packages", letter.repeat(64)));
        for path in [&caches, &disk.join("there"), &disk.join("gone"), &place.join("unmounted/gone")] {
            fs_err::create_dir_all(path).unwrap();
        }
        let roots =
            [("a", disk.join("there")), ("b", disk.join("gone")), ("c", place.join("unmounted/gone"))];
        for (letter, root) in &roots {
            fs_err::write(cache(letter), "table").unwrap();
            fs_err::write(format!("{}.data", cache(letter)), "data").unwrap();
            name(Some(&cache(letter)), root);
        }
        fs_err::write(caches.join("notes.directory"), disk.join("gone").as_str()).unwrap();
        fs_err::remove_dir(disk.join("gone")).unwrap();
        fs_err::remove_dir_all(place.join("unmounted")).unwrap();
        forget_gone(&caches);
        let mut left: Vec<_> =
            caches.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
        left.sort();
        let (a, c) = ("a".repeat(64), "c".repeat(64));
        let files =
            |name: &str| ["directory", "packages", "packages.data"].map(|end| format!("{name}.{end}"));
        let expected: Vec<String> =
            files(&a).into_iter().chain(files(&c)).chain(["notes.directory".to_owned()]).collect();
        assert_eq!(left, expected);
    }
}
