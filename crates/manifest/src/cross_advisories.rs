//! What advisories say of packages, of what is known, and of one another.

use std::collections::{BTreeMap, BTreeSet};

use xen4centos_artifact::Evr;
use xen4centos_toml_tree::{File, Text, hint};

use crate::{
    AdvisedPackage, Advisory, KnownIssue, KnownState, Location, Package, Patch, Standing, cross_answers,
    issue_words,
    read::{
        advisory::{ReadAdvised, ReadAdvisory},
        known::ReadKnown,
        package::ReadPackage,
    },
};

/// What is known, as far as it could be read.
pub(crate) struct Known {
    pub(crate) issues: Vec<KnownIssue>,
    /// Nothing else may stand in its files.
    is_whole: bool,
}

/// All issues, each once.
pub(crate) fn known(files: Vec<ReadKnown<'_>>, packages: &[ReadPackage<'_>]) -> Known {
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut first: BTreeMap<&str, (&File, &Text)> = BTreeMap::new();
    for known in &files {
        for id in &known.ids {
            if let Some((file, earlier)) = first.insert(&id.value, (known.file, id)) {
                let (line, _) = file.position(earlier.span.start);
                let message = format!("`{}` is there already, in {} line {line}", id.value, file.shown);
                known.file.problem(&id.span, message, None);
            }
        }
        for package in known.packages.iter().filter(|package| !names.contains(&package.value.as_str())) {
            let message = format!("there is no package `{}`", package.value);
            known.file.problem(&package.span, message, hint(&package.value, &names));
        }
    }
    let is_whole = files.iter().all(|known| known.file.is_sound());
    let mut issues: Vec<KnownIssue> = files.into_iter().flat_map(|known| known.issues).collect();
    issues.sort_by_cached_key(|issue| order(&issue.id));
    Known { issues, is_whole }
}

/// `XSA-9` before `XSA-10`.
fn order(id: &str) -> Vec<(bool, u64, String)> {
    let part = |part: &str| {
        let number = part.parse::<u64>();
        (number.is_ok(), number.unwrap_or_default(), part.to_owned())
    };
    id.split('-').map(part).collect()
}

/// All advisories, each with what it was found to say of packages.
pub(crate) fn advisories(
    read: Vec<ReadAdvisory<'_>>,
    packages: &[ReadPackage<'_>],
    known: &Known,
) -> BTreeMap<String, Advisory> {
    let mut all = BTreeMap::new();
    for ReadAdvisory { file, fixes, cves, packages: advised, advisory } in read {
        if known.is_whole {
            check_issues(file, &fixes, &known.issues);
            check_cves(file, &cves, &fixes, &known.issues);
        }
        let settled: Vec<AdvisedPackage> = advised
            .iter()
            .filter_map(|advised| {
                let name = advised.name.as_ref()?;
                let package = find(file, name, packages)?;
                let settled = settle(file, advised, package);
                if settled.as_ref().is_some_and(|settled| matches!(settled.standing, Standing::Fixed(_))) {
                    check_unaffected(file, &fixes, name, &known.issues);
                }
                settled
            })
            .collect();
        let Some(mut advisory) = advisory else { continue };
        let fixed = cross_answers::fixed(&advised, &settled, packages);
        if known.is_whole {
            cross_answers::patches(file, &advisory, &fixed, &known.issues);
            cross_answers::fixes(file, &fixes, &fixed, &known.issues);
        }
        let is_fix = |package: &AdvisedPackage| matches!(package.standing, Standing::Fixed(_));
        if settled.len() == advised.len() && !settled.iter().any(is_fix) && !file.is_broken() {
            file.problem(&(0..0), "the advisory has a fix in no package", None);
        }
        advisory.packages = settled;
        all.insert(advisory.id.clone(), advisory);
    }
    all
}

fn check_issues(file: &File, fixes: &[Text], known: &[KnownIssue]) {
    let ids: BTreeSet<&String> = known.iter().map(|issue| &issue.id).collect();
    for fix in fixes.iter().filter(|fix| !ids.contains(&fix.value)) {
        let way_out = "say in advisories/known/ how each package stands to it".to_owned();
        file.problem(&fix.span, format!("nothing is known of `{}`", fix.value), Some(way_out));
    }
}

/// A CVE of a known issue is closed when the issue is, and nothing less shows that.
fn check_cves(file: &File, cves: &[Text], fixes: &[Text], known: &[KnownIssue]) {
    for cve in cves {
        let is_it = |issue: &&KnownIssue| issue.id == cve.value || issue.cves.contains(&cve.value);
        let is_fixed = |issue: &KnownIssue| fixes.iter().any(|fix| fix.value == issue.id);
        if let Some(issue) = known.iter().find(is_it)
            && !known.iter().filter(is_it).any(is_fixed)
        {
            let message = format!("`{}` is known as {}, which is not in `fixes`", cve.value, issue.id);
            let hint = format!("name {} there: see {}:{}", issue.id, issue.file, issue.line);
            file.problem(&cve.span, message, Some(hint));
        }
    }
}

/// What is known not to be in a package was not mended there.
fn check_unaffected(file: &File, fixes: &[Text], name: &Text, known: &[KnownIssue]) {
    for fix in fixes {
        let issue = known.iter().find(|issue| issue.id == fix.value);
        let knowledge = issue.and_then(|issue| Some((issue, issue.packages.get(&name.value)?)));
        if let Some((issue, knowledge)) = knowledge
            && let KnownState::NotAffected(reason) = knowledge.state
        {
            let message = format!("`{}` is known not to be affected by {} ({reason})", name.value, issue.id);
            file.problem(&name.span, message, Some(format!("see {}:{}", issue.file, issue.line)));
        }
    }
}

/// The package of that name, if it could be read.
fn find<'p>(file: &File, name: &Text, packages: &'p [ReadPackage<'_>]) -> Option<&'p ReadPackage<'p>> {
    let found = packages.iter().find(|package| package.name == name.value);
    if found.is_none() {
        let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        let message = format!("there is no package `{}`", name.value);
        file.problem(&name.span, message, hint(&name.value, &names));
    }
    found
}

fn settle(file: &File, advised: &ReadAdvised, read: &ReadPackage<'_>) -> Option<AdvisedPackage> {
    // What could not be read is no package to hold an advisory against.
    let package = read.package.as_ref()?;
    let patches = advised.patches.iter().filter_map(|patch| one_patch(file, patch, package, read)).collect();
    let release = advised.fixed_in.as_ref().and_then(|fixed_in| release(file, fixed_in, advised, package));
    if let Some(released_in) = &advised.released_in {
        check_released(file, released_in, release.as_ref());
    }
    advised.settled(release.map(|release| (release.version, release.release)), patches)
}

/// The file name of a patch that is named by it, or by the commit in its file name or URL.
fn one_patch(file: &File, name: &Text, package: &Package, read: &ReadPackage<'_>) -> Option<String> {
    let carries = |patch: &&Patch| match &patch.location {
        Location::Url(location) => patch.file.contains(&name.value) || location.url.contains(&name.value),
        Location::Commit(location) => location.commit.starts_with(&name.value),
        _ => patch.file.contains(&name.value),
    };
    let is_it =
        |patch: &&Patch| patch.file == name.value || issue_words::is_commit(&name.value) && carries(patch);
    let mut found = package.patches.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(patch), None) => Some(patch.file.clone()),
        (Some(_), Some(_)) => {
            let message = format!("`{}` could be more than one patch of `{}`", name.value, package.name);
            file.problem(&name.span, message, Some("state its file name".to_owned()));
            None
        }
        // It is there, and something else is wrong with it.
        (None, _) if read.file.is_broken() || read.files.iter().any(|file| file.value == name.value) => None,
        (None, _) => {
            let known: Vec<&String> = package.patches.iter().map(|patch| &patch.file).collect();
            let message = format!("package `{}` has no patch `{}`", package.name, name.value);
            let way_out = hint(&name.value, &known)
                .or_else(|| Some(format!("list it in {} as a [[patch]]", read_path(package))));
            file.problem(&name.span, message, way_out);
            None
        }
    }
}

