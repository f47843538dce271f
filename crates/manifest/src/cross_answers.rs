//! Whether an advisory's patches, or upstream's release, are answers to what it says that it fixes, and whether that is what
//! is known of each package.

use std::collections::BTreeSet;

use xen4centos_toml_tree::{File, Text};

use crate::{
    AdvisedPackage, Advisory, Fix, Knowledge, KnownIssue, KnownState, Package, Patch, Standing,
    read::{advisory::ReadAdvised, package::ReadPackage},
};

/// A package that an advisory has a fix of.
pub(crate) struct Fixed<'a> {
    read: &'a ReadAdvised,
    name: &'a Text,
    fix: &'a Fix,
    package: &'a Package,
}

/// The packages that an advisory has a fix of; none where something that it says of one could not be read.
pub(crate) fn fixed<'a>(
    advised: &'a [ReadAdvised],
    settled: &'a [AdvisedPackage],
    packages: &'a [ReadPackage<'a>],
) -> Vec<Fixed<'a>> {
    let of = |read: &'a ReadAdvised| {
        let name = read.name.as_ref()?;
        let settled = settled.iter().find(|settled| settled.name == name.value)?;
        let Standing::Fixed(fix) = &settled.standing else { return None };
        let package = packages.iter().find(|package| package.name == name.value)?.package.as_ref()?;
        (fix.patches.len() == read.patches.len()).then_some(Fixed { read, name, fix, package })
    };
    let fixed: Vec<Fixed<'a>> = advised.iter().filter_map(of).collect();
    let is_fix = |settled: &&AdvisedPackage| matches!(settled.standing, Standing::Fixed(_));
    let is_whole = settled.len() == advised.len() && settled.iter().filter(is_fix).count() == fixed.len();
    if is_whole { fixed } else { Vec::new() }
}

/// Refuses patches that say themselves that they are for something else.
pub(crate) fn patches(file: &File, advisory: &Advisory, fixed: &[Fixed<'_>], known: &[KnownIssue]) {
    let issues = known.iter().filter(|issue| advisory.fixes.contains(&issue.id));
    let cves = issues.flat_map(|issue| &issue.cves).chain(&advisory.cves);
    let answered: BTreeSet<&String> = advisory.fixes.iter().chain(cves).chain([&advisory.id]).collect();
    for Fixed { read, fix, package, .. } in fixed {
        for (text, patch) in read.patches.iter().zip(own_patches(fix, package)) {
            if patch.advisories.is_empty() || patch.advisories.iter().any(|id| answered.contains(id)) {
                continue;
            }
            let ids = patch.advisories.join(", ");
            let message = format!("`{}` is for {ids}, and the advisory does not fix that", text.value);
            let hint = format!(
                "leave it out of `patches`, or correct `advisory` in specs/{}/package.toml:{}",
                package.name, patch.line
            );
            file.problem(&text.span, message, Some(hint));
        }
    }
}

/// Refuses what no patch and no release of upstream's answers, and what is known to be of other packages.
pub(crate) fn fixes(file: &File, fixes: &[Text], fixed: &[Fixed<'_>], known: &[KnownIssue]) {
    if fixed.is_empty() {
        return;
    }
    let mut touched: BTreeSet<&str> = BTreeSet::new();
    let mut is_whole = true;
    for fix in fixes {
        let Some(issue) = known.iter().find(|issue| issue.id == fix.value) else {
            is_whole = false;
            continue;
        };
        let about: Vec<(&Fixed<'_>, &Knowledge)> =
            fixed.iter().filter_map(|fixed| Some((fixed, issue.packages.get(&fixed.name.value)?))).collect();
        touched.extend(about.iter().map(|(fixed, _)| fixed.name.value.as_str()));
        if about.is_empty() {
            is_whole = false;
            refuse_foreign(file, fix, issue);
        }
        for (fixed, knowledge) in about {
            check_answer(file, fix, (issue, knowledge), fixed);
        }
    }
    for fixed in fixed.iter().filter(|fixed| is_whole && !touched.contains(fixed.name.value.as_str())) {
        let ids: Vec<&str> = fixes.iter().map(|fix| fix.value.as_str()).collect();
        if !ids.is_empty() {
            let message = format!("`{}` is not known to have any of {}", fixed.name.value, ids.join(", "));
            file.problem(&fixed.name.span, message, Some("leave the package out".to_owned()));
        }
    }
}

fn refuse_foreign(file: &File, fix: &Text, issue: &KnownIssue) {
    let is_affected = |known: &&Knowledge| !matches!(known.state, KnownState::NotAffected(_));
    let named = issue.packages.iter().filter(|(_, known)| is_affected(known));
    let named: Vec<String> = named.map(|(name, known)| format!("`{name}` ({})", known.component)).collect();
    let message = match &issue.statement {
        Some(statement) => format!("{} asks for no change: {statement}", issue.id),
        None => {
            format!("{} is known to be of {}, and the advisory has no fix there", issue.id, named.join(", "))
        }
    };
    file.problem(&fix.span, message, Some(format!("see {}:{}", issue.file, issue.line)));
}

fn check_answer(file: &File, fix: &Text, (issue, knowledge): (&KnownIssue, &Knowledge), fixed: &Fixed<'_>) {
    let is_for = |id: &String| *id == issue.id || issue.cves.contains(id);
    let is_answered =
        || own_patches(fixed.fix, fixed.package).any(|patch| patch.advisories.iter().any(is_for));
    // Of what is not affected is spoken elsewhere.
    if matches!(knowledge.state, KnownState::NotAffected(_)) || is_answered() {
        return;
    }
    let name = &fixed.name.value;
    let Some(released_in) = &fixed.read.released_in else {
        let message = format!("no patch that is named for `{name}` answers {}", issue.id);
        let hint = format!(
            "name the patch that does, with `advisory = \"{}\"` in specs/{name}/package.toml, or leave it out of `fixes`",
            issue.id
        );
        file.problem(&fix.span, message, Some(hint));
        return;
    };
    let message = match &knowledge.state {
        KnownState::Fixed { released_in: known } if is_older(&released_in.value, known) => {
            format!("upstream mended {} in {known}, which is later than {}", issue.id, released_in.value)
        }
        KnownState::Affected => format!("no release of upstream's is known to mend {} in `{name}`", issue.id),
        // What is under investigation may be so.
        _ => return,
    };
    file.problem(&released_in.span, message, Some(format!("see {}:{}", issue.file, issue.line)));
}

fn is_older(release: &str, other: &str) -> bool {
    xen4centos_artifact::compare_versions(release, other).is_lt()
}

/// In the order in which the advisory names them.
fn own_patches<'a>(fix: &'a Fix, package: &'a Package) -> impl Iterator<Item = &'a Patch> {
    fix.patches.iter().filter_map(|file| package.patches.iter().find(|patch| patch.file == *file))
}
