//! The text of an advisory of Xen's, as upstream publishes it in `advisory-NNN.txt`: a heading with its numbers, a title,
//! sections, and among them, under RESOLUTION, which patch is for which release and the digest of each.
//!
//! It is written by people for people. What does not have the form of most of them is not guessed: it is asked for.

use std::collections::BTreeMap;

use xen4centos_artifact::{Sha256Digest, matches_glob};

use crate::series::Series;

/// What it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XsaText {
    /// `108` of `XSA-108`.
    pub number: u32,
    /// It is published again when more is known.
    pub version: Option<u32>,
    /// One line.
    pub title: String,
    /// As the heading has them.
    pub cves: Vec<String>,
    /// Paragraphs.
    pub impact: Vec<String>,
    /// Paragraphs.
    pub vulnerable: Vec<String>,
    /// Who found it.
    pub credits: Vec<String>,
    /// Which patches are for what, in its order.
    rows: Vec<Row>,
    /// Of files, by their names below the directory of the text.
    digests: BTreeMap<String, Sha256Digest>,
}

/// A line of the table of patches.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// A name, or a pattern of several.
    pattern: String,
    /// What they are for.
    of: String,
}

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XsaError {
    /// It does not begin as one.
    #[error("no line says `Xen Security Advisory … XSA-NNN`")]
    NoHeading,
    /// There is nothing between heading and sections.
    #[error("it has no title")]
    NoTitle,
    /// A file that nobody should write to.
    #[error("it lists a file with a name that is not taken: `{0}`")]
    Name(String),
}

/// Which tree a patch is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchTree {
    /// Xen's own.
    Xen,
    /// One of the device models, which lie below Xen's tools in trees of their own.
    DeviceModel,
    /// Linux.
    Linux,
}

/// A patch that a text lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPatch {
    /// Below the directory of the text.
    pub name: String,
    /// What the text says that it is for.
    pub of: String,
    /// Which tree it is for.
    pub tree: PatchTree,
    /// None where the text has none.
    pub sha256: Option<Sha256Digest>,
}

impl XsaText {
    /// Reads a text.
    ///
    /// # Errors
    /// Where it is none, or names files that lead elsewhere.
    pub fn parse(text: &str) -> Result<Self, XsaError> {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let (heading, after) = heading(&lines).ok_or(XsaError::NoHeading)?;
        let number = number(&heading).ok_or(XsaError::NoHeading)?;
        let words = heading.split(|c: char| c.is_whitespace() || ",/()".contains(c));
        let cves = words.filter(|word| word.starts_with("CVE-")).map(str::to_owned).collect();
        let version = lines.get(after).and_then(|line| line.trim().strip_prefix("version ")?.parse().ok());
        let sections = sections(&lines);
        let first = sections.first().map_or(lines.len(), |section| section.start);
        let title = lines.get(after + usize::from(version.is_some())..first).unwrap_or_default();
        let title = one_line(title);
        if title.is_empty() {
            return Err(XsaError::NoTitle);
        }
        let of = |name: &str| sections.iter().find(|section| section.name == name);
        let paragraphs_of = |name| of(name).map_or_else(Vec::new, |section| paragraphs(section.lines));
        let credits = paragraphs_of("CREDITS").iter().flat_map(|paragraph| people(paragraph)).collect();
        let rows = of("RESOLUTION").map_or_else(Vec::new, |section| rows(section.lines));
        let (impact, vulnerable) = (paragraphs_of("IMPACT"), paragraphs_of("VULNERABLE SYSTEMS"));
        let digests = digests(&lines)?;
        Ok(Self { number, version, title, cves, impact, vulnerable, credits, rows, digests })
    }

    /// `XSA-108`
    pub fn id(&self) -> String {
        format!("XSA-{}", self.number)
    }

    /// All patches that it lists, in its order.
    pub fn patches(&self) -> Vec<ListedPatch> {
        let mut patches: Vec<ListedPatch> = Vec::new();
        for row in &self.rows {
            let names: Vec<&String> =
                self.digests.keys().filter(|name| matches_glob(&row.pattern, name)).collect();
            let is_pattern = row.pattern.contains(['*', '?', '[']);
            let missing = (names.is_empty() && !is_pattern).then_some(&row.pattern);
            for name in names.into_iter().chain(missing) {
                if patches.iter().all(|patch| patch.name != *name) {
                    patches.push(self.listed(name, &row.of));
                }
            }
        }
        let is_patch = |name: &&String| name.contains(".patch");
        let unlisted: Vec<&String> = self
            .digests
            .keys()
            .filter(is_patch)
            .filter(|name| patches.iter().all(|patch| patch.name != **name))
            .collect();
        patches.extend(unlisted.into_iter().map(|name| self.listed(name, "")));
        patches
    }