fn read_path(package: &Package) -> String {
    format!("specs/{}/package.toml", package.name)
}

/// The release that has the fix: one that the changelog knows, and newer than the one before it.
fn release(file: &File, fixed_in: &Text, advised: &ReadAdvised, package: &Package) -> Option<Evr> {
    let made: Vec<Evr> = package.changelog.iter().filter_map(|entry| entry.version.parse().ok()).collect();
    let wanted = if fixed_in.value.contains('-') {
        fixed_in.value.parse().ok()?
    } else {
        Evr::new(0, &package.version, &fixed_in.value)
    };
    let same = |evr: &Evr| (&evr.version, &evr.release) == (&wanted.version, &wanted.release);
    let Some(place) = made.iter().position(same) else {
        let message =
            format!("no changelog entry of `{}` is for `{}`", package.name, wanted.version_release());
        let versions: BTreeSet<String> = made.iter().map(Evr::version_release).collect();
        let versions: Vec<String> = versions.into_iter().rev().take(5).collect();
        file.problem(&fixed_in.span, message, Some(format!("it has been {}", versions.join(", "))));
        return None;
    };
    let stated = advised.replaces.as_ref().and_then(|replaces| replaces.value.parse::<Evr>().ok());
    let before = stated.or_else(|| made.get(place + 1).cloned());
    // Epochs are those of the package, whatever a changelog leaves out.
    let plain = |evr: &Evr| Evr::new(0, &evr.version, &evr.release);
    if let Some(before) = before.filter(|before| plain(before) >= plain(&wanted)) {
        let message = format!(
            "`{}` is not newer than what it replaces, `{}`",
            wanted.version_release(),
            before.version_release()
        );
        file.problem(&fixed_in.span, message, Some("hosts would not take it".to_owned()));
        return None;
    }
    Some(wanted)
}

fn check_released(file: &File, released_in: &Text, release: Option<&Evr>) {
    let Some(release) = release else { return };
    if xen4centos_artifact::compare_versions(&release.version, &released_in.value).is_lt() {
        let message = format!(
            "`{}` is of upstream's {}, which is older than {}",
            release.version_release(),
            release.version,
            released_in.value
        );
        file.problem(&released_in.span, message, None);
    }
}
