//! Small files of the work directory.

use std::io::Write as _;

use camino::Utf8Path;

use crate::failure::Failure;

/// Writes a file by way of a temporary one beside it, down to the disk: after a crash there is the old one or the new.
pub(crate) fn write_whole(path: &Utf8Path, bytes: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or("file");
    let temporary = path.with_file_name(format!(".{name}.new"));
    let mut file = fs_err::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs_err::rename(temporary, path)?;
    Ok(())
}
