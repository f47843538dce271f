//! `JUnit`'s XML, as CI systems read it: a suite for each thing that was checked, a case for each finding.

use std::fmt::Write as _;

use crate::{Checked, Finding, Severity, rule};

/// The whole document. `client` is whose eyes it was checked with. What is waived is skipped, a warning is a passed case
/// that says something, and what has no finding is one passed case, since an empty suite is taken for a failure.
pub fn render_junit(checked: &[Checked], client: &str) -> String {
    let all = checked.iter().flat_map(|one| &one.findings);
    let failures = all.filter(|finding| finding.fails()).count();
    let tests: usize = checked.iter().map(|one| one.findings.len().max(1)).sum();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"xen4centos check\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n"
    );
    for one in checked {
        suite(&mut text, one, client);
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(text: &mut String, checked: &Checked, client: &str) {
    let findings = &checked.findings;
    let failures = findings.iter().filter(|finding| finding.fails()).count();
    let skipped = findings.iter().filter(|finding| finding.waived.is_some()).count();
    let name = escaped(checked.path.as_str());
    let mut add = |line: String| {
        writeln!(text, "{line}").expect("writing to a string does not fail");
    };
    add(format!(
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">",
        findings.len().max(1)
    ));
    if findings.is_empty() {
        let client = escaped(client);
        add(format!("    <testcase classname=\"{name}\" name=\"client {client} takes it\"/>"));
    }
    for finding in findings {
        add(case(finding));
    }
    add("  </testsuite>".to_owned());
}

fn case(finding: &Finding) -> String {
    let title = rule(finding.code).map_or("", |rule| rule.title);
    // Services keep one case of each name.
    let (class, name) =
        (escaped(&finding.subject), escaped(&format!("{} {title}: {}", finding.code, finding.message)));
    let message = escaped(&finding.message);
    let body = escaped(&format!("client: {}\nway out: {}", finding.why, finding.way_out));
    let inside = match (&finding.waived, finding.severity) {
        (Some(waived), _) => {
            let reason = format!(
                "{}: {} (until {}, {})",
                finding.message, waived.reason, waived.expires, waived.place
            );
            format!("<skipped message=\"{}\"/>", escaped(&reason))
        }
        (None, Severity::Error) => {
            format!("<failure type=\"{}\" message=\"{message}\">{body}</failure>", finding.code)
        }
        (None, Severity::Warning) => format!("<system-out>warning: {message}&#10;{body}</system-out>"),
    };
    format!("    <testcase classname=\"{class}\" name=\"{name}\">{inside}</testcase>")
}

/// For attributes and text. What XML can not hold, in whatever form, becomes a question mark in a diamond.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' | '\r' => {
                write!(out, "&#{};", u32::from(character)).expect("writing to a string does not fail");
            }
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    proptest::proptest! {
        #[test]
        fn any_text_is_read_back(text in "\\PC{0,20}[&<>\"'\n\t\u{1}]{0,5}") {
            let document = format!("<a k=\"{0}\">{0}</a>", escaped(&text));
            let mut found = Vec::new();
            crate::repository::read_xml(document.as_bytes(), |_, element| {
                found.push(element.attribute("k").to_owned());
            }).unwrap();
            assert_eq!(found, [text.replace('\u{1}', "\u{fffd}").replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")]);
        }
    }
}
