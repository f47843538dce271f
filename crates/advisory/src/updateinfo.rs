//! Advisories as clients read them: dnf, and yum-plugin-security on CentOS 6, which knows no other words than these.

use std::collections::BTreeSet;

use jiff::Timestamp;
use xen4centos_artifact::{Evr, Nevra, Sha256Digest};
use xen4centos_manifest::{Advisory, AdvisoryKind, Fix, KnownIssue, Project, Severity, Standing, Target};

use crate::{Evidence, Told};

/// A package of the repository.
#[derive(Clone, Copy, Debug)]
pub struct Shipped<'a> {
    /// Of its build; none where nothing is known of it.
    pub evidence: Option<&'a Evidence>,
    /// What yum knows it by.
    pub nevra: &'a Nevra,
    /// Of its file.
    pub sha256: Sha256Digest,
    /// Name of its source package.
    pub source: &'a str,
}

/// An advisory and a release that should have its fix, and of which nothing shows that it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven {
    /// The advisory's id.
    pub advisory: String,
    /// The source package.
    pub package: String,
    /// The release.
    pub evr: Evr,
}

/// The advisories of `project` that packages of the repository were shown to answer, as `updateinfo.xml`; none where there are none.
/// What is not public at `now`, in seconds since 1970, is left out. The same packages and advisories give the same bytes;
/// what is said otherwise than hosts were `told` before has a higher version.
pub fn updateinfo(
    project: &Project,
    target: &Target,
    packages: &[Shipped<'_>],
    (told, now): (&Told, u64),
) -> Option<String> {
    let mut updates = String::new();
    for advisory in project.advisories.values().filter(|advisory| advisory.is_public(now)) {
        if let Some((advisory, listed)) = answered(project, target, advisory, packages) {
            updates.push_str(&edition((project, target), &advisory, &listed, (told, now)));
        }
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    (!updates.is_empty()).then(|| format!("{head}\n<updates>\n{updates}</updates>\n"))
}

/// What advisories that are public at `now` say of these packages, and nothing shows: of each source package the oldest
/// release that should have the fix.
pub fn unproven(project: &Project, target: &Target, packages: &[Shipped<'_>], now: u64) -> Vec<Unproven> {
    let mut found = Vec::new();
    for advisory in project.advisories.values().filter(|advisory| advisory.is_public(now)) {
        for (name, fix) in fixes(advisory) {
            let oldest = oldest(candidates(project, target, (name, fix), packages));
            if oldest.iter().any(|package| !shows(package, fix)) {
                found.push(Unproven {
                    advisory: advisory.id.clone(),
                    package: name.clone(),
                    evr: oldest[0].nevra.evr.clone(),
                });
            }
        }
    }
    found
}

/// The advisory as far as packages answer it, and those packages; none where none does. What is only in parts of a source
/// package that were not built, or in source packages of which none is there, is not among its fixes.
pub(crate) fn answered<'p>(
    project: &Project,
    target: &Target,
    advisory: &Advisory,
    packages: &[Shipped<'p>],
) -> Option<(Advisory, Vec<Shipped<'p>>)> {
    let listed = answering(project, target, advisory, packages);
    let is_there = |id: &String| {
        let issue = project.known.iter().find(|issue| issue.id == *id);
        issue.is_none_or(|issue| listed.iter().any(|package| is_about(issue, package)))
    };
    let fixes: Vec<String> = advisory.fixes.iter().filter(|id| is_there(id)).cloned().collect();
    let is_empty = fixes.is_empty() && !advisory.fixes.is_empty() && advisory.cves.is_empty();
    (!listed.is_empty() && !is_empty).then(|| (Advisory { fixes, ..advisory.clone() }, listed))
}

/// What advisories that are public at `now` fix in parts that are not in the packages that answer them.
pub fn left_out(
    project: &Project,
    target: &Target,
    packages: &[Shipped<'_>],
    now: u64,
) -> Vec<(String, Vec<String>)> {
    let public = project.advisories.values().filter(|advisory| advisory.is_public(now));
    let left = public.filter_map(|advisory| {
        if answering(project, target, advisory, packages).is_empty() {
            return None;
        }
        let told =
            answered(project, target, advisory, packages).map(|(told, _)| told.fixes).unwrap_or_default();
        let left: Vec<String> = advisory.fixes.iter().filter(|id| !told.contains(id)).cloned().collect();
        (!left.is_empty()).then(|| (advisory.id.clone(), left))
    });
    left.collect()
}

fn is_about(issue: &KnownIssue, package: &Shipped<'_>) -> bool {
    let knowledge = issue.packages.get(package.source);
    knowledge.zip(package.evidence).is_some_and(|(knowledge, evidence)| evidence.has(&knowledge.component))
}

/// Of each source package the binary packages of the oldest release that was shown to have the fix: newer ones have it, too,
/// and clients know that.
fn answering<'p>(
    project: &Project,
    target: &Target,
    advisory: &Advisory,
    packages: &[Shipped<'p>],
) -> Vec<Shipped<'p>> {
    let of_each = fixes(advisory).map(|(name, fix)| {
        let candidates = candidates(project, target, (name, fix), packages);
        oldest(candidates.into_iter().filter(|package| shows(package, fix)).collect())
    });
    let mut listed: Vec<Shipped<'p>> = of_each.flatten().collect();
    listed.sort_by_key(|package| package.nevra);
    listed
}

/// The source packages that an advisory has a fix of.
fn fixes(advisory: &Advisory) -> impl Iterator<Item = (&String, &Fix)> {
    advisory.packages.iter().filter_map(|advised| match &advised.standing {
        Standing::Fixed(fix) => Some((&advised.name, fix)),
        Standing::NotAffected(_) => None,
    })
}

/// The packages that should have a fix by their version.
fn candidates<'p>(
    project: &Project,
    target: &Target,
    (name, fix): (&String, &Fix),
    packages: &[Shipped<'p>],
) -> Vec<Shipped<'p>> {
    let Some(fixed) = project.packages.get(name).map(|package| fix.evr(package, target)) else {
        return Vec::new();
    };
    let has_version = |package: &&Shipped<'p>| package.source == name && package.nevra.evr >= fixed;
    packages.iter().filter(has_version).copied().collect()
}

fn oldest(packages: Vec<Shipped<'_>>) -> Vec<Shipped<'_>> {
    let Some(oldest) = packages.iter().map(|package| package.nevra.evr.clone()).min() else {
        return packages;
    };
    packages.into_iter().filter(|package| package.nevra.evr == oldest).collect()
}

fn shows(package: &Shipped<'_>, fix: &Fix) -> bool {
    package.evidence.is_some_and(|evidence| evidence.shows(fix))
}

/// The update as it was published, where it says the same; otherwise the next version of it.
fn edition(
    (project, target): (&Project, &Target),
    advisory: &Advisory,
    listed: &[Shipped<'_>],
    (told, now): (&Told, u64),
) -> String {
    let public = advisory.public.strftime(DATE).to_string();
    let Some(before) = told.of(&advisory.id) else {
        return update((project, target), advisory, listed, (1, &public));
    };
    let same = update((project, target), advisory, listed, (before.version, &before.updated));
    if same == before.text {
        return same;
    }
    let now = i64::try_from(now).ok().and_then(|now| Timestamp::from_second(now).ok());
    let updated = now.map_or(public, |now| now.strftime(DATE).to_string());
    update((project, target), advisory, listed, (before.version.saturating_add(1), &updated))
}

const DATE: &str = "%Y-%m-%d %H:%M:%S";

fn update(
    (project, target): (&Project, &Target),
    advisory: &Advisory,
    listed: &[Shipped<'_>],
    (version, updated): (u32, &str),
) -> String {
    let mut xml = String::new();
    let date = advisory.public.strftime(DATE);
    let mut line = |text: String| {
        xml.push_str(&text);
        xml.push('\n');
    };
    let (from, kind) = (escaped(&target.packager), advisory.kind);
    line(format!("  <update from=\"{from}\" status=\"final\" type=\"{kind}\" version=\"{version}\">"));
    line(format!("    <id>{}</id>", escaped(&advisory.id)));
    line(format!("    <title>{}</title>", escaped(&advisory.title)));
    line(format!("    <issued date=\"{date}\"/>"));
    line(format!("    <updated date=\"{updated}\"/>"));
    line(format!("    <release>{}</release>", escaped(&target.repository.title)));
    if advisory.kind == AdvisoryKind::Security {
        line(format!("    <severity>{}</severity>", advisory.severity.map_or("None", shown_severity)));
    }
    line(format!("    <description>{}</description>", escaped(&advisory.description.join("\n\n"))));
    line("    <references>".to_owned());
    for [kind, id, href] in references(project, advisory) {
        let [id, href] = [escaped(&id), escaped(&href)];
        line(format!("      <reference href=\"{href}\" id=\"{id}\" title=\"{id}\" type=\"{kind}\"/>"));
    }
    line("    </references>".to_owned());
    line("    <pkglist>".to_owned());
    line(format!("      <collection short=\"{}\">", escaped(&target.repository.id)));
    line(format!("        <name>{}</name>", escaped(&target.repository.title)));
    for shipped in listed {
        line(package(shipped, advisory.reboot));
    }
    line("      </collection>\n    </pkglist>\n  </update>".to_owned());
    xml
}

/// As CentOS writes them.
pub(crate) const fn shown_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Moderate => "Moderate",
        Severity::Important => "Important",
        Severity::Critical => "Critical",
    }
}

/// Type, name and URL of each: Xen's advisories, CVEs, where it was announced, and whatever else it names.
pub(crate) fn references(project: &Project, advisory: &Advisory) -> Vec<[String; 3]> {
    let is_answered = |id: &String| advisory.fixes.contains(id);
    let known = project.known.iter().filter(|issue| is_answered(&issue.id));
    let cves: BTreeSet<&String> = known.flat_map(|issue| &issue.cves).chain(&advisory.cves).collect();
    let mut references = Vec::new();
    for id in &advisory.fixes {
        if let Some(number) = id.strip_prefix("XSA-") {
            let href = format!("https://xenbits.xen.org/xsa/advisory-{number}.html");
            references.push(["vendor".to_owned(), id.clone(), href]);
        }
    }
    let fixed_cves = advisory.fixes.iter().filter(|id| id.starts_with("CVE-"));
    for cve in cves.into_iter().chain(fixed_cves) {
        let href = format!("https://nvd.nist.gov/vuln/detail/{cve}");
        references.push(["cve".to_owned(), cve.clone(), href]);
    }
    let own = advisory.announcement.iter().map(|href| ["self".to_owned(), advisory.id.clone(), href.clone()]);
    references.extend(own);
    let others = advisory.references.iter().map(|href| ["other".to_owned(), href.clone(), href.clone()]);
    let named: BTreeSet<String> = references.iter().map(|[_, _, href]| href.clone()).collect();
    references.extend(others.filter(|[_, _, href]| !named.contains(href)));
    references
}

fn package(Shipped { nevra, sha256, source, .. }: &Shipped<'_>, reboot: bool) -> String {
    let Nevra { name, evr, arch } = nevra;
    let Evr { epoch, version, release } = evr;
    let mut xml = format!(
        "        <package name=\"{name}\" version=\"{version}\" release=\"{release}\" epoch=\"{epoch}\" arch=\"{arch}\" \
         src=\"{source}-{version}-{release}.src.rpm\">\n          <filename>{}</filename>\n          \
         <sum type=\"sha256\">{sha256}</sum>\n",
        nevra.file_name()
    );
    if reboot {
        xml.push_str("          <reboot_suggested>True</reboot_suggested>\n");
    }
    xml.push_str("        </package>");
    xml
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
