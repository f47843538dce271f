//! The text of an update: a package.toml with new patches, release and changelog entry, and the advisory that announces it.
//! Files that people keep are edited as text, so that what they wrote there stays as it is.

use xen4centos_manifest::{AdvisoryKind, Project, Severity};

/// What is new in a package.
#[derive(Clone, Debug)]
pub struct Update {
    /// Of the package as it is.
    pub old_version: String,
    /// The one that has the fix.
    pub version: String,
    /// The pin of upstream's new release, where there is one; in hexadecimal.
    pub upstream_sha256: Option<String>,
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
    /// URLs.
    pub references: Vec<String>,
    /// Source packages and what each brings.
    pub packages: Vec<(String, Update)>,
}

/// `package.toml` with the update; none where its text has no place for it that can be found for sure.
pub fn updated(text: &str, update: &Update) -> Option<String> {
    let head_end = text.find("\n[").map_or(text.len(), |end| end + 1);
    let (head, rest) = text.split_at(head_end);
    let head = with_value(head, "version", &update.old_version, &update.version)?;
    let head = with_value(&head, "release", &update.old_release, &update.release)?;
    let rest = match &update.upstream_sha256 {
        Some(sha256) => with_release(rest, update, sha256)?,
        None => rest.to_owned(),
    };
    let place = rest.find("[[changelog]]").filter(|place| rest[..*place].ends_with('\n') || *place == 0)?;
    let (before, after) = rest.split_at(place);
    let patches: String = update.patches.iter().map(patch).collect();
    Some(format!("{head}{before}{patches}{}{after}", entry(update)))
}

/// The line of a key with another value; what else stands in the line stays.
fn with_value(text: &str, key: &str, old: &str, new: &str) -> Option<String> {
    let old = format!("{key} = {}", quoted(old));
    let is_it = |line: &&str| line.trim_end() == old || line.starts_with(&format!("{old} "));
    let line = text.lines().find(is_it)?;
    let raised = line.replacen(&old, &format!("{key} = {}", quoted(new)), 1);
    Some(text.replacen(line, &raised, 1))
}

/// The tables of a package with upstream's new release: of [upstream], and of the one source of it that is called by the
/// version.
fn with_release(text: &str, update: &Update, sha256: &str) -> Option<String> {
    let blocks = blocks(text);
    let is_source = |block: &&&str| {
        let own: Vec<&str> = block.lines().skip(1).take_while(|line| !line.starts_with('[')).collect();
        let is_versioned = |line: &&str| line.starts_with("url") && line.contains(&update.old_version);
        block.starts_with("[[source]]") && own.contains(&"upstream = true") && own.iter().any(is_versioned)
    };
    let mut sources = blocks.iter().filter(is_source);
    let source = *sources.next().filter(|_| sources.next().is_none())?;
    let renamed = |block: &str| -> String {
        let line = |line: &str| {
            let is_comment = line.trim_start().starts_with('#');
            if is_comment { line.to_owned() } else { line.replace(&update.old_version, &update.version) }
        };
        block.split_inclusive('\n').map(line).collect()
    };
    let pinned = |block: &str| -> String {
        let line = |line: &str| match line.split([' ', '=']).next() {
            Some("sha256") => format!("sha256 = {}\n", quoted(sha256)),
            // Nobody has said what it is now.
            Some("size") => String::new(),
            _ => line.to_owned(),
        };
        block.split_inclusive('\n').map(line).collect()
    };
    let mut new = String::new();
    for block in blocks {
        match block {
            _ if std::ptr::eq(block, source) => new += &renamed(&pinned(block)),
            _ if block.starts_with("[upstream]") => new += &renamed(block),
            _ => new += block,
        }
    }
    Some(new)
}

