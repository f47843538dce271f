//! The files that come of an import: of each package, of the advisory, and of what is known of its issues.

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use xen4centos_advisory::{
    Announcement, Learned, NewPatch, PatchTree, Series, Update, Verdict, announcement, matrix, next_id,
    next_release, updated, with_issue, with_learned,
};
use xen4centos_manifest::{AdvisoryKind, KnownState, Package, Severity};

use super::{
    given::{Given, GivenPatch, GivenRelease},
    import::advisory_path,
    issue::{Issue, tree_of},
    wrong,
};
use crate::{
    args::{AdvisoryImportArgs, SeverityArg},
    failure::{Failure, Kind},
    pipeline::{
        journal::{Change, Changes},
        sources,
    },
    session::Session,
};

/// An update on its way into the project.
pub(super) struct Draft<'a> {
    given: &'a Given<'a>,
    announcement: Announcement,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        session: &Session<'_>,
        args: &AdvisoryImportArgs,
        given: &'a Given<'a>,
    ) -> Result<Self, Failure> {
        let now = time(session.now)?;
        let packages = packages(session, given)?;
        refuse_unused(args, given, &packages)?;
        for issue in &given.issues {
            refuse_mended(session, args, issue, &packages)?;
        }
        let updates = packages.iter().map(|package| {
            let update = Writer { session, args, given, package, now }.update()?;
            Ok((package.name.clone(), update))
        });
        let updates = updates.collect::<Result<Vec<_>, Failure>>()?;
        let words = &args.announcement;
        refuse_lines("--title", words.title.iter())?;
        refuse_lines("--credit", words.credit.iter())?;
        let year = now.strftime("%Y").to_string().parse().unwrap_or(1970);
        let xsa = |issue: &Issue<'_>| {
            Some(format!("https://xenbits.xen.org/xsa/advisory-{}.html", issue.text.as_ref()?.number))
        };
        let texts = given.issues.iter().filter_map(|issue| issue.text.as_ref());
        let credits = texts.clone().flat_map(|text| text.credits.clone()).collect();
        let lines = given.issues.iter().map(Issue::line);
        let description = lines.chain(texts.flat_map(|text| text.impact.clone())).collect();
        let announcement = Announcement {
            id: next_id(&session.project, AdvisoryKind::Security, year),
            title: words.title.clone().unwrap_or_else(|| title(&packages, &given.issues)),
            severity: words.severity.into(),
            fixes: given.issues.iter().map(|issue| issue.id.clone()).collect(),
            credits: if words.credit.is_empty() { credits } else { words.credit.clone() },
            public: public(session, words.public.as_deref(), &given.issues, now)?,
            reboot: !words.no_reboot,
            description: if words.description.is_empty() { description } else { words.description.clone() },
            references: given.issues.iter().filter_map(xsa).collect(),
            packages: updates,
        };
        Ok(Self { given, announcement })
    }

    /// Packages and what is new in each.
    pub(super) fn updates(&self) -> &[(String, Update)] {
        &self.announcement.packages
    }

    /// All files as they are to be, by their paths in the project.
    pub(super) fn changes(&self, session: &Session<'_>) -> Result<Changes, Failure> {
        let mut changes = Changes::new();
        for (package, update) in self.updates() {
            self.change_package(session, (package, update), &mut changes)?;
        }
        let advisory = announcement(&self.announcement).into_bytes();
        changes.insert(advisory_path(&self.announcement.id), Change { before: None, after: advisory });
        for issue in &self.given.issues {
            self.learn(session, issue, &mut changes)?;
        }
        Ok(changes)
    }

    fn change_package(
        &self,
        session: &Session<'_>,
        (package, update): (&String, &Update),
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        let directory = Utf8Path::new("specs").join(package);
        let manifest = directory.join("package.toml");
        let text = fs_err::read_to_string(session.project.root.join(&manifest))?;
        let Some(new) = updated(&text, update) else {
            let of_release = match update.upstream_sha256 {
                Some(_) => {
                    format!(", or not one source of upstream's with {} in its `url`", update.old_version)
                }
                None => String::new(),
            };
            let message = format!(
                "`{manifest}` has no `release = \"{}\"` before its tables, or no [[changelog]]{of_release}",
                update.old_release
            );
            return Err(wrong(message, "write them so, or make the update by hand"));
        };
        changes.insert(manifest, Change { before: Some(text.into_bytes()), after: new.into_bytes() });
        let own = self.given.patches.iter().filter(|given| given.package == *package);
        for GivenPatch { patch, bytes, .. } in own {
            let Some(bytes) = bytes else { continue };
            let path = directory.join("patches").join(&patch.file);
            if session.project.root.join(&path).exists() || changes.contains_key(&path) {
                return Err(wrong(format!("`{path}` is there already"), "give the new patch another name"));
            }
            changes.insert(path, Change { before: None, after: bytes.clone() });
        }
        Ok(())
    }

    /// What nobody has written down of an issue and these packages.
    fn learn(&self, session: &Session<'_>, issue: &Issue<'_>, changes: &mut Changes) -> Result<(), Failure> {
        let learned: Vec<Learned> = self
            .updates()
            .iter()
            .filter(|(package, update)| self.is_for(issue, package, update))
            .filter(|(package, _)| issue.known.is_none_or(|known| !known.packages.contains_key(package)))
            .filter_map(|(package, update)| {
                Some(self.learned(issue, session.project.packages.get(package)?, update))
            })
            .collect();
        if learned.is_empty() {
            return Ok(());
        }
        let file = match issue.known {
            Some(known) => known.file.clone(),
            None if issue.id.starts_with("XSA-") => Utf8PathBuf::from("advisories/known/xsa.toml"),
            None => Utf8PathBuf::from("advisories/known/cve.toml"),
        };
        let before = fs_err::read(session.project.root.join(&file)).ok();
        let change = changes
            .entry(file.clone())
            .or_insert_with(|| Change { after: before.clone().unwrap_or_default(), before });
        let text = String::from_utf8_lossy(&change.after).into_owned();
        let new = match issue.known {
            Some(known) => with_learned(&text, known, &learned),
            None => Some(with_issue(&text, &issue.id, &issue.title, &issue.cves, &learned)),
        };
        let new = new.ok_or_else(|| {
            let message = format!("`{file}` has no line `id = \"{}\"`", issue.id);
            wrong(message, "write it so, or say there how the package stands to it")
        })?;
        change.after = new.into_bytes();
        Ok(())
    }

    fn is_for(&self, issue: &Issue<'_>, package: &str, update: &Update) -> bool {
        update.patches.iter().any(|patch| patch.issue == issue.id)
            || self.given.release_of(package).is_some_and(|release| self.given.brings(release, issue))
    }

    fn learned(&self, issue: &Issue<'_>, package: &Package, update: &Update) -> Learned {
        let says = |text: &xen4centos_advisory::XsaText| {
            Series::of(&package.version).and_then(|own| text.affects(own))
        };
        let is_told = issue.text.as_ref().is_none_or(|text| says(text) == Some(true));
        let is_linux = tree_of(package) == PatchTree::Linux;
        let note =
            (!is_told && !is_linux).then(|| format!("the advisory does not speak of {}", package.version));
        Learned {
            package: package.name.clone(),
            component: self.component(package, is_linux),
            released_in: update.upstream_sha256.as_ref().map(|_| update.version.clone()),
            note,
        }
    }

    fn component(&self, package: &Package, is_linux: bool) -> String {
        let own = self.given.patches.iter().filter(|given| given.package == package.name);
        let texts: Vec<String> = own
            .filter_map(|given| Some(String::from_utf8_lossy(given.bytes.as_ref()?).into_owned()))
            .collect();
        let changed = texts.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with("+++ "));
        let paths: Vec<&str> = changed.filter_map(|line| line.split('/').nth(1)).collect();
        match () {
            () if is_linux => "Linux".to_owned(),
            () if paths.is_empty() || paths.contains(&"xen") => "hypervisor".to_owned(),
            () => paths[0].to_owned(),
        }
    }

    /// Editing text could have met another line than the one that was meant.
    pub(super) fn demand_whole(&self, package: &Package) -> Result<(), Failure> {
        let Some((_, update)) = self.updates().iter().find(|(name, _)| *name == package.name) else {
            return Ok(());
        };
        let Update { version, release, patches, .. } = update;
        let listed: Vec<&String> = package.patches.iter().map(|patch| &patch.file).rev().collect();
        let has_patches =
            patches.iter().rev().zip(listed).filter(|(new, listed)| new.file == **listed).count();
        let is_whole = package.version == *version
            && package.release == *release
            && package.changelog[0].version == format!("{version}-{release}")
            && has_patches == patches.len();
        if is_whole {
            return Ok(());
        }
        let message = format!("specs/{}/package.toml would not come out as it should", package.name);
        Err(wrong(message, "make the update by hand: README.md shows an advisory"))
    }
}

