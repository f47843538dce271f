use std::fmt::Write as _;

use crate::{Finding, Severity, rule};

/// How many subjects of one rule are shown.
const SHOWN: usize = 20;

/// The report for people: by rule, worst first; what, where, why and the way out, and a last line of counts.
/// Plain text without colour, ending in a newline.
pub fn render_report(findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut codes: Vec<_> = findings.iter().map(|finding| (finding.severity, finding.code)).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut line = |indentation: &str, content: &str| {
        writeln!(text, "{indentation}{content}").expect("writing to a string does not fail");
    };
    for (severity, code) in codes {
        let title = rule(code).map_or("", |rule| rule.title);
        line("", &format!("{severity} {code} {title}"));
        let group: Vec<_> = findings.iter().filter(|finding| finding.code == code).collect();
        for finding in group.iter().take(SHOWN) {
            line("  ", &format!("{}: {}", finding.subject, finding.message));
        }
        if group.len() > SHOWN {
            line("  ", &format!("and {} more", group.len() - SHOWN));
        }
        if let Some(first) = group.first() {
            line("  ", &format!("client:  {}", first.why));
            line("  ", &format!("way out: {}", first.way_out));
        }
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let summary = match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "nothing found".to_owned(),
        (errors, warnings) => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    };
    line("", &summary);
    text
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
