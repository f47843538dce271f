//! A package file into what metadata says of it.

use camino::Utf8Path;

use crate::{
    CHANGELOG_LIMIT, ChecksumKind, Event, IndexSettings, Package, RepodataError,
    convert::Converter,
    files::{FileName, FileTable},
    reading::{Pass, Reading},
    stamp::Stamp,
    walk::Found,
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

/// Whether a package can be indexed, by its headers and its size: what is wrong with one is mostly there.
pub(crate) fn try_package(
    root: &Utf8Path,
    found: &Found,
    settings: &IndexSettings,
) -> Result<(), RepodataError> {
    let path = root.join(&*found.relative);
    href(&path, found, settings)?;
    let pass = Reading::begin(&path, settings.checksum)?.without_payload()?;
    let limit = settings.changelog_limit.unwrap_or(usize::MAX);
    describe(&path, pass, limit, &mut |_| ()).map(drop)
}

/// Where clients find a package.
pub(crate) fn href(
    path: &Utf8Path,
    found: &Found,
    settings: &IndexSettings,
) -> Result<String, RepodataError> {
    let href = settings.location.href(&found.relative);
    if crate::text::is_clean(&href) {
        return Ok(href);
    }
    let text = href.escape_debug().to_string();
    Err(RepodataError::Forbidden { path: path.to_owned(), field: "path", text })
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
