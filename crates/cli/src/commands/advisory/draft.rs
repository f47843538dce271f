//! What was typed after `advisory import`, and the files that come of it.

use camino::Utf8Path;
use jiff::Timestamp;
use xen4centos_advisory::{
    Announcement, NewPatch, PatchOrigin, Update, announcement, next_id, next_release, updated,
};
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::{AdvisoryKind, KnownIssue, KnownState, Package, Severity};

use super::import::advisory_path;
use crate::{
    args::{AdvisoryImportArgs, SeverityArg},
    failure::{Failure, Kind},
    pipeline::{
        journal::{Change, Changes},
        plan::sha256,
        sources,
    },
    session::Session,
    settings,
};

/// The patches that were given, each with the issue that it answers.
pub(crate) struct Given<'s> {
    issues: Vec<&'s KnownIssue>,
    patches: Vec<(NewPatch, Option<Vec<u8>>)>,
}

/// An update on its way into a package.
pub(crate) struct Draft {
    pub(crate) package: String,
    pub(crate) update: Update,
    announcement: Announcement,
    /// Patches that go into the tree, by name.
    files: Vec<(String, Vec<u8>)>,
}

fn wrong(message: String, hint: &str) -> Failure {
    Failure::new(Kind::Data, message).hint(Some(hint.to_owned()))
}

impl<'s> Given<'s> {
    pub(crate) fn read(session: &'s Session<'_>, args: &AdvisoryImportArgs) -> Result<Self, Failure> {
        let known = |name: &String| {
            let issue = session.project.known.iter().find(|issue| issue.id.eq_ignore_ascii_case(name));
            issue.ok_or_else(|| {
                let way_out = "say in advisories/known/ how each package stands to it";
                wrong(format!("nothing is known of `{name}`"), way_out)
            })
        };
        let issues = args.issues.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        let files = args.patch.iter().filter(|patch| commit_id(patch).is_none()).count();
        if args.sha256.len() != files {
            let message = format!("{files} patches and {} digests", args.sha256.len());
            return Err(wrong(
                message,
                "give the --sha256 of each --patch, in the same order; commits have none",
            ));
        }
        let mut digests = args.sha256.iter();
        let patches = args.patch.iter().map(|patch| match commit_id(patch) {
            Some(id) => one_commit(&issues, patch, id),
            None => one_patch(&issues, patch, digests.next().map_or("", String::as_str), args.strip),
        });
        let patches = patches.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { issues, patches })
    }
}

/// `[ISSUE=]` and a whole commit id, which is a pin of its own.
fn commit_id(given: &str) -> Option<&str> {
    let id = given.split_once('=').map_or(given, |(_, id)| id);
    let is_id =
        id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    is_id.then_some(id)
}

/// The entry of a commit of upstream's.
fn one_commit(issues: &[&KnownIssue], given: &str, id: &str) -> Result<(NewPatch, Option<Vec<u8>>), Failure> {
    let issue = match (named(issues, given), issues) {
        (Some((issue, _)), _) => issue,
        (None, [only]) => *only,
        _ => {
            let message = format!("which issue does commit {id} answer?");
            return Err(wrong(message, "write --patch ISSUE=COMMIT"));
        }
    };
    // As the manifest names it.
    let file = format!("{}.patch", &id[..12]);
    let (issue, summary) = (issue.id.clone(), issue.title.clone());
    let origin = PatchOrigin::Commit(id.to_owned());
    Ok((NewPatch { file, strip: 1, issue, summary, origin, miniature: false }, None))
}

