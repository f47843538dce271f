//! The text of an update: a package.toml with new patches, release and changelog entry, and the advisory that announces it.
//! Files that people keep are edited as text, so that what they wrote there stays as it is.

use xen4centos_manifest::{AdvisoryKind, Project, Severity};

/// What is new in a package.
#[derive(Clone, Debug)]
pub struct Update {
    /// Of the package as it is.
    pub version: String,
    /// Of the package as it is, without dist tag.
    pub old_release: String,
    /// The one that has the patches.
    pub release: String,
    /// In the order of their application, after those that are there.
    pub patches: Vec<NewPatch>,
    /// Of the changelog entry, YYYY-MM-DD.
    pub date: String,
    /// `Name <mail>`
    pub author: String,
    /// One line each.
    pub entries: Vec<String>,
}

/// A patch that comes in.
#[derive(Clone, Debug)]
pub struct NewPatch {
    /// Its name in the package.
    pub file: String,
    /// Leading directories that `patch -p` strips.
    pub strip: u32,
    /// The issue that it answers.
    pub issue: String,
    /// What it does.
    pub summary: String,
    /// Where it comes from.
    pub origin: PatchOrigin,
    /// Whether it is for the package's miniature, and not for upstream's own tree.
    pub miniature: bool,
}

/// Where a patch comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatchOrigin {
    /// The tree has it, with this sha256.
    Tree {
        /// In hexadecimal.
        sha256: String,
    },
    /// It is fetched, and must have this sha256.
    Url {
        /// Where from.
        url: String,
        /// In hexadecimal.
        sha256: String,
    },
    /// It is what a commit of upstream's repository changed.
    Commit(String),
}

/// What an advisory says; more can be written into its file.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// In the project's scheme.
    pub id: String,
    /// One line.
    pub title: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Issues.
    pub fixes: Vec<String>,
    /// Who found them.
    pub credits: Vec<String>,
    /// RFC 3339, UTC.
    pub public: String,
    /// Whether hosts have to boot.
    pub reboot: bool,
    /// Paragraphs.
    pub description: Vec<String>,
    /// The source package.
    pub package: String,
}

/// `package.toml` with the update; none where its text has no place for it that can be found for sure.
pub fn updated(text: &str, update: &Update) -> Option<String> {
    let head_end = text.find("\n[").map_or(text.len(), |end| end + 1);
    let (head, rest) = text.split_at(head_end);
    let old = format!("release = {}", quoted(&update.old_release));
    let line = head.lines().find(|line| line.trim_end() == old || line.starts_with(&format!("{old} ")))?;
    let raised = line.replacen(&old, &format!("release = {}", quoted(&update.release)), 1);
    let head = head.replacen(line, &raised, 1);
    let place = rest.find("[[changelog]]").filter(|place| rest[..*place].ends_with('\n') || *place == 0)?;
    let (before, after) = rest.split_at(place);
    let patches: String = update.patches.iter().map(patch).collect();
    Some(format!("{head}{before}{patches}{}{after}", entry(update)))
}

fn patch(patch: &NewPatch) -> String {
    let NewPatch { file, strip, issue, summary, origin, miniature } = patch;
    // Patches of the tree are for both unless they say otherwise, those from outside for upstream's tree.
    let is_of_tree = matches!(origin, PatchOrigin::Tree { .. });
    let miniature =
        if *miniature == is_of_tree { String::new() } else { format!("miniature = {miniature}\n") };
    let place = match origin {
        PatchOrigin::Tree { sha256 } => format!("file = {}\nsha256 = {}\n", quoted(file), quoted(sha256)),
        PatchOrigin::Url { url, sha256 } => {
            format!("file = {}\nurl = {}\nsha256 = {}\n", quoted(file), quoted(url), quoted(sha256))
        }
        PatchOrigin::Commit(id) => format!("commit = {}\n", quoted(id)),
    };
    let strip = if *strip == 1 { String::new() } else { format!("strip = {strip}\n") };
    let [issue, summary] = [issue, summary].map(|text| quoted(text));
    format!("[[patch]]\n{place}{strip}{miniature}advisory = {issue}\nsummary = {summary}\n\n")
}

fn entry(update: &Update) -> String {
    let Update { version, release, date, author, entries, .. } = update;
    let version = quoted(&format!("{version}-{release}"));
    let [date, author] = [date, author].map(|text| quoted(text));
    let entries = list(entries);
    format!("[[changelog]]\ndate = {date}\nauthor = {author}\nversion = {version}\nentries = {entries}\n\n")
}

/// The file of an advisory.
pub fn announcement(advisory: &Announcement, update: &Update) -> String {
    let files: Vec<String> = update.patches.iter().map(|patch| patch.file.clone()).collect();
    let Announcement { id, title, severity, fixes, credits, public, reboot, description, package } = advisory;
    let credits = if credits.is_empty() { String::new() } else { format!("credits = {}\n", list(credits)) };
    format!(
        "id = {}\ntitle = {}\ntype = \"security\"\nseverity = \"{severity}\"\nfixes = {}\n{credits}public = {public}\n\
         reboot = {reboot}\ndescription = {}\n\n[[package]]\nname = {}\nfixed-in = {}\npatches = {}\n",
        quoted(id),
        quoted(title),
        list(fixes),
        list(description),
        quoted(package),
        quoted(&format!("{}-{}", update.version, update.release)),
        list(&files),
    )
}

/// The id after the last one of the year, whatever kinds those are of.
pub fn next_id(project: &Project, kind: AdvisoryKind, year: i16) -> String {
    let number = |id: &String| id.split_once(&format!("-{year}:X"))?.1.parse::<u32>().ok();
    let last = project.advisories.keys().filter_map(number).max().unwrap_or(0);
    format!("{}-{year}:X{:04}", kind.prefix(), last + 1)
}

/// The release after this one: its last number, raised.
pub fn next_release(release: &str) -> Option<String> {
    let digits = release.len() - release.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (before, number) = release.split_at(digits);
    let number = number.parse::<u64>().ok()?;
    Some(format!("{before}{}", number.checked_add(1)?))
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    match &texts[..] {
        [] | [_] => format!("[{}]", texts.concat()),
        _ => format!("[\n  {},\n]", texts.join(",\n  ")),
    }
}

/// As a basic string of TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
