//! Files of a tree by the names that patches have for them.

use camino::{Utf8Component, Utf8Path};

use crate::PresenceError;

/// A name in a patch without so many leading directories, as a path in the tree; none where it would leave it.
pub(crate) fn stripped(name: &str, strip: u32) -> Option<String> {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let strip = usize::try_from(strip).ok()?;
    // A leading slash is a directory of its own for `patch`.
    let strip = if name.starts_with('/') { strip.checked_sub(1)? } else { strip };
    let rest = parts.get(strip..).filter(|rest| !rest.is_empty() && !rest.contains(&".."))?;
    Some(rest.join("/"))
}

/// A plain file's content; none where there is none, and where a link or directory is in its place.
pub(crate) fn read(root: &Utf8Path, name: &str) -> Result<Option<Vec<u8>>, PresenceError> {
    let path = root.join(name);
    let mut inner = root.to_owned();
    for part in Utf8Path::new(name).components() {
        if let Utf8Component::Normal(part) = part {
            inner.push(part);
        }
        match fs_err::symlink_metadata(&inner) {
            Ok(metadata) if metadata.is_symlink() => return Ok(None),
            Ok(_) => {}
            Err(error) if is_absence(&error) => return Ok(None),
            Err(source) => return Err(PresenceError::Read { path: inner, source }),
        }
    }
    if !path.is_file() {
        return Ok(None);
    }
    fs_err::read(&path).map(Some).map_err(|source| PresenceError::Read { path, source })
}

fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}