/// The issue that stands before a patch, and the patch.
fn named<'s, 'g>(issues: &[&'s KnownIssue], given: &'g str) -> Option<(&'s KnownIssue, &'g str)> {
    let (issue, place) = given.split_once('=')?;
    let issue = issues.iter().find(|known| known.id.eq_ignore_ascii_case(issue))?;
    Some((*issue, place))
}

/// Its entry, and its bytes where it is a file.
fn one_patch(
    issues: &[&KnownIssue],
    given: &str,
    digest: &str,
    strip: u32,
) -> Result<(NewPatch, Option<Vec<u8>>), Failure> {
    let expected: Sha256Digest = digest
        .parse()
        .map_err(|error| wrong(format!("--sha256 {digest}: {error}"), "state all 64 hexadecimal digits"))?;
    let (issue, place) = match named(issues, given) {
        Some(named) => named,
        None => (issue_of(issues, given)?, given),
    };
    let is_url = place.contains("://");
    let last = place.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let is_patch = [".patch", ".diff", ".gz", ".bz2", ".xz"].iter().any(|end| last.ends_with(end));
    let file = if is_patch {
        last.to_owned()
    } else {
        format!("{}.patch", issue.id.to_lowercase().replace('-', ""))
    };
    let summary = issue.title.clone();
    let origin = if is_url {
        PatchOrigin::Url { url: place.to_owned(), sha256: expected.to_string() }
    } else {
        PatchOrigin::Tree { sha256: expected.to_string() }
    };
    let patch = NewPatch { file, strip, issue: issue.id.clone(), summary, origin, miniature: false };
    if is_url {
        return Ok((patch, None));
    }
    let bytes = fs_err::read(settings::current_directory()?.join(place))
        .map_err(|error| Failure::of(Kind::Data, &error))?;
    let found = sha256(&bytes);
    if found != expected {
        let message =
            format!("`{place}` has another digest than was given: expected {expected}, found {found}");
        return Err(wrong(message, "get the patch from upstream again, and its digest from another place"));
    }
    Ok((patch, Some(bytes)))
}

/// The only issue, or the one whose number stands in the patch's name.
fn issue_of<'s>(issues: &[&'s KnownIssue], patch: &str) -> Result<&'s KnownIssue, Failure> {
    let name = Utf8Path::new(patch).file_name().unwrap_or(patch);
    let numbers: Vec<&str> = name.split(|c: char| !c.is_ascii_digit()).collect();
    let has_number =
        |issue: &&&KnownIssue| issue.id.rsplit('-').next().is_some_and(|number| numbers.contains(&number));
    let mut named = issues.iter().filter(has_number);
    match (issues, named.next(), named.next()) {
        ([only], ..) => Ok(only),
        (_, Some(issue), None) => Ok(issue),
        _ => Err(wrong(format!("which issue does `{patch}` answer?"), "write --patch ISSUE=PATCH")),
    }
}

impl Draft {
    pub(crate) fn new(
        session: &Session<'_>,
        args: &AdvisoryImportArgs,
        given: &Given<'_>,
    ) -> Result<Self, Failure> {
        let package = package(session, args, &given.issues)?;
        let release = match &args.release {
            Some(release) => release.clone(),
            None => next_release(&package.release).ok_or_else(|| {
                wrong(
                    format!("the release `{}` does not end with a number", package.release),
                    "give the new one: --release",
                )
            })?,
        };
        let miniature = sources::is_over_miniature(session, package, &args.sources)?;
        let patches = given.patches.iter().map(|(patch, _)| NewPatch { miniature, ..patch.clone() });
        let now = time(session.now)?;
        let public = match &args.public {
            None => now.to_string(),
            Some(text) => utc(text)?,
        };
        let lines: Vec<String> = given.issues.iter().map(|issue| line(issue)).collect();
        let update = Update {
            version: package.version.clone(),
            old_release: package.release.clone(),
            release,
            patches: patches.collect(),
            date: now.strftime("%F").to_string(),
            author: args.author.clone().unwrap_or_else(|| package.changelog[0].author.clone()),
            entries: lines.clone(),
        };
        let year = now.strftime("%Y").to_string().parse().unwrap_or(1970);
        let announcement = Announcement {
            id: next_id(&session.project, AdvisoryKind::Security, year),
            title: args.title.clone().unwrap_or_else(|| title(&package.name, &given.issues)),
            severity: args.severity.into(),
            fixes: given.issues.iter().map(|issue| issue.id.clone()).collect(),
            credits: args.credit.clone(),
            public,
            reboot: !args.no_reboot,
            description: if args.description.is_empty() { lines } else { args.description.clone() },
            package: package.name.clone(),
        };
        let file = |(patch, bytes): &(NewPatch, Option<Vec<u8>>)| Some((patch.file.clone(), bytes.clone()?));
        let files = given.patches.iter().filter_map(file).collect();
        Ok(Self { package: package.name.clone(), update, announcement, files })
    }