    /// The patches that its table has for a release of a tree.
    pub fn patches_for(&self, tree: PatchTree, series: Series) -> Vec<ListedPatch> {
        let is_for = |patch: &ListedPatch| patch.tree == tree && series.is_named_in(&patch.of);
        self.patches().into_iter().filter(is_for).collect()
    }

    /// Whether the releases that it calls vulnerable are these.
    pub fn affects(&self, series: Series) -> Option<bool> {
        series.is_affected(&self.vulnerable.join(" "))
    }

    fn listed(&self, name: &str, of: &str) -> ListedPatch {
        let said = format!("{name} {of}").to_lowercase();
        let tree = match () {
            () if said.contains("qemu") => PatchTree::DeviceModel,
            () if said.contains("linux") => PatchTree::Linux,
            () => PatchTree::Xen,
        };
        let sha256 = self.digests.get(name).copied();
        ListedPatch { name: name.to_owned(), of: of.to_owned(), tree, sha256 }
    }
}

/// The lines of the heading as one, and the number of the line after it; many CVEs take more than one line.
fn heading(lines: &[&str]) -> Option<(String, usize)> {
    let start = lines.iter().position(|line| line.contains("Xen Security Advisory"))?;
    let length = lines[start..].iter().position(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with("version ")
    });
    let end = start + length?;
    Some((one_line(&lines[start..end]), end))
}

fn number(heading: &str) -> Option<u32> {
    let (_, after) = heading.rsplit_once("XSA-")?;
    let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    after[..digits].parse().ok()
}

/// A heading in capitals over a line of `=`, and what follows.
struct Section<'t> {
    name: &'t str,
    start: usize,
    lines: &'t [&'t str],
}