/// The tables of a text, each with its subtables.
fn blocks(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut at = 0;
    let mut before = "";
    for line in text.split_inclusive('\n') {
        let name = line.trim_start_matches('[');
        let is_part = !before.is_empty() && name.starts_with(&format!("{before}."));
        if line.starts_with('[') && !is_part {
            before = name.trim_end().trim_end_matches(']');
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(text.len());
    starts.windows(2).map(|ends| &text[ends[0]..ends[1]]).filter(|block| !block.is_empty()).collect()
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
pub fn announcement(advisory: &Announcement) -> String {
    let Announcement {
        id,
        title,
        severity,
        fixes,
        credits,
        public,
        reboot,
        description,
        references,
        packages,
    } = advisory;
    let if_any = |key: &str, texts: &[String]| match texts {
        [] => String::new(),
        _ => format!("{key} = {}\n", list(texts)),
    };
    let packages: String = packages.iter().map(|(name, update)| advised(name, update)).collect();
    format!(
        "id = {}\ntitle = {}\ntype = \"security\"\nseverity = \"{severity}\"\nfixes = {}\n{}public = {public}\n\
         reboot = {reboot}\n{}description = {}\n{packages}",
        quoted(id),
        quoted(title),
        list(fixes),
        if_any("credits", credits),
        if_any("references", references),
        list(description),
    )
}

fn advised(package: &str, update: &Update) -> String {
    let files: Vec<String> = update.patches.iter().map(|patch| patch.file.clone()).collect();
    let patches = if files.is_empty() { String::new() } else { format!("patches = {}\n", list(&files)) };
    let is_new = update.upstream_sha256.is_some();
    let released_in =
        if is_new { format!("released-in = {}\n", quoted(&update.version)) } else { String::new() };
    let fixed_in = quoted(&format!("{}-{}", update.version, update.release));
    format!("\n[[package]]\nname = {}\nfixed-in = {fixed_in}\n{released_in}{patches}", quoted(package))
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

pub(crate) fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    match &texts[..] {
        [] | [_] => format!("[{}]", texts.concat()),
        _ => format!("[\n  {},\n]", texts.join(",\n  ")),
    }
}

/// As a basic string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    let escaped = |character: char| match character {
        '\\' | '"' => format!("\\{character}"),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        other if other.is_control() => format!("\\u{:04X}", u32::from(other)),
        other => other.to_string(),
    };
    let escaped: String = text.chars().map(escaped).collect();
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: &str = r#"# It was 3.4.113.
name = "kernel"
version = "3.4.113"
release = "7" # since then

[upstream]
name = "linux"
directory = "linux-3.4.113"

[[source]]
file = "linux-3.4.tar.xz"
url = "https://example.org/linux-3.4.tar.xz"
sha256 = "00"
upstream = true

# 3.4.113 is signed.
[[source]]
file = "patch-3.4.113.xz"
url = "https://example.org/patch-3.4.113.xz"
sha256 = "11"
size = 5
upstream = true
# The signature of 3.4.113.
[source.signature]
url = "https://example.org/patch-3.4.113.sign"

[option.docs]
summary = "docs of 3.4.113"

[[changelog]]
version = "3.4.113-7"
"#;

    fn update(release: Option<&str>) -> Update {
        Update {
            old_version: "3.4.113".to_owned(),
            version: if release.is_some() { "3.4.114" } else { "3.4.113" }.to_owned(),
            upstream_sha256: release.map(str::to_owned),
            old_release: "7".to_owned(),
            release: "8".to_owned(),
            patches: Vec::new(),
            date: "2026-11-27".to_owned(),
            author: "A <a@example.org>".to_owned(),
            entries: vec!["one \"line\"".to_owned()],
        }
    }

    #[test]
    fn a_new_release_of_upstreams_is_pinned() {
        let new = updated(PACKAGE, &update(Some("22"))).unwrap();
        let entry = "[[changelog]]\ndate = \"2026-11-27\"\nauthor = \"A <a@example.org>\"\n\
                     version = \"3.4.114-8\"\nentries = [\"one \\\"line\\\"\"]\n\n";
        let expected = PACKAGE
            .replace("version = \"3.4.113\"\nrelease = \"7\"", "version = \"3.4.114\"\nrelease = \"8\"")
            .replace("linux-3.4.113", "linux-3.4.114")
            .replace("patch-3.4.113", "patch-3.4.114")
            .replace("sha256 = \"11\"\nsize = 5\n", "sha256 = \"22\"\n")
            .replace("[[changelog]]", &format!("{entry}[[changelog]]"));
        assert_eq!(new, expected);
    }

    #[test]
    fn what_has_no_place_is_not_written() {
        let unversioned =
            PACKAGE.replace("https://example.org/patch-3.4.113.xz", "https://example.org/patch.xz");
        assert_eq!(updated(&unversioned, &update(Some("22"))), None);
        assert!(updated(&unversioned, &update(None)).is_some());
        assert_eq!(updated(&PACKAGE.replace("release = \"7\"", "release = \"6\""), &update(None)), None);
        assert_eq!(updated(&PACKAGE.replace("[[changelog]]", "[[change]]"), &update(None)), None);
    }

    #[test]
    fn texts_are_those_of_toml() {
        assert_eq!(quoted("a\"b\\c\n\u{7}"), r#""a\"b\\c\n\u0007""#);
    }
}
