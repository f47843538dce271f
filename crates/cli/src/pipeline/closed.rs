//! What tells of what is not public yet is kept from other users of this machine, and from a server of what is public.
//!
//! Only what this program makes below its work directory is closed: what lies there by a link, or is somebody else's, serves
//! others, too.

use std::{
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use xen4centos_embargo::Secrets;

use crate::{
    failure::{Failure, Kind},
    session::Session,
};

/// Of the work directory: all that tells of what is built, and is this program's own.
const TELLING: [&str; 9] =
    ["boot-test", "builds", "generated", "kernel-config", "parse", "parsed", "proofs", "signed", "store"];

/// The same, as files.
const TELLING_FILES: [&str; 1] = ["install-test.log"];

/// For everybody else.
const OTHERS: u32 = 0o077;

/// A server of the public channels would show what lies in their directory.
pub(crate) fn demand_apart(public: &Utf8Path, private: &Utf8Path) -> Result<(), Failure> {
    let (public, private) = (real(public), real(private));
    if !private.starts_with(&public) && !public.starts_with(&private) {
        return Ok(());
    }
    let message = format!("private channels would lie where public ones do: `{private}` and `{public}`");
    let hint = "name another directory with --private-root".to_owned();
    Err(Failure::new(Kind::Data, message).hint(Some(hint)))
}

/// Where a path leads, whether or not something is there yet.
fn real(path: &Utf8Path) -> Utf8PathBuf {
    let mut real = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::ParentDir => drop(real.pop()),
            component => real.push(component),
        }
        // As long as there is something, links count.
        if let Ok(found) = real.canonicalize_utf8() {
            real = found;
        }
    }
    real
}

/// While something is a secret, what tells of it is for its owner alone: other users have accounts on build machines. What
/// can not be closed stops nothing, and is told.
pub(crate) fn close_to_others(session: &Session<'_>) {
    if !Secrets::are_kept_by(&session.project, session.now) {
        return;
    }
    for name in TELLING.iter().chain(&TELLING_FILES) {
        let place = session.work(name);
        if let Err(error) = close(&place, TELLING.contains(name)) {
            session.printer.warning(format!("`{place}` is open to other users of this machine: {error}"));
        }
    }
}

fn close(place: &Utf8Path, is_directory: bool) -> io::Result<()> {
    match fs_err::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_directory => make(place),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            drop(fs_err::OpenOptions::new().create_new(true).write(true).open(place)?);
            close(place, is_directory)
        }
        Err(error) => Err(error),
        Ok(found) if found.is_symlink() => {
            let there = fs_err::metadata(place)?;
            let is_open = there.mode() & OTHERS != 0;
            if is_open { Err(io::Error::other("a link, behind which nothing is closed")) } else { Ok(()) }
        }
        Ok(found) if found.mode() & OTHERS == 0 => Ok(()),
        Ok(found) => {
            fs_err::set_permissions(place, std::fs::Permissions::from_mode(found.mode() & 0o7777 & !OTHERS))
        }
    }
}

/// With all above it, for its owner alone.
pub(crate) fn make(directory: &Utf8Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// The directory of private channels, which is made if it is not there. One that others can look into is not used: whoever
/// made it may want that.
pub(crate) fn prepare_root(session: &Session<'_>) -> Result<(), Failure> {
    if !session.is_private() {
        return Ok(());
    }
    let root = &session.publish_root;
    if !root.exists() {
        make(root)?;
    }
    demand_apart(session.root_of(session.public_channel()), root)?;
    if fs_err::metadata(root)?.mode() & OTHERS == 0 {
        return Ok(());
    }
    let message = format!("`{root}` is for what is not public, and open to other users of this machine");
    Err(Failure::new(Kind::Refused, message).hint(Some(format!("chmod 700 {root}"))))
}