/// Writes the update of one package.
struct Writer<'a> {
    session: &'a Session<'a>,
    args: &'a AdvisoryImportArgs,
    given: &'a Given<'a>,
    package: &'a Package,
    now: Timestamp,
}

impl Writer<'_> {
    fn update(&self) -> Result<Update, Failure> {
        let Self { session, args, given, package, now } = self;
        let upstream = given.release_of(&package.name);
        let miniature = sources::is_over_miniature(session, package, &args.sources)?;
        let own = given.patches.iter().filter(|given| given.package == package.name);
        let patches: Vec<NewPatch> = own.map(|given| NewPatch { miniature, ..given.patch.clone() }).collect();
        let answers = |issue: &&Issue<'_>| {
            patches.iter().any(|patch| patch.issue == issue.id)
                || upstream.is_some_and(|release| given.brings(release, issue))
        };
        let mut entries: Vec<String> =
            upstream.iter().map(|release| format!("Upstream's {}", release.version)).collect();
        entries.extend(given.issues.iter().filter(answers).map(Issue::line));
        Ok(Update {
            old_version: package.version.clone(),
            version: upstream.map_or_else(|| package.version.clone(), |release| release.version.clone()),
            upstream_sha256: upstream.map(|release| release.sha256.to_string()),
            old_release: package.release.clone(),
            release: self.release(upstream)?,
            patches,
            date: now.strftime("%F").to_string(),
            author: self.author()?,
            entries,
        })
    }

    fn release(&self, upstream: Option<&GivenRelease>) -> Result<String, Failure> {
        let package = self.package;
        let own =
            self.args.release.iter().find_map(|given| given.strip_prefix(&format!("{}:", package.name)));
        let common = self.args.release.iter().find(|given| !given.contains(':'));
        match (own.or(common.map(String::as_str)), upstream) {
            (Some(release), _) => Ok(release.to_owned()),
            (None, Some(_)) => Ok("1".to_owned()),
            (None, None) => next_release(&package.release).ok_or_else(|| {
                let message = format!("the release `{}` does not end with a number", package.release);
                wrong(message, "give the new one: --release")
            }),
        }
    }

    fn author(&self) -> Result<String, Failure> {
        let Some(author) = &self.args.announcement.author else {
            return Ok(self.package.changelog[0].author.clone());
        };
        match xen4centos_manifest::changelog_author(author) {
            None => Ok(author.clone()),
            Some((message, _)) => {
                Err(wrong(format!("--author: {message}"), "such as `A Person <person@example.org>`"))
            }
        }
    }
}