fn sections<'t>(lines: &'t [&'t str]) -> Vec<Section<'t>> {
    let is_rule = |line: &str| line.len() >= 3 && line.chars().all(|c| c == '=');
    let is_heading = |at: usize| {
        !lines[at].trim().is_empty() && lines.get(at + 1).is_some_and(|line| is_rule(line.trim()))
    };
    let starts: Vec<usize> = (0..lines.len()).filter(|at| is_heading(*at)).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let section = |(start, end): (&usize, usize)| Section {
        name: lines[*start].trim(),
        start: *start,
        lines: lines.get(start + 2..end).unwrap_or_default(),
    };
    starts.iter().zip(ends).map(section).collect()
}

fn paragraphs(lines: &[&str]) -> Vec<String> {
    lines.split(|line| line.trim().is_empty()).map(one_line).filter(|text| !text.is_empty()).collect()
}

fn one_line(lines: &[&str]) -> String {
    let words: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
    words.join(" ")
}

/// The people that a paragraph of thanks names: all of it where it has another form.
fn people(paragraph: &str) -> Vec<String> {
    let words = [
        "was discovered by ",
        "were discovered by ",
        "was reported by ",
        "were reported by ",
        "was found by ",
    ];
    let after = words.iter().find_map(|words| Some(paragraph.split_once(words)?.1));
    let Some(named) = after.map(|named| named.trim_end_matches('.')) else {
        return vec![paragraph.to_owned()];
    };
    let apart: Vec<&str> = named.split(" and ").flat_map(|part| part.split(", ")).map(str::trim).collect();
    if apart.iter().all(|part| part.contains(" of ") || part.contains(" from ")) {
        return apart.into_iter().map(str::to_owned).collect();
    }
    vec![named.to_owned()]
}

/// Lines that begin with the name of a patch; what a patch is for may go on in lines that are indented.
fn rows(lines: &[&str]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut is_open = false;
    for line in lines {
        let (first, of) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let is_name = first.contains(".patch") || first.ends_with("/*");
        match rows.last_mut() {
            _ if is_name && !first.starts_with('$') => {
                rows.push(Row { pattern: first.to_owned(), of: of.trim().to_owned() });
                is_open = true;
            }
            Some(row) if is_open && first.is_empty() && !line.trim().is_empty() => {
                row.of.push(' ');
                row.of.push_str(line.trim());
            }
            _ => is_open = false,
        }
    }
    rows
}

/// What `sha256sum` said.
fn digests(lines: &[&str]) -> Result<BTreeMap<String, Sha256Digest>, XsaError> {
    let mut digests = BTreeMap::new();
    for line in lines {
        let Some((digest, name)) = line.trim().split_once(char::is_whitespace) else { continue };
        let Ok(digest) = digest.parse::<Sha256Digest>() else { continue };
        let name = name.trim().trim_start_matches('*');
        if !is_inner(name) {
            return Err(XsaError::Name(name.to_owned()));
        }
        digests.insert(name.to_owned(), digest);
    }
    Ok(digests)
}

/// Whether a name stays below the directory, and means nothing to a shell, a URL or rpm.
fn is_inner(name: &str) -> bool {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(is_good))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
            Xen Security Advisory CVE-2031-10001,CVE-2031-10002
                       / XSA-901
                              version 3

           x86: an imaginary fault of the
                    large pages

UPDATES IN VERSION 3
====================

Public release.

IMPACT
======

Guests stop
the host.

They read it, too.

VULNERABLE SYSTEMS
==================

Xen versions 3.4 and onward are vulnerable.

CREDITS
=======

This issue was discovered by A. Person of Somewhere and
B. Person of Elsewhere.

RESOLUTION
==========

Applying the patch helps.

xsa901.patch           xen-unstable, Xen 4.5.x
xsa901-4.4.patch       Xen 4.4.x, Xen
                       4.3.x, 4.2.x
xsa901-qemut.patch     qemu-xen-traditional, Xen 4.2.x
xsa901-more/*.patch    Xen 4.2.x
xsa901-linux.patch     Linux

$ sha256sum xsa901* xsa901*/*
0000000000000000000000000000000000000000000000000000000000000001  xsa901.patch
0000000000000000000000000000000000000000000000000000000000000002  xsa901-4.4.patch
0000000000000000000000000000000000000000000000000000000000000003  xsa901-more/0001-one.patch
0000000000000000000000000000000000000000000000000000000000000004  xsa901-more/0002-two.patch
0000000000000000000000000000000000000000000000000000000000000005  xsa901-linux.patch
0000000000000000000000000000000000000000000000000000000000000006  xsa901.meta
$
";

    fn series(text: &str) -> Series {
        Series::of(text).unwrap()
    }

    #[test]
    fn a_text_is_read() {
        let text = XsaText::parse(TEXT).unwrap();
        assert_eq!((text.id().as_str(), text.version), ("XSA-901", Some(3)));
        assert_eq!(text.title, "x86: an imaginary fault of the large pages");
        assert_eq!(text.cves, ["CVE-2031-10001", "CVE-2031-10002"]);
        assert_eq!(text.impact, ["Guests stop the host.", "They read it, too."]);
        assert_eq!(text.credits, ["A. Person of Somewhere", "B. Person of Elsewhere"]);
        assert_eq!(text.affects(series("4.2.5")), Some(true));
        assert_eq!(text.affects(series("3.3")), Some(false));
    }

    #[test]
    fn patches_are_those_of_the_series() {
        let text = XsaText::parse(TEXT).unwrap();
        let names = |tree, version| -> Vec<String> {
            text.patches_for(tree, series(version)).into_iter().map(|patch| patch.name).collect()
        };
        let more = ["xsa901-4.4.patch", "xsa901-more/0001-one.patch", "xsa901-more/0002-two.patch"];
        assert_eq!(names(PatchTree::Xen, "4.2.5"), more);
        assert_eq!(names(PatchTree::Xen, "4.5.1"), ["xsa901.patch"]);
        assert_eq!(names(PatchTree::Xen, "4.1.0"), [""; 0]);
        assert_eq!(names(PatchTree::DeviceModel, "4.2.5"), ["xsa901-qemut.patch"]);
        assert_eq!(names(PatchTree::Linux, "3.4.113"), ["xsa901-linux.patch"]);
        let digest = |name: &str| text.patches().into_iter().find(|patch| patch.name == name).unwrap().sha256;
        assert!(digest("xsa901-4.4.patch").is_some());
        assert_eq!(digest("xsa901-qemut.patch"), None, "listed, without a digest");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(XsaText::parse("Xen\n\nIMPACT\n======\n"), Err(XsaError::NoHeading));
        assert_eq!(XsaText::parse("Xen Security Advisory XSA-1\n\nIMPACT\n======\n"), Err(XsaError::NoTitle));
        for name in ["../x.patch", "/etc/x.patch", "a//b.patch", ".git/config", "a%20.patch"] {
            let text = TEXT.replace("xsa901.meta", name);
            assert_eq!(XsaText::parse(&text), Err(XsaError::Name(name.to_owned())));
        }
    }
}
