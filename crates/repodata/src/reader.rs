//! A package file into what metadata says of it.

use camino::Utf8Path;

use crate::{
    CHANGELOG_LIMIT, ChecksumKind, Event, Package, RepodataError,
    convert::Converter,
    files::{FileName, FileTable},
    reading::{Pass, Reading},
    stamp::Stamp,
};

/// Reads one package. `path` is where it lies now, `href` where the repository has it, relative to its root.
///
/// # Errors
/// When the file can not be read, is no whole package, changes meanwhile, names things with characters that
/// XML forbids, or says more than any real package does.
pub fn read_package(path: &Utf8Path, href: &str) -> Result<Package, RepodataError> {
    let pass = Reading::begin(path, ChecksumKind::Sha256)?.finish()?;
    let (mut package, files, _) = describe(path, pass, CHANGELOG_LIMIT, &mut |_| ())?;
    package.files = files.iter().map(FileName::to_file).collect();
    href.clone_into(&mut package.href);
    Ok(package)
}

/// What is said of a package that was read; it gets no href.
pub(crate) fn describe(
    path: &Utf8Path,
    Pass { headers, checksum, stamp }: Pass,
    changelog_limit: usize,
    report: &mut dyn FnMut(Event),
) -> Result<(Package, FileTable, Stamp), RepodataError> {
    let mut converter = Converter { path, headers: &headers, report, changelog_limit };
    converter.demand_moderate()?;
    let files = converter.files()?;
    Ok((converter.package(checksum, &stamp, &files)?, files, stamp))
}