/// The packages that something is for, in the target's order.
fn packages<'s>(session: &'s Session<'_>, given: &Given<'_>) -> Result<Vec<&'s Package>, Failure> {
    let named: Vec<&String> = given
        .patches
        .iter()
        .map(|patch| &patch.package)
        .chain(given.releases.iter().map(|release| &release.package))
        .collect();
    if let Some(other) = named.iter().find(|name| !session.target.packages.contains(name)) {
        let message = format!("target `{}` does not have the package `{other}`", session.target.name);
        return Err(wrong(message, &format!("it has: {}", session.target.packages.join(", "))));
    }
    let packages = session.target.packages.iter().filter(|name| named.contains(name));
    Ok(packages.filter_map(|name| session.project.packages.get(name)).collect())
}

/// What would have no effect was meant for something.
fn refuse_unused(args: &AdvisoryImportArgs, given: &Given<'_>, packages: &[&Package]) -> Result<(), Failure> {
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    let other =
        args.release.iter().filter_map(|release| release.split_once(':')).find(|(name, _)| !is_ours(name));
    if let Some((name, release)) = other {
        let message = format!("--release {name}:{release}: nothing is new in `{name}`");
        return Err(wrong(message, "name a package that has a patch or a release of upstream's here"));
    }
    for release in &given.releases {
        let of_package = given.releases.iter().filter(|other| other.package == release.package);
        if of_package.count() > 1 {
            let message = format!("two releases of upstream's for `{}`", release.package);
            return Err(wrong(message, "name the newer one"));
        }
    }
    Ok(())
}

