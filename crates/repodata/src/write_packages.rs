//! Packages that were read from metadata, written as metadata again.
//!
//! This is the one place where what reads meets what writes: packages go in one by one, and what repomd.xml has to say
//! of the documents comes out.

use std::sync::Arc;

use camino::Utf8Path;

use crate::{
    Package, Record, RepodataError,
    document::Desk,
    files::FileTable,
    indexed::boundary,
    output::{Addition, Format, Output},
    text,
    write_xml::Fragments,
};

/// Writes primary, filelists and other, and their databases where they are asked for. The heads of documents say how
/// many packages follow, so `count` must be known.
pub(crate) fn write_packages(
    desk: &Desk,
    format: Format,
    count: usize,
    packages: impl Iterator<Item = Result<Package, RepodataError>>,
) -> Result<Vec<Record>, RepodataError> {
    let mut output = Output::begin(desk, format, count, |_| None)?;
    let written = send(&mut output, packages)?;
    if written != count {
        let what =
            format!("{written} packages where {count} were announced: a repository changed meanwhile,");
        let path = desk.directory.parent().unwrap_or(&desk.directory).to_owned();
        return Err(RepodataError::Content { path, what });
    }
    Ok(output.finish()?.into_iter().map(|document| document.record).collect())
}

/// Tells how many there were.
fn send(
    output: &mut Output,
    packages: impl Iterator<Item = Result<Package, RepodataError>>,
) -> Result<usize, RepodataError> {
    let mut written = 0;
    for package in packages {
        let mut package = package?;
        let files = FileTable::taken_from(&mut package);
        let fragments = Fragments::of(&package, &files);
        demand_sound(&package, &fragments)?;
        let (boundary, described) = (boundary(&package), Arc::new((package, files)));
        output.add(&Addition {
            fragments: &fragments,
            identity: None,
            boundary,
            described: Some(&described),
        })?;
        written += 1;
    }
    Ok(written)
}

/// What others wrote may hold what a header that was read here can not.
pub(crate) fn demand_sound(package: &Package, fragments: &Fragments) -> Result<(), RepodataError> {
    let place = || Utf8Path::new(package.base.as_deref().unwrap_or_default()).join(&package.href);
    let wrong = |what: String| Err(RepodataError::Content { path: place(), what });
    let nevra = &package.nevra;
    if !package.checksum.value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return wrong(format!("the checksum of `{nevra}` is no number"));
    }
    if text::is_clean(fragments.text()) {
        return Ok(());
    }
    wrong(format!("`{}` has a character that XML forbids", nevra.to_string().escape_debug()))
}
