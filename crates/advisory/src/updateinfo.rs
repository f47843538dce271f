//! Advisories as clients read them: dnf, and yum-plugin-security on CentOS 6, which knows no other words than these.

use std::collections::BTreeSet;

use xen4centos_artifact::{Evr, Nevra, Sha256Digest};
use xen4centos_manifest::{Advisory, AdvisoryKind, Fix, Project, Severity, Standing, Target};

/// A package of the repository.
#[derive(Clone, Copy, Debug)]
pub struct Shipped<'a> {
    /// What yum knows it by.
    pub nevra: &'a Nevra,
    /// Of its file.
    pub sha256: Sha256Digest,
    /// Name of its source package.
    pub source: &'a str,
}

/// The advisories of `project` that packages of the repository answer, as `updateinfo.xml`; none where there are none.
/// What is not public at `now`, in seconds since 1970, is left out. The same packages and advisories give the same bytes.
pub fn updateinfo(project: &Project, target: &Target, packages: &[Shipped<'_>], now: u64) -> Option<String> {
    let mut updates = String::new();
    for advisory in project.advisories.values().filter(|advisory| is_public(advisory, now)) {
        let listed = answering(project, target, advisory, packages);
        if !listed.is_empty() {
            update(&mut updates, (project, target), advisory, &listed);
        }
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    (!updates.is_empty()).then(|| format!("{head}\n<updates>\n{updates}</updates>\n"))
}

fn is_public(advisory: &Advisory, now: u64) -> bool {
    u64::try_from(advisory.public.as_second()).is_ok_and(|public| public <= now)
}

/// Of each source package the binary packages of the oldest release that has the fix: newer ones have it, too, and clients
/// know that.
pub(crate) fn answering<'p>(
    project: &Project,
    target: &Target,
    advisory: &Advisory,
    packages: &[Shipped<'p>],
) -> Vec<Shipped<'p>> {
    let mut listed: Vec<Shipped<'p>> = Vec::new();
    for advised in &advisory.packages {
        let Standing::Fixed(fix) = &advised.standing else { continue };
        let Some(fixed) = release(project, target, &advised.name, fix) else { continue };
        let of_source =
            packages.iter().filter(|package| package.source == advised.name && package.nevra.evr >= fixed);
        let Some(oldest) = of_source.clone().map(|package| &package.nevra.evr).min() else { continue };
        listed.extend(of_source.filter(|package| package.nevra.evr == *oldest));
    }
    listed.sort_by_key(|package| package.nevra);
    listed
}

fn release(project: &Project, target: &Target, name: &str, fix: &Fix) -> Option<Evr> {
    let package = project.packages.get(name)?;
    let dist = if package.dist_tag { target.dist.as_str() } else { "" };
    Some(Evr::new(package.epoch, &fix.version, format!("{}{dist}", fix.release)))
}

fn update(
    xml: &mut String,
    (project, target): (&Project, &Target),
    advisory: &Advisory,
    listed: &[Shipped<'_>],
) {
    let date = advisory.public.strftime("%Y-%m-%d %H:%M:%S");
    let mut line = |text: String| {
        xml.push_str(&text);
        xml.push('\n');
    };
    let (from, kind) = (escaped(&target.packager), advisory.kind);
    line(format!("  <update from=\"{from}\" status=\"final\" type=\"{kind}\" version=\"1\">"));
    line(format!("    <id>{}</id>", escaped(&advisory.id)));
    line(format!("    <title>{}</title>", escaped(&advisory.title)));
    line(format!("    <issued date=\"{date}\"/>"));
    line(format!("    <updated date=\"{date}\"/>"));
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

fn package(Shipped { nevra, sha256, source }: &Shipped<'_>, reboot: bool) -> String {
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
