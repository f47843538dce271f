//! `advisories/<id>.toml`.

use camino::Utf8Path;
use jiff::Timestamp;
use xen4centos_toml_tree::{File, Table, Text};

use super::{all_checked, checked, refuse_repeated, value};
use crate::{
    AdvisedPackage, Advisory, AdvisoryKind, Fix, NotAffected, Severity, Standing, issue_words, words,
};

/// An advisory as far as it could be read, with what is checked against packages and issues.
pub(crate) struct ReadAdvisory<'a> {
    pub(crate) file: &'a File,
    pub(crate) fixes: Vec<Text>,
    pub(crate) cves: Vec<Text>,
    pub(crate) packages: Vec<ReadAdvised>,
    pub(crate) advisory: Option<Advisory>,
}

/// What it says of a package.
pub(crate) struct ReadAdvised {
    pub(crate) name: Option<Text>,
    /// Version and release, or the release alone.
    pub(crate) fixed_in: Option<Text>,
    pub(crate) replaces: Option<Text>,
    /// File names of patches, or upstream's commits.
    pub(crate) patches: Vec<Text>,
    pub(crate) released_in: Option<Text>,
    not_affected: Option<NotAffected>,
    line: usize,
}

pub(crate) fn read<'a>(root: Table<'a>, path: &Utf8Path) -> ReadAdvisory<'a> {
    let file = root.file();
    let kind = root.word(root.required("type"), &AdvisoryKind::WORDS);
    let id = id(&root, path, kind);
    let title = root.required("title").map(|text| text.value);
    let severity = severity(&root, kind);
    let fixes = all_checked(&root, root.texts("fixes"), issue_words::issue);
    refuse_repeated(&root, &fixes, "issue");
    let cves = all_checked(&root, root.texts("cves"), issue_words::cve);
    refuse_repeated(&root, &cves, "CVE");
    if kind == Some(AdvisoryKind::Security) && !root.has("fixes") && !root.has("cves") {
        root.missing("fixes", Some("or `cves`: a security update says what it answers"));
    }
    let announcement = value(&root, root.text("announcement"), words::download_url);
    let references = all_checked(&root, root.texts("references"), words::download_url);
    let credits = root.texts("credits");
    let public = public(&root);
    if !root.has("reboot") {
        root.missing("reboot", Some("`true` where hosts have to boot to have the fix, as for Xen itself"));
    }
    let reboot = root.boolean("reboot").map(|reboot| reboot.value);
    let description = root.required_texts("description");
    let packages: Vec<ReadAdvised> = root.required_tables("package").into_iter().map(package).collect();
    refuse_repeated(&root, packages.iter().filter_map(|package| package.name.as_ref()), "package");
    root.finish();
    let plain = |texts: &[Text]| texts.iter().map(|text| text.value.clone()).collect::<Vec<_>>();
    let advisory = (|| {
        Some(Advisory {
            id: id?.value,
            title: title?,
            kind: kind?,
            severity,
            fixes: plain(&fixes),
            cves: plain(&cves),
            announcement,
            references: plain(&references),
            credits: plain(&credits),
            public: public?,
            reboot: reboot?,
            description: plain(&description),
            packages: Vec::new(),
            path: path.to_owned(),
        })
    })();
    ReadAdvisory { file, fixes, cves, packages, advisory }
}

/// Its own statement of its id: of the shape of its kind, and that of its file, so that none is used twice.
fn id(root: &Table<'_>, path: &Utf8Path, kind: Option<AdvisoryKind>) -> Option<Text> {
    let id = checked(root, root.required("id"), issue_words::advisory_id)?;
    if let Some(kind) = kind
        && !id.value.starts_with(kind.prefix())
    {
        let message = format!("the id of a {kind} update begins with {}", kind.prefix());
        root.problem_at(&id, message, None);
        return None;
    }
    let file = format!("{}.toml", id.value.replace(':', "-"));
    if path.file_name() != Some(&file) {
        let hint = format!("rename the file to `{file}`");
        let message = format!("the file of advisory `{}` is called otherwise", id.value);
        root.problem_at(&id, message, Some(&hint));
        // Others may have this id by right.
        return None;
    }
    Some(id)
}

fn severity(root: &Table<'_>, kind: Option<AdvisoryKind>) -> Option<Severity> {
    match kind {
        Some(AdvisoryKind::Security) => root.word(root.required("severity"), &Severity::WORDS),
        Some(kind) => {
            root.refuse("severity", &format!("is not for a {kind} update"), None);
            None
        }
        None => root.word(root.text("severity"), &Severity::WORDS),
    }
}

fn public(root: &Table<'_>) -> Option<Timestamp> {
    let text = root.date_text("public")?;
    // Another offset is the same moment, and is read wrong at night.
    let time = text.value.parse::<Timestamp>().ok().filter(|_| text.value.ends_with('Z'));
    if time.is_none() {
        let message = format!("`{}` is no time in UTC", text.value);
        root.problem_at(&text, message, Some("such as 2026-11-26T12:00:00Z"));
    }
    time
}

fn package(table: Table<'_>) -> ReadAdvised {
    let (line, _) = table.file().position(table.span.start);
    let name = checked(&table, table.required("name"), words::name);
    let not_affected = table.word(table.text("not-affected"), &NotAffected::WORDS);
    let is_unaffected = table.has("not-affected");
    if is_unaffected {
        for key in ["fixed-in", "replaces", "patches", "released-in"] {
            table.refuse(key, "beside `not-affected`: a package has a fix or needs none", None);
        }
    } else if !table.has("fixed-in") {
        table.missing("fixed-in", Some("the release that has the fix, or `not-affected` and why"));
    } else if !table.has("patches") && !table.has("released-in") {
        let hint = "or `released-in`: upstream's release that brought the fix";
        table.missing("patches", Some(hint));
    }
    let is_fixed = !is_unaffected;
    let fixed_in = table.text("fixed-in").filter(|_| is_fixed);
    let fixed_in = checked(&table, fixed_in, issue_words::release);
    let replaces = checked(&table, table.text("replaces").filter(|_| is_fixed), words::changelog_version);
    let patches = if is_fixed && table.has("patches") { table.required_texts("patches") } else { Vec::new() };
    refuse_repeated(&table, &patches, "patch");
    let released_in = checked(&table, table.text("released-in").filter(|_| is_fixed), words::version);
    table.finish();
    ReadAdvised { name, fixed_in, replaces, patches, released_in, not_affected, line }
}

impl ReadAdvised {
    /// With the release and the patches that it was found to mean.
    pub(crate) fn settled(
        &self,
        release: Option<(String, String)>,
        patches: Vec<String>,
    ) -> Option<AdvisedPackage> {
        let standing = match (self.not_affected, release) {
            (Some(reason), _) => Standing::NotAffected(reason),
            (None, Some((version, release))) => Standing::Fixed(Fix {
                version,
                release,
                patches,
                released_in: self.released_in.as_ref().map(|text| text.value.clone()),
            }),
            (None, None) => return None,
        };
        Some(AdvisedPackage { name: self.name.clone()?.value, standing, line: self.line })
    }
}