    /// All files as they are to be, by their paths in the project.
    pub(crate) fn changes(&self, session: &Session<'_>) -> Result<Changes, Failure> {
        let directory = Utf8Path::new("specs").join(&self.package);
        let manifest = directory.join("package.toml");
        let text = fs_err::read_to_string(session.project.root.join(&manifest))?;
        let new = updated(&text, &self.update).ok_or_else(|| {
            let message = format!(
                "`{manifest}` has no `release = \"{}\"` before its tables, or no [[changelog]]",
                self.update.old_release
            );
            wrong(message, "write both so, or make the update by hand")
        })?;
        let edited = Change { before: Some(text.into_bytes()), after: new.into_bytes() };
        let mut changes = Changes::from([(manifest, edited)]);
        for (file, bytes) in &self.files {
            let path = directory.join("patches").join(file);
            if session.project.root.join(&path).exists() {
                return Err(wrong(format!("`{path}` is there already"), "give the new patch another name"));
            }
            changes.insert(path, Change { before: None, after: bytes.clone() });
        }
        let advisory = announcement(&self.announcement, &self.update);
        let change = Change { before: None, after: advisory.into_bytes() };
        changes.insert(advisory_path(&self.announcement.id), change);
        Ok(changes)
    }

    /// Editing text could have met another line than the one that was meant.
    pub(crate) fn demand_whole(&self, package: &Package) -> Result<(), Failure> {
        let Update { version, release, patches, .. } = &self.update;
        let listed: Vec<&String> = package.patches.iter().map(|patch| &patch.file).rev().collect();
        let has_patches =
            patches.iter().rev().zip(listed).filter(|(new, listed)| new.file == **listed).count();
        let is_whole = package.release == *release
            && package.changelog[0].version == format!("{version}-{release}")
            && has_patches == patches.len();
        if is_whole {
            return Ok(());
        }
        let message = format!("specs/{}/package.toml would not come out as it should", package.name);
        Err(wrong(message, "make the update by hand: README.md shows an advisory"))
    }
}

/// What they are about, as long as that is a line.
fn title(package: &str, issues: &[&KnownIssue]) -> String {
    let told = match issues {
        [_] | [_, _] => issues.iter().map(|issue| issue.title.as_str()).collect::<Vec<_>>().join("; "),
        _ => issues.iter().map(|issue| issue.id.as_str()).collect::<Vec<_>>().join(", "),
    };
    format!("{package}: {told}")
}

/// `XSA-108: what it is (CVE-…)`
fn line(issue: &KnownIssue) -> String {
    let cves = if issue.cves.is_empty() { String::new() } else { format!(" ({})", issue.cves.join(", ")) };
    format!("{}: {}{cves}", issue.id, issue.title)
}

/// The package that was named, or the only one that all issues are about; none of them may be mended in it.
fn package<'s>(
    session: &'s Session<'_>,
    args: &AdvisoryImportArgs,
    issues: &[&KnownIssue],
) -> Result<&'s Package, Failure> {
    let name = if let Some(name) = &args.package {
        name.clone()
    } else {
        let of_all = |name: &&String| issues.iter().all(|issue| issue.packages.contains_key(*name));
        let mut names = session.target.packages.iter().filter(of_all);
        match (names.next(), names.next()) {
            (Some(name), None) => name.clone(),
            _ => return Err(wrong("which package is it?".to_owned(), "name it with --package")),
        }
    };
    let package = session.project.package(&name)?;
    for issue in issues {
        let known = issue.packages.get(&name).map(|knowledge| &knowledge.state);
        if let Some(KnownState::Fixed { released_in }) = known
            && xen4centos_artifact::compare_versions(&package.version, released_in).is_ge()
        {
            let message =
                format!("upstream mended {} in {released_in}, and `{name}` is {}", issue.id, package.version);
            return Err(wrong(message, "leave the issue out, or correct advisories/known/"));
        }
    }
    Ok(package)
}

fn time(now: u64) -> Result<Timestamp, Failure> {
    let time = i64::try_from(now).ok().and_then(|now| Timestamp::from_second(now).ok());
    time.ok_or_else(|| Failure::new(Kind::World, "the clock shows a time that no calendar has"))
}

fn utc(text: &str) -> Result<String, Failure> {
    let time = text.parse::<Timestamp>().ok().filter(|_| text.ends_with('Z'));
    time.map(|time| time.to_string())
        .ok_or_else(|| wrong(format!("`{text}` is no time in UTC"), "such as 2026-12-01T12:00:00Z"))
}

impl From<SeverityArg> for Severity {
    fn from(severity: SeverityArg) -> Self {
        match severity {
            SeverityArg::Low => Self::Low,
            SeverityArg::Moderate => Self::Moderate,
            SeverityArg::Important => Self::Important,
            SeverityArg::Critical => Self::Critical,
        }
    }
}
