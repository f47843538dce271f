//! Packages that are in no repository yet, as if they were in one.

use camino::Utf8Path;
use xen4centos_artifact::Nevra;

use crate::{
    BaseProvides, CheckError, FileChecksum, Finding, Published, closure, package,
    repository::measure,
    shelf::Shelf,
    together,
    upgrade::{self, Offered},
};

/// What would be found of packages together, in one repository: requirements that nothing meets, packages that exclude one
/// another, file conflicts, versions that are not newer than what was published. `subjects` are their files below `root`.
/// Files that are no packages are passed over, which is told where each is looked at.
///
/// # Errors
/// When a file can not be read.
pub fn check_set(
    root: &Utf8Path,
    subjects: &[&str],
    base: Option<&BaseProvides>,
    histories: &[Published],
) -> Result<Vec<Finding>, CheckError> {
    let mut shelf = Shelf::default();
    let mut offered = Vec::new();
    for subject in subjects {
        let Ok(headers) = package::read_headers(&root.join(subject))? else { continue };
        let (Ok(nevra), Ok(())) = (headers.nevra(), shelf.add(subject, &headers)) else { continue };
        let checksum = checksum(&root.join(subject), &nevra, histories)?;
        offered.push(Offered { subject, nevra, checksum });
    }
    let mut findings = match base {
        Some(base) => closure::unmet(&shelf, base),
        None => closure::unmet_among_themselves(&shelf),
    };
    let newest = shelf.newest();
    findings.extend(together::check(&shelf, &newest, base.unwrap_or(&BaseProvides::default())));
    findings.extend(together::check_files(&mut shelf, &newest, root)?);
    findings.extend(upgrade::check(&offered, (&shelf, &newest), histories));
    // What is not here does not leave: it stays where it was published.
    let leaves = [upgrade::LEFT.code, upgrade::BEHIND.code];
    findings.retain(|finding| !leaves.contains(&finding.code));
    Ok(findings)
}

/// Of a package that was published under this name: of the kind that is known of what was.
fn checksum(path: &Utf8Path, nevra: &Nevra, histories: &[Published]) -> Result<FileChecksum, CheckError> {
    let packages = histories.iter().flat_map(|history| &history.packages);
    let mut published = packages.filter(|package| package.nevra == *nevra);
    let Some(kind) = published.next_back().map(|package| &package.checksum.kind) else {
        return Ok(FileChecksum { kind: String::new(), value: String::new() });
    };
    let value = fs_err::File::open(path).and_then(|mut file| measure(&mut file, kind));
    let value = value.map_err(|source| CheckError::Read { path: path.to_owned(), source })?.1;
    Ok(FileChecksum { kind: kind.clone(), value: value.unwrap_or_default() })
}
