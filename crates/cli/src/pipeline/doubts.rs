//! What looks wrong in a claim and may be right: told with the plan, so that somebody looks.

use std::collections::BTreeSet;

use xen4centos_manifest::{KnownState, Package, Patch};
use xen4centos_sources::{Role, VerifiedSource};

use crate::{failure::Failure, pipeline::proofs::advised, session::Session};

/// Warns of patches that bear the number of another issue, and of releases of upstream's that nobody has looked at.
pub(crate) fn tell(
    session: &Session<'_>,
    package: &Package,
    verified: &[VerifiedSource],
) -> Result<(), Failure> {
    for patch in package.patches.iter().filter(|patch| !patch.advisories.is_empty()) {
        let is_it = |source: &&VerifiedSource| source.role == Role::Patch && source.file == patch.file;
        let content = verified.iter().find(is_it).map_or(Ok(Vec::new()), VerifiedSource::content)?;
        let content = String::from_utf8_lossy(&content);
        let subject = content.lines().find_map(|line| line.strip_prefix("Subject:")).unwrap_or_default();
        for (what, text) in [("name", patch.file.as_str()), ("subject", subject)] {
            if let Some(number) = contradiction(patch, text) {
                session.printer.warning(format!(
                    "{}: patch `{}` is for {}, and its {what} says XSA-{number} ({}:{})",
                    package.name,
                    patch.file,
                    patch.advisories.join(", "),
                    package.manifest(),
                    patch.line
                ));
            }
        }
    }
    tell_uninvestigated(session, package);
    Ok(())
}

/// The number of another of Xen's advisories that a text bears, if it has none of those that the patch is for.
fn contradiction(patch: &Patch, text: &str) -> Option<u32> {
    let claimed: BTreeSet<u32> = patch.advisories.iter().flat_map(|id| numbers(id)).collect();
    let told = numbers(text);
    let contradicts = !claimed.is_empty() && told.is_disjoint(&claimed);
    told.into_iter().next().filter(|_| contradicts)
}

/// The numbers in `XSA-108`, `xsa108` and their like.
fn numbers(text: &str) -> BTreeSet<u32> {
    let text = text.to_ascii_lowercase();
    let after = text.split("xsa").skip(1).map(|rest| rest.strip_prefix('-').unwrap_or(rest));
    after
        .filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        })
        .collect()
}

fn tell_uninvestigated(session: &Session<'_>, package: &Package) {
    for (advisory, _, fix) in advised(session, package) {
        let Some(released_in) = &fix.released_in else { continue };
        let is_for = |id: &String| {
            let patches = package.patches.iter().filter(|patch| fix.patches.contains(&patch.file));
            patches.into_iter().any(|patch| patch.advisories.contains(id))
        };
        let issues = session.project.known.iter().filter(|issue| advisory.fixes.contains(&issue.id));
        for issue in issues.filter(|issue| !is_for(&issue.id)) {
            let state = issue.packages.get(&package.name).map(|knowledge| &knowledge.state);
            if state == Some(&KnownState::UnderInvestigation) {
                session.printer.warning(format!(
                    "{}: {} says that upstream's {released_in} mends {}, and nobody has looked ({}:{})",
                    package.name, advisory.id, issue.id, issue.file, issue.line
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_as_people_write_them() {
        let check = |text: &str, expect: &[u32]| {
            assert_eq!(numbers(text).into_iter().collect::<Vec<_>>(), expect, "{text}");
        };
        check("xsa156.patch", &[156]);
        check("xsa-182-4.2.patch", &[182]);
        check("[PATCH] x86: XSA-156, CVE-2015-5307 / XSA-182", &[156, 182]);
        check("fad105dd0ac1.patch", &[]);
    }
}