/// What is mended is not taken twice by mistake.
fn refuse_mended(
    session: &Session<'_>,
    args: &AdvisoryImportArgs,
    issue: &Issue<'_>,
    packages: &[&Package],
) -> Result<(), Failure> {
    if args.again {
        return Ok(());
    }
    let rows = matrix(&session.project, &session.target);
    for package in packages {
        if let Some(KnownState::Fixed { released_in }) = issue.state(package)
            && xen4centos_artifact::compare_versions(&package.version, released_in).is_ge()
        {
            let (id, name, version) = (&issue.id, &package.name, &package.version);
            let message = format!("upstream mended {id} in {released_in}, and `{name}` is {version}");
            return Err(wrong(
                message,
                "leave the issue out, or correct advisories/known/; --again takes a patch all the same",
            ));
        }
        let is_it = |row: &&xen4centos_advisory::Row| {
            row.issue == issue.id && row.package.as_ref() == Some(&package.name)
        };
        if let Some(Verdict::Fixed { release, advisory, .. }) =
            rows.iter().find(is_it).map(|row| &row.verdict)
        {
            let by = advisory.as_ref().map_or_else(String::new, |advisory| format!(", by {advisory}"));
            let message = format!("{} is fixed already: in {release}{by}", issue.id);
            return Err(wrong(message, "leave the issue out; --again takes another patch for it"));
        }
    }
    Ok(())
}

/// What they are about, as long as that is a line.
fn title(packages: &[&Package], issues: &[Issue<'_>]) -> String {
    let told = match issues {
        [_] | [_, _] => issues.iter().map(|issue| issue.title.as_str()).collect::<Vec<_>>().join("; "),
        _ => issues.iter().map(|issue| issue.id.as_str()).collect::<Vec<_>>().join(", "),
    };
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    format!("{}: {told}", names.join(", "))
}

fn refuse_lines<'t>(option: &str, mut texts: impl Iterator<Item = &'t String>) -> Result<(), Failure> {
    match texts.find(|text| text.chars().any(char::is_control) || text.trim().is_empty()) {
        Some(text) => {
            Err(wrong(format!("{option} {text:?} is not one line of text"), "--description takes paragraphs"))
        }
        None => Ok(()),
    }
}

fn time(now: u64) -> Result<Timestamp, Failure> {
    let time = i64::try_from(now).ok().and_then(|now| Timestamp::from_second(now).ok());
    time.ok_or_else(|| Failure::new(Kind::World, "the clock shows a time that no calendar has"))
}

/// When the update may be known: not before its issues can have been.
fn public(
    session: &Session<'_>,
    given: Option<&str>,
    issues: &[Issue<'_>],
    now: Timestamp,
) -> Result<String, Failure> {
    let Some(text) = given else { return Ok(now.to_string()) };
    let time = text.parse::<Timestamp>().ok().filter(|_| text.ends_with('Z'));
    let time =
        time.ok_or_else(|| wrong(format!("`{text}` is no time in UTC"), "such as 2026-12-01T12:00:00Z"))?;
    let first = issues.iter().map(Issue::first_year).max().unwrap_or(2011);
    let year: i16 = time.strftime("%Y").to_string().parse().unwrap_or(i16::MIN);
    if year < first {
        let message = format!("--public {text}: nobody knew of it before {first}");
        return Err(wrong(message, "state when this update may be known, such as 2026-12-01T12:00:00Z"));
    }
    if time < now {
        session
            .printer
            .warning(format!("--public {text} is in the past: what is built is published at once"));
    }
    Ok(time.to_string())
}

impl Given<'_> {
    fn release_of(&self, package: &str) -> Option<&GivenRelease> {
        self.releases.iter().find(|release| release.package == package)
    }

    /// Whether an issue is mended by a release, and not by patches.
    fn brings(&self, release: &GivenRelease, issue: &Issue<'_>) -> bool {
        let patched = self.patches.iter().any(|given| given.patch.issue == issue.id);
        let known = issue.known.is_some_and(|known| known.packages.contains_key(&release.package));
        known || !patched
    }
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
