//! Files of the project's own tree: its history answers for their bytes. It does not answer for what a link leads to,
//! which may be anything on the machine of the person who runs this.

use camino::Utf8Path;
use xen4centos_manifest::Package;

use crate::{FetchError, store::file_error};

/// Refuses what is a link, or is reached through one that leads out of `specs/<package>`. What is not there passes:
/// whoever reads it says so.
pub(crate) fn check(package: &Package, path: &Utf8Path) -> Result<(), FetchError> {
    let is_link = match fs_err::symlink_metadata(path) {
        Ok(stat) => stat.is_symlink(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(file_error("read", path)(source)),
    };
    let real = |path: &Utf8Path| path.canonicalize_utf8().map_err(file_error("read", path));
    if is_link || !real(path)?.starts_with(real(&package.directory)?) {
        return Err(FetchError::OutsideTree { package: package.name.clone(), path: path.to_owned() });
    }
    Ok(())
}
