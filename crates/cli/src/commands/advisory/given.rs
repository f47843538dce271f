//! What was typed after `advisory import`: issues, patches and releases of upstream's, each for a package.

use camino::Utf8Path;
use xen4centos_advisory::{ListedPatch, NewPatch, PatchOrigin};
use xen4centos_artifact::Sha256Digest;
use xen4centos_manifest::Package;

use super::{issue::Issue, upstream::Place, wrong};
use crate::{
    args::AdvisoryImportArgs,
    failure::{Failure, Kind},
    pipeline::plan::sha256,
    session::Session,
    settings,
};

/// All of it.
#[derive(Debug)]
pub(super) struct Given<'s> {
    pub(super) issues: Vec<Issue<'s>>,
    /// In the order of application.
    pub(super) patches: Vec<GivenPatch>,
    pub(super) releases: Vec<GivenRelease>,
}

/// A patch on its way into a package.
#[derive(Clone, Debug)]
pub(super) struct GivenPatch {
    pub(super) package: String,
    pub(super) patch: NewPatch,
    /// Of what goes into the tree.
    pub(super) bytes: Option<Vec<u8>>,
}

/// A release of upstream's.
#[derive(Clone, Debug)]
pub(super) struct GivenRelease {
    pub(super) package: String,
    pub(super) version: String,
    pub(super) sha256: Sha256Digest,
}

/// Takes what was typed apart.
struct Reader<'a, 's> {
    session: &'s Session<'s>,
    args: &'a AdvisoryImportArgs,
    issues: &'a [Issue<'s>],
    place: Option<&'a Place>,
    digests: std::slice::Iter<'a, String>,
}

impl<'s> Given<'s> {
    pub(super) fn read(session: &'s Session<'s>, args: &AdvisoryImportArgs) -> Result<Self, Failure> {
        let place = args.upstream.from.as_deref().map(Place::of).transpose()?;
        let issues = Issue::all(session, args, place.as_ref())?;
        let digests = args.sha256.iter();
        let mut reader = Reader { session, args, issues: &issues, place: place.as_ref(), digests };
        reader.count_digests()?;
        let mut patches = Vec::new();
        for given in &args.patch {
            patches.push(reader.patch(given)?);
        }
        let releases: Vec<GivenRelease> =
            args.upstream_release.iter().map(|given| reader.release(given)).collect::<Result<_, _>>()?;
        if patches.is_empty() && releases.is_empty() {
            patches = reader.all_of_upstream()?;
        }
        Ok(Self { issues, patches, releases })
    }
}

impl<'a, 's> Reader<'a, 's> {
    /// A digest that is left over, or missing, would otherwise be taken for that of another file.
    fn count_digests(&self) -> Result<(), Failure> {
        let needs = |given: &&String| {
            let (_, place) = self.apart(given);
            commit_id(place).is_none() && self.listed(place).is_none()
        };
        let patches = self.args.patch.iter().filter(needs).count();
        let releases = self.args.upstream_release.len();
        if self.args.sha256.len() == patches + releases {
            return Ok(());
        }
        let of_releases = if releases == 0 { String::new() } else { format!(", {releases} releases") };
        let message = format!("{patches} patches{of_releases} and {} digests", self.args.sha256.len());
        let hint = "give the --sha256 of each --patch, in the same order, then of each --upstream-release; commits have none, \
                    nor has what upstream's text lists";
        Err(wrong(message, hint))
    }

