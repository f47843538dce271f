//! What was found, for people; [`junit`] and [`sarif`] for machines.

pub(crate) mod junit;
pub(crate) mod sarif;

use std::fmt::Write as _;

use xen4centos_artifact::escape_controls;

use crate::{Finding, Severity, rule};

/// How many subjects of one rule are shown.
const SHOWN: usize = 20;

const RED: &str = "31";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// Whether words are painted for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Plain,
    Painted,
}

/// The report for people: by rule, worst first; what, where, why and the way out, what is waived, and a last line of
/// counts. Plain text without colour, ending in a newline.
pub fn render_report(findings: &[Finding]) -> String {
    render(findings, Look::Plain)
}

/// The same, painted for a terminal.
pub fn render_painted_report(findings: &[Finding]) -> String {
    render(findings, Look::Painted)
}

fn render(findings: &[Finding], look: Look) -> String {
    let (waived, open): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.waived.is_some());
    let mut lines = Vec::new();
    for (severity, code) in groups(&open) {
        let color = if severity == Severity::Error { RED } else { YELLOW };
        lines.push(head(&look.paint(color, &severity.to_string()), code));
        let group: Vec<_> = open.iter().filter(|finding| finding.code == code).collect();
        subjects(&mut lines, group.len(), group.iter().map(|finding| line(finding)));
        if let Some(first) = group.first() {
            lines.push(format!("  client:  {}", first.why));
            lines.push(format!("  way out: {}", first.way_out));
        }
    }
    for (_, code) in groups(&waived) {
        lines.push(head(&look.paint(CYAN, "waived"), code));
        let group: Vec<_> = waived.iter().filter(|finding| finding.code == code).collect();
        subjects(&mut lines, group.len(), group.iter().map(|finding| line(finding)));
        let mut reasons: Vec<_> = group.iter().filter_map(|finding| finding.waived.as_ref()).collect();
        reasons.dedup();
        lines.extend(reasons.iter().map(|waived| {
            format!("  reason:  {} (until {}, {})", waived.reason, waived.expires, waived.place)
        }));
    }
    lines.push(summary(&open, waived.len()));
    lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{line}").expect("writing to a string does not fail");
        text
    })
}

/// The rules that found something, worst first.
fn groups(findings: &[&Finding]) -> Vec<(Severity, &'static str)> {
    let mut groups: Vec<_> = findings.iter().map(|finding| (finding.severity, finding.code)).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn head(what: &str, code: &str) -> String {
    format!("{what} {code} {}", rule(code).map_or("", |rule| rule.title))
}

/// Names and texts of packages are anybody's: what a terminal would obey, and what would begin a line of its own, is escaped.
fn line(finding: &Finding) -> String {
    escape_controls(&format!("  {}: {}", finding.subject, finding.message), &[]).into_owned()
}

fn subjects(lines: &mut Vec<String>, count: usize, group: impl Iterator<Item = String>) {
    lines.extend(group.take(SHOWN));
    if count > SHOWN {
        lines.push(format!("  and {} more", count - SHOWN));
    }
}

fn summary(open: &[&Finding], waived: usize) -> String {
    let count = |severity| open.iter().filter(|finding| finding.severity == severity).count();
    let rest = if waived == 0 { String::new() } else { format!(", {waived} waived") };
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) if waived == 0 => "nothing found".to_owned(),
        (errors, warnings) => {
            format!("{}, {}{rest}", plural(errors, "error"), plural(warnings, "warning"))
        }
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

impl Look {
    fn paint(self, color: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Painted => format!("\x1b[1;{color}m{text}\x1b[0m"),
        }
    }
}