    /// `[PACKAGE:]` and the rest.
    fn apart<'g>(&self, given: &'g str) -> (Option<&'s Package>, &'g str) {
        let own = given
            .split_once(':')
            .and_then(|(name, rest)| Some((self.session.project.packages.get(name)?, rest)));
        own.map_or((None, given), |(package, rest)| (Some(package), rest))
    }

    fn patch(&mut self, given: &str) -> Result<GivenPatch, Failure> {
        let (package, given) = self.apart(given);
        let (issue, place) = self.issue(given)?;
        let package = match package {
            Some(package) => package,
            None => self.package_of(&[issue])?,
        };
        if let Some(id) = commit_id(place) {
            return Ok(commit(issue, package, id));
        }
        if let Some((issue, listed, upstream)) = self.listed(given) {
            return upstream.patch(issue, &listed, &package.name);
        }
        let digest = self.digests.next().map_or("", String::as_str);
        self.file_or_url(issue, package, (place, digest))
    }

    /// A patch that upstream's text lists.
    fn listed(&self, given: &str) -> Option<(&'a Issue<'s>, ListedPatch, &'a Place)> {
        let name = self.named(given).map_or(given, |(_, name)| name);
        let place = self.place?;
        self.issues.iter().find_map(|issue| {
            let listed = issue.text.as_ref()?.patches().into_iter().find(|listed| listed.name == name)?;
            Some((issue, listed, place))
        })
    }

    /// The issue that a patch answers, and the patch: the only issue, the one that stands before it, or the one whose number
    /// stands in its name.
    fn issue<'g>(&self, given: &'g str) -> Result<(&'a Issue<'s>, &'g str), Failure> {
        if let Some(named) = self.named(given) {
            return Ok(named);
        }
        if let Some((issue, ..)) = self.listed(given) {
            return Ok((issue, given));
        }
        let name = Utf8Path::new(given).file_name().unwrap_or(given);
        let numbers: Vec<&str> = name.split(|c: char| !c.is_ascii_digit()).collect();
        let is_commit = commit_id(given).is_some();
        let mut fitting = self.issues.iter().filter(|issue| !is_commit && numbers.contains(&issue.number()));
        match (self.issues, fitting.next(), fitting.next()) {
            ([only], ..) => Ok((only, given)),
            (_, Some(issue), None) => Ok((issue, given)),
            _ if is_commit => {
                Err(wrong(format!("which issue does commit {given} answer?"), "write --patch ISSUE=COMMIT"))
            }
            _ => Err(wrong(format!("which issue does `{given}` answer?"), "write --patch ISSUE=PATCH")),
        }
    }

    /// The issue that stands before a patch, and the patch.
    fn named<'g>(&self, given: &'g str) -> Option<(&'a Issue<'s>, &'g str)> {
        let (name, place) = given.split_once('=')?;
        let is_it = |issue: &&Issue<'_>| {
            issue.id.eq_ignore_ascii_case(name) || issue.cves.iter().any(|cve| cve.eq_ignore_ascii_case(name))
        };
        Some((self.issues.iter().find(is_it)?, place))
    }

    /// The package that was named, or the only one of the target that the issues are about.
    fn package_of(&self, issues: &[&Issue<'_>]) -> Result<&'s Package, Failure> {
        if let Some(name) = &self.args.package {
            return Ok(self.session.project.package(name)?);
        }
        let packages =
            self.session.target.packages.iter().filter_map(|name| self.session.project.packages.get(name));
        let mut about = packages.filter(|package| issues.iter().all(|issue| issue.is_about(package)));
        match (about.next(), about.next()) {
            (Some(package), None) => Ok(package),
            _ => Err(wrong(
                "which package is it?".to_owned(),
                "name it with --package, or before each patch: --patch PACKAGE:PATCH",
            )),
        }
    }

    /// Its entry, and its bytes where it is a file.
    fn file_or_url(
        &self,
        issue: &Issue<'_>,
        package: &Package,
        (place, digest): (&str, &str),
    ) -> Result<GivenPatch, Failure> {
        let expected = parsed(digest)?;
        let is_url = place.contains("://");
        let last = place.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let is_patch = [".patch", ".diff", ".gz", ".bz2", ".xz"].iter().any(|end| last.ends_with(end));
        let file = if is_patch {
            last.to_owned()
        } else {
            format!("{}.patch", issue.id.to_lowercase().replace('-', ""))
        };
        let origin = if is_url {
            PatchOrigin::Url { url: place.to_owned(), sha256: expected.to_string() }
        } else {
            PatchOrigin::Tree { sha256: expected.to_string() }
        };
        let bytes = if is_url { None } else { Some(read(place, &expected)?) };
        let (issue, summary) = (issue.id.clone(), issue.title.clone());
        let patch = NewPatch { file, strip: self.args.strip, issue, summary, origin, miniature: false };
        Ok(GivenPatch { package: package.name.clone(), patch, bytes })
    }

    fn release(&mut self, given: &str) -> Result<GivenRelease, Failure> {
        let (package, version) = self.apart(given);
        let package = match package {
            Some(package) => package,
            None => self.package_of(&self.issues.iter().collect::<Vec<_>>())?,
        };
        if xen4centos_artifact::compare_versions(version, &package.version).is_le() {
            let message = format!(
                "`{}` is {} already, which is not older than {version}",
                package.name, package.version
            );
            return Err(wrong(message, "name a newer release of upstream's"));
        }
        let sha256 = parsed(self.digests.next().map_or("", String::as_str))?;
        Ok(GivenRelease { package: package.name.clone(), version: version.to_owned(), sha256 })
    }

    /// What upstream lists for the package that was named, or for those that each issue is about.
    fn all_of_upstream(&self) -> Result<Vec<GivenPatch>, Failure> {
        let Some(place) = self.place else { return Ok(Vec::new()) };
        let mut patches = Vec::new();
        for issue in self.issues {
            if issue.text.is_none() {
                let hint = "give its patch by --patch and --sha256, or its release by --upstream-release";
                return Err(wrong(format!("{} has no text of Xen's", issue.id), hint));
            }
            for package in self.packages_of(issue)? {
                patches.extend(place.patches_for(issue, package)?);
            }
        }
        Ok(patches)
    }

    /// Where nothing says which, the text is asked for Xen's own, and lists what it has.
    fn packages_of(&self, issue: &Issue<'s>) -> Result<Vec<&'s Package>, Failure> {
        let session = self.session;
        if let Some(name) = &self.args.package {
            return Ok(vec![session.project.package(name)?]);
        }
        let all = session.target.packages.iter().filter_map(|name| session.project.packages.get(name));
        let about: Vec<&Package> = all.clone().filter(|package| issue.is_about(package)).collect();
        let (unaffected, affected): (Vec<_>, Vec<_>) =
            about.into_iter().partition(|package| issue.is_known_unaffected(package));
        if !affected.is_empty() || !unaffected.is_empty() {
            // Of what never had the fault, somebody has to say so.
            return Ok(if affected.is_empty() { unaffected } else { affected });
        }
        let is_xen =
            |package: &&Package| package.upstream.as_ref().is_some_and(|upstream| upstream.name == "xen");
        let xen: Vec<&Package> = all.filter(is_xen).collect();
        if xen.is_empty() {
            return Err(wrong("which package is it?".to_owned(), "name it with --package"));
        }
        Ok(xen)
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
fn commit(issue: &Issue<'_>, package: &Package, id: &str) -> GivenPatch {
    // As the manifest names it.
    let file = format!("{}.patch", &id[..12]);
    let (issue, summary) = (issue.id.clone(), issue.title.clone());
    let origin = PatchOrigin::Commit(id.to_owned());
    let patch = NewPatch { file, strip: 1, issue, summary, origin, miniature: false };
    GivenPatch { package: package.name.clone(), patch, bytes: None }
}

fn parsed(digest: &str) -> Result<Sha256Digest, Failure> {
    digest
        .parse()
        .map_err(|error| wrong(format!("--sha256 {digest}: {error}"), "state all 64 hexadecimal digits"))
}

fn read(place: &str, expected: &Sha256Digest) -> Result<Vec<u8>, Failure> {
    let bytes = fs_err::read(settings::current_directory()?.join(place))
        .map_err(|error| Failure::of(Kind::Data, &error))?;
    let found = sha256(&bytes);
    if found == *expected {
        return Ok(bytes);
    }
    let message = format!("`{place}` has another digest than was given: expected {expected}, found {found}");
    Err(wrong(message, "get the patch from upstream again, and its digest from another place"))
}
